/*
 *  order - batches of several publishers, put into the order of their ids
 *
 *  Each batch says which ids it covers: (after, last]. The next one in order is
 *  that whose after is where we are. Others are held until the ones before them
 *  have come; what does not come is a gap, for the store to fill.
 */
#ifndef GATEWAY_ORDER_H
#define GATEWAY_ORDER_H

#include "gateway.h"

#define GATEWAY_HELD_MAX 256

typedef struct {
    int64_t after;
    int64_t last;
    mc_buffer_t frames; /* see ring.h; owned */
    bool is_empty;      /* nobody listened when it came: the frames were never written */
    int64_t since_us;
} gateway_batch_t;

typedef struct {
    int64_t at; /* everything up to this id was given out */
    size_t count;
    size_t bytes; /* of the frames of those held */
    size_t bytes_max;
    gateway_batch_t held[GATEWAY_HELD_MAX + 1]; /* by after, then last */
} gateway_order_t;

void gateway_order_init(gateway_order_t *self, size_t bytes_max);
void gateway_order_clear(gateway_order_t *self);

/* We are at this id: what is held below it is dropped. */
void gateway_order_start(gateway_order_t *self, int64_t at);

#define GATEWAY_ORDER_OLD 1  /* everything in it was given out before: it was dropped */
#define GATEWAY_ORDER_FULL 2 /* too much is held: all of it, and this, was dropped */
/* Holds a batch; its frames are taken. One that is next in order is always held, so take it out
 * before the next is put. Returns 0 or one of these. */
int gateway_order_put(gateway_order_t *self, gateway_batch_t *batch);

/* Takes out the next batch in order and moves on to its end. False when there is none. What of it
 * was given out before (up to ret_seen) is to be skipped. The caller clears the frames. */
bool gateway_order_next(gateway_order_t *self, gateway_batch_t *ret_batch, int64_t *ret_seen);

/* The gap before the first batch held: true, and its bounds, when it is older than min_age_us. */
bool gateway_order_gap(const gateway_order_t *self, int64_t now_us, int64_t min_age_us,
                       int64_t *ret_after, int64_t *ret_upto);

#endif
