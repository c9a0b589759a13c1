/*
 *  task_control - pause, resume, stop and restart, of a task or of a scope
 *
 *  A command names its scope, the store does the verb to those of it that are
 *  in a state for that, and what changed is the answer. A scope in which nothing
 *  can change is a refusal, so that nobody believes that something happened. In
 *  the same statement the verb makes or lifts a hold, which is what is enforced.
 */
#include "proto/codec.h"
#include "services/control/holds.h"
#include "services/control/receipts.h"
#include "services/control/scopes.h"

typedef control_deed_plan_t plan_t;

static void
refuse_nothing(mc_ask_t *ask, const char *where, mc_text_t id)
{
    const plan_t *plan = ask->plan;
    char sources[CONTROL_VERB_SOURCES_SIZE];
    control_verb_print_sources(plan->verb, sources);
    mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "action",
                       "nothing to %s %s \"%.*s\": that takes a task that is %s",
                       control_verb_word(plan->verb), where, MC_FMT(mc_ask_shown(id)), sources);
}

/* Nothing changed: says what was missing. */
static void
refuse_verb(mc_ask_t *ask, const PGresult *result)
{
    const control_scope_t *scope = &((const plan_t *)ask->plan)->scope;
    bool is_tree_empty = mc_store_i64(result, 0, CONTROL_DONE_TREE_COUNT) == 0;
    bool is_scope_empty = mc_store_i64(result, 0, CONTROL_DONE_SCOPE_COUNT) == 0;
    mc_text_t id = mc_ask_shown(scope->id);
    bool is_of_task = scope->kind == CONTROL_OF_TASK || scope->kind == CONTROL_OF_SUBTREE;
    control_verb_t verb = ((const plan_t *)ask->plan)->verb;
    bool begins = verb == CONTROL_VERB_PAUSE || verb == CONTROL_VERB_STOP;

    if (scope->kind == CONTROL_OF_FILTER && !begins)
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "action",
                           "nothing to %s: there is no hold on that very filter",
                           control_verb_word(verb));
    else if (is_tree_empty && is_of_task)
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "taskId",
                           "taskId is \"%.*s\", and there is no such task", MC_FMT(id));
    else if (is_tree_empty)
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "rootTaskId",
                           "rootTaskId is \"%.*s\", and its tree has no tasks", MC_FMT(id));
    else if (is_scope_empty && scope->kind == CONTROL_OF_AGENT)
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "agentTaskId",
                           "agentTaskId is \"%.*s\", which is not in the tree of \"%.*s\"",
                           MC_FMT(mc_ask_shown(scope->agent)), MC_FMT(id));
    else if (is_scope_empty)
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "tier",
                           "tier is %lld, and the tree of \"%.*s\" has no task of that tier",
                           (long long)scope->tier, MC_FMT(id));
    else if (scope->kind == CONTROL_OF_AGENT)
        refuse_nothing(ask, "for the agent", scope->agent);
    else if (scope->kind == CONTROL_OF_TIER)
        refuse_nothing(ask, "in that tier of", scope->id);
    else
        refuse_nothing(ask, is_of_task ? "at" : "in the tree of", scope->id);
}

static void
refuse_stopped(mc_ask_t *ask)
{
    const plan_t *plan = ask->plan;
    mc_text_t id = plan->scope.agent.size ? plan->scope.agent : plan->scope.id;
    mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "action",
                       "nothing to %s: \"%.*s\" is stopped; restart it",
                       control_verb_word(plan->verb), MC_FMT(mc_ask_shown(id)));
}

static void
on_done(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    control_t *control = control_of(ask);
    const plan_t *plan = ask->plan;
    mc_list_t tasks;
    if (mc_ask_read(ask, result, refusal, &mc_task_shape, &tasks) == -1)
        return;
    if (PQgetisnull(result, 0, CONTROL_DONE_EPOCH)) {
        if (mc_store_bool(result, 0, CONTROL_DONE_IS_STOPPED))
            refuse_stopped(ask);
        else
            refuse_verb(ask, result);
        return;
    }
    if (PQgetisnull(result, 0, CONTROL_DONE_ID))
        tasks.count = 0;
    CONTROL_COUNT(control, verbs, 1);
    control_publish_tasks(control, tasks);
    control_holds_reload(control->holds);
    if (plan->wants_receipt)
        control_receipts_wait(control->receipts, ask, plan->receipt_id);
    else
        mc_ask_answer(ask, &mc_task_shape, tasks);
}

static mc_text_t
name_deed(const mc_ask_t *ask, const char *noun, control_verb_t verb)
{
    return mc_arena_printf(ask->arena, "%s_%s", noun, control_verb_word(verb));
}

void
control_on_control_task(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_task_action_t *action = ask->input;
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    mc_refusal_t refusal;
    if (control_verb_read(action->action, "action", &plan->verb, &refusal) == MC_REFUSED) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    bool is_alone =
        mc_has(action, task_action, include_descendants) && !action->include_descendants;
    plan->scope.kind = is_alone ? CONTROL_OF_TASK : CONTROL_OF_SUBTREE;
    plan->scope.id = action->task_id;
    plan->reason = mc_ask_clean(ask, action->reason);
    plan->deed = (control_deed_t){
        .actor = mc_ask_actor(ask, &mc_task_action_shape),
        .action = name_deed(ask, "task", plan->verb),
        .target = action->task_id,
    };
    control_scope_order(ask, plan, NULL);
    control_store_do_verb(control_of(ask), plan, on_done, ask);
}

