/*
 *  query_events - questions about events
 */
#ifndef GATEWAY_QUERY_EVENTS_H
#define GATEWAY_QUERY_EVENTS_H

#include "ask.h"
#include "question.h"

/* A part of the range, and how many events of it. */
typedef struct {
    int64_t above; /* ids over this */
    int64_t upto;  /* ids up to this */
    int64_t limit;
    bool is_ascending; /* the lowest ids; otherwise the highest */
} gateway_window_t;

/* Writes the question for the events of a window, by the filters of the query. Payloads that would
 * make the answer too large are replaced by a note, unless is_whole: then the answer ends early. */
void gateway_query_events(gateway_question_t *question, const mc_event_query_t *query,
                          gateway_window_t window, bool is_whole);

/* The same for those events of the window that lie in these blocks of ids. */
void gateway_query_events_in(gateway_question_t *question, const mc_event_query_t *query,
                             gateway_window_t window, bool is_whole, const int64_t *blocks,
                             size_t count);

/* Answers list_agent_events. */
void gateway_events_list(gateway_ask_t *ask);

#endif
