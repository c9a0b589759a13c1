/*
 *  sweep - deadlines of all calls, looked at some times a second
 *
 *  One look at all is cheaper than a timer for each. A stream whose client does
 *  not read is not the provider's fault: only the total counts then. The time in
 *  which the boundary held a call counts for nothing.
 */
#include "services/router/call.h"

#include <stdio.h>

#include "common/clock.h"

#define US_PER_MS 1000

static const char *
find_lateness(const router_call_t *self, int64_t now_us)
{
    const router_attempt_t *attempt = &self->attempt;
    const mc_settings_t *settings = self->router->settings;
    if (now_us - self->began_us - self->waited_us > settings->router_total_ms * US_PER_MS)
        return "the call took longer than a call may (AOP_ROUTER_TOTAL_MS)";
    if (attempt->is_held)
        return NULL;
    if (!attempt->first_byte_us)
        return now_us - attempt->began_us > settings->router_first_byte_ms * US_PER_MS
                   ? "no first byte came in time (AOP_ROUTER_FIRST_BYTE_MS)"
                   : NULL;
    if (now_us - attempt->last_byte_us > settings->router_idle_ms * US_PER_MS)
        return "nothing more came for too long (AOP_ROUTER_IDLE_MS)";
    return NULL;
}

/* A provider that drips keeps a stream from being idle: over each window some bytes must come. */
static bool
is_too_slow(router_call_t *self, int64_t now_us)
{
    router_attempt_t *attempt = &self->attempt;
    const mc_settings_t *settings = self->router->settings;
    int64_t window_us = settings->router_slow_ms * US_PER_MS;
    if (attempt->is_held || !attempt->first_byte_us) {
        attempt->window_us = now_us;
        attempt->window_bytes = 0;
        return false;
    }
    if (now_us - attempt->window_us < window_us)
        return false;
    bool is_slow = (int64_t)attempt->window_bytes < settings->router_slow_bytes_min;
    attempt->window_us = now_us;
    attempt->window_bytes = 0;
    return is_slow;
}

/* The provider said all and only the connection is still open. */
static bool
has_all(const router_call_t *self)
{
    return self->attempt.is_stream && self->is_committed &&
           router_watch_is_whole(&self->attempt.watch);
}

/* A budget of time runs out while nothing comes, too. */
static void
meter_time(router_call_t *self)
{
    mc_refusal_t refusal;
    router_spending_meter(self);
    if (!self->spending.is_crossed)
        return;
    router_spending_refuse(self, &refusal);
    router_call_end(self, &refusal);
}

static void
look(router_call_t *self, int64_t now_us)
{
    const char *reason = find_lateness(self, now_us);
    if (!reason && is_too_slow(self, now_us))
        reason = "its answer comes too slowly (AOP_ROUTER_SLOW_BYTES_MIN)";
    if (!reason) {
        meter_time(self);
        return;
    }
    mc_http_client_cancel(self->router->client, mc_take(&self->attempt.http));
    if (has_all(self))
        router_flow_end(self, NULL);
    else
        router_attempt_fail_wire(self, true, reason);
}

void
router_sweep(void *state)
{
    router_t *router = state;
    router_call_t *self, *next;
    int64_t now_us = mc_clock_steady_us();
    for (self = LIST_FIRST(&router->calls); self; self = next) {
        next = LIST_NEXT(self, link);
        if (self->attempt.http)
            look(self, now_us);
        else if (self->held_us)
            router_held_tick(self, now_us);
    }
}
