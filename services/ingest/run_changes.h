/*
 *  run_changes - the events of one transaction folded into one row for each run
 */
#ifndef INGEST_RUN_CHANGES_H
#define INGEST_RUN_CHANGES_H

#include "proto/arena.h"
#include "proto/proto.h"

#define INGEST_TIER_PREFIX_SIZE 6   /* of "tier3_" in an actor's name */
#define INGEST_LAST_MESSAGE_MAX 500 /* bytes of a message that its run shows */

/* Folds count events, of which only those whose ids are not 0 are counted, into rows in the arena,
 * ordered by root and run, but for those that the platform says of nobody in particular. Later
 * events override earlier ones by event time, never with nothing. */
mc_list_t ingest_run_changes(const mc_agent_event_t *events, size_t count, mc_arena_t *arena);

#endif
