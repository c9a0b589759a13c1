/*
 *  limits - setting, removing and showing hard limits
 */
#include <math.h>

#include "common/budget_slices.h"
#include "common/ids.h"
#include "services/budget/limits_store.h"

#define SCOPES "task, tree, agent, key or install"
#define UNITS "tokens, usd, requests, seconds or concurrency"

static bool
is_one_of(mc_text_t word, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (mc_text_is(word, words[i]))
            return true;
    return false;
}

/* The limit in the unit's smallest part: 0 or MC_REFUSED. */
static int
read_amount(const mc_budget_order_t *order, int64_t *ret_most, mc_refusal_t *refusal)
{
    mc_budget_unit_t unit = mc_budget_unit(order->unit);
    double parts = unit == MC_BUDGET_USD ? 1e9 : unit == MC_BUDGET_SECONDS ? 1e3 : 1;
    double most = unit == MC_BUDGET_USD ? (double)MC_MONEY_MAX : (double)MC_JSON_INTEGER_MAX;
    double amount = order->limit * parts;
    bool is_whole = parts > 1 || amount == floor(amount);
    if (!(amount >= 0 && amount <= most) || !is_whole)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "limit", "limit is %g, not %s up to %g",
                         order->limit, parts > 1 ? "an amount" : "a whole number", most / parts);
    *ret_most = (int64_t)llround(amount);
    return 0;
}

static int
check_order(const mc_budget_order_t *order, mc_refusal_t *refusal)
{
    static const char *const scopes[] = {"task", "tree", "agent", "key", "install", NULL};
    static const char *const periods[] = {"total", "day", "month", NULL};
    bool is_install = mc_text_is(order->scope_type, "install");
    if (!is_one_of(order->scope_type, scopes))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "scopeType",
                         "scopeType is \"%.*s\", not " SCOPES, MC_FMT(order->scope_type));
    if (is_install != (order->scope_id.size == 0))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "scopeId",
                         is_install ? "scopeId is not for the installation"
                                    : "scopeId is missing: which one of its kind");
    if (mc_budget_unit(order->unit) == MC_BUDGET_UNITS)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "unit", "unit is \"%.*s\", not " UNITS,
                         MC_FMT(order->unit));
    if (order->period.size && !is_one_of(order->period, periods))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "period",
                         "period is \"%.*s\", not total, day or month", MC_FMT(order->period));
    if (mc_text_is(order->unit, "concurrency") && order->period.size &&
        !mc_text_is(order->period, "total"))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "period",
                         "period is \"%.*s\", and calls at once have none", MC_FMT(order->period));
    return 0;
}

static void
tell_change(mc_ask_t *ask, mc_list_t budgets)
{
    mc_bus_publish(budget_of(ask)->bus, MC_MESSAGE_BUDGETS_CHANGED, budgets);
    mc_ask_answer(ask, &mc_budget_shape, budgets);
}

static void
on_set(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t budgets;
    if (mc_ask_read(ask, result, refusal, &mc_budget_shape, &budgets) == -1)
        return;
    budget_of(ask)->has_news = true; /* one that is lowered may have passed a share */
    tell_change(ask, budgets);
}

void
budget_on_set_limit(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_budget_order_t *order = ask->input;
    budget_limit_t limit = {
        .scope_type = order->scope_type,
        .scope_id = order->scope_id,
        .unit = order->unit,
        .period = order->period.size ? order->period : MC_TEXT("total"),
        .grace_tokens = mc_has(order, budget_order, grace_tokens) ? &order->grace_tokens : NULL,
        .actor = mc_ask_actor(ask, &mc_budget_order_shape),
    };
    char id[MC_UUID_TEXT_SIZE];
    mc_refusal_t refusal;
    if (check_order(order, &refusal) || read_amount(order, &limit.most, &refusal)) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    mc_uuid_print(mc_uuid_new(), id);
    limit.id = mc_text(id);
    budget_store_set_limit(budget_of(ask), &limit, on_set, ask);
}

static void
on_removed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const mc_budget_id_t *input = ask->input;
    mc_list_t budgets;
    if (mc_ask_read(ask, result, refusal, &mc_budget_shape, &budgets) == -1)
        return;
    if (budgets.count)
        tell_change(ask, budgets);
    else
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "id",
                           "id is \"%.*s\", and there is no such budget", MC_FMT(input->id));
}

void
budget_on_remove_limit(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (ask)
        budget_store_remove_limit(budget_of(ask), ask->input, on_removed, ask);
}

static void
answer_budgets(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t budgets;
    if (mc_ask_read(ask, result, refusal, &mc_budget_shape, &budgets) == 0)
        mc_ask_answer(ask, &mc_budget_shape, budgets);
}

void
budget_on_list_limits(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (ask)
        budget_store_list_limits(budget_of(ask), ask->input, answer_budgets, ask);
}

void
budget_on_list_above(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (ask)
        budget_store_list_above(budget_of(ask), ask->input, answer_budgets, ask);
}
