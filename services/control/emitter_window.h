/*
 *  emitter_window - which audit rows are done, and how far the cursor may move
 *
 *  A row gets its number at once and becomes visible when its transaction
 *  commits: so rows become visible out of their order. The cursor stays below
 *  every number that may still appear; the rows above it that are done are
 *  remembered here.
 *
 *  When may the cursor move to a number? Rows up to it were done at some moment,
 *  the mark. Whatever holds a lower number was under way then; so once the
 *  transactions of that moment are over, and a reading after that is done,
 *  nothing lower can come. Between taking a number and becoming a transaction
 *  that others see lie microseconds: CONTROL_WINDOW_SETTLE_US is far beyond that.
 */
#ifndef CONTROL_EMITTER_WINDOW_H
#define CONTROL_EMITTER_WINDOW_H

#include "proto/base.h"

#define CONTROL_WINDOW_PAGE 250 /* rows in one reading: 64 KiB of details each fit a message */
#define CONTROL_WINDOW_IDS_MAX                                                                     \
    50000 /* done and above the cursor; then reading waits for the mark */
#define CONTROL_WINDOW_SETTLE_US INT64_C(10000000)

/* Storage of the caller; all zero is the start, with the cursor to be set. */
typedef struct {
    int64_t cursor;
    int64_t done[CONTROL_WINDOW_IDS_MAX + CONTROL_WINDOW_PAGE];
    size_t done_count;

    int64_t safe_id; /* that the cursor may move to, also when a move failed */
    int64_t mark_id; /* 0: no mark */
    int64_t mark_xid;
    int64_t mark_us;
    bool is_mark_over;

    int64_t reading[CONTROL_WINDOW_PAGE]; /* growing */
    size_t reading_count;
    size_t reading_most;
} control_window_t;

/* Begins a reading: how many rows it may bring. 0: only the transactions are to be looked at. */
size_t control_window_begin(control_window_t *self);

/* What the reading saw: transactions below oldest_xid were over, none had next_xid yet. */
void control_window_look(control_window_t *self, int64_t oldest_xid, int64_t next_xid,
                         int64_t now_us);
/* A row that it brought, each with a higher number than the one before. */
void control_window_add(control_window_t *self, int64_t id);

/* Its rows are done. Returns the number that the cursor may move to; the cursor itself when it may
 * not. */
int64_t control_window_end(control_window_t *self);
/* The cursor was moved there. */
void control_window_move(control_window_t *self, int64_t id);

/* Is another reading worth while at once? */
bool control_window_has_more(const control_window_t *self);

#endif
