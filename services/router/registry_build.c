/*
 *  registry_build - a snapshot from the file, the rows of the store and what comes with the product
 */
#include <stdio.h>

#include "services/router/registry_snapshot.h"

typedef struct {
    router_registry_t *registry;
    const router_registry_sources_t *sources;
    router_health_t *health;
    mc_json_parser_t *parser;
    router_config_t config;
    mc_refusal_t *refusal;
} building_t;

const router_card_t *
router_snapshot_card(const router_registry_t *self, const router_provider_t *provider,
                     mc_text_t model_id)
{
    const router_card_t *card =
        router_cards_find(self->cards, self->card_count, provider->name, model_id);
    if (card || !provider->adapter || !provider->adapter->cards)
        return card;
    return router_cards_find(self->cards, self->card_count, mc_text(provider->adapter->cards),
                             model_id);
}

/* Those of the file come first, so that they win. */
static int
join_cards(building_t *self)
{
    router_registry_t *registry = self->registry;
    router_card_t *own = NULL;
    size_t own_count = 0;
    mc_json_t root, list;
    if (mc_json_parse(self->parser, router_cards_text(), &root, self->refusal))
        return MC_REFUSED;
    if (mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, "cards", &list))
        return mc_refuse(self->refusal, MC_INTERNAL_ERROR, "cards", "the product has no cards");
    if (router_cards_read(list, "cards", registry->arena, &own, &own_count, self->refusal))
        return MC_REFUSED;

    size_t of_file = self->config.card_count;
    registry->card_count = of_file + own_count;
    registry->cards =
        mc_arena_alloc(registry->arena, (registry->card_count + 1) * sizeof *registry->cards);
    if (of_file)
        memcpy(registry->cards, self->config.cards, of_file * sizeof *own);
    memcpy(registry->cards + of_file, own, own_count * sizeof *own);
    return 0;
}

static void
add_provider(router_registry_t *registry, const router_provider_t *provider)
{
    if (router_registry_provider(registry, provider->name))
        return;
    router_provider_t *added = &registry->providers[registry->provider_count++];
    *added = *provider;
    added->name = mc_arena_text(registry->arena, provider->name);
    added->base_url = mc_arena_text(registry->arena, provider->base_url);
    added->secret = mc_arena_text(registry->arena, provider->secret);
    added->headers = mc_arena_text(registry->arena, provider->headers);
}

/* Whom the product knows by itself. */
static void
add_adapter(router_registry_t *registry, const router_adapter_t *adapter)
{
    if (!adapter->base_url)
        return;
    router_provider_t provider = {
        .name = mc_text(adapter->name),
        .base_url = mc_text(adapter->base_url),
        .secret = mc_text(adapter->name),
        .adapter = adapter,
        .needs_secret = adapter->needs_secret,
        .is_enabled = true,
        .source = ROUTER_OF_PRODUCT,
    };
    add_provider(registry, &provider);
}

static void
join_providers(building_t *self)
{
    router_registry_t *registry = self->registry;
    const router_config_t *config = &self->config;
    size_t adapter_count = 0;
    const router_adapter_t *adapters = router_adapters(&adapter_count);
    size_t most = self->sources->row_count + config->provider_count + adapter_count;
    for (int i = 0; i < ROUTER_TIERS; i++)
        most += config->tiers[i].count;
    for (size_t i = 0; i < config->persona_count; i++)
        most += config->personas[i].count;
    registry->providers = mc_arena_alloc(registry->arena, (most + 1) * sizeof *registry->providers);
    for (size_t i = 0; i < self->sources->row_count; i++)
        add_provider(registry, &self->sources->rows[i]);
    for (size_t i = 0; i < config->provider_count; i++)
        add_provider(registry, &config->providers[i]);
    for (size_t i = 0; i < adapter_count; i++)
        add_adapter(registry, &adapters[i]);
}

/* Providers of a list must be known. While the rows of the store are not, one that is missing gets
 * a place without an adapter, and its models are left out with that reason. */
