/*
 *  writer_steps - the questions of one transaction, in their order
 */
#ifndef INGEST_WRITER_STEPS_H
#define INGEST_WRITER_STEPS_H

#include "proto/codec.h"
#include "services/ingest/ingest.h"
#include "services/ingest/partitions.h"
#include "services/ingest/writer_batch.h"

#define INGEST_WRITER_IDLE_BYTES ((size_t)1 << 20) /* of buffers that an idle writer keeps */

typedef struct ingest_writer_move ingest_writer_move_t;

/* A committed batch of which the live stream and the spool have not heard yet. */
typedef struct {
    ingest_writer_batch_t batch; /* empty: there is none */
    mc_arena_t *scratch;
    mc_committed_t news;
    bool has_news;
} ingest_writer_behind_t;

struct ingest_writer {
    ingest_t *ingest;
    mc_store_session_t *session;
    bool is_prepared; /* the session has its temporary tables */
    size_t preparing;

    ingest_writer_batch_t batch;
    ingest_writer_batch_t ahead; /* the next one, as far as it was read */
    ingest_writer_behind_t behind;
    int64_t taken_id; /* spool rows up to here were in a batch */
    int piece_timer;  /* 0 for none */
    size_t from;      /* the window of this transaction in the batch */
    size_t window;
    bool is_busy;
    bool is_pausing;
    bool is_staged;

    size_t step;
    mc_refusal_t failure;
    const char *failed_step;
    int failures;
    int pause_ms;
    int64_t started_us;

    mc_columns_t event_columns;
    mc_columns_t change_columns;
    mc_columns_t quarantine_columns;
    mc_buffer_t copy;
    mc_arena_t *scratch; /* of one transaction */
    int64_t after_id;    /* the cursor before this transaction */
    int64_t last_id;     /* and after it */
    bool has_ids;        /* the events have theirs, and all will be stored */
    bool has_changes;
    bool has_blocks;
    mc_list_t changes;
    mc_store_params_t blocks;
    mc_list_t runs;                   /* as they are after it */
    ingest_writer_move_t *first_move; /* what was put elsewhere, in its order */
    ingest_writer_move_t *last_move;
    ingest_writer_move_t *move; /* under way */
    size_t moving;              /* statements of it that are done */
    int rounds;                 /* of looking for more */
    bool is_looking;
    bool must_look; /* there may be more */
};

/* One question. wants: NULL always. answer: NULL nothing to read; MC_REFUSED fails the transaction.
 * again: true repeats the step before going on. */
typedef struct {
    const char *name;
    bool (*wants)(const ingest_writer_t *self);
    void (*ask)(ingest_writer_t *self, mc_store_answer_fn *answered);
    int (*answer)(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal);
    bool (*again)(ingest_writer_t *self);
} ingest_writer_step_t;

/* Ends in a row without a name. */
extern const ingest_writer_step_t ingest_writer_steps[];

/* Chooses the columns that are copied. */
void ingest_writer_columns(ingest_writer_t *self);

/* Every day of the window has its partition. */
bool ingest_writer_has_partitions(const ingest_writer_t *self);

/* What the events of the window change. Not computed twice. */
void ingest_writer_require_changes(ingest_writer_t *self);

/* What the live stream is told of the window, lent by batch and scratch. False: nothing. */
bool ingest_writer_committed(ingest_writer_t *self, mc_committed_t *ret_news);
void ingest_writer_publish(const ingest_writer_t *self, const mc_committed_t *news);

#endif
