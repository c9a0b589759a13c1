/*
 *  upstream - what a provider is sent: address, headers, key and body
 */
#include "services/router/call.h"

#include <stdio.h>
#include <strings.h>

#include "common/clock.h"
#include "services/router/request_edit.h"
#include "services/router/routing.h"

#define ANTHROPIC_VERSION "anthropic-version: 2023-06-01"
#define AUTH_BYTES 17000 /* the largest secret that the vault keeps, and the header's name */

typedef struct {
    const char *lines[ROUTER_HEADERS_MAX + 1];
    size_t count;
} headers_t;

static void
add(headers_t *headers, const char *line)
{
    if (headers->count < ROUTER_HEADERS_MAX)
        headers->lines[headers->count++] = line;
}

/* "Name: value" lines of the provider's row. */
static void
add_row(headers_t *headers, mc_arena_t *arena, mc_text_t text)
{
    while (text.size) {
        const char *newline = memchr(text.data, '\n', text.size);
        size_t size = newline ? (size_t)(newline - text.data) : text.size;
        if (size)
            add(headers, mc_arena_text(arena, (mc_text_t){text.data, size}).data);
        size += newline ? 1 : 0;
        text = (mc_text_t){text.data + size, text.size - size};
    }
}

static const char *const auth_names[] = {
    [ROUTER_AUTH_BEARER] = "Authorization: Bearer ",
    [ROUTER_AUTH_X_API_KEY] = "x-api-key: ",
    [ROUTER_AUTH_API_KEY] = "api-key: ",
};

/* The client copies headers into memory that it wipes; so is ours. */
static int
make_auth(router_call_t *self, char ret_line[AUTH_BYTES], mc_refusal_t *refusal)
{
    const router_provider_t *provider = self->attempt.model->provider;
    ret_line[0] = '\0';
    if (provider->secret.size == 0 || provider->adapter->auth == ROUTER_AUTH_NONE)
        return 0;
    mc_text_t value = router_secrets_value(self->router->secrets, provider->secret);
    if (value.size) {
        self->attempt.secret_version =
            router_secrets_version(self->router->secrets, provider->secret);
        snprintf(ret_line, AUTH_BYTES, "%s%.*s", auth_names[provider->adapter->auth],
                 MC_FMT(value));
        return 0;
    }
    const char *reason;
    bool is_sealed = router_secrets_look(self->router->secrets, provider->secret, &reason) ==
                     ROUTER_SECRET_SEALED;
    /* A server that needs no key is called without, unless it has one that is out of reach. */
    if (!provider->needs_secret &&
        !(is_sealed && router_routing_has_secret(self->router->routing, provider->secret)))
        return 0;
    return mc_refuse(refusal, is_sealed ? MC_VAULT_SEALED_ERROR : MC_NO_MODEL_ERROR, "model",
                     "the secret %.*s of provider %.*s cannot be used: %s",
                     MC_FMT(provider->secret), MC_FMT(provider->name), reason);
}

/* The client's own dialect where the provider has it, else one that can be translated. */
static int
choose_dialect(router_call_t *self, mc_refusal_t *refusal)
{
    router_attempt_t *attempt = &self->attempt;
    uint32_t spoken = attempt->model->provider->adapter->dialects;
    attempt->dialect = self->dialect;
    if (spoken & 1u << self->dialect)
        return 0;
    for (int dialect = 0; dialect < ROUTER_DIALECT_COUNT; dialect++) {
        attempt->dialect = (router_dialect_t)dialect;
        if (spoken & 1u << dialect && router_translation_exists(self->dialect, attempt->dialect))
            return 0;
    }
    return mc_refuse(refusal, MC_NO_MODEL_ERROR, "model",
                     "provider %.*s does not speak %s, nor anything it could be translated to",
                     MC_FMT(attempt->model->provider->name), router_dialect_name(self->dialect));
}

