/*
 *  requests_store - what is asked of PostgreSQL for requests for more tokens
 *
 *  A change is one statement with its row of the audit log, under the lock of
 *  the task.
 */
#ifndef BUDGET_REQUESTS_STORE_H
#define BUDGET_REQUESTS_STORE_H

#include "services/budget/budget.h"

/* The token budget of a task and the newest request that waits: one row, or none without a task.
 * Behind these columns come those of the request, NULL where none waits. */
void budget_store_read_task(budget_t *budget, mc_text_t task_id, mc_store_answer_fn *answer,
                            mc_ask_t *ask);
enum { BUDGET_TASK_BUDGET, BUDGET_TASK_USAGE, BUDGET_TASK_REQUEST };

typedef struct {
    mc_text_t id;
    mc_text_t task_id;
    mc_text_t requested_by;
    mc_text_t reason;
    int64_t increment;
    int64_t budget;   /* that the task must have, or nothing is done */
    bool is_alone;    /* nothing is done where a request waits */
    bool is_approved; /* at once */
    mc_text_t note;   /* where it is */
} budget_new_request_t;

/* Writes a request, and raises the budget where it is approved: the request, or no row when the
 * task has another budget by now, or a request waits. */
void budget_store_make_request(budget_t *budget, const budget_new_request_t *request,
                               mc_store_answer_fn *answer, mc_ask_t *ask);

void budget_store_list_requests(budget_t *budget, const mc_budget_query_t *query,
                                mc_store_answer_fn *answer, mc_ask_t *ask);

/* Decides a request that waits. One row: old_status (NULL: no such request), task_status (NULL: no
 * such task), is_too_much, and the columns of the request, which are NULL when nothing was done. */
void budget_store_resolve_request(budget_t *budget, const mc_budget_decision_t *decision,
                                  bool is_approved, mc_store_answer_fn *answer, mc_ask_t *ask);
enum {
    BUDGET_RESOLVED_OLD_STATUS,
    BUDGET_RESOLVED_TASK_STATUS,
    BUDGET_RESOLVED_IS_TOO_MUCH,
    BUDGET_RESOLVED_ID
};

#endif
