/*
 *  writer_batch - the events of one transaction, from the spool
 */
#ifndef INGEST_WRITER_BATCH_H
#define INGEST_WRITER_BATCH_H

#include "proto/arena.h"
#include "proto/proto.h"
#include "services/ingest/spool.h"

#define INGEST_WRITER_BYTES_MAX ((size_t)24 << 20) /* packed, in one transaction */

typedef struct {
    mc_arena_t *arena;
    mc_agent_event_t *events;
    size_t count;
    size_t capacity;
    mc_quarantined_t *quarantined;
    size_t quarantined_count;
    size_t quarantined_capacity;
    int64_t last_spool_id; /* the batch ends with this row */
    size_t bytes;          /* packed */
    bool is_full;          /* the spool had more than fits */
    int64_t aside_count;   /* rows that could not be read, the last reason kept by mc_fail */
} ingest_writer_batch_t;

void ingest_writer_batch_clear(ingest_writer_batch_t *self);

bool ingest_writer_batch_is_empty(const ingest_writer_batch_t *self);

/* Adds the next row of the spool, the first one being above after: 0, INGEST_SPOOL_END when there
 * is none or it no longer fits events_max, or -1. A row that cannot be understood is set aside in
 * the spool: one that nobody can store must not keep back all that come after it. */
MC_CHECKED int ingest_writer_batch_add(ingest_writer_batch_t *self, ingest_spool_t *spool,
                                       int64_t after, int64_t events_max);

/* Moves the event at index into the quarantine for that reason; its place is filled by the last. */
void ingest_writer_batch_refuse(ingest_writer_batch_t *self, size_t index,
                                const mc_refusal_t *refusal);

#endif
