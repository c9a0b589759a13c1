/*
 *  writer_spans - what spans need besides: runs joined late, tiers and sums from nesting
 *
 *  A span arrives before the span it is nested in, so its run is first named
 *  after its parent. When the parent turns out to be a step of another run, the
 *  provisional run is joined to that one.
 */
#ifndef INGEST_WRITER_SPANS_H
#define INGEST_WRITER_SPANS_H

#include "services/ingest/writer_steps.h"

bool ingest_writer_wants_spans(const ingest_writer_t *self);

void ingest_writer_ask_moves(ingest_writer_t *self, mc_store_answer_fn *answered);
int ingest_writer_answer_moves(ingest_writer_t *self, const PGresult *result,
                               mc_refusal_t *refusal);
bool ingest_writer_wants_move(const ingest_writer_t *self);
void ingest_writer_ask_move(ingest_writer_t *self, mc_store_answer_fn *answered);
bool ingest_writer_move_again(ingest_writer_t *self);

void ingest_writer_ask_tiers(ingest_writer_t *self, mc_store_answer_fn *answered);
void ingest_writer_ask_usage(ingest_writer_t *self, mc_store_answer_fn *answered);
void ingest_writer_ask_runs(ingest_writer_t *self, mc_store_answer_fn *answered);

#endif
