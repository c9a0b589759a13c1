/*
 *  writer_blocks - what the events of a transaction add to the blocks they lie in
 */
#ifndef INGEST_WRITER_BLOCKS_H
#define INGEST_WRITER_BLOCKS_H

#include "services/ingest/writer_steps.h"

/* What the events of the window add, as parameters. Not computed twice. */
void ingest_writer_require_blocks(ingest_writer_t *self);

#endif
