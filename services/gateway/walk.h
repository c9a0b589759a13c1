/*
 *  walk - through the ids of events, until enough have passed the filters
 *
 *  What has an index in the order of ids (a root, a run, everything) is asked for
 *  at once. A search that blocks can be told apart by looks at the newest ids, and
 *  then only into the blocks that can have what it wants. What is left, text and
 *  what most blocks of a root can have, is looked for in windows of ids, each
 *  larger than the one before.
 *
 *      |<------- range: (above, upto] ------->|
 *      |            | window 2 | w1 |  asked  |      descending
 */
#ifndef GATEWAY_WALK_H
#define GATEWAY_WALK_H

#include "query_events.h"

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
    int64_t ids_max;               /* without a root: ends after so many ids; 0: no bound */
    bool is_whole;
    mc_arena_t *arena; /* where events go; lent */
} gateway_walk_options_t;

/* Walks; found is called exactly once, never before this returns. */
void gateway_events_walk(gateway_t *gateway, const gateway_walk_options_t *options,
                         gateway_walk_fn *found, void *arg);

#endif
