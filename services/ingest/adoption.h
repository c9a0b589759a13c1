/*
 *  adoption - the spools of instances that no longer run
 *
 *  Each spool file has a lock file beside it, which its process holds for as
 *  long as it lives. A spool whose lock is free has nobody who would bring it to
 *  PostgreSQL: its batches are moved into ours, a slice at a time. Ours is
 *  committed before theirs forgets, so a crash in between leaves a batch in both,
 *  and its events, which carry their ids, are stored once all the same.
 */
#ifndef INGEST_ADOPTION_H
#define INGEST_ADOPTION_H

#include "services/ingest/ingest.h"

#define INGEST_ADOPTION_MS 60000              /* between two looks for spools */
#define INGEST_CLAIM_MS 10000                 /* that a start waits for its own spool */
#define INGEST_ADOPTION_SLICE_BYTES (4 << 20) /* moved in one turn of the loop */

/* Takes the lock of the spool at that path for this process: the descriptor that holds it, or -1
 * with the reason. Waits up to wait_ms: whoever starts again while its spool is being moved comes
 * next. */
MC_CHECKED int ingest_spool_claim(const char *path, int wait_ms);

ingest_adoption_t *ingest_adoption_new(ingest_t *ingest);
void ingest_adoption_destroy(ingest_adoption_t **address);

/* By the clock and at the start: looks for spools without an owner. state is the ingest_t. */
void ingest_adopt(void *state);

#endif
