/*
 *  event_rules - what is true of every event, whatever door it came through
 *
 *  Fills in what the producer left out and refuses what cannot be stored. Root
 *  and tier of an event that names a task only are found later, in the
 *  database, by the writer.
 */
#ifndef INGEST_EVENT_RULES_H
#define INGEST_EVENT_RULES_H

#include "common/json.h"
#include "proto/proto.h"

#define INGEST_ROOT_UNKNOWN "global"

/* What holds for all events of one batch. */
typedef struct {
    int64_t now_us;
    int64_t oldest_us; /* older is outside the window */
    int64_t newest_us; /* later is outside the window */
    const char *source;
    mc_json_parser_t *parser;
    mc_arena_t *arena;
} ingest_rules_t;

/* Returns 0, or MC_REFUSED with bad_input or time_out_of_window. */
MC_CHECKED int ingest_rules_apply(const ingest_rules_t *rules, mc_agent_event_t *event,
                                  mc_refusal_t *refusal);

/* The status that an action means where none is given. */
mc_status_t ingest_rules_status_of_action(mc_text_t action);

/* One of the five words for any word that producers use (running, ok, cancelled, ...), or
 * MC_STATUS_UNKNOWN. */
mc_status_t ingest_rules_status(mc_text_t word);

/* 1 to 3 for an actor named tierN_..., else 0. */
int ingest_rules_tier_of_actor(mc_text_t actor);

#endif
