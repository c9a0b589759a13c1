/*
 *  door - who may come in, and how what is refused is said in the client's own dialect
 */
#include <sodium.h>
#include <stdio.h>

#include "services/router/call.h"
#include "services/router/door.h"

#define OPEN_KEY "Bearer mcr_open_"

const mc_http_limits_t router_http_limits = {
    .bodies_bytes_max = ROUTER_BODIES_BYTES_MAX,
    .connections_max = 16384,
    .request_timeout_s = 120,
    .at_hand_max = 16,
};

static const struct {
    mc_text_t path;
    router_dialect_t dialect;
} doors[] = {
    {{"/chat/completions", 17}, ROUTER_CHAT},
    {{"/responses", 10}, ROUTER_RESPONSES},
    {{"/completions", 12}, ROUTER_COMPLETIONS},
    {{"/embeddings", 11}, ROUTER_EMBEDDINGS},
    {{"/messages/count_tokens", 22}, ROUTER_COUNT_TOKENS},
    {{"/messages", 9}, ROUTER_MESSAGES},
};

/* The path behind /v1. */
static mc_text_t
path_of(const mc_http_request_t *request)
{
    mc_text_t path = mc_http_path(request);
    if (path.size > 3 && !memcmp(path.data, "/v1/", 4))
        return (mc_text_t){path.data + 3, path.size - 3};
    return path;
}

router_dialect_t
router_door_dialect(const mc_http_request_t *request)
{
    mc_text_t path = path_of(request);
    for (size_t i = 0; i < MC_COUNT(doors); i++)
        if (path.size >= doors[i].path.size &&
            !memcmp(path.data, doors[i].path.data, doors[i].path.size))
            return doors[i].dialect;
    return mc_http_header(request, "anthropic-version").size ? ROUTER_MESSAGES : ROUTER_CHAT;
}

void
router_on_call(void *state, mc_http_request_t *request)
{
    router_call_begin(state, request, router_door_dialect(request));
}

/* A path of a call, asked for with another method than POST. */
static bool
is_call(mc_text_t path)
{
    for (size_t i = 0; i < MC_COUNT(doors); i++)
        if (mc_text_equals(path, doors[i].path))
            return true;
    return false;
}

void
router_on_unknown(void *state, mc_http_request_t *request)
{
    (void)state;
    mc_text_t method = mc_http_method(request), path = mc_http_path(request);
    if (is_call(path_of(request))) {
        mc_http_add_header(request, "Allow", "POST");
        mc_http_refuse_with(request, MC_BAD_METHOD_ERROR, "%.*s is not answered here, only POST",
                            MC_FMT(method));
    } else {
        mc_http_refuse_with(request, MC_UNKNOWN_ROUTE_ERROR, "there is no %.*s %.*s",
                            MC_FMT(method), path.size > 128 ? 128 : (int)path.size, path.data);
    }
}

const char *
router_door_code(mc_error_code_t code)
{
    switch (code) {
    case MC_UNKNOWN_MODEL_ERROR:
        return "model_not_found";
    case MC_CONTEXT_TOO_LONG_ERROR:
        return "context_length_exceeded";
    case MC_UNAUTHENTICATED_ERROR:
        return "invalid_api_key";
    default:
        return mc_error_row(code)->name;
    }
}

/* The id of the call, or one for this refusal where there was no call yet. */
static mc_text_t
request_id(mc_http_request_t *request)
{
    mc_text_t id = mc_http_answer_header(request, "x-request-id");
    if (id.size)
        return id;
    char text[MC_UUID_TEXT_SIZE];
    mc_uuid_print(mc_uuid_new(), text);
    mc_http_add_header(request, "x-request-id", text);
    return mc_http_answer_header(request, "x-request-id");
}

/* Whoever asks again is told the same. */
static bool
is_final(mc_error_code_t code)
{
    return code == MC_SCOPE_STOPPED_ERROR || code == MC_SCOPE_QUARANTINED_ERROR ||
           code == MC_OVER_BUDGET_ERROR || code == MC_PRICE_UNKNOWN_ERROR;
}

