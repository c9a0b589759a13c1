/*
 *  routing - what a decision is made from: registry, health, secrets and weights together
 *
 *  One for the router. The parts change under it by the bus and the store; a
 *  decision only reads it.
 */
#ifndef ROUTER_ROUTING_H
#define ROUTER_ROUTING_H

#include "common/settings.h"
#include "services/router/decision.h"

/* Of the score; CONTRACT section 5 has the defaults. */
typedef struct {
    double quality;
    double success;
    double latency;
    double cost;
    double failure;
    double latency_norm_ms;
    double cost_norm_usd;
    double prior_calls;
} router_weights_t;

#define ROUTER_SECRETS_MAX 512

typedef enum {
    ROUTER_VAULT_UNKNOWN, /* nobody has said anything yet */
    ROUTER_VAULT_OPEN,
    ROUTER_VAULT_SEALED, /* or away: the reason tells which */
} router_vault_t;

router_weights_t router_weights_of(const mc_settings_t *settings);
router_circuit_options_t router_circuit_of(const mc_settings_t *settings);

/* Takes the health; a registry comes with router_routing_take. */
router_routing_t *router_routing_new(const router_weights_t *weights, router_health_t *health);
void router_routing_destroy(router_routing_t **address);

/* The snapshot in force; calls hold it while they last. NULL before the first. */
const router_registry_t *router_routing_registry(const router_routing_t *self);
/* Puts a new one in its place; takes the caller's hold. */
void router_routing_take(router_routing_t *self, router_registry_t *registry);
router_health_t *router_routing_health(const router_routing_t *self);
const router_weights_t *router_routing_weights(const router_routing_t *self);

/* What the vault says: whoever leases secrets tells it here. A secret that changed is also a key
 * that may be tried again. */
void router_routing_set_vault(router_routing_t *self, router_vault_t vault);
/* The vault gives no secrets, and why. */
void router_routing_lose_vault(router_routing_t *self, const char *reason);
/* In words, lent; empty where nobody said. */
const char *router_routing_vault_reason(const router_routing_t *self);
void router_routing_set_secret(router_routing_t *self, mc_text_t name, bool is_configured);
bool router_routing_has_secret(const router_routing_t *self, mc_text_t name);
router_vault_t router_routing_vault(const router_routing_t *self);

/* The two flags, for who explains; a call brings them in its need. */
void router_routing_set_flags(router_routing_t *self, const mc_runtime_flags_t *flags);
void router_routing_fill_flags(const router_routing_t *self, router_need_t *need);

/* The terms of a lane by its numbers. Each observed number counts w = n / (n + prior calls), what
 * is assumed of an unseen model the rest, with n the calls but the first:
 *
 *     term = w * observed + (1 - w) * unseen
 *
 * The first call is left out of n, so that one lucky or unlucky call of a model that was never seen
 * moves nothing, and two equal candidates stay in their order. With no prior calls w is 1 from the
 * first call on, and the terms are those of CONTRACT section 5 as they stand. Unseen are quality
 * 0.70, success rate 0.90, failure rate 0, latency and cost terms 0.50; a cost that was never known
 * stays at 0.50. */
void router_score(const router_weights_t *weights, const router_lane_stats_t *stats,
                  router_terms_t *ret_terms);

/* The hard filters, in the order in which reasons are told: fills is_excluded, exclusion, reason
 * and until_us. */
void router_filter(const router_routing_t *self, const router_need_t *need, int64_t now_us,
                   router_candidate_t *candidate);

#endif
