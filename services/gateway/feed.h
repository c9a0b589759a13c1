/*
 *  feed - the live feed: what ingest publishes, in order, as frames
 *
 *  Every ingest process publishes its own commits; their ids say in which order
 *  they belong. A batch that stays away for 150 ms is read from the store. With
 *  nobody listening nothing is written: the feed only knows where it is.
 */
#ifndef GATEWAY_FEED_H
#define GATEWAY_FEED_H

#include "gateway.h"
#include "ring.h"

/* Subscribes; the place to begin at comes from the store. */
gateway_feed_t *gateway_feed_new(gateway_t *gateway);
void gateway_feed_destroy(gateway_feed_t **address);

/* True once the feed knows where it is. */
bool gateway_feed_is_started(const gateway_feed_t *self);

/* Id of the last event in it. */
int64_t gateway_feed_last_id(const gateway_feed_t *self);

/* The ring, while somebody listens; else NULL. */
const gateway_ring_t *gateway_feed_ring(const gateway_feed_t *self);

const gateway_hash_key_t *gateway_feed_key(const gateway_feed_t *self);

/* Somebody listens from now on: makes the ring. The last one left: gives back its memory. */
void gateway_feed_open(gateway_feed_t *self);
void gateway_feed_close(gateway_feed_t *self);

/* Puts frames that have no place in the order of ids, now; the buffer is cleared. */
void gateway_feed_put(gateway_feed_t *self, mc_buffer_t *frames);

/* By the clock, once a second: compares with the store, for what was lost on the way. */
void gateway_feed_check(void *state);

#endif
