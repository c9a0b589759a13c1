/*
 *  health_lanes - the lanes by number and by name, and the keys that were refused
 */
#ifndef ROUTER_HEALTH_LANES_H
#define ROUTER_HEALTH_LANES_H

#include "services/router/health.h"

typedef struct {
    char *provider;
    char *model_id;
    router_lane_stats_t stats;
    router_circuit_t circuit;
    char error[ROUTER_LANE_ERROR_BYTES_MAX]; /* of the last failure; empty when there was none */
    int64_t last_used_us;
    int64_t updated_us;
    bool is_changed;
} router_lane_t;

#define ROUTER_LANE_SLOTS (2 * ROUTER_LANES_MAX) /* a power of two */

typedef struct {
    router_lane_t **all;               /* each stays where it is */
    uint16_t slots[ROUTER_LANE_SLOTS]; /* number + 1 by hash; 0 is free */
    size_t count;
    size_t *changed;
    size_t changed_count;
} router_lanes_t;

/* With lane 0, that of nobody. */
void router_lanes_init(router_lanes_t *self);
void router_lanes_clear(router_lanes_t *self);
size_t router_lanes_require(router_lanes_t *self, mc_text_t provider, mc_text_t model_id);

static inline router_lane_t *
router_lanes_get(const router_lanes_t *self, size_t lane)
{
    assert(lane < self->count);
    return self->all[lane];
}

/* It has changed since it was stored. */
void router_lanes_mark(router_lanes_t *self, size_t lane);
void router_lane_set_error(router_lane_t *self, mc_text_t error);

/* Providers whose key was refused. */
typedef struct router_refused_key {
    struct router_refused_key *next;
    char *provider;
    char reason[ROUTER_LANE_ERROR_BYTES_MAX];
} router_refused_key_t;

void router_keys_clear(router_refused_key_t **keys);

struct router_health {
    router_circuit_options_t options;
    uint64_t chance;
    router_lanes_t lanes;
    bool is_restored; /* the rows of the store were told once */
    router_refused_key_t *keys;
    mc_lane_outcome_t *news;
    size_t news_count;
};

#endif
