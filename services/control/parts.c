/*
 *  parts - what enforces: routers, proxies, supervisors, agents that listen
 */
#include "services/control/parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"
#include "services/control/holds.h"
#include "services/control/part_registry.h"

const char *
control_parts_done_word(mc_holds_verdict_t verdict)
{
    switch (verdict) {
    case MC_HOLDS_RUN:
        return "running";
    case MC_HOLDS_STOP:
        return "stopped";
    case MC_HOLDS_RESTART:
        return "restarted";
    default:
        return "paused";
    }
}

static const char *
mode_of(mc_holds_verdict_t verdict, const mc_hold_t *hold)
{
    static char copy[16];
    if (verdict == MC_HOLDS_RUN || !hold)
        return NULL;
    snprintf(copy, sizeof copy, "%.*s", MC_FMT(hold->mode));
    return copy;
}

/* The words of a verdict, in an arena of its own: the hold it comes from may be gone before. */
static void
write_verdict(control_part_t *part, const mc_hold_t *hold, const mc_control_receipt_t *receipt)
{
    mc_arena_t *arena = mc_arena_new();
    mc_verdict_t *verdict = &part->verdict;
    const char *mode = mode_of(part->judged, hold);
    *verdict = (mc_verdict_t){0};
    if (part->record.run_id.size)
        mc_set(verdict, verdict, run_id, part->record.run_id);
    mc_set(verdict, verdict, verdict, mc_text(mc_holds_verdict_word(part->judged)));
    if (mode)
        mc_set(verdict, verdict, mode, mc_arena_text(arena, mc_text(mode)));
    mc_text_t reason = receipt ? receipt->reason : hold ? hold->reason : (mc_text_t){0};
    if (reason.size)
        mc_set(verdict, verdict, reason, mc_arena_text(arena, reason));
    if (hold && mc_has(hold, hold, grace_seconds))
        mc_set(verdict, verdict, grace_seconds, hold->grace_seconds);
    if (hold && mc_has(hold, hold, expires_at))
        mc_set(verdict, verdict, until, hold->expires_at);
    if (hold && hold->on_expiry.size && !strcmp(mc_holds_verdict_word(part->judged), "pause"))
        mc_set(verdict, verdict, on_expiry, mc_arena_text(arena, hold->on_expiry));
    if (receipt)
        mc_set(verdict, verdict, receipt_id, receipt->id);
    else if (hold && mc_has(hold, hold, receipt_id))
        mc_set(verdict, verdict, receipt_id, hold->receipt_id);
    mc_arena_destroy(&part->verdict_arena);
    part->verdict_arena = arena;
}

void
control_parts_judge(control_parts_t *self, control_part_t *part,
                    const mc_control_receipt_t *receipt)
{
    const mc_holds_t *set = control_holds_set(control_parts_owner(self)->holds);
    const mc_hold_t *hold = NULL;
    mc_holds_verdict_t judged =
        part->is_bus ? MC_HOLDS_RUN : mc_holds_judge(set, &part->identity, &hold);
    if (part->is_judged && part->judged == judged && !receipt)
        return;
    bool was_judged = part->is_judged;
    part->is_judged = true;
    part->judged = judged;
    write_verdict(part, hold, receipt);
    mc_set(&part->verdict, verdict, epoch, receipt ? receipt->epoch : mc_holds_epoch(set));
    bool is_quiet = !was_judged && judged == MC_HOLDS_RUN && !receipt;
    part->is_settled = is_quiet;
    part->must_tell = !is_quiet && !part->is_bus;
}

void
control_parts_tell(control_parts_t *self)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    control_t *control = control_parts_owner(self);
    mc_verdict_t *verdicts =
        mc_arena_alloc(arena, (control_parts_count(self) + 1) * sizeof *verdicts);
    size_t count = 0;
    for (control_part_t *part = NULL; (part = control_parts_next(self, part));) {
        control_parts_judge(self, part, NULL);
        if (part->must_tell)
            verdicts[count++] = part->verdict;
        part->must_tell = false;
    }
    if (count)
        mc_bus_publish(control->bus, MC_MESSAGE_VERDICTS_CHANGED, (mc_list_t){verdicts, count});
}

/* What is stopped or replaced stays so when its supervisor leaves. */
static bool
is_final(const control_part_t *part)
{
    return part->is_settled && part->judged >= MC_HOLDS_STOP;
}

static bool
has_done(const control_part_t *part, const mc_hold_t *hold)
{
    if (part->is_bus)
        return !part->is_gone && part->record.epoch >= hold->epoch;
    return is_final(part) || (!part->is_gone && part->is_settled);
}

static void
name_missing(const control_part_t *part, mc_receipt_part_t *missing)
{
    bool is_failed = !strcmp(part->acknowledged, "failed");
    mc_set(missing, receipt_part, part_id, part->record.id);
    mc_set(missing, receipt_part, kind, part->record.kind);
    if (part->record.run_id.size)
        mc_set(missing, receipt_part, run_id, part->record.run_id);
    if (part->record.instance.size)
        mc_set(missing, receipt_part, instance, part->record.instance);
    mc_set(missing, receipt_part, state,
           mc_text(part->is_gone ? "gone"
                   : is_failed   ? "failed"
                                 : "waiting"));
}

/* paused is said of a hold that every part has done, and of no other. */
static const char *
state_word(const mc_hold_t *hold, int64_t settled, int64_t total)
{
    bool is_stop = mc_text_is(hold->kind, "stop");
    if (total == 0)
        return "unenforced";
    if (settled == total)
        return is_stop ? "stopped" : "paused";
    return is_stop ? "stopping" : "pausing";
}

void
control_parts_show(const control_parts_t *self, size_t index, mc_hold_t *hold, mc_arena_t *arena)
{
    const mc_holds_t *set = control_holds_set(control_parts_owner(self)->holds);
    mc_receipt_part_t *missing = mc_arena_alloc(arena, CONTROL_MISSING_MAX * sizeof *missing);
    int64_t total = 0, settled = 0;
    size_t named = 0;
    if (mc_text_is(hold->kind, "fence"))
        return;
    for (control_part_t *part = NULL; (part = control_parts_next(self, part));) {
        if (!part->is_bus && !mc_holds_cover(set, index, &part->identity))
            continue;
        bool is_done = has_done(part, hold);
        total++;
        settled += is_done;
        if (!is_done && named < CONTROL_MISSING_MAX)
            name_missing(part, &missing[named++]);
    }
    mc_set(hold, hold, state, mc_text(state_word(hold, settled, total)));
    mc_set(hold, hold, parts_settled, settled);
    mc_set(hold, hold, parts_total, total);
    mc_set(hold, hold, missing, ((mc_list_t){missing, named}));
}
