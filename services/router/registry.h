/*
 *  registry - which models there are, what they can do and cost, and who may answer what
 *
 *  Made of aop_models.json (tiers, persona overrides and cards), of the cards
 *  that come with the product and of the rows of aop_providers. A snapshot never
 *  changes; a new one takes its place, and is kept as long as somebody holds it.
 */
#ifndef ROUTER_REGISTRY_H
#define ROUTER_REGISTRY_H

#include "common/json.h"
#include "services/router/health.h"
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
    mc_text_t source;       /* where; empty when not known */
    uint32_t can;           /* ROUTER_CAN_... */
    int64_t context_tokens; /* 0 when not known */
    int64_t output_tokens_max; /* 0 when not known */
    router_limit_t limit;      /* where it is not as the provider's kind says */
    bool takes_temperature;
    bool thinks_adaptively; /* by effort: a budget of tokens is refused */
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

/* How the limit of what it answers must be named in chat. */
router_limit_t router_model_limit(const router_model_t *self);

typedef struct router_registry router_registry_t;

/* "vision" of ROUTER_CAN_VISION, and so on. */
const char *router_ability_word(uint32_t bit);

/* What a snapshot is made of. */
typedef struct {
    mc_text_t file;                /* text of aop_models.json */
    const router_provider_t *rows; /* of aop_providers; they come before those of the file */
    size_t row_count;
    bool are_rows_known; /* false: a provider that nobody knows may still come from the store */
    int64_t version;
} router_registry_sources_t;

/* Makes a snapshot, held once by the caller. Lanes are made in health. NULL when the file is
 * refused. */
router_registry_t *router_registry_new(const router_registry_sources_t *sources,
                                       router_health_t *health, mc_json_parser_t *parser,
                                       mc_refusal_t *refusal);

/* Holds a snapshot for as long as a call lasts. */
const router_registry_t *router_registry_hold(const router_registry_t *self);
void router_registry_release(const router_registry_t **address);

/* The models of a tier (1 to 3), of a persona (falls back to nothing), in the file's order. */
const router_model_t *router_registry_tier(const router_registry_t *self, int64_t tier,
                                           size_t *ret_count);
const router_model_t *router_registry_persona(const router_registry_t *self, mc_text_t persona,
                                              size_t *ret_count);
/* A model by its own name, "model" or "provider/model", or by an alias; the first provider that has
 * it in the order of the registry. NULL when nobody has it. */
const router_model_t *router_registry_find(const router_registry_t *self, mc_text_t name);
/* All that answer to the name, in the order of the registry: writes up to max and returns how many.
 * More than one means: the same model at several providers. */
size_t router_registry_find_all(const router_registry_t *self, mc_text_t name,
                                const router_model_t **ret_models, size_t max);
/* A model that is not in the registry but whose provider is told by its prefix ("ollama/x") or by
 * how its name begins ("gpt-..."): fills the model, without a lane. False when nobody is. */
bool router_registry_guess(const router_registry_t *self, mc_text_t name,
                           router_model_t *ret_model);
/* What an alias stands for, else the name itself. */
mc_text_t router_registry_alias(const router_registry_t *self, mc_text_t name);

/* Every model, in the order of the registry: for GET /v1/models. First those of the tiers and
 * personas, then all that have a card at a provider. */
const router_model_t *router_registry_all(const router_registry_t *self, size_t *ret_count);
/* Grows with every snapshot; stands in each decision. */
int64_t router_registry_version(const router_registry_t *self);

/* Providers: rows of the store, then those of the file, then those of the product. */
const router_provider_t *router_registry_providers(const router_registry_t *self,
                                                   size_t *ret_count);
const router_provider_t *router_registry_provider(const router_registry_t *self, mc_text_t name);
/* The path of the first list that names the provider, such as "tiers.1[0]"; false for none. */
bool router_registry_uses(const router_registry_t *self, mc_text_t provider, char ret_path[64]);
/* Personas that have a list of their own. */
size_t router_registry_persona_count(const router_registry_t *self);
mc_text_t router_registry_persona_name(const router_registry_t *self, size_t index);
/* The configuration in force as JSON, as CONTRACT section 3 has it; lent. */
mc_text_t router_registry_config(const router_registry_t *self);

#endif
