/*
 *  writer - the spool into PostgreSQL, one transaction after the other
 *
 *  Takes batches from the spool in order, as many as fit one transaction. The
 *  events go straight into the partitioned table in the hope that none is a
 *  resend; when the key refuses one, the same events go through a staging table
 *  that leaves out what is there already. A row of aop_event_cursor is held
 *  from before the first id is used until the commit, so ids become visible in
 *  order, and no two writers ever touch the same run at once. The spool forgets
 *  a batch only after the commit; a crash in between stores nothing twice.
 */
#ifndef INGEST_WRITER_H
#define INGEST_WRITER_H

#include "services/ingest/ingest.h"

ingest_writer_t *ingest_writer_new(ingest_t *ingest);
void ingest_writer_destroy(ingest_writer_t **address);

/* Ends its connection and asks nothing more; before the store is destroyed. Accepts NULL. */
void ingest_writer_close(ingest_writer_t *self);

/* There may be something in the spool. */
void ingest_writer_wake(ingest_writer_t *self);

/* Between two requests of one turn: PostgreSQL gets more of what is being copied. */
void ingest_writer_push(ingest_writer_t *self);

/* True when the last transaction went through, or none was tried yet. */
bool ingest_writer_is_well(const ingest_writer_t *self);

#endif
