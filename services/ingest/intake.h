/*
 *  intake - batches from every door into the spool, answered once durable
 *
 *  A door makes a batch, adds its events one by one and submits it. Batches
 *  submitted in one turn of the loop share one commit, at the turn's end; then
 *  each is told. A batch is taken whole or, when the spool is full, not at all.
 */
#ifndef INGEST_INTAKE_H
#define INGEST_INTAKE_H

#include "proto/arena.h"
#include "proto/proto.h"

typedef struct ingest ingest_t;
typedef struct ingest_intake ingest_intake_t;
typedef struct ingest_batch ingest_batch_t;

#define INGEST_REJECTIONS_MAX 1000 /* that an answer lists; all are counted and quarantined */

/* What became of a batch, lent during the call. refusal: nothing of it was taken. */
typedef struct {
    int64_t accepted;
    int64_t duplicates;
    int64_t rejected;
    mc_list_t rejections; /* mc_rejection_t, at most INGEST_REJECTIONS_MAX */
} ingest_outcome_t;
typedef void ingest_taken_fn(void *arg, const ingest_outcome_t *outcome,
                             const mc_refusal_t *refusal);

ingest_intake_t *ingest_intake_new(ingest_t *ingest);
void ingest_intake_destroy(ingest_intake_t **address);

/* True when no batch waits for the commit at the end of this turn. */
bool ingest_intake_is_idle(const ingest_intake_t *self);

/* A batch from the door that source names ("native", "bus", "otlp-traces", ...). */
ingest_batch_t *ingest_batch_new(ingest_intake_t *self, const char *source);
/* Gives up a batch that was not submitted. */
void ingest_batch_destroy(ingest_batch_t **address);

/* Where texts of the batch's events may live until it is submitted. */
mc_arena_t *ingest_batch_arena(ingest_batch_t *batch);

/* Number of events added or refused so far: the index of the next. */
int64_t ingest_batch_size(const ingest_batch_t *batch);

/* Checks, completes, sanitises and takes one event, or rejects it. */
void ingest_batch_add(ingest_batch_t *batch, mc_agent_event_t *event);

/* Rejects the next event, which could not be read; body is what there is of it. */
void ingest_batch_reject(ingest_batch_t *batch, const mc_refusal_t *refusal, mc_text_t body);

/* The events taken so far as a packed list of agent_event; lent until the next is added. */
mc_text_t ingest_batch_stored(ingest_batch_t *batch);
/* The same for the rejected ones, as quarantined records. */
mc_text_t ingest_batch_quarantined(ingest_batch_t *batch);

/* Hands the batch over; taken is called exactly once, at the end of this turn. */
void ingest_batch_submit(ingest_batch_t *batch, ingest_taken_fn *taken, void *arg);

#endif
