/*
 *  writer_blocks - what the events of a transaction add to the blocks they lie in
 */
#ifndef INGEST_WRITER_BLOCKS_H
#define INGEST_WRITER_BLOCKS_H

#include "services/ingest/writer_steps.h"

void ingest_writer_ask_blocks(ingest_writer_t *self, mc_store_answer_fn *answered);

#endif
