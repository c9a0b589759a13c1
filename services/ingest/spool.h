/*
 *  spool - acknowledged batches on disk until PostgreSQL has committed them
 *
 *  One SQLite file, WAL, synchronous=FULL: what commit has returned from is on
 *  stable storage. One row for each batch, oldest first. An error of the disk
 *  is final: the process must end and recover from the file, never retry.
 */
#ifndef INGEST_SPOOL_H
#define INGEST_SPOOL_H

#include "proto/buffer.h"

typedef struct ingest_spool ingest_spool_t;

/* The spool is at its size; nothing was appended. */
#define INGEST_SPOOL_FULL 1
/* There is no further row. */
#define INGEST_SPOOL_END 2

/* One batch: lists of packed records, lent until the next read. */
typedef struct {
    int64_t id;
    int64_t events;
    mc_text_t stored;      /* agent_event records */
    mc_text_t quarantined; /* quarantined records; may be empty */
} ingest_spool_row_t;

/* Opens or makes the file; bytes_max bounds what waits. NULL on failure. */
ingest_spool_t *ingest_spool_new(const char *path, int64_t bytes_max);
void ingest_spool_destroy(ingest_spool_t **address);

/* Adds a batch to the open commit. 0, INGEST_SPOOL_FULL or -1. */
MC_CHECKED int ingest_spool_append(ingest_spool_t *self, int64_t events, mc_text_t stored,
                                   mc_text_t quarantined);

/* Makes everything appended since the last commit durable: 0; INGEST_SPOOL_FULL when the disk was
 * full, then none of it is there; -1. */
MC_CHECKED int ingest_spool_commit(ingest_spool_t *self);

/* The journal is long enough to be moved back into the file. */
bool ingest_spool_wants_checkpoint(const ingest_spool_t *self);
/* Moves it; may run on another thread beside everything else, one at a time, until destroy. */
void ingest_spool_checkpoint(ingest_spool_t *self);

/* The oldest batch whose id is above after: 0, INGEST_SPOOL_END or -1. Only durable rows. */
MC_CHECKED int ingest_spool_read(ingest_spool_t *self, int64_t after, ingest_spool_row_t *ret_row);
/* The row is no longer needed; an open one keeps the journal from being moved. */
void ingest_spool_read_end(ingest_spool_t *self);

/* Forgets batches up to and including id, whose events took bytes; durable with the next commit:
 * a batch that comes back after a crash is stored again without effect. */
MC_CHECKED int ingest_spool_forget(ingest_spool_t *self, int64_t id);

/* Puts a batch that cannot be understood beside the others, where it stays and is not read again;
 * durable with the next commit. */
MC_CHECKED int ingest_spool_set_aside(ingest_spool_t *self, int64_t id);

/* Events and bytes that wait. */
int64_t ingest_spool_events(const ingest_spool_t *self);
int64_t ingest_spool_bytes(const ingest_spool_t *self);

/* Small facts that must outlive the process. Recall gives a text in out, empty when unknown. */
MC_CHECKED int ingest_spool_remember(ingest_spool_t *self, const char *name, mc_text_t value);
MC_CHECKED int ingest_spool_recall(ingest_spool_t *self, const char *name, mc_buffer_t *out);

#endif
