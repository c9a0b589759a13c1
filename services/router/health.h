/*
 *  health - how each lane (a model of a provider) has been doing, and whether it may be called
 *
 *  The numbers are CONTRACT section 5. A lane's circuit opens after failures
 *  that are the lane's own, for 15 s, doubling to 120 s with 10 % of jitter and
 *  never less than its Retry-After, then lets one probe through.
 */
#ifndef ROUTER_HEALTH_H
#define ROUTER_HEALTH_H

#include "proto/proto.h"

typedef struct router_health router_health_t;

/* Whose fault a failed call was. */
typedef enum {
    ROUTER_FAULT_NONE,
    ROUTER_FAULT_KEY,    /* 401, 402, 403, insufficient quota: the provider's key */
    ROUTER_FAULT_CALLER, /* 400, 404, 413, 422: the request */
    ROUTER_FAULT_LANE,   /* 429, 529, 5xx, time outs, cut streams */
    ROUTER_FAULT_CLIENT, /* the client left: nobody's failure */
} router_fault_t;

/* What became of one attempt. */
typedef struct {
    router_fault_t fault;
    int64_t latency_us;     /* of the whole attempt */
    int64_t first_token_us; /* 0 when there was none */
    int64_t cost_nanousd;   /* ROUTER_PRICE_UNKNOWN when not known */
    int64_t retry_after_us; /* 0 when not said */
    mc_text_t error;        /* sanitised message of the failure; lent */
} router_outcome_t;

/* May the lane be called now? 0 yes; ROUTER_LANE_OPEN: its circuit is open, until ret_until_us;
 * ROUTER_LANE_PROBING: its one probe is under way. */
enum { ROUTER_LANE_OPEN = 1, ROUTER_LANE_PROBING = 2 };
int router_health_look(const router_health_t *self, size_t lane, int64_t now_us,
                       int64_t *ret_until_us);

/* Before an attempt: claims the probe of a half-open lane. Same outcomes as look. */
int router_health_begin(router_health_t *self, size_t lane, int64_t now_us, bool *ret_is_probe);

/* After it, exactly once for each begin. */
void router_health_end(router_health_t *self, size_t lane, int64_t now_us, bool is_probe,
                       const router_outcome_t *outcome);

/* A provider's key was refused: all lanes of that provider are left out until the key changes. */
void router_health_key_refused(router_health_t *self, mc_text_t provider, mc_text_t reason);
void router_health_key_changed(router_health_t *self, mc_text_t provider);

#endif
