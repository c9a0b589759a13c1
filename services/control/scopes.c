/*
 *  scopes - what a verb says of its scope, for the store
 */
#include "services/control/scopes.h"

#include "common/ids.h"
#include "proto/codec.h"
#include "services/control/holds.h"
#include "services/control/parts.h"

static const int words[] = {
    MC_INDEX_scope_action_provider, MC_INDEX_scope_action_model_id,   MC_INDEX_scope_action_persona,
    MC_INDEX_scope_action_skill,    MC_INDEX_scope_action_mcp_server, MC_INDEX_scope_action_run_id,
};
#define KEY_WORDS 5 /* that are in every key, also where they are empty */

static mc_text_t
word_of(const mc_scope_action_t *action, size_t i)
{
    return *(const mc_text_t *)mc_record_member(action, &mc_scope_action_shape.fields[words[i]]);
}

int
control_scope_check_filter(const mc_scope_action_t *action, mc_refusal_t *refusal)
{
    bool has_word = mc_has(action, scope_action, spend_usd_per_minute);
    if (has_word && action->spend_usd_per_minute <= 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "spendUsdPerMinute",
                         "spendUsdPerMinute must be above 0");
    for (size_t i = 0; i < MC_COUNT(words); i++)
        has_word |= word_of(action, i).size > 0;
    if (!has_word)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "scopeType",
                         "scopeType filter needs at least one of provider, modelId, persona, "
                         "skill, mcpServer, runId and spendUsdPerMinute");
    return 0;
}

int
control_scope_check_mode(const mc_scope_action_t *action, control_verb_t verb,
                         mc_refusal_t *refusal)
{
    static const char *const modes[] = {"boundary", "now", "drain", "quarantine"};
    bool is_known = action->mode.size == 0;
    for (size_t i = 0; i < MC_COUNT(modes); i++)
        is_known |= mc_text_is(action->mode, modes[i]);
    if (!is_known)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "mode",
                         "mode is \"%.*s\", not boundary, now, drain or quarantine",
                         MC_FMT(action->mode));
    if (action->mode.size && verb != CONTROL_VERB_PAUSE)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "mode", "mode is of a pause, not of a %s",
                         control_verb_word(verb));
    if (action->on_expiry.size && !mc_text_is(action->on_expiry, "resume") &&
        !mc_text_is(action->on_expiry, "stop"))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "onExpiry",
                         "onExpiry is \"%.*s\", not resume or stop", MC_FMT(action->on_expiry));
    return 0;
}

void
control_scope_key(const control_scope_t *scope, const mc_scope_action_t *action, mc_buffer_t *out)
{
    switch (scope->kind) {
    case CONTROL_OF_TASK:
        mc_buffer_printf(out, "task:%.*s", MC_FMT(scope->id));
        return;
    case CONTROL_OF_SUBTREE:
        mc_buffer_printf(out, "agent:%.*s", MC_FMT(scope->id));
        return;
    case CONTROL_OF_AGENT:
        mc_buffer_printf(out, "agent:%.*s", MC_FMT(scope->agent));
        return;
    case CONTROL_OF_TREE:
        mc_buffer_printf(out, "tree:%.*s", MC_FMT(scope->id));
        return;
    case CONTROL_OF_TIER:
        mc_buffer_printf(out, "tier:%lld:%.*s", (long long)scope->tier, MC_FMT(scope->id));
        return;
    case CONTROL_OF_FILTER:
        assert(action);
        mc_buffer_printf(out, "filter:%lld", (long long)action->spend_usd_per_minute);
        for (size_t i = 0; i < MC_COUNT(words); i++) {
            if (i >= KEY_WORDS && word_of(action, i).size == 0)
                continue;
            mc_buffer_byte(out, ':');
            mc_write_json_text(out, word_of(action, i));
        }
        mc_buffer_printf(out, ":%.*s", MC_FMT(scope->id));
        return;
    }
}

