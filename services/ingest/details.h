/*
 *  details - the legacy text of an event, read into its fields
 *
 *  Older producers put everything into one string: a JSON object, or key=value
 *  pairs split by white space, commas or semicolons. Fields that the event has
 *  already are left as they are.
 */
#ifndef INGEST_DETAILS_H
#define INGEST_DETAILS_H

#include "common/json.h"
#include "proto/proto.h"

/* Reads event->details. Texts go to the arena. What is not understood is no error: without a
 * message of its own the whole text becomes the message. */
void ingest_details_read(mc_agent_event_t *event, mc_json_parser_t *parser, mc_arena_t *arena);

/* The id behind "task:" inside a text, or an empty slice. */
mc_text_t ingest_details_task(mc_text_t text);

#endif
