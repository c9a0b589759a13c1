/*
 *  limits_store - what is asked of PostgreSQL for the limits themselves
 */
#ifndef BUDGET_LIMITS_STORE_H
#define BUDGET_LIMITS_STORE_H

#include "services/budget/budget.h"

/* A limit as it is stored. */
typedef struct {
    mc_text_t id; /* of a new one */
    mc_text_t scope_type;
    mc_text_t scope_id;
    mc_text_t unit;
    mc_text_t period;
    int64_t most;
    const int64_t *grace_tokens; /* NULL: as the setting says */
    mc_text_t actor;
} budget_limit_t;

/* Sets the one of that scope, unit and period: its row as a budget. */
void budget_store_set_limit(budget_t *budget, const budget_limit_t *limit,
                            mc_store_answer_fn *answer, mc_ask_t *ask);

/* Removes one: its row as it was, or none. */
void budget_store_remove_limit(budget_t *budget, const mc_budget_id_t *input,
                               mc_store_answer_fn *answer, mc_ask_t *ask);

void budget_store_list_limits(budget_t *budget, const mc_budget_list_query_t *query,
                              mc_store_answer_fn *answer, mc_ask_t *ask);

/* Those with these ids, as they are now; task:ID too. */
void budget_store_read_limits(budget_t *budget, const mc_text_t *ids, size_t count,
                              mc_store_answer_fn *answer, void *arg);

/* Every budget above a run, a task, an agent or a key, those of tasks too. */
void budget_store_list_above(budget_t *budget, const mc_budget_scope_query_t *query,
                             mc_store_answer_fn *answer, mc_ask_t *ask);

#endif
