/*
 *  health - how each lane (a model of a provider) has been doing, and whether it may be called
 *
 *  The numbers are CONTRACT section 5. A lane's circuit opens after failures
 *  that are the lane's own, for 15 s, doubling to 120 s with 10 % of jitter and
 *  never less than its Retry-After, then lets one probe through.
 *
 *  now_us is the clock of the day (mc_clock_us) everywhere: times when a lane
 *  may be asked again are shown to people.
 *
 *  Several routers: each publishes the outcomes of its calls (lane_outcomes) and
 *  applies those of the others, circuits included, so that all count the same
 *  calls. Of two rows the one with more calls is nearer to the truth: so they
 *  are written, and read again after a gap.
 */
#ifndef ROUTER_HEALTH_H
#define ROUTER_HEALTH_H

#include "proto/proto.h"
#include "services/router/circuit.h"

typedef struct router_health router_health_t;

#define ROUTER_LANES_MAX 4096 /* one more shares the lane "*" of nobody, number 0 */
#define ROUTER_LANE_ERROR_BYTES_MAX 512

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

/* The numbers of a lane. Only calls that say something of the lane count: those that it served and
 * those that failed by its own fault. */
typedef struct {
    int64_t total_calls;
    int64_t success_calls;
    int64_t failed_calls;
    int64_t cost_calls;    /* those whose cost was known */
    double avg_latency_ms; /* exponentially weighted, alpha 0.20; the first value as it is */
    double avg_cost_usd;
    double quality;
} router_lane_stats_t;

#define ROUTER_QUALITY_UNSEEN 0.70
#define ROUTER_HEALTH_ALPHA 0.20
/* Into 0.05 to 0.99. */
double router_quality_clamp(double quality);

/* seed is of the jitter, so that tests can repeat it. */
router_health_t *router_health_new(const router_circuit_options_t *options, uint64_t seed);
void router_health_destroy(router_health_t **address);

/* The number of a lane, which is made where there is none; it stays as long as the health. */
size_t router_health_lane(router_health_t *self, mc_text_t provider, mc_text_t model_id);
size_t router_health_count(const router_health_t *self);
mc_text_t router_health_provider(const router_health_t *self, size_t lane);
mc_text_t router_health_model(const router_health_t *self, size_t lane);
const router_lane_stats_t *router_health_stats(const router_health_t *self, size_t lane);

/* May the lane be called now? 0 yes; ROUTER_LANE_OPEN: its circuit is open, until ret_until_us;
 * ROUTER_LANE_PROBING: its one probe is under way; ROUTER_LANE_COOLING: its provider asked to be
 * left alone, until ret_until_us. */
enum { ROUTER_LANE_OPEN = 1, ROUTER_LANE_PROBING = 2, ROUTER_LANE_COOLING = 3 };
int router_health_look(const router_health_t *self, size_t lane, int64_t now_us,
                       int64_t *ret_until_us);

/* Before an attempt: claims the probe of a half-open lane. Same outcomes as look. */
int router_health_begin(router_health_t *self, size_t lane, int64_t now_us, bool *ret_is_probe);

/* After it, exactly once for each begin. */
void router_health_end(router_health_t *self, size_t lane, int64_t now_us, bool is_probe,
                       const router_outcome_t *outcome);

/* A score of 0 to 1 that somebody gave an outcome: quality goes a fifth of the way towards it. */
void router_health_rate(router_health_t *self, size_t lane, int64_t now_us, double score);

/* A provider's key was refused: all lanes of that provider are left out until the key changes. */
void router_health_key_refused(router_health_t *self, mc_text_t provider, mc_text_t reason);
void router_health_key_changed(router_health_t *self, mc_text_t provider);
/* Why, or NULL when it was not; lent until it changes. */
const char *router_health_key_reason(const router_health_t *self, mc_text_t provider);

/* --- what is told to the store and to other routers --- */

/* Takes a row of the store. The first one of a lane comes below the calls that were made here
 * meanwhile; a later one counts where it has more calls than are known here. */
void router_health_restore(router_health_t *self, const mc_model_health_t *row, int64_t cost_calls);
/* All rows were told. */
void router_health_restored(router_health_t *self);
/* The row of a lane; texts are lent until the lane changes. */
void router_health_row(const router_health_t *self, size_t lane, mc_model_health_t *ret_row);

/* Lanes that changed since they were last taken: writes up to max numbers and forgets them. */
size_t router_health_take_changed(router_health_t *self, size_t *ret_lanes, size_t max);
/* They could not be stored: they count as changed again. */
void router_health_put_back(router_health_t *self, const size_t *lanes, size_t count);

/* Outcomes and ratings of this router that others have not been told of, at most
 * ROUTER_OUTCOMES_MAX (the oldest go); lent until forgotten or one more comes. */
#define ROUTER_OUTCOMES_MAX 1024
mc_list_t router_health_news(const router_health_t *self);
void router_health_forget_news(router_health_t *self);
/* One of another router. */
void router_health_hear(router_health_t *self, const mc_lane_outcome_t *outcome);

#endif
