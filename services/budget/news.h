/*
 *  news - what happened to a budget, told to whoever listens
 */
#ifndef BUDGET_NEWS_H
#define BUDGET_NEWS_H

#include "services/budget/budget.h"

/* A request that was made or decided: a message on the bus and an event in the task's stream. */
void budget_tell_request(budget_t *budget, const mc_budget_request_t *request, mc_text_t actor);

/* A budget that has passed 50, 80 or 100 percent of its limit. */
void budget_tell_step(budget_t *budget, const mc_budget_line_t *line, int64_t percent);

#endif