static int
translate_body(router_call_t *self, mc_text_t body, mc_refusal_t *refusal)
{
    router_attempt_t *attempt = &self->attempt;
    const router_model_t *model = attempt->model;
    const router_card_t *card = model->card;
    const router_adapter_t *adapter = model->provider->adapter;
    router_translation_options_t options = {
        .client = self->dialect,
        .upstream = attempt->dialect,
        .model = model->model_id,
        .client_model = self->scan.model,
        .output_tokens_max = model->output_tokens_max ? model->output_tokens_max
                             : card                   ? card->output_tokens_max
                                                      : 0,
        .has_structured_output = card && card->can & ROUTER_CAN_STRUCTURED,
        .takes_completion_limit = router_model_limit(model) != ROUTER_LIMIT_OLD,
        .has_adaptive_thinking = card && card->thinks_adaptively,
        .lacks_reasoning = card && !(card->can & ROUTER_CAN_REASON),
        .lacks_temperature = card && !card->takes_temperature,
        .lacks_usage_option = !adapter->takes_usage_option,
        .takes_extensions = adapter->takes_extensions,
        .now_s = self->began_at_us / 1000000,
    };
    ROUTER_COUNT(self->router, translated, 1);
    attempt->translation = router_translation_new(&options);
    return router_translation_request(attempt->translation, self->router->parser, body,
                                      &attempt->body, refusal);
}

static int
edit_body(router_call_t *self, const router_request_scan_t *scan, mc_refusal_t *refusal)
{
    router_attempt_t *attempt = &self->attempt;
    if (attempt->dialect != self->dialect)
        return translate_body(self, scan->body, refusal);
    bool has_option = self->dialect == ROUTER_CHAT || self->dialect == ROUTER_COMPLETIONS;
    attempt->must_strip = has_option && scan->is_stream && !scan->wants_usage &&
                          attempt->model->provider->adapter->takes_usage_option;
    router_request_edit_t edit = {
        .model = attempt->model->model_id,
        .must_have_usage = attempt->must_strip,
        .limit =
            self->dialect == ROUTER_CHAT ? router_model_limit(attempt->model) : ROUTER_LIMIT_EITHER,
    };
    router_request_edit(scan, &edit, &attempt->body);
    return 0;
}

/* With a smaller output limit where the budgets leave no more. */
static int
make_body(router_call_t *self, mc_refusal_t *refusal)
{
    router_scan_tools_t tools = {self->router->scanner, self->router->parser, self->arena};
    router_request_scan_t scan;
    mc_buffer_t capped = {0};
    int64_t output_max;
    (void)router_spending_fits(self, self->attempt.model, &output_max);
    self->attempt.output_max =
        output_max ? output_max : router_spending_output(self, self->attempt.model);
    if (!output_max)
        return edit_body(self, &self->scan, refusal);
    ROUTER_COUNT(self->router, clamped, 1);
    router_request_cap(&self->scan, self->dialect, output_max, &capped);
    int result =
        router_request_scan(&tools, self->dialect, mc_buffer_content(&capped), &scan, refusal);
    if (result == 0)
        result = edit_body(self, &scan, refusal);
    mc_buffer_clear(&capped);
    return result;
}

static bool
is_stream_type(mc_text_t type)
{
    static const char wanted[] = "text/event-stream";
    return type.size >= sizeof wanted - 1 && !strncasecmp(type.data, wanted, sizeof wanted - 1);
}

/* The first bytes of the body: by now status and headers are known. */
static void
on_first_byte(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    mc_http_reply_t reply = mc_http_call_reply(attempt->http);
    router_head_keep(self, &reply);
    attempt->first_byte_us = attempt->last_byte_us;
    attempt->window_us = attempt->last_byte_us;
    attempt->is_stream =
        reply.status >= 200 && reply.status < 300 && is_stream_type(reply.content_type);
    mc_metrics_observe_us(self->router->metrics, ROUTER_METRIC_first_byte,
                          attempt->first_byte_us - attempt->began_us);
}

