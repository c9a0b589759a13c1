/*
 *  watch - what goes by in an answer
 */
#include "services/router/watch.h"

#include "services/router/watch_reading.h"

/* English text of the current tokenizers is a little over four bytes a token; code and other
 * languages are below, so that an estimate is rather too low than too high. */
#define BYTES_IN_TOKEN 4

void
router_watch_init(router_watch_t *self, router_dialect_t dialect)
{
    memset(self, 0, sizeof *self);
    self->dialect = dialect;
}

static mc_text_t
trim(mc_text_t text)
{
    while (text.size > 0 && memchr(" \t\r\n", text.data[text.size - 1], 4))
        text.size--;
    while (text.size > 0 && memchr(" \t\r\n", *text.data, 4))
        text = (mc_text_t){text.data + 1, text.size - 1};
    return text;
}

/* Some servers wrap their error in a list. */
static mc_json_t
unwrap(mc_json_t root)
{
    mc_json_t first;
    mc_text_t key;
    if (mc_json_kind(root) != MC_JSON_ARRAY)
        return root;
    mc_json_iter_t iter = mc_json_iter(root);
    return mc_json_next(&iter, &key, &first) ? first : root;
}

/* Parses what must be an object; what is not is an error of the provider. */
static int
parse(router_reading_t *reading, mc_json_parser_t *parser, mc_text_t text, mc_json_t *ret_object,
      mc_refusal_t *refusal)
{
    mc_json_t root;
    int result = mc_json_parse(parser, text, &root, refusal);
    if (result == 0 && mc_json_kind(root = unwrap(root)) != MC_JSON_OBJECT)
        result = mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is JSON, but no object");
    if (result != 0) {
        router_reading_error(reading, MC_TEXT("malformed"), mc_text(refusal->message));
        return result;
    }
    *ret_object = root;
    return 0;
}

static bool
has_done_line(router_dialect_t dialect)
{
    return dialect == ROUTER_CHAT || dialect == ROUTER_COMPLETIONS;
}

static void
read_event(router_reading_t *reading, mc_text_t type, mc_json_t event)
{
    switch (reading->watch->dialect) {
    case ROUTER_MESSAGES:
    case ROUTER_COUNT_TOKENS:
        router_watch_read_message_event(reading, type, event);
        break;
    case ROUTER_RESPONSES:
        router_watch_read_response_event(reading, type, event);
        break;
    default:
        router_watch_read_chat(reading, event);
    }
    if (!mc_text_is(type, "error") || reading->watch->has_error)
        return;
    mc_text_t message = router_reading_text(event, "message");
    router_reading_error(reading, MC_TEXT(""), message);
}

int
router_watch_event(router_watch_t *self, mc_json_parser_t *parser, mc_text_t type, mc_text_t data,
                   mc_refusal_t *refusal)
{
    size_t bytes;
    mc_json_t event;
    data = trim(data);
    if (data.size == 0)
        return 0;
    self->frames++;
    if (router_watch_pattern_fits(&self->pattern, type, data, &bytes)) {
        self->content_bytes += (int64_t)bytes;
        self->has_content = self->has_content || bytes > 0;
        return 0;
    }
    if (mc_text_is(data, "[DONE]")) {
        self->has_end = self->has_end || has_done_line(self->dialect);
        return 0;
    }

    router_reading_t reading = {.watch = self, .is_plain = true};
    int result = parse(&reading, parser, data, &event, refusal);
    if (result != 0)
        return result;
    read_event(&reading, type, event);
    router_watch_pattern_learn(&self->pattern, &reading, type, data);
    return 0;
}

int
router_watch_body(router_watch_t *self, mc_json_parser_t *parser, mc_text_t body,
                  mc_refusal_t *refusal)
{
    static void (*const readers[ROUTER_DIALECT_COUNT])(router_reading_t *, mc_json_t) = {
        [ROUTER_CHAT] = router_watch_read_chat_body,
        [ROUTER_COMPLETIONS] = router_watch_read_chat_body,
        [ROUTER_EMBEDDINGS] = router_watch_read_embeddings_body,
        [ROUTER_RESPONSES] = router_watch_read_response_body,
        [ROUTER_MESSAGES] = router_watch_read_message_body,
        [ROUTER_COUNT_TOKENS] = router_watch_read_count_body,
    };
    mc_json_t root;
    router_reading_t reading = {.watch = self};
    int result = parse(&reading, parser, trim(body), &root, refusal);
    if (result == 0)
        readers[self->dialect](&reading, root);
    return result;
}

bool
router_watch_is_whole(const router_watch_t *self)
{
    return self->has_end && !self->has_error;
}

void
router_watch_estimate(router_watch_t *self, int64_t request_tokens)
{
    router_usage_t *usage = &self->usage;
    int64_t delivered = (self->content_bytes + BYTES_IN_TOKEN - 1) / BYTES_IN_TOKEN;
    bool is_whole = router_watch_is_whole(self);
    if (usage->has_cost ||
        (usage->is_known && usage->input > 0 && is_whole && (usage->output > 0 || delivered == 0)))
        return;

    if (usage->input == 0 && request_tokens > 0) {
        usage->input = request_tokens;
        usage->is_estimated = true;
    }
    if (usage->output < delivered && (usage->output == 0 || !is_whole)) {
        usage->output = delivered;
        usage->is_estimated = true;
    }
    if (!usage->is_known)
        usage->is_estimated = true;
}
