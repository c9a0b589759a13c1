/*
 *  attempt - one request to one provider, and what is done when it fails
 */
#include "services/router/call.h"

#include <stdio.h>

#include "common/clock.h"
#include "services/router/routing.h"

#define BACKOFF_MS 100               /* before the same lane is tried again; doubles */
#define WAIT_MAX_US INT64_C(1500000) /* that a Retry-After is waited for; else it is passed on */

static int64_t
attempts_max(const router_call_t *self)
{
    return self->router->settings->router_attempts_max;
}

static router_health_t *
health_of(const router_call_t *self)
{
    return router_routing_health(self->router->routing);
}

/* What the attempt used is given back; the watch stays for the end event. */
static void
clear_attempt(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    if (attempt->http)
        mc_http_client_cancel(self->router->client, mc_take(&attempt->http));
    router_translation_destroy(&attempt->translation);
    mc_sse_clear(&attempt->sse);
    mc_buffer_clear(&attempt->body);
    router_answer_forget(self);
}

void
router_attempt_end(router_call_t *self, router_fault_t fault, mc_text_t error,
                   int64_t retry_after_us)
{
    router_attempt_t *attempt = &self->attempt;
    int64_t now_us = mc_clock_steady_us();
    router_spending_add(self, fault == ROUTER_FAULT_NONE);
    router_outcome_t outcome = {
        .fault = fault,
        .latency_us = now_us - attempt->began_us,
        .first_token_us =
            attempt->first_content_us ? attempt->first_content_us - attempt->began_us : 0,
        .cost_nanousd = router_call_cost(self),
        .retry_after_us = retry_after_us,
        .error = error,
    };
    router_health_end(health_of(self), attempt->model->lane, mc_clock_us(), attempt->is_probe,
                      &outcome);
    if (fault == ROUTER_FAULT_KEY)
        ROUTER_COUNT(self->router, faults_of_key, 1);
    else if (fault == ROUTER_FAULT_CALLER)
        ROUTER_COUNT(self->router, faults_of_caller, 1);
    else if (fault == ROUTER_FAULT_LANE)
        ROUTER_COUNT(self->router, faults_of_lane, 1);
}

static void
fill_failure(router_call_t *self, int status, const char *type, mc_text_t message)
{
    self->failure = (router_failure_t){
        .verdict = {.fault = ROUTER_FAULT_LANE},
        .error = {.status = status,
                  .type = type,
                  .message = mc_arena_text(self->arena, message),
                  .request_id = mc_text(self->id)},
    };
}

/* The next candidate that may be called now, or NULL; *ret_is_dear: what is left of the budgets
 * does not suffice for one. */
static const router_model_t *
choose(router_call_t *self, bool *ret_is_probe, bool *ret_is_dear)
{
    int64_t output_max;
    for (; self->rank < self->decision.ranked_count; self->rank++) {
        const router_model_t *model =
            self->decision.candidates[self->decision.ranked[self->rank]].model;
        if (!router_spending_fits(self, model, &output_max)) {
            *ret_is_dear = true;
            continue;
        }
        if (router_health_begin(health_of(self), model->lane, mc_clock_us(), ret_is_probe) == 0)
            return model;
    }
    return NULL;
}

static void
begin(router_call_t *self, const router_model_t *model, bool is_probe)
{
    clear_attempt(self);
    self->attempt =
        (router_attempt_t){.model = model, .is_probe = is_probe, .began_us = mc_clock_steady_us()};
    self->attempt.last_byte_us = self->attempt.began_us;
    self->kept_count = 0;
    self->attempts++;
    ROUTER_COUNT(self->router, attempts, 1);
    if (self->attempts > 1)
        ROUTER_COUNT(self->router, retries, 1);
}

/* Nobody is left who may be called, before or after attempts that failed. */
static void
find_nobody(router_call_t *self, bool is_dear)
{
    mc_refusal_t refusal;
    if (!self->attempts && is_dear) {
        mc_refusal_fill(&refusal, MC_OVER_BUDGET_ERROR, NULL,
                        "what is left of the budgets above this call suffices for no model");
        ROUTER_COUNT(self->router, over_budget, 1);
        router_call_end(self, &refusal);
        return;
    }
    if (!self->attempts) {
        mc_refusal_fill(&refusal, MC_NO_MODEL_ERROR, "model",
                        "every model that could answer is being probed just now");
        router_call_refuse(self, &refusal);
        return;
    }
    router_call_give_up(self);
}

/* The boundary judges by provider and model too, and budgets must leave enough. Where the call has
 * to wait, the lane is given back, and chosen anew when it goes on. */
static bool
admit(router_call_t *self, const router_model_t *model, bool is_probe)
{
    router_outcome_t nothing = {.fault = ROUTER_FAULT_CLIENT, .cost_nanousd = ROUTER_PRICE_UNKNOWN};
    router_health_t *health = health_of(self);
    size_t lane = model->lane;
    int64_t output_max;
    bool may_go_on = router_held_admit(self, model) && router_spending_reserve(self);
    if (may_go_on && router_spending_fits(self, model, &output_max))
        return true;
    router_health_end(health, lane, mc_clock_us(), is_probe, &nothing); /* the call may be gone */
    if (may_go_on)
        router_attempt_next(self);
    return false;
}