static void
write_text(mc_buffer_t *out, const char *name, mc_text_t value)
{
    if (value.size == 0)
        return;
    mc_buffer_printf(out, ",\"%s\":", name);
    mc_write_json_text(out, value);
}

static void
write_number(mc_buffer_t *out, const char *name, int64_t value)
{
    mc_buffer_printf(out, ",\"%s\":%lld", name, (long long)value);
}

static mc_text_t
scope_type(const control_scope_t *scope)
{
    static const char *const types[] = {
        [CONTROL_OF_TASK] = "task", [CONTROL_OF_SUBTREE] = "agent", [CONTROL_OF_TREE] = "tree",
        [CONTROL_OF_TIER] = "tier", [CONTROL_OF_AGENT] = "agent",   [CONTROL_OF_FILTER] = "filter",
    };
    return mc_text(types[scope->kind]);
}

static void
write_scope(mc_buffer_t *out, const control_scope_t *scope, const mc_scope_action_t *action)
{
    mc_buffer_t key = {0};
    control_scope_key(scope, action, &key);
    write_text(out, "scope_key", mc_buffer_content(&key));
    mc_buffer_clear(&key);
    write_text(out, "scope_type", scope_type(scope));
    if (scope->kind == CONTROL_OF_TASK || scope->kind == CONTROL_OF_SUBTREE) {
        write_text(out, "agent_task_id", scope->id);
        return;
    }
    write_text(out, "root_task_id", scope->id);
    if (scope->kind == CONTROL_OF_AGENT)
        write_text(out, "agent_task_id", scope->agent);
    if (scope->kind == CONTROL_OF_TIER)
        write_number(out, "tier", scope->tier);
    if (scope->kind != CONTROL_OF_FILTER)
        return;
    assert(action);
    for (size_t i = 0; i < MC_COUNT(words); i++)
        write_text(out, mc_scope_action_shape.fields[words[i]].name, word_of(action, i));
    if (mc_has(action, scope_action, spend_usd_per_minute)) {
        mc_buffer_string(out, ",\"spend_usd_per_minute\":");
        mc_write_json_money(out, action->spend_usd_per_minute);
    }
}

/* The limit of a pause, and the grace of a stop. */
static void
write_times(mc_buffer_t *out, const control_deed_plan_t *plan, const mc_scope_action_t *action,
            const mc_settings_t *settings)
{
    bool has_limit = action && mc_has(action, scope_action, expires_seconds);
    bool has_grace = action && mc_has(action, scope_action, grace_seconds);
    mc_text_t on_expiry = action ? action->on_expiry : (mc_text_t){0};
    write_number(out, "grace_seconds",
                 has_grace ? action->grace_seconds : settings->stop_grace_seconds);
    if (plan->verb != CONTROL_VERB_PAUSE)
        return;
    write_number(out, "expires_seconds",
                 has_limit ? action->expires_seconds : settings->freeze_seconds);
    bool does_stop = on_expiry.size ? mc_text_is(on_expiry, "stop")
                                    : !strcmp(settings->freeze_on_expiry, "stop");
    write_text(out, "on_expiry", mc_text(does_stop ? "stop" : "resume"));
}

/* The scope as a set of one hold. A task of which the root is not known is that very task. */
static mc_holds_t *
scope_as_set(const control_scope_t *scope, const mc_scope_action_t *action)
{
    mc_hold_set_t set = {0};
    mc_hold_t hold = {0};
    bool is_task = scope->kind == CONTROL_OF_TASK || scope->kind == CONTROL_OF_SUBTREE;
    mc_set(&hold, hold, id, ((mc_uuid_t){{0}}));
    mc_set(&hold, hold, epoch, 0);
    mc_set(&hold, hold, scope_type, is_task ? MC_TEXT("task") : scope_type(scope));
    mc_set(&hold, hold, kind, MC_TEXT("pause"));
    mc_set(&hold, hold, mode, MC_TEXT("boundary"));
    mc_set(&hold, hold, root_task_id, is_task ? (mc_text_t){0} : scope->id);
    mc_set(&hold, hold, agent_task_id, is_task ? scope->id : scope->agent);
    if (scope->kind == CONTROL_OF_TIER)
        mc_set(&hold, hold, tier, scope->tier);
    if (action) {
        mc_set(&hold, hold, persona, action->persona);
        mc_set(&hold, hold, skill, action->skill);
        mc_set(&hold, hold, provider, action->provider);
        mc_set(&hold, hold, model_id, action->model_id);
        mc_set(&hold, hold, mcp_server, action->mcp_server);
        mc_set(&hold, hold, run_id, action->run_id);
    }
    mc_set(&set, hold_set, epoch, 0);
    mc_set(&set, hold_set, holds, mc_list_one(&hold));
    return mc_holds_new(&set);
}

