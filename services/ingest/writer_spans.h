/*
 *  writer_spans - what spans need besides: the right root and run, tiers and sums from nesting
 *
 *  A span arrives before the span it is nested in. Where it names no session its
 *  root is its trace, and its run is first named after its parent. When the agent
 *  comes and names a session, the whole trace is joined to that; when the parent
 *  turns out to be a step of another run, the provisional run is moved to it.
 *  Whatever order the spans come in, and to whichever process, the runs are the
 *  same in the end.
 */
#ifndef INGEST_WRITER_SPANS_H
#define INGEST_WRITER_SPANS_H

#include "services/ingest/writer_steps.h"

/* Traces of the window that were joined to a root before. */
bool ingest_writer_wants_traces(const ingest_writer_t *self);
void ingest_writer_ask_traces(ingest_writer_t *self, mc_store_answer_fn *answered);
int ingest_writer_answer_traces(ingest_writer_t *self, const PGresult *result,
                                mc_refusal_t *refusal);

/* Everything below is for windows with something of OpenTelemetry in them. */
bool ingest_writer_wants_spans(const ingest_writer_t *self);

/* Notes the runs and spans of the window. What follows asks only about what was noted, and about
 * what is found changed on the way. */
void ingest_writer_ask_touched(ingest_writer_t *self, mc_store_answer_fn *answered);

/* Finds what must be joined or moved, does it, and looks again until there is nothing. */
void ingest_writer_ask_joins(ingest_writer_t *self, mc_store_answer_fn *answered);
void ingest_writer_ask_moves(ingest_writer_t *self, mc_store_answer_fn *answered);
int ingest_writer_answer_chores(ingest_writer_t *self, const PGresult *result,
                                mc_refusal_t *refusal);
bool ingest_writer_chores_again(ingest_writer_t *self);

void ingest_writer_ask_parents(ingest_writer_t *self, mc_store_answer_fn *answered);
void ingest_writer_ask_tiers(ingest_writer_t *self, mc_store_answer_fn *answered);
void ingest_writer_ask_usage(ingest_writer_t *self, mc_store_answer_fn *answered);
void ingest_writer_ask_runs(ingest_writer_t *self, mc_store_answer_fn *answered);

/* What was joined and moved, as mc_run_move_t; lent until the next window. */
mc_list_t ingest_writer_moves(const ingest_writer_t *self);

/* Gives the events of the window the root and run that they have in the store. */
void ingest_writer_follow_moves(ingest_writer_t *self);

#endif