/* Reads which tasks are meant: 0 or MC_REFUSED. */
static int
read_scope(const mc_scope_action_t *action, control_scope_t *ret_scope, mc_refusal_t *refusal)
{
    mc_text_t type = action->scope_type;
    *ret_scope = (control_scope_t){.kind = CONTROL_OF_TREE, .id = action->root_task_id};
    if (mc_text_is(type, "filter")) {
        ret_scope->kind = CONTROL_OF_FILTER;
        return control_scope_check_filter(action, refusal);
    }
    if (action->root_task_id.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "rootTaskId",
                         "rootTaskId is missing: the root task of the tree");
    if (mc_text_is(type, "tree"))
        return 0;
    if (mc_text_is(type, "tier")) {
        if (!mc_has(action, scope_action, tier))
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tier",
                             "tier is missing: scopeType tier needs 1, 2 or 3");
        ret_scope->kind = CONTROL_OF_TIER;
        ret_scope->tier = action->tier;
        return 0;
    }
    if (mc_text_is(type, "agent")) {
        if (action->agent_task_id.size == 0)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "agentTaskId",
                             "agentTaskId is missing: scopeType agent needs the agent's task");
        ret_scope->kind = CONTROL_OF_AGENT;
        ret_scope->agent = action->agent_task_id;
        return 0;
    }
    if (type.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "scopeType",
                         "scopeType is missing: tree, tier or agent");
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "scopeType",
                     "scopeType is \"%.*s\", not tree, tier or agent", MC_FMT(type));
}

/* {"rootTaskId":"...","scopeType":"tier","tier":2} */
static mc_text_t
describe_scope(const mc_ask_t *ask, const mc_scope_action_t *action)
{
    const control_scope_t *scope = &((const plan_t *)ask->plan)->scope;
    mc_buffer_t json = {0};
    mc_buffer_string(&json, "{\"rootTaskId\":");
    mc_write_json_text(&json, scope->id);
    mc_buffer_string(&json, ",\"scopeType\":");
    mc_write_json_text(&json, action->scope_type);
    if (scope->kind == CONTROL_OF_TIER)
        mc_buffer_printf(&json, ",\"tier\":%lld", (long long)scope->tier);
    mc_buffer_byte(&json, '}');
    mc_text_t text = mc_arena_text(ask->arena, mc_buffer_content(&json));
    mc_buffer_clear(&json);
    return text;
}

/* The two commands differ in what they need and in what they answer. */
static void
control_scope(void *state, mc_bus_request_t *request, mc_list_t records, bool wants_receipt)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_scope_action_t *action = ask->input;
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    mc_refusal_t refusal;
    if (read_scope(action, &plan->scope, &refusal) == MC_REFUSED ||
        control_verb_read(action->action, "action", &plan->verb, &refusal) == MC_REFUSED ||
        control_scope_check_mode(action, plan->verb, &refusal) == MC_REFUSED) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    const control_scope_t *scope = &plan->scope;
    plan->reason = mc_ask_clean(ask, action->reason);
    plan->wants_receipt = wants_receipt;
    plan->is_forced = wants_receipt || scope->kind == CONTROL_OF_FILTER;
    plan->deed = (control_deed_t){
        .actor = mc_ask_actor(ask, &mc_scope_action_shape),
        .action = name_deed(ask, "scope", plan->verb),
        .target = scope->kind == CONTROL_OF_AGENT ? scope->agent : scope->id,
        .details = describe_scope(ask, action),
    };
    control_scope_order(ask, plan, action);
    control_store_do_verb(control_of(ask), plan, on_done, ask);
}

void
control_on_control_scope(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_scope(state, request, records, false);
}

void
control_on_hold_scope(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_scope(state, request, records, true);
}

/* --- what control does by itself ----------------------------------------------------------------
 */

static void
on_expired(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_expiry_t *expiry = arg;
    control_t *control = expiry->control;
    mc_list_t tasks = {0};
    bool is_done = !refusal && !PQgetisnull(result, 0, CONTROL_DONE_EPOCH);
    if (refusal)
        mc_log(&control_log_store_failed, "while=expiring reason=%s", refusal->message);
    if (is_done && !PQgetisnull(result, 0, CONTROL_DONE_ID) &&
        mc_store_read_all(result, &mc_task_shape, expiry->ask.arena, &tasks) == 0)
        control_publish_tasks(control, tasks);
    if (is_done)
        control_holds_reload(control->holds);
    control_expiry_end(expiry, refusal   ? -1
                               : is_done ? mc_store_i64(result, 0, CONTROL_DONE_EPOCH)
                                         : 0);
}

void
control_scope_expire(control_expiry_t *expiry, const mc_scope_action_t *action)
{
    mc_ask_t *ask = &expiry->ask;
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    mc_refusal_t refusal;
    ask->input = action;
    bool is_task = mc_text_is(action->scope_type, "task");
    if (is_task)
        plan->scope = (control_scope_t){.kind = CONTROL_OF_TASK, .id = action->agent_task_id};
    if ((!is_task && read_scope(action, &plan->scope, &refusal) == MC_REFUSED) ||
        control_verb_read(action->action, "action", &plan->verb, &refusal) == MC_REFUSED) {
        control_expiry_end(expiry, 0);
        return;
    }
    plan->reason = action->reason;
    plan->is_forced = true;
    plan->deed = (control_deed_t){
        .actor = action->requested_by,
        .action = name_deed(ask, "scope", plan->verb),
        .target = plan->scope.agent.size ? plan->scope.agent : plan->scope.id,
        .details = describe_scope(ask, action),
    };
    control_scope_order(ask, plan, is_task ? NULL : action);
    control_store_do_verb(expiry->control, plan, on_expired, expiry);
}
