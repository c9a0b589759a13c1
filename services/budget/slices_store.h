/*
 *  slices_store - what is asked of PostgreSQL for slices: giving, settling, forgetting
 *
 *  Each is one statement that locks the rows of the tasks and budgets, by id, and
 *  works with what it finds under the lock: however many routers race, the sum of
 *  what is spent and what is held is never above a limit.
 */
#ifndef BUDGET_SLICES_STORE_H
#define BUDGET_SLICES_STORE_H

#include "services/budget/budget.h"

/* Gives the holder of every budget above the call what it needs, or of none anything. Rows: is_ok,
 * is_late (a question of before a quiet beat) and the columns of a budget_line; one row with a NULL
 * id where there is no budget. */
void budget_store_give(budget_t *budget, const mc_budget_ask_t *question,
                       mc_store_answer_fn *answer, mc_ask_t *ask);
enum { BUDGET_GIVEN_IS_OK, BUDGET_GIVEN_IS_LATE, BUDGET_GIVEN_ID };

/* Settles lines of calls, each once. Rows: the columns of a budget_line for each budget that
 * changed, with told_before and told_now: the highest of 50, 80 and 100 percent that is passed. */
void budget_store_settle(budget_t *budget, mc_list_t charges, mc_store_answer_fn *answer,
                         mc_ask_t *ask);
enum { BUDGET_SETTLED_TOLD_BEFORE, BUDGET_SETTLED_TOLD_NOW };

void budget_store_beat(budget_t *budget, const mc_budget_beat_t *beat, mc_store_answer_fn *answer,
                       mc_ask_t *ask);

/* Holders that were not heard of for that long: their ids, and how many slices they had. What they
 * had is spent, but for calls at once, which are over. */
void budget_store_forget_holders(budget_t *budget, int64_t silent_ms, mc_store_answer_fn *answer,
                                 void *arg);

/* Removes what nobody needs any more. */
void budget_store_clean(budget_t *budget, mc_store_answer_fn *answer, void *arg);

#endif
