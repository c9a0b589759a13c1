/*
 *  decisions - approving and rejecting requests for more tokens
 *
 *  A request is decided once. The task is resumed by control, which knows what
 *  holds it, after the decision is in force.
 */
#include "services/budget/news.h"
#include "services/budget/requests_store.h"

#define UNKNOWN_ACTOR "operator"

typedef struct {
    mc_budget_decision_t decision;
    bool is_approved;
    const mc_budget_request_t *request; /* as decided */
} plan_t;

static void
refuse_decision(mc_ask_t *ask, const PGresult *result)
{
    const plan_t *plan = ask->plan;
    mc_text_t id = mc_ask_shown(plan->decision.request_id);
    mc_text_t status = mc_store_text(result, 0, BUDGET_RESOLVED_OLD_STATUS);
    if (status.size == 0)
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "requestId",
                           "requestId is \"%.*s\", and there is no such request", MC_FMT(id));
    else if (!mc_text_is(status, "pending"))
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "requestId",
                           "requestId is \"%.*s\", which is %.*s already", MC_FMT(id),
                           MC_FMT(status));
    else if (PQgetisnull(result, 0, BUDGET_RESOLVED_TASK_STATUS))
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "requestId",
                           "requestId is \"%.*s\", and its task is no more", MC_FMT(id));
    else
        mc_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "approvedIncrement",
                           "approvedIncrement would raise the budget above %lld",
                           (long long)MC_JSON_INTEGER_MAX);
}

/* The decision stands, whatever became of the task. */
static void
on_resumed(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const plan_t *plan = ask->plan;
    (void)records;
    (void)refusal;
    mc_ask_answer(ask, &mc_budget_request_shape, mc_list_one(plan->request));
}

static void
resume_task(mc_ask_t *ask)
{
    const plan_t *plan = ask->plan;
    mc_task_action_t action = {0};
    mc_set(&action, task_action, task_id, plan->request->task_id);
    mc_set(&action, task_action, action, MC_TEXT("resume"));
    mc_set(&action, task_action, include_descendants, false);
    mc_set(&action, task_action, reason, MC_TEXT("its budget was decided"));
    mc_set(&action, task_action, requested_by, plan->decision.decided_by);
    mc_bus_call(budget_of(ask)->bus, "control", MC_COMMAND_CONTROL_TASK, mc_list_one(&action),
                MC_BUS_TIMEOUT_MS / 2, on_resumed, ask);
}

static void
on_resolved(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    plan_t *plan = ask->plan;
    mc_list_t requests;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    if (PQgetisnull(result, 0, BUDGET_RESOLVED_ID)) {
        refuse_decision(ask, result);
        return;
    }
    if (mc_ask_read(ask, result, NULL, &mc_budget_request_shape, &requests) == -1)
        return;
    plan->request = requests.items;
    BUDGET_COUNT(budget_of(ask), requests_granted, plan->is_approved ? 1 : 0);
    budget_tell_request(budget_of(ask), plan->request, plan->decision.decided_by);
    if (plan->is_approved)
        budget_tell_raised(budget_of(ask), plan->request->task_id);
    bool is_paused = mc_text_is(mc_store_text(result, 0, BUDGET_RESOLVED_TASK_STATUS), "paused");
    if (is_paused && plan->decision.resume_task)
        resume_task(ask);
    else
        mc_ask_answer(ask, &mc_budget_request_shape, requests);
}

void
budget_on_resolve_request(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (!ask)
        return;
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    *plan = (plan_t){.decision = *(const mc_budget_decision_t *)ask->input};
    mc_budget_decision_t *decision = &plan->decision;
    plan->is_approved = mc_text_is(decision->decision, "approve");
    if (!plan->is_approved && !mc_text_is(decision->decision, "reject")) {
        mc_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "decision",
                           "decision is \"%.*s\", not approve or reject",
                           MC_FMT(decision->decision));
        return;
    }
    if (!mc_has(decision, budget_decision, decided_by))
        mc_set(decision, budget_decision, decided_by, MC_TEXT(UNKNOWN_ACTOR));
    if (!mc_has(decision, budget_decision, resume_task))
        decision->resume_task = false;
    mc_set(decision, budget_decision, reason, mc_ask_clean(ask, decision->reason));
    budget_store_resolve_request(budget_of(ask), decision, plan->is_approved, on_resolved, ask);
}
