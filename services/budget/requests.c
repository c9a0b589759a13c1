/*
 *  requests - asking for more tokens for a task, by hand or before a stage, and deciding
 *
 *  The policy looks at the task as it was read; the request is written only if
 *  the task still has that budget, else it is looked at again.
 */
#include "common/ids.h"
#include "services/budget/news.h"
#include "services/budget/policy.h"
#include "services/budget/requests_store.h"

#define LOOKS_MAX 8 /* a budget that changes so often is busy */
#define NOTE_GRANTED "granted at once: within AOP_BUDGET_AUTO_MAX_PERCENT of the budget"
#define STAGE_ACTOR "budget-policy"
#define STAGE_REASON "the next stage needs more than is left"

typedef struct {
    mc_text_t task_id;
    bool is_stage;
    int looks;
    budget_new_request_t request;
    mc_stage_verdict_t verdict;   /* of a stage */
    mc_budget_request_t *waiting; /* NULL: none */
    bool may_grant;               /* as far as who asks is concerned */
} plan_t;

static void look(mc_ask_t *ask);

static void
answer_request(mc_ask_t *ask, const mc_budget_request_t *request)
{
    plan_t *plan = ask->plan;
    if (!plan->is_stage) {
        mc_ask_answer(ask, &mc_budget_request_shape, mc_list_one(request));
        return;
    }
    if (request)
        mc_set(&plan->verdict, stage_verdict, request, mc_list_one(request));
    mc_ask_answer(ask, &mc_stage_verdict_shape, mc_list_one(&plan->verdict));
}

static void
on_made(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    plan_t *plan = ask->plan;
    mc_list_t requests;
    if (mc_ask_read(ask, result, refusal, &mc_budget_request_shape, &requests) == -1)
        return;
    if (requests.count == 0) {
        look(ask);
        return;
    }
    const mc_budget_request_t *request = requests.items;
    BUDGET_COUNT(budget_of(ask), requests_made, 1);
    BUDGET_COUNT(budget_of(ask), requests_granted, plan->request.is_approved ? 1 : 0);
    if (plan->request.is_approved) {
        plan->verdict.budget += plan->request.increment;
        budget_tell_raised(budget_of(ask), request->task_id);
    }
    budget_tell_request(budget_of(ask), request, request->requested_by);
    mc_webhook_poke(budget_of(ask)->webhook);
    answer_request(ask, request);
}

/* Would the budget still be a number that every reader holds? 0, or -1 after refusing. */
static int
check_sum(mc_ask_t *ask, int64_t budget, int64_t increment)
{
    if (increment <= MC_JSON_INTEGER_MAX - budget)
        return 0;
    mc_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "requestedIncrement",
                       "requestedIncrement is %lld, which with the budget of %lld is more than"
                       " %lld",
                       (long long)increment, (long long)budget, (long long)MC_JSON_INTEGER_MAX);
    return -1;
}

static void
make_request(mc_ask_t *ask, int64_t budget)
{
    plan_t *plan = ask->plan;
    if (check_sum(ask, budget, plan->request.increment) == -1)
        return;
    plan->request.budget = budget;
    plan->request.note = plan->request.is_approved ? MC_TEXT(NOTE_GRANTED) : (mc_text_t){0};
    budget_store_make_request(budget_of(ask), &plan->request, on_made, ask);
}

static void
decide_stage(mc_ask_t *ask, int64_t budget, int64_t usage)
{
    plan_t *plan = ask->plan;
    const mc_stage_plan_t *input = ask->input;
    budget_stage_t stage = {budget, usage, input->planned_tokens, plan->waiting != NULL};
    budget_stage_verdict_t verdict = budget_policy_decide(&budget_of(ask)->flags, &stage);
    mc_stage_verdict_t *shown = &plan->verdict;
    mc_set(shown, stage_verdict, task_id, plan->task_id);
    mc_set(shown, stage_verdict, outcome, mc_text(budget_stage_word(verdict.outcome)));
    mc_set(shown, stage_verdict, budget, budget);
    mc_set(shown, stage_verdict, usage, usage);
    mc_set(shown, stage_verdict, planned, verdict.planned);
    mc_set(shown, stage_verdict, threshold, verdict.threshold);
    mc_set(shown, stage_verdict, increment, verdict.increment);
    if (verdict.outcome == BUDGET_STAGE_ENOUGH || verdict.outcome == BUDGET_STAGE_PENDING) {
        answer_request(ask, verdict.outcome == BUDGET_STAGE_PENDING ? plan->waiting : NULL);
        return;
    }
    plan->request.increment = verdict.increment;
    plan->request.is_approved = verdict.outcome == BUDGET_STAGE_APPROVED;
    make_request(ask, budget);
}

