/*
 *  expiry - the time limit of a pause: warned of, then resumed or stopped
 */
#include "services/control/expiry.h"

#include <stdlib.h>

#include "common/clock.h"
#include "services/control/control_store_holds.h"
#include "services/control/holds.h"
#include "services/control/scopes.h"

void
control_expiry_end(control_expiry_t *self, int64_t epoch)
{
    self->ended(self->control, epoch);
    mc_arena_destroy(&self->ask.arena);
    free(self);
}

static void
end_expiring(control_t *control, int64_t epoch)
{
    (void)epoch; /* the next look finds what was not done */
    control->is_expiring = false;
}

/* The verb that ends the hold, on its very scope. */
static void
expire(control_t *control, const mc_hold_t *hold)
{
    control_expiry_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->ended = end_expiring;
    self->ask.desk = &control->desk;
    mc_arena_t *arena = self->ask.arena = mc_arena_new();
    mc_scope_action_t *action = mc_arena_alloc(arena, sizeof *action);
    control->is_expiring = true;
    mc_set(action, scope_action, root_task_id, mc_arena_text(arena, hold->root_task_id));
    mc_set(action, scope_action, scope_type, mc_arena_text(arena, hold->scope_type));
    mc_set(action, scope_action, action,
           mc_text(mc_text_is(hold->on_expiry, "stop") ? "stop" : "resume"));
    mc_set(action, scope_action, agent_task_id, mc_arena_text(arena, hold->agent_task_id));
    mc_set(action, scope_action, provider, mc_arena_text(arena, hold->provider));
    mc_set(action, scope_action, model_id, mc_arena_text(arena, hold->model_id));
    mc_set(action, scope_action, persona, mc_arena_text(arena, hold->persona));
    mc_set(action, scope_action, skill, mc_arena_text(arena, hold->skill));
    mc_set(action, scope_action, mcp_server, mc_arena_text(arena, hold->mcp_server));
    mc_set(action, scope_action, run_id, mc_arena_text(arena, hold->run_id));
    mc_set(action, scope_action, reason, MC_TEXT("the pause had its time limit"));
    mc_set(action, scope_action, requested_by, MC_TEXT("control"));
    if (mc_has(hold, hold, tier))
        mc_set(action, scope_action, tier, hold->tier);
    if (mc_has(hold, hold, spend_usd_per_minute))
        mc_set(action, scope_action, spend_usd_per_minute, hold->spend_usd_per_minute);
    CONTROL_COUNT(control, pauses_expired, 1);
    mc_log(&control_log_pause_expired, "scope=%.*s root=%.*s then=%.*s", MC_FMT(hold->scope_type),
           MC_FMT(hold->root_task_id), MC_FMT(action->action));
    control_scope_expire(self, action);
}

static void
on_warned(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_expiry_t *self = arg;
    control_t *control = self->control;
    bool is_new = !refusal && PQntuples(result) > 0;
    control_expiry_end(self, 0);
    if (is_new)
        control_holds_reload(control->holds);
}

/* warned_at goes to everybody with the hold. */
static void
warn(control_t *control, const mc_hold_t *hold)
{
    control_expiry_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->ended = end_expiring;
    self->ask.arena = mc_arena_new();
    control->is_expiring = true;
    mc_log(&control_log_pause_expiring, "scope=%.*s root=%.*s then=%.*s", MC_FMT(hold->scope_type),
           MC_FMT(hold->root_task_id), MC_FMT(hold->on_expiry));
    control_store_mark_warned(control, self->ask.arena, hold->id, on_warned, self);
}

/* One at a time; the others have their turn a moment later. */
void
control_look_at_limits(void *state)
{
    control_t *control = state;
    const mc_holds_t *set = control_holds_set(control->holds);
    if (!set || control->is_expiring || !mc_store_is_up(control->store))
        return;
    int64_t now_us = mc_clock_us();
    int64_t ahead_us = mc_service_settings(control->service)->freeze_warn_seconds * 1000000;
    const mc_hold_t *hold = mc_holds_list(set).items;
    for (size_t i = 0; i < mc_holds_list(set).count; i++) {
        if (!mc_has(&hold[i], hold, expires_at) || !mc_text_is(hold[i].kind, "pause"))
            continue;
        bool is_near =
            hold[i].expires_at - now_us <= ahead_us && !mc_has(&hold[i], hold, warned_at);
        if (hold[i].expires_at <= now_us)
            expire(control, &hold[i]);
        else if (is_near)
            warn(control, &hold[i]);
        if (control->is_expiring)
            return;
    }
}

/* Holds that cover by what is spent or by who was born: looked at again. */
static void
on_spenders(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_expiry_t *self = arg;
    control_t *control = self->control;
    bool is_any = !refusal && PQntuples(result) > 0;
    mc_arena_destroy(&self->ask.arena);
    free(self);
    control->is_counting = false;
    if (is_any)
        control_holds_reload(control->holds);
}

void
control_look_at_members(void *state)
{
    control_t *control = state;
    const mc_holds_t *set = control_holds_set(control->holds);
    bool has_agent = false, has_spend = false;
    if (!set || !mc_store_is_up(control->store))
        return;
    const mc_hold_t *hold = mc_holds_list(set).items;
    for (size_t i = 0; i < mc_holds_list(set).count; i++) {
        has_agent |= mc_text_is(hold[i].scope_type, "agent");
        has_spend |= mc_has(&hold[i], hold, spend_usd_per_minute);
    }
    if (has_agent)
        control_holds_reload(control->holds);
    if (!has_spend || control->is_counting)
        return;
    control_expiry_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->ask.arena = mc_arena_new();
    control->is_counting = true;
    control_store_find_spenders(control, self->ask.arena, on_spenders, self);
}
