/*
 *  error_read - what a provider says went wrong, and how the client's protocol says it
 */
#include "translate_answer.h"

#include "proto/utf8.h"

#define MESSAGE_BYTES_MAX 2048

/* Texts of a parsed document have a NUL behind them. */
static const char *
string_of(mc_json_t object, const char *key)
{
    mc_text_t text = router_member_text(object, key);
    return text.size > 0 ? text.data : NULL;
}

static void
read_object(mc_json_t object, router_error_t *error)
{
    mc_json_t details;
    mc_text_t message = router_member_text(object, "message");
    error->type = string_of(object, "type");
    error->code = string_of(object, "code");
    error->param = string_of(object, "param");
    if (!error->code && router_member_is(object, "details", MC_JSON_OBJECT, &details))
        error->code = string_of(details, "error_code"); /* Anthropic */
    if (message.size > 0)
        error->message = message;
}

void
router_error_read(router_dialect_t dialect, mc_json_parser_t *parser, mc_text_t body,
                  router_error_t *ret_error)
{
    mc_json_t root, error;
    (void)dialect; /* servers answer in each other's forms: what is there is read */
    ret_error->type = ret_error->code = ret_error->param = NULL;
    ret_error->message = mc_utf8_cut(body, MESSAGE_BYTES_MAX);
    if (mc_json_parse(parser, body, &root, NULL) != 0 || mc_json_kind(root) != MC_JSON_OBJECT)
        return;
    ret_error->request_id = router_member_text(root, "request_id");
    if (router_member_is(root, "error", MC_JSON_OBJECT, &error)) {
        read_object(error, ret_error);
    } else if (router_member_is(root, "error", MC_JSON_STRING, &error)) {
        ret_error->message = mc_json_text(error); /* Ollama */
    } else if (router_member_text(root, "message").size > 0) {
        read_object(root, ret_error); /* vLLM of old: the object itself */
    }
    if (router_member_text(root, "detail").size > 0 && !ret_error->type)
        ret_error->message = router_member_text(root, "detail");
    ret_error->message = mc_utf8_cut(ret_error->message, MESSAGE_BYTES_MAX);
}
