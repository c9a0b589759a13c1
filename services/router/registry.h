/*
 *  registry - which models there are, what they can do and cost, and who may answer what
 *
 *  Made of aop_models.json (tiers, persona overrides and cards), of the cards
 *  that come with the product and of the rows of aop_providers. A snapshot never
 *  changes; a new one takes its place, and is kept as long as somebody holds it.
 */
#ifndef ROUTER_REGISTRY_H
#define ROUTER_REGISTRY_H

#include "services/router/provider.h"
#include "services/router/usage.h"

enum {
    ROUTER_CAN_STREAM = 1 << 0,
    ROUTER_CAN_TOOLS = 1 << 1,
    ROUTER_CAN_VISION = 1 << 2,
    ROUTER_CAN_STRUCTURED = 1 << 3, /* structured output by a JSON schema */
    ROUTER_CAN_REASON = 1 << 4,
    ROUTER_CAN_EMBED = 1 << 5,
    ROUTER_CAN_CHAT = 1 << 6,
    ROUTER_CAN_AUDIO = 1 << 7,
};

typedef struct {
    mc_text_t provider;
    mc_text_t model_id;
    mc_text_t as_of;        /* "2026-11-01": when the prices were looked up; empty when not known */
    uint32_t can;           /* ROUTER_CAN_... */
    int64_t context_tokens; /* 0 when not known */
    int64_t output_tokens_max; /* 0 when not known */
    bool takes_temperature;
    const router_price_step_t *steps;
    size_t step_count;
    int64_t batch_percent;
} router_card_t;

/* A model that may be chosen: a profile of the file, with its provider and card. */
typedef struct {
    const router_provider_t *provider; /* never NULL */
    const router_card_t *card;         /* NULL when nothing is known of the model */
    mc_text_t model_id;
    bool has_temperature;
    double temperature;
    int64_t output_tokens_max; /* 0: not given by the profile */
    size_t lane;               /* its number among the lanes of health.h; stays over snapshots */
} router_model_t;

typedef struct router_registry router_registry_t;

/* Holds a snapshot for as long as a call lasts. */
const router_registry_t *router_registry_hold(const router_registry_t *self);
void router_registry_release(const router_registry_t **address);

/* The models of a tier (1 to 3), of a persona (falls back to nothing), in the file's order. */
const router_model_t *router_registry_tier(const router_registry_t *self, int64_t tier,
                                           size_t *ret_count);
const router_model_t *router_registry_persona(const router_registry_t *self, mc_text_t persona,
                                              size_t *ret_count);
/* A model by its own name, "model" or "provider/model"; the first provider that has it in the order
 * of the registry. NULL when nobody has it. */
const router_model_t *router_registry_find(const router_registry_t *self, mc_text_t name);
/* Every model, in the order of the registry: for GET /v1/models. */
const router_model_t *router_registry_all(const router_registry_t *self, size_t *ret_count);
/* Grows with every snapshot; stands in each decision. */
int64_t router_registry_version(const router_registry_t *self);

#endif
