/*
 *  registry_config - aop_models.json as it is read, before anything is looked up
 *
 *      {"version": 2, "defaultProvider": "openai",
 *       "tiers": {"1": [profile, ...], "2": profile, ...},
 *       "personaOverrides": {"reviewer": [profile, ...]},
 *       "aliases": {"fast": "openai/gpt-5-nano"},
 *       "cards": [card, ...], "providers": [provider, ...]}
 *
 *  A profile is {"provider", "modelId", "temperature"?, "maxOutputTokens"?}; its
 *  provider may be left to defaultProvider. Names that are not known here are
 *  passed over. Everything is bounded, and what is wrong is told by its path:
 *  "tiers.1[2].modelId is missing".
 */
#ifndef ROUTER_REGISTRY_CONFIG_H
#define ROUTER_REGISTRY_CONFIG_H

#include "common/json.h"
#include "services/router/registry.h"

#define ROUTER_CONFIG_BYTES_MAX ((size_t)1 << 20)
#define ROUTER_CONFIG_VERSION 2
#define ROUTER_TIERS 3
#define ROUTER_LIST_MAX 64 /* profiles in one list */
#define ROUTER_PERSONAS_MAX 1000
#define ROUTER_ALIASES_MAX 1000
#define ROUTER_CARDS_MAX 2000
#define ROUTER_PROVIDERS_MAX 200

typedef struct {
    mc_text_t provider;
    mc_text_t model_id;
    bool has_temperature;
    double temperature;
    int64_t output_tokens_max; /* 0: not given */
} router_profile_t;

typedef struct {
    mc_text_t name; /* of the persona */
    router_profile_t *profiles;
    size_t count;
} router_profiles_t;

typedef struct {
    mc_text_t name;
    mc_text_t target; /* "model" or "provider/model", never another alias */
} router_alias_t;

typedef struct {
    mc_text_t default_provider;
    router_profiles_t tiers[ROUTER_TIERS];
    router_profiles_t *personas;
    size_t persona_count;
    router_alias_t *aliases;
    size_t alias_count;
    router_card_t *cards;
    size_t card_count;
    router_provider_t *providers;
    size_t provider_count;
} router_config_t;

/* Reads the text; everything is copied to the arena. Returns 0, or MC_REFUSED with what is wrong
 * and where. */
MC_CHECKED int router_config_read(mc_json_parser_t *parser, mc_text_t text, mc_arena_t *arena,
                                  router_config_t *ret_config, mc_refusal_t *refusal);

/* The config as CONTRACT section 3 has it: each value a list, each profile with its provider. */
void router_config_write(const router_config_t *config, mc_buffer_t *out);

/* Reads an array of cards (registry_cards.c). path is how it is called in messages. */
MC_CHECKED int router_cards_read(mc_json_t array, const char *path, mc_arena_t *arena,
                                 router_card_t **ret_cards, size_t *ret_count,
                                 mc_refusal_t *refusal);
/* The card of a model, by whose cards they are: the same name, else that without its date
 * ("-2026-01-31", "-20260131", "-latest"), else the card "*"; NULL for none. */
const router_card_t *router_cards_find(const router_card_t *cards, size_t count, mc_text_t owner,
                                       mc_text_t model_id);

/* Files that are part of the program: the cards, and the models where there is no file. */
mc_text_t router_cards_text(void);
mc_text_t router_models_text(void);

/* --- steps of reading, for both files --- */

typedef struct {
    char text[64];
} router_path_t;

/* "tiers.1[2]" + ".modelId"; index or name is left out by -1 and NULL. */
router_path_t router_config_path(const char *above, int index, const char *name);
/* "x must be a text, not an array" */
int router_config_refuse_kind(const char *path, const char *wanted, mc_json_t value,
                              mc_refusal_t *refusal);
/* Members of an object: 0, and absent ones (or null) leave the result as it is. */
MC_CHECKED int router_take_text(mc_json_t object, const char *path, const char *name, size_t max,
                                mc_arena_t *arena, mc_text_t *ret_text, mc_refusal_t *refusal);
MC_CHECKED int router_take_integer(mc_json_t object, const char *path, const char *name,
                                   const int64_t range[2], int64_t *ret_value,
                                   mc_refusal_t *refusal);
MC_CHECKED int router_take_number(mc_json_t object, const char *path, const char *name,
                                  const double range[2], double *ret_value, bool *ret_has,
                                  mc_refusal_t *refusal);
MC_CHECKED int router_take_bool(mc_json_t object, const char *path, const char *name,
                                bool *ret_value, mc_refusal_t *refusal);

#endif