static int
check_providers(building_t *self, const router_profiles_t *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        mc_text_t name = list->profiles[i].provider;
        if (router_registry_provider(self->registry, name))
            continue;
        router_path_t where = router_config_path(path, (int)i, "provider");
        if (self->sources->are_rows_known)
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, where.text,
                             "%s: there is no provider \"%.*s\"; missionctl providers add makes "
                             "one",
                             where.text, MC_FMT(name));
        add_provider(self->registry, &(router_provider_t){.name = name});
    }
    return 0;
}

static int
check_lists(building_t *self)
{
    const router_config_t *config = &self->config;
    for (int i = 0; i < ROUTER_TIERS; i++) {
        char path[32];
        snprintf(path, sizeof path, "tiers.%d", i + 1);
        if (check_providers(self, &config->tiers[i], path))
            return MC_REFUSED;
    }
    for (size_t i = 0; i < config->persona_count; i++) {
        char path[64];
        snprintf(path, sizeof path, "personaOverrides.%.*s",
                 config->personas[i].name.size > 32 ? 32 : (int)config->personas[i].name.size,
                 config->personas[i].name.data);
        if (check_providers(self, &config->personas[i], path))
            return MC_REFUSED;
    }
    return 0;
}

static void
fill_model(building_t *self, const router_profile_t *profile, router_model_t *model)
{
    router_registry_t *registry = self->registry;
    const router_provider_t *provider = router_registry_provider(registry, profile->provider);
    assert(provider);
    *model = (router_model_t){
        .provider = provider,
        .card = router_snapshot_card(registry, provider, profile->model_id),
        .model_id = profile->model_id,
        .has_temperature = profile->has_temperature,
        .temperature = profile->temperature,
        .output_tokens_max = profile->output_tokens_max,
        .lane = router_health_lane(self->health, profile->provider, profile->model_id),
    };
}

static void
build_list(building_t *self, const router_profiles_t *profiles, router_list_t *list)
{
    list->name = profiles->name;
    list->count = profiles->count;
    list->models = mc_arena_alloc(self->registry->arena, (list->count + 1) * sizeof *list->models);
    for (size_t i = 0; i < profiles->count; i++)
        fill_model(self, &profiles->profiles[i], &list->models[i]);
}

static void
build_lists(building_t *self)
{
    router_registry_t *registry = self->registry;
    const router_config_t *config = &self->config;
    for (int i = 0; i < ROUTER_TIERS; i++)
        build_list(self, &config->tiers[i], &registry->tiers[i]);
    registry->persona_count = config->persona_count;
    registry->personas =
        mc_arena_alloc(registry->arena, (config->persona_count + 1) * sizeof *registry->personas);
    for (size_t i = 0; i < config->persona_count; i++)
        build_list(self, &config->personas[i], &registry->personas[i]);
}

static void
add_model(router_registry_t *registry, const router_model_t *model)
{
    for (size_t i = 0; i < registry->model_count; i++)
        if (registry->models[i].lane == model->lane &&
            registry->models[i].provider == model->provider &&
            mc_text_equals(registry->models[i].model_id, model->model_id))
            return;
    registry->models[registry->model_count++] = *model;
}

/* A card is true of a provider by its name, or by the kind of provider. */
static bool
is_card_of(const router_card_t *card, const router_provider_t *provider)
{
    if (mc_text_is(card->model_id, "*"))
        return false;
    if (mc_text_equals(card->provider, provider->name))
        return true;
    return provider->adapter && provider->adapter->cards &&
           mc_text_is(card->provider, provider->adapter->cards);
}

static void
add_carded(building_t *self, const router_provider_t *provider, size_t max)
{
    router_registry_t *registry = self->registry;
    for (size_t i = 0; i < registry->card_count && registry->model_count < max; i++) {
        const router_card_t *card = &registry->cards[i];
        if (!is_card_of(card, provider))
            continue;
        router_model_t model = {
            .provider = provider,
            .card = card,
            .model_id = card->model_id,
            .lane = router_health_lane(self->health, provider->name, card->model_id),
        };
        add_model(registry, &model);
    }
}

