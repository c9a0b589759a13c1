/*
 *  news - what happened to a budget, told to whoever listens
 */
#ifndef BUDGET_NEWS_H
#define BUDGET_NEWS_H

#include "services/budget/budget.h"

/* A request that was made or decided: a message on the bus and an event in the task's stream. */
void budget_tell_request(budget_t *budget, const mc_budget_request_t *request, mc_text_t actor);

/* Something was spent of this budget: told with the next look. */
void budget_tell_spent(budget_t *budget, mc_text_t id);

/* The tokens of a task were raised. */
void budget_tell_raised(budget_t *budget, mc_text_t task_id);

/* These budgets have passed shares of their limits: a message on the bus, and what waits for ingest
 * and webhooks is sent. */
void budget_tell_passed(budget_t *budget, const mc_text_t *ids, size_t count);

#endif
