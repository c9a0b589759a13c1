/*
 *  recorder - events on their way to ingest, in batches, until it has acknowledged them
 *
 *  No call waits for it. A batch that is not acknowledged is sent again with the
 *  same uids, so each event is stored once. What is left at the end is kept in a
 *  file and sent at the next start. Bounded in bytes: steps of streams are given
 *  up when half is used, everything else when all is; both are counted.
 */
#ifndef ROUTER_RECORDER_H
#define ROUTER_RECORDER_H

#include "common/service.h"
#include "proto/buffer.h"

typedef struct router_recorder router_recorder_t;

typedef struct {
    int64_t events_sent;
    int64_t events_dropped; /* not steps */
    int64_t steps_dropped;
    int64_t sends_failed;
    int64_t rejected; /* by ingest, for what they are */
    size_t waiting_bytes;
} router_recorder_counts_t;

/* path: the file for what is left; copied. */
router_recorder_t *router_recorder_new(mc_service_t *service, const char *path, size_t bytes_max);
/* Writes what is left into the file. */
void router_recorder_destroy(router_recorder_t **address);

/* For another event: an empty buffer to write its payload in, lent until the next one; NULL where
 * there is no room, so that nothing is written for nobody. is_step: of a stream, and given up
 * first. */
mc_buffer_t *router_recorder_begin(router_recorder_t *self, bool is_step);

/* Adds the event, which was begun; uid, time and actor must be set. Everything is copied. */
void router_recorder_add(router_recorder_t *self, const mc_agent_event_t *event);

const router_recorder_counts_t *router_recorder_counts(const router_recorder_t *self);

#endif
