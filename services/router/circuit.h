/*
 *  circuit - when a lane that fails is left alone, and when it is tried again
 *
 *      closed --failures in a row--> open --its time is over--> one probe
 *        ^                             ^                          |
 *        |                             +----it fails: twice as long
 *        +-------------------------------------it succeeds--------+
 *
 *  A failure that brings a Retry-After also makes a closed lane cool down for
 *  that long. No clock and no chance of its own: both are given.
 */
#ifndef ROUTER_CIRCUIT_H
#define ROUTER_CIRCUIT_H

#include "proto/base.h"

#define ROUTER_RETRY_AFTER_US_MAX                                                                  \
    INT64_C(3600000000) /* a provider that asks for more gets this                                 \
                         */

typedef struct {
    int64_t failures; /* one after the other, that open it */
    int64_t base_us;
    int64_t max_us;
    int64_t jitter_percent;
} router_circuit_options_t;

typedef struct {
    bool is_open;
    bool is_probing;
    int64_t failures;      /* one after the other */
    int64_t wait_us;       /* how long it was opened last, before jitter */
    int64_t until_us;      /* when a probe may go, while open */
    int64_t cool_until_us; /* Retry-After of a closed lane */
} router_circuit_t;

/* What an attempt says of the lane. */
typedef enum {
    ROUTER_LANE_SERVED,  /* it answered */
    ROUTER_LANE_FAILED,  /* it did not */
    ROUTER_LANE_UNKNOWN, /* nothing was learnt */
} router_lane_news_t;

/* May the lane be called: 0, or ROUTER_LANE_OPEN, _PROBING or _COOLING of health.h. */
int router_circuit_look(const router_circuit_t *self, int64_t now_us, int64_t *ret_until_us);
/* The same, and claims the probe. */
int router_circuit_begin(router_circuit_t *self, int64_t now_us, bool *ret_is_probe);

typedef struct {
    router_lane_news_t news;
    bool is_probe;
    int64_t retry_after_us;
} router_circuit_end_t;

/* chance is moved on when it is used. */
void router_circuit_end(router_circuit_t *self, const router_circuit_options_t *options,
                        const router_circuit_end_t *end, int64_t now_us, uint64_t *chance);

#endif
