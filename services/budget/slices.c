/*
 *  slices - parts of budgets in the hands of routers: given, settled, given back, forgotten
 */
#include "common/clock.h"
#include "services/budget/news.h"
#include "services/budget/slices_store.h"

static const char *
unit_words(mc_text_t unit)
{
    if (mc_text_is(unit, "usd"))
        return "billionths of a dollar";
    if (mc_text_is(unit, "seconds"))
        return "milliseconds";
    if (mc_text_is(unit, "concurrency"))
        return "calls at once";
    return mc_text_is(unit, "requests") ? "requests" : "tokens";
}

static bool
is_short(const mc_budget_line_t *line)
{
    return mc_has(line, budget_line, most) &&
           line->most - line->spent - line->leased + line->given < line->least;
}

static void
refuse_line(mc_ask_t *ask, const mc_budget_line_t *line)
{
    int64_t left = line->most - line->spent - line->leased;
    bool is_install = mc_text_is(line->scope_type, "install");
    mc_ask_refuse_with(
        ask, MC_OVER_BUDGET_ERROR, "budget",
        "the budget of the %.*s%s%.*s%s has %lld of %lld %s left, and this call may need %lld",
        MC_FMT(line->scope_type), is_install ? "" : " \"", MC_FMT(mc_ask_shown(line->scope_id)),
        is_install ? "" : "\"", (long long)(left > 0 ? left : 0), (long long)line->most,
        unit_words(line->unit), (long long)line->least);
}

static void
refuse_slices(mc_ask_t *ask, bool is_late, mc_list_t lines)
{
    const mc_budget_line_t *line = lines.items;
    const mc_budget_ask_t *question = ask->input;
    if (is_late) {
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "seq", "question %lld came too late",
                           (long long)question->seq);
        return;
    }
    for (size_t i = 0; i < lines.count; i++)
        if (question->is_unpriced && mc_text_is(line[i].unit, "usd")) {
            mc_ask_refuse_with(ask, MC_PRICE_UNKNOWN_ERROR, "model",
                               "a budget in money is in force for the %.*s, and the price of"
                               " this model is not known",
                               MC_FMT(line[i].scope_type));
            return;
        }
    BUDGET_COUNT(budget_of(ask), over_budget, 1);
    for (size_t i = 0; i + 1 < lines.count; i++)
        if (is_short(&line[i])) {
            refuse_line(ask, &line[i]);
            return;
        }
    refuse_line(ask, &line[lines.count - 1]);
}

static void
on_given(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t lines;
    if (mc_ask_read(ask, result, refusal, &mc_budget_line_shape, &lines) == -1)
        return;
    if (PQgetisnull(result, 0, BUDGET_GIVEN_ID))
        lines.count = 0;
    if (mc_store_bool(result, 0, BUDGET_GIVEN_IS_OK)) {
        BUDGET_COUNT(budget_of(ask), leases, 1);
        mc_ask_answer(ask, &mc_budget_line_shape, lines);
    } else {
        refuse_slices(ask, mc_store_bool(result, 0, BUDGET_GIVEN_IS_LATE), lines);
    }
}

void
budget_on_lease(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (ask)
        budget_store_give(budget_of(ask), ask->input, on_given, ask);
}

static void
on_settled(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t lines;
    if (mc_ask_read(ask, result, refusal, &mc_budget_line_shape, &lines) == -1)
        return;
    const mc_budget_line_t *line = lines.items;
    mc_text_t *ids = mc_arena_alloc(ask->arena, (lines.count + 1) * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < lines.count; i++) {
        int64_t before = mc_store_i64(result, (int)i, BUDGET_SETTLED_TOLD_BEFORE);
        budget_tell_spent(budget_of(ask), line[i].id);
        if (mc_store_i64(result, (int)i, BUDGET_SETTLED_TOLD_NOW) > before)
            ids[count++] = line[i].id;
    }
    if (count)
        budget_tell_passed(budget_of(ask), ids, count);
    mc_ask_answer(ask, &mc_budget_line_shape, lines);
}

void
budget_on_settle(void *state, mc_bus_request_t *request, mc_list_t records)
{
    budget_t *budget = state;
    mc_ask_t *ask = mc_ask_begin(&budget->desk, request);
    BUDGET_COUNT(budget, charges, records.count);
    budget_store_settle(budget, records, on_settled, ask);
}

static void
on_beat(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    (void)result;
    if (mc_ask_check(ask, refusal) == 0)
        mc_ask_answer(ask, &mc_nothing_shape, (mc_list_t){NULL, 0});
}

void
budget_on_beat(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = budget_ask_new(state, request, records);
    if (ask)
        budget_store_beat(budget_of(ask), ask->input, on_beat, ask);
}

static void
on_forgotten(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    budget_t *self = arg;
    if (refusal)
        return;
    for (int i = 0; i < PQntuples(result); i++) {
        BUDGET_COUNT(self, holders_gone, 1);
        mc_log(&budget_log_holder_gone, "holder=%.*s slices=%lld",
               MC_FMT(mc_store_text(result, i, 0)), (long long)mc_store_i64(result, i, 1));
        self->has_news = true; /* what it had may have passed a share */
    }
}

/* Beats that came while this service was away are not its holders' fault. */
void
budget_look_for_gone(void *state)
{
    budget_t *self = state;
    int64_t up_ms = (mc_clock_steady_us() - self->began_us) / 1000;
    if (up_ms > BUDGET_HOLDER_SILENT_MS && mc_store_is_up(self->store))
        budget_store_forget_holders(self, BUDGET_HOLDER_SILENT_MS, on_forgotten, self);
}

static void
on_cleaned(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)arg;
    (void)result;
    (void)refusal;
}

void
budget_clean(void *state)
{
    budget_t *self = state;
    budget_store_clean(self, on_cleaned, self);
}
