/*
 *  query_events - questions about events, and the walk through their ids
 *
 *  Events of one root or one run have an index in the order of their ids. For
 *  all others there is only the rough index of ids: the walk looks at windows
 *  of ids, each larger than the one before, until it has found enough.
 *
 *      |<------- range: (above, upto] ------->|
 *      |            | window 2 | w1 |  asked  |      descending
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

/* What a walk found. */
typedef struct {
    mc_list_t events; /* in the order of the walk */
    int64_t reached;  /* descending: all above this was looked at; ascending: all up to this */
    bool is_done;     /* nothing is left in the range */
} gateway_found_t;

/* found is lent; with a refusal it is NULL. */
typedef void gateway_walk_fn(void *arg, const gateway_found_t *found, const mc_refusal_t *refusal);

typedef struct {
    const mc_event_query_t *query; /* its filters; lent until the end */
    gateway_window_t range;        /* upto INT64_MAX: up to the newest */
    int64_t ids_max;               /* ends after so many ids were looked at; 0: no bound */
    bool is_whole;
    mc_arena_t *arena; /* where events go; lent */
} gateway_walk_options_t;

/* Walks; found is called exactly once, never before this returns. */
void gateway_events_walk(gateway_t *gateway, const gateway_walk_options_t *options,
                         gateway_walk_fn *found, void *arg);

/* Answers list_agent_events. */
void gateway_events_list(gateway_ask_t *ask);

#endif
