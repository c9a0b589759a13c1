/*
 *  call - one model call of a client, from its request to the last byte of its answer
 */
#include "services/router/call.h"

#include <stdlib.h>
#include <strings.h>

#include "common/clock.h"
#include "services/router/door.h"
#include "services/router/routing.h"
#include "services/router/translate.h"

#define UNUSED_MAX 64 /* calls that are kept for the next ones */

static bool
has_prefix(mc_text_t name, const char *prefix)
{
    size_t size = strlen(prefix);
    return name.size >= size && !strncasecmp(name.data, prefix, size);
}

typedef struct {
    router_call_t *call;
    mc_refusal_t refusal;
    bool is_refused;
} headers_t;

/* What the provider may see of the client's headers. */
static void
keep_header(router_call_t *call, mc_text_t name, mc_text_t value)
{
    bool is_version = has_prefix(name, "anthropic-version");
    if (!has_prefix(name, "anthropic-") && !has_prefix(name, "openai-"))
        return;
    if (call->forwarded_count == ROUTER_HEADERS_MAX - 8)
        return;
    call->forwarded[call->forwarded_count++] =
        mc_arena_printf(call->arena, "%.*s: %.*s", MC_FMT(name), MC_FMT(value)).data;
    call->has_version = call->has_version || is_version;
}

static void
on_header(void *arg, mc_text_t name, mc_text_t value)
{
    headers_t *headers = arg;
    router_call_t *call = headers->call;
    if (headers->is_refused)
        return;
    keep_header(call, name, value);
    if (has_prefix(name, "x-mc-budget-grace") && mc_text_is(value, "true"))
        call->is_grace = true;
    headers->is_refused = router_identity_take(&call->identity, call->arena, name, value,
                                               &headers->refusal) == MC_REFUSED;
}

static int
read_headers(router_call_t *self, mc_refusal_t *refusal)
{
    headers_t headers = {.call = self};
    mc_http_each_header(self->request, on_header, &headers);
    if (headers.is_refused) {
        *refusal = headers.refusal;
        return MC_REFUSED;
    }
    router_door_identity(self->router, self->request, self->arena, &self->identity);
    return 0;
}

static int
scan(router_call_t *self, mc_refusal_t *refusal)
{
    router_scan_tools_t tools = {self->router->scanner, self->router->parser, self->arena};
    mc_text_t body = mc_http_body(self->request);
    mc_text_t encoding = mc_http_header(self->request, "Content-Encoding");
    size_t most = (size_t)self->router->settings->router_body_bytes_max;
    if (encoding.size && !mc_text_is(encoding, "identity"))
        return mc_refuse(refusal, MC_BAD_MEDIA_TYPE_ERROR, "Content-Encoding",
                         "Content-Encoding is \"%.*s\"; only identity is read here",
                         MC_FMT(encoding));
    if (body.size > most)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, NULL, "the body has more than %zu bytes",
                         most);
    return router_request_scan(&tools, self->dialect, body, &self->scan, refusal);
}

static int
decide(router_call_t *self, mc_refusal_t *refusal)
{
    router_t *router = self->router;
    const router_registry_t *registry = router_routing_registry(router->routing);
    if (!registry)
        return mc_refuse(refusal, MC_NO_MODEL_ERROR, "model", "the models are not loaded yet");
    self->registry = router_registry_hold(registry);
    self->need = (router_need_t){
        .dialect = self->dialect,
        .model = self->scan.model,
        .persona = self->identity.persona,
        .tier = self->identity.tier,
        .needs = self->scan.needs,
        .input_tokens = self->scan.input_tokens,
        .output_tokens = self->scan.output_tokens,
        .pinned =
            router_affinity_find(router->affinity, self->scan.previous_response_id, self->began_us),
    };
    router_routing_fill_flags(router->routing, &self->need);
    int result = router_decide(router->routing, self->registry, &self->need, self->began_at_us,
                               self->arena, &self->decision, refusal);
    router_catalog_remember(router->catalog, self->registry, &self->decision, &self->need);
    self->has_decision = result == 0;
    return result;
}

static void
cancel_attempt(router_call_t *self)
{
    if (self->attempt.http)
        mc_http_client_cancel(self->router->client, mc_take(&self->attempt.http));
    if (self->backoff_timer)
        mc_service_cancel(self->router->service, self->backoff_timer);
    self->backoff_timer = 0;
}

