/*
 *  settling - the end of a call, and what it used, sent until it is answered
 *
 *  A line is counted once, by the ids of its call and its budget, so it may be
 *  sent again when an answer was lost.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/budget/parts.h"

#define BATCH_MAX 2000 /* lines in one message */

void
mc_budget_add_line(mc_budget_lease_t *self, const char *call_id, const char *budget_id,
                   int64_t reserved, int64_t used)
{
    size_t call_size = strlen(call_id);
    size_t budget_size = strlen(budget_id);
    mc_budget_settled_t *line = calloc(1, sizeof *line + call_size + budget_size);
    assert(line);
    memcpy(line->texts, call_id, call_size);
    memcpy(line->texts + call_size, budget_id, budget_size);
    mc_budget_charge_t *charge = &line->charge;
    mc_set(charge, budget_charge, holder, mc_text(self->holder));
    mc_set(charge, budget_charge, call_id, ((mc_text_t){line->texts, call_size}));
    mc_set(charge, budget_charge, budget_id, ((mc_text_t){line->texts + call_size, budget_size}));
    mc_set(charge, budget_charge, reserved, reserved);
    mc_set(charge, budget_charge, used, used);
    STAILQ_INSERT_TAIL(&self->lines, line, link);
    self->line_count++;
}

mc_budget_part_t *
mc_budget_take_line(mc_budget_lease_t *self, const mc_budget_line_t *line)
{
    char id[MC_BUDGET_ID_BYTES];
    snprintf(id, sizeof id, "%.*s", MC_FMT(line->id));
    mc_budget_part_t *part = zhashx_lookup(self->parts, id);
    if (!part) {
        part = calloc(1, sizeof *part);
        assert(part);
        memcpy(part->id, id, sizeof id);
        part->unit = mc_budget_unit(line->unit);
        (void)zhashx_insert(self->parts, id, part);
    }
    part->is_limited = mc_has(line, budget_line, most);
    part->left = line->most - line->spent - line->leased;
    part->held += line->given;
    return part;
}

static void
on_settled(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_budget_lease_t *self = arg;
    size_t sent = self->sent;
    self->sent = 0;
    if (refusal)
        return; /* the next tick sends them again */
    for (; sent > 0; sent--) {
        mc_budget_settled_t *line = STAILQ_FIRST(&self->lines);
        STAILQ_REMOVE_HEAD(&self->lines, link);
        self->line_count--;
        free(line);
    }
    const mc_budget_line_t *line = records->items;
    for (size_t i = 0; i < records->count; i++)
        (void)mc_budget_take_line(self, &line[i]);
}

void
mc_budget_send_lines(mc_budget_lease_t *self)
{
    size_t count = self->line_count < BATCH_MAX ? self->line_count : BATCH_MAX;
    if (self->sent || !count)
        return;
    mc_budget_charge_t *charges = calloc(count, sizeof *charges);
    assert(charges);
    mc_budget_settled_t *line = STAILQ_FIRST(&self->lines);
    for (size_t i = 0; i < count; i++, line = STAILQ_NEXT(line, link))
        charges[i] = line->charge;
    self->sent = count;
    mc_bus_call(self->bus, MC_BUDGET_SERVICE, MC_MESSAGE_SETTLE_BUDGET, (mc_list_t){charges, count},
                MC_BUS_TIMEOUT_MS, on_settled, self);
    free(charges);
}

void
mc_budget_call_free(mc_budget_call_t *call)
{
    if (call->is_waiting)
        TAILQ_REMOVE(&call->chain->waiting, call, link);
    free(call->holds);
    free(call->id);
    free(call);
}

void
mc_budget_settle(mc_budget_call_t **address, const mc_budget_use_t *use)
{
    mc_budget_call_t *call = mc_take(address);
    if (!call)
        return;
    for (size_t i = 0; i < call->count; i++) {
        const mc_budget_hold_t *hold = &call->holds[i];
        int64_t used = mc_budget_used(hold->part->unit, use);
        if (hold->amount || used)
            mc_budget_add_line(call->lease, call->id, hold->part->id, hold->amount, used);
    }
    mc_budget_drop(call->holds, call->count);
    mc_budget_call_free(call);
}

void
mc_budget_release(mc_budget_call_t **address)
{
    static const mc_budget_use_t nothing = {0};
    mc_budget_settle(address, &nothing);
}
