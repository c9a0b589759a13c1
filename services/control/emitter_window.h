/*
 *  emitter_window - which audit rows are done, and how far the cursor may move
 *
 *  A row gets its number at once and becomes visible when its transaction
 *  commits: so rows become visible out of their order. The cursor stays below
 *  every number that may still appear; the rows above it that are done are
 *  remembered here.
 *
 *  When may the cursor move to a number? The mark is the highest number in the
 *  table at some moment. Whatever holds a lower one was under way then; so once
 *  the transactions of that moment are over, and a sweep that began after that
 *  has done every row it found, nothing lower can come. Between taking a number
 *  and becoming a transaction that others can see lie microseconds:
 *  CONTROL_WINDOW_SETTLE_US is far beyond that.
 *
 *  A sweep is readings, a page each, from the cursor upwards to the end.
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
    bool is_mark_over; /* before the sweep began */

    bool is_sweeping;
    int64_t from_id;                      /* the reading is of rows above it */
    int64_t reading[CONTROL_WINDOW_PAGE]; /* growing */
    size_t reading_count;
    size_t reading_most;
} control_window_t;

/* What a reading saw besides its rows: transactions below oldest_xid were over, none had next_xid
 * yet, and no row had a higher number. */
typedef struct {
    int64_t oldest_xid;
    int64_t next_xid;
    int64_t highest_id;
    int64_t now_us;
} control_window_look_t;

/* Begins a reading, of rows above from_id: how many it may bring. 0: only the look is wanted. */
size_t control_window_begin(control_window_t *self);
/* The ids above from_id that are done already; ret_ids has room for done_count. */
size_t control_window_copy_done(const control_window_t *self, int64_t *ret_ids);

void control_window_look(control_window_t *self, const control_window_look_t *look);
/* A row that it brought, each with a higher number than the one before. */
void control_window_add(control_window_t *self, int64_t id);

/* Its rows are done. Returns the number that the cursor may move to; the cursor itself when it may
 * not. */
int64_t control_window_end(control_window_t *self);
/* The cursor was moved there. */
void control_window_move(control_window_t *self, int64_t id);

/* Does the sweep go on? */
bool control_window_has_more(const control_window_t *self);
/* Ends the sweep; the next one begins at the cursor. */
void control_window_rest(control_window_t *self);

#endif
