/*
 *  circuit - when a lane that fails is left alone, and when it is tried again
 */
#include "services/router/circuit.h"

#include "services/router/health.h"

static int64_t
least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static int64_t
most(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

int
router_circuit_look(const router_circuit_t *self, int64_t now_us, int64_t *ret_until_us)
{
    if (self->is_open && now_us < self->until_us) {
        *ret_until_us = self->until_us;
        return ROUTER_LANE_OPEN;
    }
    if (self->is_open && self->is_probing) {
        *ret_until_us = 0;
        return ROUTER_LANE_PROBING;
    }
    if (now_us < self->cool_until_us) {
        *ret_until_us = self->cool_until_us;
        return ROUTER_LANE_COOLING;
    }
    return 0;
}

int
router_circuit_begin(router_circuit_t *self, int64_t now_us, bool *ret_is_probe)
{
    int64_t until_us;
    int state = router_circuit_look(self, now_us, &until_us);
    if (state)
        return state;
    *ret_is_probe = self->is_open;
    self->is_probing = self->is_open;
    return 0;
}

/* xorshift64*: the same for the same seed. Gives -1 to 1. */
static double
draw(uint64_t *chance)
{
    uint64_t x = *chance ? *chance : 0x9e3779b97f4a7c15u;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *chance = x;
    return (double)(x * 0x2545f4914f6cdd1du >> 11) / 4503599627370496.0 - 1.0;
}

static void
open_circuit(router_circuit_t *self, const router_circuit_options_t *options,
             const router_circuit_end_t *end, int64_t now_us, uint64_t *chance)
{
    double jitter = draw(chance) * (double)options->jitter_percent / 100;
    int64_t wait_us = self->wait_us + (int64_t)((double)self->wait_us * jitter);
    self->is_open = true;
    self->until_us = now_us + most(wait_us, end->retry_after_us);
    self->cool_until_us = 0;
}

static void
fail(router_circuit_t *self, const router_circuit_options_t *options,
     const router_circuit_end_t *end, int64_t now_us, uint64_t *chance)
{
    bool is_waiting = self->is_open && now_us < self->until_us;
    self->failures++;
    if (self->is_open && !end->is_probe && !is_waiting && self->is_probing)
        return; /* an older call; the probe that is under way decides */
    if (self->is_open && !is_waiting) {
        self->wait_us = least(self->wait_us * 2, options->max_us);
        open_circuit(self, options, end, now_us, chance);
    } else if (!self->is_open && self->failures >= options->failures) {
        self->wait_us = least(options->base_us, options->max_us);
        open_circuit(self, options, end, now_us, chance);
    } else if (self->is_open) {
        self->until_us = most(self->until_us, now_us + end->retry_after_us);
    } else if (end->retry_after_us) {
        self->cool_until_us = most(self->cool_until_us, now_us + end->retry_after_us);
    }
}

void
router_circuit_end(router_circuit_t *self, const router_circuit_options_t *options,
                   const router_circuit_end_t *end, int64_t now_us, uint64_t *chance)
{
    router_circuit_end_t checked = *end;
    checked.retry_after_us = least(most(end->retry_after_us, 0), ROUTER_RETRY_AFTER_US_MAX);
    if (end->is_probe)
        self->is_probing = false;
    /* A call that began before the circuit opened does not close it. */
    bool is_proof = !self->is_open || end->is_probe || now_us >= self->until_us;
    if (end->news == ROUTER_LANE_FAILED)
        fail(self, options, &checked, now_us, chance);
    else if (end->news == ROUTER_LANE_SERVED && is_proof)
        *self = (router_circuit_t){.cool_until_us = self->cool_until_us};
}
