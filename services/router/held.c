/*
 *  held - a call at the boundary: held while its scope is paused, and cut when it is stopped
 *
 *  A plain call that is held just waits. A stream waits in silence for a while,
 *  so that a short pause changes nothing of its answer; then the answer begins,
 *  with comments that keep the connection and the client's patience, and what
 *  would have been a status later is an error of the stream.
 */
#include "services/router/call.h"

#include "common/clock.h"
#include "services/router/routing.h"

/* Only these answer in streams. */
static bool
can_stream(const router_call_t *self)
{
    return self->scan.is_stream &&
           (self->dialect == ROUTER_CHAT || self->dialect == ROUTER_COMPLETIONS ||
            self->dialect == ROUTER_RESPONSES || self->dialect == ROUTER_MESSAGES);
}

static void
begin_to_hold(router_call_t *self)
{
    self->held_us = self->commented_us = mc_clock_steady_us();
    ROUTER_COUNT(self->router, held, 1);
}

static void
on_go_on(void *arg)
{
    router_call_t *self = arg;
    int64_t waited_us = mc_clock_steady_us() - self->held_us;
    self->waited_us += waited_us;
    self->held_us = 0;
    mc_metrics_observe_us(self->router->metrics, ROUTER_METRIC_held_time, waited_us);
    router_call_go_on(self);
}

static void
on_refuse(void *arg, const mc_refusal_t *refusal)
{
    router_call_t *self = arg;
    self->held_us = 0;
    ROUTER_COUNT(self->router, stopped, 1);
    router_call_end(self, refusal);
}

static void
on_cut(void *arg, const mc_refusal_t *refusal)
{
    router_call_t *self = arg;
    ROUTER_COUNT(self->router, cut, 1);
    router_call_end(self, refusal);
}

static const mc_boundary_calls_t calls = {on_go_on, on_refuse, on_cut};

void
router_held_init(router_call_t *self)
{
    router_admission_init(&self->admission, &self->identity, self->scan.body.size, &calls, self);
}

bool
router_held_admit(router_call_t *self, const router_model_t *model)
{
    mc_refusal_t refusal = {0};
    mc_text_t provider = model ? model->provider->name : (mc_text_t){0};
    mc_text_t model_id = model ? model->model_id : (mc_text_t){0};
    int outcome = router_admission_enter(&self->admission, self->router->boundary, provider,
                                         model_id, &refusal);
    if (outcome == MC_BOUNDARY_HELD) {
        begin_to_hold(self);
    } else if (outcome == MC_REFUSED) {
        ROUTER_COUNT(self->router, stopped, 1);
        router_call_end(self, &refusal);
    }
    return outcome == 0;
}

/* The request ends when its answer begins: its body is kept for the attempt to come. */
static bool
begin_answer(router_call_t *self)
{
    mc_refusal_t refusal = {0};
    router_scan_tools_t tools = {self->router->scanner, self->router->parser, self->arena};
    mc_text_t body = mc_arena_text(self->arena, self->scan.body);
    if (router_request_scan(&tools, self->dialect, body, &self->scan, &refusal) != 0)
        return false; /* it could be read before */
    router_flow_start(self);
    return true;
}

void
router_held_tick(router_call_t *self, int64_t now_us)
{
    int64_t every_us = self->router->settings->held_comment_ms * 1000;
    if (!self->held_us || !can_stream(self) || now_us - self->commented_us < every_us)
        return;
    self->commented_us = now_us;
    if (!self->stream && !begin_answer(self))
        return;
    router_flow_comment(self, "held: its scope is paused");
}
