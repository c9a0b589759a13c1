/*
 *  error_body - an error as each protocol writes it
 *
 *  In a stream it stands where no client can take it for an end: OpenAI's clients
 *  raise on a chunk with "error", Anthropic's on an event of that name, and those
 *  of the responses API on an event of type error. Nothing follows.
 */
#include "translate_answer.h"

static const struct {
    int status;
    const char *openai;
    const char *anthropic;
} types[] = {
    {400, "invalid_request_error", "invalid_request_error"},
    {401, "authentication_error", "authentication_error"},
    {402, "insufficient_quota", "billing_error"},
    {403, "permission_error", "permission_error"},
    {404, "not_found_error", "not_found_error"},
    {409, "conflict_error", "invalid_request_error"},
    {413, "invalid_request_error", "request_too_large"},
    {422, "invalid_request_error", "invalid_request_error"},
    {429, "rate_limit_error", "rate_limit_error"},
    {503, "service_unavailable", "overloaded_error"},
    {504, "timeout_error", "timeout_error"},
    {529, "service_unavailable", "overloaded_error"},
};

const char *
router_error_type(router_dialect_t dialect, int status)
{
    bool is_anthropic = router_dialect_protocol(dialect) == ROUTER_ANTHROPIC;
    for (size_t i = 0; i < MC_COUNT(types); i++)
        if (types[i].status == status)
            return is_anthropic ? types[i].anthropic : types[i].openai;
    if (status >= 400 && status < 500)
        return "invalid_request_error";
    return is_anthropic ? "api_error" : "server_error";
}

static const char *
type_of(router_dialect_t dialect, const router_error_t *error)
{
    return error->type ? error->type : router_error_type(dialect, error->status);
}

static void
put_optional(router_put_t *put, const char *key, const char *value)
{
    if (value)
        router_put_string(put, key, value);
    else
        router_put_null(put, key);
}

static void
put_openai(router_dialect_t dialect, const router_error_t *error, router_put_t *put)
{
    router_put_object(put, "error");
    router_put_text(put, "message", error->message);
    router_put_string(put, "type", type_of(dialect, error));
    put_optional(put, "param", error->param);
    put_optional(put, "code", error->code);
    router_put_end_object(put);
}

static void
put_anthropic(router_dialect_t dialect, const router_error_t *error, router_put_t *put)
{
    router_put_string(put, "type", "error");
    router_put_object(put, "error");
    router_put_string(put, "type", type_of(dialect, error));
    router_put_text(put, "message", error->message);
    router_put_end_object(put);
    if (error->request_id.size > 0)
        router_put_text(put, "request_id", error->request_id);
}

/* Flat as it is documented and nested as it is sent: of the official clients one reads the first
 * form and another raises only on the second. */
static void
put_responses(router_dialect_t dialect, const router_error_t *error, router_put_t *put)
{
    router_put_string(put, "type", "error");
    router_put_string(put, "code", error->code ? error->code : type_of(dialect, error));
    router_put_text(put, "message", error->message);
    put_optional(put, "param", error->param);
    router_put_i64(put, "sequence_number", error->sequence);
    put_openai(dialect, error, put);
}

void
router_error_body(router_dialect_t dialect, const router_error_t *error, mc_buffer_t *out)
{
    router_put_t put = router_put(out);
    router_put_object(&put, NULL);
    if (router_dialect_protocol(dialect) == ROUTER_ANTHROPIC)
        put_anthropic(dialect, error, &put);
    else
        put_openai(dialect, error, &put);
    router_put_end_object(&put);
}

void
router_error_frames(router_dialect_t dialect, const router_error_t *error, mc_buffer_t *out)
{
    bool is_typed =
        dialect == ROUTER_RESPONSES || router_dialect_protocol(dialect) == ROUTER_ANTHROPIC;
    router_frame_open(out, is_typed ? "error" : NULL);
    if (dialect == ROUTER_RESPONSES) {
        router_put_t put = router_put(out);
        router_put_object(&put, NULL);
        put_responses(dialect, error, &put);
        router_put_end_object(&put);
    } else {
        router_error_body(dialect, error, out);
    }
    router_frame_close(out);
}
