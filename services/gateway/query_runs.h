/*
 *  query_runs - questions about runs
 */
#ifndef GATEWAY_QUERY_RUNS_H
#define GATEWAY_QUERY_RUNS_H

#include "ask.h"
#include "question.h"

/* Writes the question for a page of runs, newest start first. cursor may be NULL. */
void gateway_query_runs(gateway_question_t *question, const mc_run_query_t *query,
                        const mc_cursor_t *cursor);

/* Writes the question for the runs that are pending, executing or paused, newest start first. */
void gateway_query_active_runs(gateway_question_t *question, const mc_snapshot_query_t *query);

/* Writes the question for the runs of these events, as they are now. */
void gateway_query_runs_of(gateway_question_t *question, mc_list_t events);

/* Answers list_agent_runs. */
void gateway_runs_list(gateway_ask_t *ask);

#endif