/* What was delivered is paid for, so it is counted. */
static void
end_without_client(router_call_t *self)
{
    if (self->is_recorded || self->is_over)
        return;
    ROUTER_COUNT(self->router, clients_gone, 1);
    if (!self->is_told)
        return;
    cancel_attempt(self);
    if (self->attempt.model) {
        router_watch_estimate(&self->attempt.watch, self->scan.input_tokens);
        router_attempt_end(self, ROUTER_FAULT_CLIENT, MC_TEXT("the client left"), 0);
    }
    router_call_tell_end(self, "failed", MC_TEXT("the client left"));
}

void
router_call_leave(router_call_t *self)
{
    end_without_client(self);
    router_call_destroy(&self);
}

static void
on_gone(void *arg)
{
    router_call_t *self = arg;
    self->request = NULL;
    router_call_leave(self);
}

static void
free_unused(router_t *router)
{
    router_call_t *self = LIST_FIRST(&router->unused);
    LIST_REMOVE(self, link);
    router->unused_count--;
    mc_arena_destroy(&self->arena);
    free(self);
}

void
router_calls_forget(router_t *router)
{
    while (!LIST_EMPTY(&router->unused))
        free_unused(router);
}

/* All zero, with an empty arena. */
static router_call_t *
take_unused(router_t *router)
{
    router_call_t *self = LIST_FIRST(&router->unused);
    if (!self) {
        self = calloc(1, sizeof *self);
        if (!self)
            mc_fatal("out of memory");
        self->arena = mc_arena_new();
        return self;
    }
    LIST_REMOVE(self, link);
    router->unused_count--;
    mc_arena_t *arena = self->arena;
    memset(self, 0, sizeof *self);
    self->arena = arena;
    return self;
}

static void
give_back(router_t *router, router_call_t *self)
{
    mc_arena_clear(self->arena);
    LIST_INSERT_HEAD(&router->unused, self, link);
    if (++router->unused_count > UNUSED_MAX)
        free_unused(router);
}

static router_call_t *
make_call(router_t *router, mc_http_request_t *request, router_dialect_t dialect)
{
    router_call_t *self = take_unused(router);
    self->router = router;
    self->request = request;
    self->dialect = dialect;
    self->began_us = mc_clock_steady_us();
    self->began_at_us = mc_clock_us();
    self->uid = mc_uuid_new();
    mc_uuid_print(self->uid, self->id);
    LIST_INSERT_HEAD(&router->calls, self, link);
    router->call_count++;
    ROUTER_COUNT(router, calls, 1);
    ROUTER_COUNT(router, calls_under_way, 1);
    return self;
}

void
router_call_begin(router_t *router, mc_http_request_t *request, router_dialect_t dialect)
{
    router_call_t *self = make_call(router, request, dialect);
    mc_refusal_t refusal = {0};
    if (router->is_leaving) {
        mc_refusal_fill(&refusal, MC_SERVICE_MISSING_ERROR, NULL, "the router is stopping");
        router_call_refuse(self, &refusal);
        return;
    }
    size_t others = router->call_count - 1 - mc_boundary_counts(router->boundary).held;
    if (others >= (size_t)router->settings->router_calls_max) {
        mc_refusal_fill(&refusal, MC_TOO_BUSY_ERROR, NULL, "%zu calls are under way", others);
        router_call_refuse(self, &refusal);
        return;
    }
    if (read_headers(self, &refusal) != 0 || scan(self, &refusal) != 0) {
        router_call_refuse(self, &refusal);
        return;
    }
    mc_http_on_gone(request, on_gone, self);
    router_held_init(self);
    if (router_held_admit(self, NULL))
        router_call_go_on(self);
}

void
router_call_go_on(router_call_t *self)
{
    mc_refusal_t refusal = {0};
    if (!self->has_decision) {
        if (decide(self, &refusal) != 0) {
            router_call_refuse(self, &refusal);
            return;
        }
        router_call_tell_decision(self);
        router_call_tell_start(self);
        self->is_told = true;
    }
    router_attempt_next(self);
}