void
router_attempt_next(router_call_t *self)
{
    bool is_probe = false, is_dear = false;
    mc_refusal_t refusal = {0};
    const router_model_t *model = choose(self, &is_probe, &is_dear);
    if (!model) {
        find_nobody(self, is_dear);
        return;
    }
    if (!admit(self, model, is_probe))
        return;
    begin(self, model, is_probe);
    int outcome = router_upstream_ask(self, &refusal);
    if (outcome == ROUTER_UPSTREAM_LOCAL)
        router_answer_local(self);
    if (outcome != MC_REFUSED)
        return;
    router_attempt_end(self, ROUTER_FAULT_CLIENT, mc_text(refusal.message), 0);
    self->attempts--;
    if (++self->rank < self->decision.ranked_count) {
        router_attempt_next(self);
    } else if (self->attempts) {
        router_call_give_up(self);
    } else {
        router_call_tell_end(self, "failed", mc_text(refusal.message));
        router_call_refuse(self, &refusal);
    }
}

static void
on_backoff(void *arg)
{
    router_call_t *self = arg;
    self->backoff_timer = 0;
    router_attempt_next(self);
}

/* Microseconds to wait before the same lane is tried again. */
static int64_t
backoff_us(const router_call_t *self)
{
    int64_t pause_us = (int64_t)BACKOFF_MS * 1000
                       << (self->attempts - 1 < 4 ? self->attempts - 1 : 4);
    int64_t told_us = self->failure.verdict.retry_after_us;
    return told_us > pause_us ? told_us : pause_us;
}

/* The time of the whole call is over. */
static bool
is_late(const router_call_t *self)
{
    return mc_clock_steady_us() - self->began_us - self->waited_us >
           self->router->settings->router_total_ms * 1000;
}

/* Somebody else at once, or the same lane a little later; false when neither is allowed. */
static bool
try_again(router_call_t *self)
{
    const router_verdict_t *verdict = &self->failure.verdict;
    if (!verdict->may_try_again || (int64_t)self->attempts >= attempts_max(self) || is_late(self))
        return false;
    if (self->rank + 1 < self->decision.ranked_count) {
        self->rank++;
        router_attempt_next(self);
        return true;
    }
    if (!verdict->may_try_here || backoff_us(self) > WAIT_MAX_US)
        return false;
    self->backoff_timer =
        mc_service_after(self->router->service, (int)(backoff_us(self) / 1000), on_backoff, self);
    return true;
}

static void
tell_of_key(router_call_t *self)
{
    mc_text_t provider = self->attempt.model->provider->name;
    mc_log(&router_log_key_refused, "provider=%.*s status=%d reason=%.*s", MC_FMT(provider),
           self->failure.status, MC_FMT(self->failure.error.message));
    router_health_key_refused(health_of(self), provider, self->failure.error.message);
}

/* The provider's words may hold what was sent to it. */
static mc_text_t
clean(router_call_t *self, mc_text_t text)
{
    if (!router_upstream_mask(self, text))
        return MC_TEXT("its key was changed during the call, so what it said is not repeated");
    mc_buffer_t out = {0};
    mc_text_t result = text;
    mc_redact_text(self->router->redact, text, &out, &result, NULL);
    result = mc_arena_text(self->arena, result);
    mc_buffer_clear(&out);
    return result;
}

int64_t
router_attempt_sequence(const router_attempt_t *attempt)
{
    return attempt->translation ? router_translation_sequence(attempt->translation)
                                : attempt->watch.frames;
}

/* Whoever calls has a key of ours, which is fine: the provider's is not. */
static void
say_whose_key(router_call_t *self)
{
    router_error_t *error = &self->failure.error;
    if (error->status != 401 && error->status != 403)
        return;
    bool is_anthropic = router_dialect_protocol(self->dialect) == ROUTER_ANTHROPIC;
    error->message = mc_arena_printf(
        self->arena, "provider %.*s refused the key that the router has for it (%d): %.*s",
        MC_FMT(self->attempt.model->provider->name), error->status, MC_FMT(error->message));
    error->status = 503;
    error->type = is_anthropic ? "api_error" : NULL;
    error->code = "upstream_key_refused";
    error->param = NULL;
}

void
router_attempt_fail(router_call_t *self, const router_failure_t *failure)
{
    self->failure = *failure;
    if (!router_upstream_mask(self, failure->error.message)) {
        self->failure.body = (mc_text_t){0};
        self->failure.error.type = self->failure.error.code = self->failure.error.param = NULL;
    }
    (void)router_upstream_mask(self, self->failure.body);
    self->failure.error.message = clean(self, failure->error.message);
    const router_verdict_t *verdict = &self->failure.verdict;
    if (self->is_committed)
        router_watch_estimate(&self->attempt.watch, self->scan.input_tokens);
    router_attempt_end(self, verdict->fault, self->failure.error.message, verdict->retry_after_us);
    if (verdict->fault == ROUTER_FAULT_KEY) {
        tell_of_key(self);
        say_whose_key(self);
    }
    self->failure.error.sequence = router_attempt_sequence(&self->attempt);
    clear_attempt(self);
    if (self->is_committed) {
        router_flow_cut(self);
        return;
    }
    if (!try_again(self))
        router_call_give_up(self);
}

void
router_attempt_fail_wire(router_call_t *self, bool is_timeout, const char *reason)
{
    mc_text_t provider = self->attempt.model->provider->name;
    mc_text_t message = mc_arena_printf(self->arena, "%.*s: %s", MC_FMT(provider), reason);
    fill_failure(self, is_timeout ? 504 : 502, NULL, message);
    router_failure_t failure = self->failure;
    failure.is_timeout = is_timeout;
    failure.verdict = router_fault_of_wire();
    router_attempt_fail(self, &failure);
}
