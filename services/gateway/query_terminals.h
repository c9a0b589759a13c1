/*
 *  query_terminals - questions about terminals
 */
#ifndef GATEWAY_QUERY_TERMINALS_H
#define GATEWAY_QUERY_TERMINALS_H

#include "common/cursor.h"
#include "question.h"

/* Sessions from the runs and their tasks, latest first. cursor (last event id) may be NULL. */
void gateway_query_terminals(gateway_question_t *question, const mc_terminal_query_t *query,
                             const mc_cursor_t *cursor);

/* Events of an actor on a task, newest first; with sinceId the lowest ids above it, lowest first.
 * before_id is INT64_MAX for the newest. */
void gateway_query_terminal_events(gateway_question_t *question,
                                   const mc_terminal_event_query_t *query, int64_t before_id);

#endif