static void
on_task(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    plan_t *plan = ask->plan;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    if (PQntuples(result) == 0) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "taskId",
                           "taskId is \"%.*s\", and there is no such task",
                           MC_FMT(mc_ask_shown(plan->task_id)));
        return;
    }
    int64_t budget = mc_store_i64(result, 0, BUDGET_TASK_BUDGET);
    mc_list_t waiting;
    plan->waiting = NULL;
    if (!PQgetisnull(result, 0, BUDGET_TASK_REQUEST)) {
        if (mc_ask_read(ask, result, NULL, &mc_budget_request_shape, &waiting) == -1)
            return;
        plan->waiting = (mc_budget_request_t *)waiting.items;
    }
    if (plan->is_stage) {
        decide_stage(ask, budget, mc_store_i64(result, 0, BUDGET_TASK_USAGE));
        return;
    }
    plan->request.is_approved =
        plan->may_grant &&
        budget_policy_grants(&budget_of(ask)->flags, budget, plan->request.increment);
    make_request(ask, budget);
}

static void
look(mc_ask_t *ask)
{
    plan_t *plan = ask->plan;
    if (plan->looks++ == LOOKS_MAX)
        mc_ask_refuse_with(ask, MC_TOO_BUSY_ERROR, "taskId",
                           "the budget of \"%.*s\" changes all the time",
                           MC_FMT(mc_ask_shown(plan->task_id)));
    else
        budget_store_read_task(budget_of(ask), plan->task_id, on_task, ask);
}

static plan_t *
make_plan(mc_ask_t *ask, mc_text_t task_id, mc_text_t requested_by, mc_text_t reason)
{
    char text[MC_UUID_TEXT_SIZE];
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    mc_uuid_print(mc_uuid_new(), text);
    *plan = (plan_t){.task_id = task_id};
    plan->request = (budget_new_request_t){
        .id = mc_arena_text(ask->arena, mc_text(text)),
        .task_id = task_id,
        .requested_by = requested_by,
        .reason = mc_ask_clean(ask, reason),
    };
    return plan;
}

void
budget_on_request_increase(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_budget_increase_t *input = ask->input;
    plan_t *plan = make_plan(ask, input->task_id, input->requested_by, input->reason);
    plan->request.increment = input->requested_increment;
    plan->may_grant = !mc_has(input, budget_increase, auto_approve) || input->auto_approve;
    look(ask);
}

void
budget_on_check_stage(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_stage_plan_t *input = ask->input;
    mc_text_t who =
        mc_has(input, stage_plan, requested_by) ? input->requested_by : MC_TEXT(STAGE_ACTOR);
    mc_text_t why = input->reason.size ? input->reason : MC_TEXT(STAGE_REASON);
    plan_t *plan = make_plan(ask, input->task_id, who, why);
    plan->is_stage = true;
    plan->request.is_alone = true;
    look(ask);
}

static void
answer_requests(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t requests;
    if (mc_ask_read(ask, result, refusal, &mc_budget_request_shape, &requests) == 0)
        mc_ask_answer(ask, &mc_budget_request_shape, requests);
}

void
budget_on_list_requests(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_budget_query_t *query = ask->input;
    bool is_status = !mc_has(query, budget_query, status) || mc_text_is(query->status, "pending") ||
                     mc_text_is(query->status, "approved") || mc_text_is(query->status, "rejected");
    if (!is_status)
        mc_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "status",
                           "status is \"%.*s\", not pending, approved or rejected",
                           MC_FMT(query->status));
    else
        budget_store_list_requests(budget_of(ask), query, answer_requests, ask);
}
