/*
 *  writer_ahead - what is done while PostgreSQL works: the batch behind and the one ahead
 *
 *  Telling the live stream, forgetting in the spool, reading the next batch and
 *  counting what the events change take as long as a fifth of a transaction.
 *  They are done in pieces, between which the loop can feed the connection.
 */
#ifndef INGEST_WRITER_AHEAD_H
#define INGEST_WRITER_AHEAD_H

#include "services/ingest/writer_steps.h"

/* The batch is committed: it will be told and forgotten. */
void ingest_writer_put_behind(ingest_writer_t *self);

/* Tells and forgets what is behind, now. */
void ingest_writer_settle(ingest_writer_t *self);

/* Takes the batch ahead, with all that is in the spool and fits; empty when there is nothing. -1:
 * the spool failed. */
MC_CHECKED int ingest_writer_take_ahead(ingest_writer_t *self);

/* There may be something to do beside the transaction under way. */
void ingest_writer_work_soon(ingest_writer_t *self);

#endif
