/*
 *  registry_snapshot - the inside of a snapshot, for those who make and read it
 */
#ifndef ROUTER_REGISTRY_SNAPSHOT_H
#define ROUTER_REGISTRY_SNAPSHOT_H

#include "services/router/registry_config.h"

typedef struct {
    mc_text_t name;
    router_model_t *models;
    size_t count;
} router_list_t;

/* Everything lies in the arena, the snapshot too. */
struct router_registry {
    mc_arena_t *arena;
    size_t holders;
    int64_t version;
    router_provider_t *providers;
    size_t provider_count;
    router_card_t *cards;
    size_t card_count;
    router_model_t *models; /* each once */
    size_t model_count;
    router_list_t tiers[ROUTER_TIERS];
    router_list_t *personas;
    size_t persona_count;
    const router_alias_t *aliases;
    size_t alias_count;
    mc_text_t config;
};

#define ROUTER_MODELS_MAX 4000 /* with a card only; those that are listed come on top */

/* The card of a model at a provider, or NULL. */
const router_card_t *router_snapshot_card(const router_registry_t *self,
                                          const router_provider_t *provider, mc_text_t model_id);

#endif