static void
list_models(building_t *self)
{
    router_registry_t *registry = self->registry;
    size_t listed = 0;
    for (int i = 0; i < ROUTER_TIERS; i++)
        listed += registry->tiers[i].count;
    for (size_t i = 0; i < registry->persona_count; i++)
        listed += registry->personas[i].count;
    size_t carded = 0;
    for (size_t i = 0; i < registry->provider_count; i++)
        for (size_t j = 0; j < registry->card_count; j++)
            carded += is_card_of(&registry->cards[j], &registry->providers[i]);
    size_t max = listed + (carded < ROUTER_MODELS_MAX ? carded : ROUTER_MODELS_MAX);
    registry->models = mc_arena_alloc(registry->arena, (max + 1) * sizeof *registry->models);

    for (int i = 0; i < ROUTER_TIERS; i++)
        for (size_t j = 0; j < registry->tiers[i].count; j++)
            add_model(registry, &registry->tiers[i].models[j]);
    for (size_t i = 0; i < registry->persona_count; i++)
        for (size_t j = 0; j < registry->personas[i].count; j++)
            add_model(registry, &registry->personas[i].models[j]);
    for (size_t i = 0; i < registry->provider_count; i++)
        add_carded(self, &registry->providers[i], max);
}

static int
build(building_t *self)
{
    router_registry_t *registry = self->registry;
    if (router_config_read(self->parser, self->sources->file, registry->arena, &self->config,
                           self->refusal) ||
        join_cards(self))
        return MC_REFUSED;
    join_providers(self);
    if (check_lists(self))
        return MC_REFUSED;
    build_lists(self);
    list_models(self);
    registry->aliases = self->config.aliases;
    registry->alias_count = self->config.alias_count;

    mc_buffer_t json = {0};
    router_config_write(&self->config, &json);
    registry->config = mc_arena_text(registry->arena, mc_buffer_content(&json));
    mc_buffer_clear(&json);
    return 0;
}

router_registry_t *
router_registry_new(const router_registry_sources_t *sources, router_health_t *health,
                    mc_json_parser_t *parser, mc_refusal_t *refusal)
{
    mc_arena_t *arena = mc_arena_new();
    router_registry_t *registry = mc_arena_alloc(arena, sizeof *registry);
    *registry = (router_registry_t){.arena = arena, .holders = 1, .version = sources->version};
    building_t self = {.registry = registry,
                       .sources = sources,
                       .health = health,
                       .parser = parser,
                       .refusal = refusal};
    if (build(&self) == 0)
        return registry;
    mc_arena_destroy(&arena);
    return NULL;
}

static bool
find_in_list(const router_list_t *list, mc_text_t provider, const char *path, char ret_path[64])
{
    for (size_t i = 0; i < list->count; i++) {
        if (!mc_text_equals(list->models[i].provider->name, provider))
            continue;
        memcpy(ret_path, router_config_path(path, (int)i, NULL).text, sizeof(router_path_t));
        return true;
    }
    return false;
}

bool
router_registry_uses(const router_registry_t *self, mc_text_t provider, char ret_path[64])
{
    char path[56];
    for (int i = 0; i < ROUTER_TIERS; i++) {
        snprintf(path, sizeof path, "tiers.%d", i + 1);
        if (find_in_list(&self->tiers[i], provider, path, ret_path))
            return true;
    }
    for (size_t i = 0; i < self->persona_count; i++) {
        mc_text_t name = self->personas[i].name;
        snprintf(path, sizeof path, "personaOverrides.%.*s", name.size > 32 ? 32 : (int)name.size,
                 name.data);
        if (find_in_list(&self->personas[i], provider, path, ret_path))
            return true;
    }
    return false;
}
