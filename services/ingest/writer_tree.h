/*
 *  writer_tree - root and tier of events that name only their task
 *
 *  The tree of tasks is asked for the tasks of the window that need it. An event
 *  whose task is in no tree belongs to the common root; one whose parents form a
 *  circle goes to the quarantine.
 */
#ifndef INGEST_WRITER_TREE_H
#define INGEST_WRITER_TREE_H

#include "services/ingest/writer_steps.h"

bool ingest_writer_wants_roots(const ingest_writer_t *self);
void ingest_writer_ask_roots(ingest_writer_t *self, mc_store_answer_fn *answered);
int ingest_writer_answer_roots(ingest_writer_t *self, const PGresult *result,
                               mc_refusal_t *refusal);

/* Adds an element to a text in PostgreSQL's form for text[]; begin with "{" and end with "}". */
void ingest_writer_array_add(mc_buffer_t *array, mc_text_t element);

#endif