static void
on_piece(void *arg, mc_text_t piece)
{
    router_call_t *self = arg;
    router_attempt_t *attempt = &self->attempt;
    attempt->last_byte_us = mc_clock_steady_us();
    attempt->window_bytes += piece.size;
    if (!attempt->first_byte_us)
        on_first_byte(self);
    if (attempt->is_stream) {
        router_flow_take(self, piece);
        return;
    }
    router_answer_take(self, piece);
}

bool
router_upstream_mask(const router_call_t *self, mc_text_t text)
{
    const router_attempt_t *attempt = &self->attempt;
    if (attempt->secret_version == 0 || text.size == 0)
        return true;
    int found = router_secrets_mask(self->router->secrets, attempt->model->provider->secret,
                                    attempt->secret_version, text);
    if (found > 0 && attempt->http)
        mc_http_call_spoil(attempt->http);
    return found >= 0;
}

static void
on_done(void *arg, const mc_http_reply_t *reply, const char *reason)
{
    router_call_t *self = arg;
    self->attempt.last_byte_us = mc_clock_steady_us();
    if (self->attempt.is_stream) {
        self->attempt.http = NULL;
        router_flow_end(self, reason);
    } else if (!reply) {
        self->attempt.http = NULL;
        router_attempt_fail_wire(self, false, reason);
    } else {
        (void)router_upstream_mask(self, mc_buffer_content(&self->attempt.answer));
        self->attempt.http = NULL;
        router_answer_whole(self, reply);
    }
}

static void
ask(router_call_t *self, const char *auth)
{
    router_attempt_t *attempt = &self->attempt;
    const router_provider_t *provider = attempt->model->provider;
    headers_t headers = {0};
    char url[ROUTER_PATH_BYTES_MAX + 2048];
    snprintf(url, sizeof url, "%.*s%s", MC_FMT(provider->base_url),
             router_dialect_path(attempt->dialect));
    add(&headers, "Content-Type: application/json");
    if (auth[0])
        add(&headers, auth);
    if (router_dialect_protocol(attempt->dialect) == router_dialect_protocol(self->dialect))
        for (size_t i = 0; i < self->forwarded_count; i++)
            add(&headers, self->forwarded[i]);
    if (router_dialect_protocol(attempt->dialect) == ROUTER_ANTHROPIC && !self->has_version)
        add(&headers, ANTHROPIC_VERSION);
    if (self->identity.span_id.size && router_provider_is_near(provider))
        add(&headers, router_identity_trace(&self->identity, self->arena).data);
    add_row(&headers, self->arena, provider->headers);
    mc_http_question_t question = {
        .method = "POST",
        .url = url,
        .headers = headers.lines,
        .body = mc_buffer_content(&attempt->body),
        .is_body_lent = true,
        .connect_timeout_ms = (int)self->router->settings->router_connect_ms,
        .timeout_ms = -1,
        .piece = on_piece,
    };
    attempt->http = mc_http_client_ask(self->router->client, &question, on_done, self);
}

int
router_upstream_ask(router_call_t *self, mc_refusal_t *refusal)
{
    char auth[AUTH_BYTES];
    router_attempt_t *attempt = &self->attempt;
    mc_buffer_init(&attempt->answer, (size_t)self->router->settings->router_answer_bytes_max);
    if (choose_dialect(self, refusal) != 0 || make_body(self, refusal) != 0)
        return MC_REFUSED;
    router_watch_init(&attempt->watch, attempt->dialect);
    if (attempt->translation && router_translation_is_local(self->dialect, attempt->dialect))
        return ROUTER_UPSTREAM_LOCAL;
    if (make_auth(self, auth, refusal) != 0)
        return MC_REFUSED;
    ask(self, auth);
    router_spending_sent(self);
    explicit_bzero(auth, strlen(auth));
    return 0;
}