void
router_call_destroy(router_call_t **address)
{
    router_call_t *self = mc_take(address);
    if (!self)
        return;
    router_t *router = self->router;
    cancel_attempt(self);
    router_admission_leave(&self->admission);
    router_spending_settle(self);
    router_translation_destroy(&self->attempt.translation);
    mc_sse_clear(&self->attempt.sse);
    mc_buffer_clear(&self->attempt.body);
    router_answer_forget(self);
    mc_buffer_clear(&self->out);
    if (self->registry)
        router_registry_release(&self->registry);
    mc_metrics_observe_us(router->metrics, ROUTER_METRIC_call,
                          mc_clock_steady_us() - self->began_us);
    ROUTER_COUNT(router, calls_under_way, -1);
    router->call_count--;
    LIST_REMOVE(self, link);
    give_back(router, self);
}

/* The refusal in the middle of a stream. */
static void
break_off(router_call_t *self, const mc_refusal_t *refusal)
{
    self->failure = (router_failure_t){
        .error = {.status = mc_error_row((mc_error_code_t)refusal->code)->http_status,
                  .code = router_door_code((mc_error_code_t)refusal->code),
                  .message = mc_arena_text(self->arena, mc_text(refusal->message)),
                  .sequence = router_attempt_sequence(&self->attempt)},
    };
    router_flow_cut(self);
}

void
router_call_refuse(router_call_t *self, const mc_refusal_t *refusal)
{
    ROUTER_COUNT(self->router, refused, 1);
    if (self->stream) {
        break_off(self, refusal);
        return;
    }
    mc_http_request_t *request = mc_take(&self->request);
    mc_http_add_header(request, "x-request-id", self->id);
    if (self->identity.run_id.size)
        mc_http_add_header(request, "x-mc-run", self->identity.run_id.data);
    if (self->decision.id[0])
        mc_http_add_header(request, "x-mc-decision-id", self->decision.id);
    mc_http_refuse(request, refusal);
    router_call_destroy(&self);
}

void
router_call_end(router_call_t *self, const mc_refusal_t *refusal)
{
    mc_text_t message = mc_text(refusal->message);
    self->held_us = 0;
    if (self->attempt.http) {
        router_watch_estimate(&self->attempt.watch, self->scan.input_tokens);
        router_attempt_end(self, ROUTER_FAULT_CLIENT, message, 0);
    }
    cancel_attempt(self);
    if (self->is_told)
        router_call_tell_end(self, "failed", message);
    router_call_refuse(self, refusal);
}

void
router_calls_end(router_t *router)
{
    router_call_t *self, *next;
    mc_refusal_t refusal = {0};
    mc_refusal_fill(&refusal, MC_SERVICE_MISSING_ERROR, NULL, "the router is stopping");
    for (self = LIST_FIRST(&router->calls); self; self = next) {
        next = LIST_NEXT(self, link);
        if (!self->is_over)
            router_call_end(self, &refusal);
    }
}

/* An answer that the provider gave itself, in the client's own dialect. */
static void
answer_as_it_came(router_call_t *self, mc_http_request_t *request)
{
    mc_buffer_t content = {0};
    mc_buffer_text(&content, self->failure.body);
    mc_http_answer(request, self->failure.status, self->failure.content_type, &content);
}

void
router_call_give_up(router_call_t *self)
{
    const router_failure_t *failure = &self->failure;
    ROUTER_COUNT(self->router, failed, 1);
    router_call_tell_end(self, "failed", failure->error.message);
    if (failure->verdict.fault != ROUTER_FAULT_CALLER)
        mc_log(&router_log_call_failed, "call=%s provider=%.*s model=%.*s status=%d reason=%.*s",
               self->id, MC_FMT(self->attempt.model->provider->name),
               MC_FMT(self->attempt.model->model_id), failure->error.status,
               MC_FMT(failure->error.message));
    if (self->stream) {
        router_flow_cut(self);
        return;
    }
    mc_http_request_t *request = self->request;
    router_head_add(self);
    self->request = NULL;
    if (failure->body.size) {
        answer_as_it_came(self, request);
    } else {
        mc_buffer_t content = {0};
        router_error_body(self->dialect, &failure->error, &content);
        mc_http_answer_json(request, failure->error.status, &content);
    }
    router_call_destroy(&self);
}