/* Is it in a hold that is in force on the same agent? That knows who is below. */
static bool
is_below(const control_t *control, const control_scope_t *scope, const mc_identity_t *identity)
{
    const mc_holds_t *set = control_holds_set(control->holds);
    mc_text_t agent = scope->kind == CONTROL_OF_SUBTREE ? scope->id : scope->agent;
    mc_list_t list = set ? mc_holds_list(set) : (mc_list_t){0};
    const mc_hold_t *hold = list.items;
    for (size_t i = 0; agent.size && i < list.count; i++)
        if (mc_text_is(hold[i].scope_type, "agent") &&
            mc_text_equals(hold[i].agent_task_id, agent) && mc_holds_cover(set, i, identity))
            return true;
    return false;
}

/* The runs of parts: what has no event yet may be known as one. */
static void
take_runs(mc_ask_t *ask, control_deed_plan_t *plan, const mc_scope_action_t *action)
{
    size_t count = 0, room = 16;
    mc_text_t *runs = mc_arena_alloc(ask->arena, room * sizeof *runs);
    const control_scope_t *scope = &plan->scope;
    mc_holds_t *set = scope_as_set(scope, action);
    bool is_meant = plan->verb == CONTROL_VERB_RESTART || plan->verb == CONTROL_VERB_PAUSE;
    for (control_part_t *part = NULL;
         is_meant && (part = control_parts_next(control_of(ask)->parts, part));) {
        bool is_in = mc_holds_cover(set, 0, &part->identity) ||
                     is_below(control_of(ask), scope, &part->identity);
        if (!part->record.run_id.size || !is_in)
            continue;
        if (count == room) {
            mc_text_t *more = mc_arena_alloc(ask->arena, 2 * room * sizeof *more);
            memcpy(more, runs, room * sizeof *runs);
            runs = more;
            room *= 2;
        }
        runs[count++] = mc_arena_text(ask->arena, part->record.run_id);
    }
    mc_holds_destroy(&set);
    plan->runs = runs;
    plan->run_count = count;
}

void
control_scope_order(mc_ask_t *ask, control_deed_plan_t *plan, const mc_scope_action_t *action)
{
    char id[MC_UUID_TEXT_SIZE], hold[MC_UUID_TEXT_SIZE];
    mc_buffer_t out = {0};
    plan->arena = ask->arena;
    plan->receipt_id = mc_uuid_new();
    mc_uuid_print(plan->receipt_id, id);
    mc_uuid_print(mc_uuid_new(), hold);
    mc_buffer_printf(&out, "{\"id\":\"%s\",\"hold_id\":\"%s\"", id, hold);
    write_text(&out, "verb", mc_text(control_verb_word(plan->verb)));
    write_text(&out, "mode", action && action->mode.size ? action->mode : MC_TEXT("boundary"));
    write_text(&out, "reason", plan->reason);
    write_text(&out, "requested_by", plan->deed.actor);
    write_scope(&out, &plan->scope, action);
    write_times(&out, plan, action, mc_service_settings(control_of(ask)->service));
    mc_buffer_byte(&out, '}');
    plan->order = mc_arena_text(ask->arena, mc_buffer_content(&out));
    mc_buffer_clear(&out);
    take_runs(ask, plan, action);
}