void
router_refuse(mc_http_request_t *request, const mc_refusal_t *refusal)
{
    mc_error_code_t code = refusal->code ? (mc_error_code_t)refusal->code : MC_INTERNAL_ERROR;
    router_error_t error = {
        .status = mc_error_row(code)->http_status,
        .code = router_door_code(code),
        .param = refusal->field[0] ? refusal->field : NULL,
        .message = mc_text(refusal->message),
        .request_id = request_id(request),
    };
    mc_buffer_t content = {0};
    if (is_final(code))
        mc_http_add_header(request, "x-should-retry", "false");
    router_error_body(router_door_dialect(request), &error, &content);
    mc_http_answer_json(request, error.status, &content);
}

/* On loopback, until the first agent key exists, whoever reaches the port may call. */
static bool
is_open(router_t *self)
{
    if (mc_api_keys_has_agent_key(self->keys))
        return false;
    if (!self->is_door_logged)
        mc_log(&router_log_open_door, "address=%s", self->settings->listen_address);
    self->is_door_logged = true;
    return true;
}

/* "Bearer KEY" of either header. */
static mc_text_t
credential_of(mc_http_request_t *request)
{
    mc_text_t bearer = mc_http_header(request, "Authorization");
    mc_text_t key = mc_http_header(request, "x-api-key");
    if (bearer.size || !key.size)
        return bearer;
    return mc_arena_printf(mc_http_arena(request), "Bearer %.*s", MC_FMT(key));
}

/* An open key is not checked: it says who calls, where anybody may. */
static void
read_open_key(router_t *self, mc_text_t credential, mc_arena_t *arena, router_identity_t *identity)
{
    size_t prefix = sizeof OPEN_KEY - 1, size = 0;
    if (credential.size <= prefix || memcmp(credential.data, OPEN_KEY, prefix))
        return;
    char *json = mc_arena_alloc(arena, credential.size);
    if (sodium_base642bin((unsigned char *)json, credential.size, credential.data + prefix,
                          credential.size - prefix, NULL, &size, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0)
        router_identity_read(identity, self->parser, arena, (mc_text_t){json, size});
}

void
router_door_identity(void *state, mc_http_request_t *request, mc_arena_t *arena,
                     router_identity_t *identity)
{
    router_t *self = state;
    router_identity_t said = {0};
    mc_text_t caller = mc_http_caller(request);
    const mc_api_key_t *key = caller.size ? mc_api_keys_find(self->keys, caller) : NULL;
    if (key && mc_has(key, api_key, run_json)) {
        router_identity_read(&said, self->parser, arena, key->run_json);
        router_identity_bind(identity, &said);
    } else if (!caller.size) {
        read_open_key(self, credential_of(request), arena, &said);
    } else {
        said.actor = mc_arena_text(arena, key ? key->name : caller);
    }
    identity->key_id = mc_arena_text(arena, caller);
    router_identity_fill(identity, &said);
    router_identity_follow_trace(identity);
    if (!identity->run_id.size)
        identity->run_id = identity->session_id;
    if (!identity->actor.size)
        identity->actor = MC_TEXT("agent");
}

int
router_authorize(void *state, mc_http_request_t *request, mc_role_t least, mc_refusal_t *refusal)
{
    router_t *self = state;
    if (least == MC_ROLE_NONE)
        return 0;
    mc_text_t credential = credential_of(request);
    const mc_api_key_t *key = mc_api_keys_verify(self->keys, credential);
    if (!key && !mc_api_keys_is_loaded(self->keys))
        return mc_refuse(refusal, MC_STORE_AWAY_ERROR, NULL,
                         "nobody can be let in yet: the keys are in the database, which cannot be "
                         "reached");
    if (!key && is_open(self))
        return 0;
    if (!key)
        return mc_refuse(refusal, MC_UNAUTHENTICATED_ERROR, NULL,
                         "an agent key is needed, as Authorization: Bearer mck_... or x-api-key; "
                         "make one with missionctl keys create --role agent --name NAME");
    mc_role_t role = mc_role(key->role);
    if (role < least || role == MC_ROLE_viewer) /* who may only look spends no money */
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, NULL,
                         "the key %.*s is a %.*s key and may not call models", MC_FMT(key->id),
                         MC_FMT(key->role));
    mc_http_set_caller(request, role, key->id);
    return 0;
}
