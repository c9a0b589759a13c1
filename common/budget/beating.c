/*
 *  beating - signs of life, and giving back what is idle
 */
#include <stdlib.h>

#include "common/budget/parts.h"
#include "common/clock.h"
#include "common/ids.h"

#define BEAT_US INT64_C(1000000)
#define TRUST_US INT64_C(8000000) /* the service gives up who is silent for ten seconds */

static void
return_part(mc_budget_lease_t *self, mc_budget_part_t *part)
{
    char id[MC_UUID_TEXT_SIZE];
    int64_t idle = part->held - part->taken;
    if (idle <= 0)
        return;
    mc_uuid_print(mc_uuid_new(), id);
    mc_budget_add_line(self, id, part->id, idle, 0);
    part->held -= idle;
}

/* What no call took for a beat goes back; whatever is free at the end. */
static void
give_back(mc_budget_lease_t *self)
{
    for (mc_budget_part_t *part = zhashx_first(self->parts); part;
         part = zhashx_next(self->parts)) {
        bool is_used = part->is_used && !self->is_leaving;
        part->is_used = false;
        if (!is_used && !self->asking)
            return_part(self, part);
    }
}

void
mc_budget_doubt(mc_budget_lease_t *self, int64_t now_us)
{
    if (now_us - self->trusted_us < TRUST_US)
        return;
    for (mc_budget_part_t *part = zhashx_first(self->parts); part; part = zhashx_next(self->parts))
        return_part(self, part);
}

static void
on_beat(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_budget_lease_t *self = arg;
    (void)records;
    self->is_beating = false;
    if (!refusal && self->trusted_us < self->sent_us)
        self->trusted_us = self->sent_us;
}

static void
beat(mc_budget_lease_t *self)
{
    mc_budget_beat_t message = {0};
    size_t count = 0;
    bool is_quiet = !self->asking && !self->line_count;
    mc_budget_slice_t *slices = calloc(zhashx_size(self->parts) + 1, sizeof *slices);
    assert(slices);
    for (mc_budget_part_t *part = is_quiet ? zhashx_first(self->parts) : NULL; part;
         part = zhashx_next(self->parts)) {
        if (!part->held)
            continue;
        mc_set(&slices[count], budget_slice, budget_id, mc_text(part->id));
        mc_set(&slices[count], budget_slice, amount, part->held);
        count++;
    }
    mc_set(&message, budget_beat, holder, mc_text(self->holder));
    mc_set(&message, budget_beat, seq, self->seq);
    mc_set(&message, budget_beat, is_quiet, is_quiet);
    mc_set(&message, budget_beat, is_leaving, self->is_leaving);
    mc_set(&message, budget_beat, slices, ((mc_list_t){slices, count}));
    self->is_beating = true;
    self->sent_us = self->beat_us;
    mc_bus_call(self->bus, MC_BUDGET_SERVICE, MC_MESSAGE_BEAT_BUDGET, mc_list_one(&message),
                MC_BUS_TIMEOUT_MS, on_beat, self);
    free(slices);
}

void
mc_budget_lease_tick(mc_budget_lease_t *self)
{
    int64_t now_us = mc_clock_steady_us();
    if (now_us - self->beat_us >= BEAT_US) {
        self->beat_us = now_us;
        give_back(self);
        if (!self->is_beating && zhashx_size(self->parts))
            beat(self);
    }
    mc_budget_send_lines(self);
}

void
mc_budget_lease_leave(mc_budget_lease_t *self)
{
    self->is_leaving = true;
    give_back(self);
    mc_budget_send_lines(self);
}
