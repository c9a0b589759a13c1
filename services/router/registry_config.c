/*
 *  registry_config - aop_models.json as it is read, before anything is looked up
 */
#include "services/router/registry_config.h"

#include <stdio.h>

#include "proto/codec.h"

#define NAME_BYTES_MAX 200

typedef struct {
    mc_arena_t *arena;
    router_config_t *config;
    mc_refusal_t *refusal;
} reading_t;

static int
refuse_missing(reading_t *self, const char *path)
{
    return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path, "%s is missing", path);
}

static int
read_profile(reading_t *self, mc_json_t value, const char *path, router_profile_t *ret_profile)
{
    static const double temperatures[2] = {0, 2};
    static const int64_t limits[2] = {1, 100000000};
    router_profile_t profile = {.provider = self->config->default_provider};
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return router_config_refuse_kind(path, "an object", value, self->refusal);
    if (router_take_text(value, path, "provider", ROUTER_PROVIDER_NAME_MAX, self->arena,
                         &profile.provider, self->refusal) ||
        router_take_text(value, path, "modelId", NAME_BYTES_MAX, self->arena, &profile.model_id,
                         self->refusal) ||
        router_take_number(value, path, "temperature", temperatures, &profile.temperature,
                           &profile.has_temperature, self->refusal) ||
        router_take_integer(value, path, "maxOutputTokens", limits, &profile.output_tokens_max,
                            self->refusal))
        return MC_REFUSED;
    if (!profile.model_id.size)
        return refuse_missing(self, router_config_path(path, -1, "modelId").text);
    if (!profile.provider.size)
        return refuse_missing(self, router_config_path(path, -1, "provider").text);
    *ret_profile = profile;
    return 0;
}

static int
refuse_duplicate(reading_t *self, const router_profiles_t *list, const char *path)
{
    const router_profile_t *last = &list->profiles[list->count - 1];
    for (size_t i = 0; i + 1 < list->count; i++)
        if (mc_text_equals(list->profiles[i].provider, last->provider) &&
            mc_text_equals(list->profiles[i].model_id, last->model_id))
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path,
                             "%s lists %.*s/%.*s twice, at [%zu] and [%zu]", path,
                             MC_FMT(last->provider), MC_FMT(last->model_id), i, list->count - 1);
    return 0;
}

/* One profile, or a list of them. */
static int
read_profiles(reading_t *self, mc_json_t value, const char *path, router_profiles_t *list)
{
    bool is_list = mc_json_kind(value) == MC_JSON_ARRAY;
    size_t count = is_list ? mc_json_count(value) : 1;
    if (!is_list && mc_json_kind(value) != MC_JSON_OBJECT)
        return router_config_refuse_kind(path, "a profile or a list of profiles", value,
                                         self->refusal);
    if (count > ROUTER_LIST_MAX)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path,
                         "%s has %zu profiles; at most %d are taken", path, count, ROUTER_LIST_MAX);
    list->profiles = mc_arena_alloc(self->arena, (count + 1) * sizeof *list->profiles);
    if (!is_list) {
        list->count = 1;
        return read_profile(self, value, path, list->profiles);
    }

    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    while (mc_json_next(&iter, &key, &item)) {
        router_path_t where = router_config_path(path, (int)list->count, NULL);
        if (read_profile(self, item, where.text, &list->profiles[list->count++]) ||
            refuse_duplicate(self, list, path))
            return MC_REFUSED;
    }
    return 0;
}

static router_path_t
path_of(const char *above, mc_text_t key)
{
    char name[48];
    snprintf(name, sizeof name, "%.*s", MC_FMT(key));
    return router_config_path(above, -1, name);
}

static int
read_tiers(reading_t *self, mc_json_t value)
{
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return router_config_refuse_kind("tiers", "an object", value, self->refusal);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    while (mc_json_next(&iter, &key, &item)) {
        router_path_t path = path_of("tiers", key);
        if (key.size != 1 || key.data[0] < '1' || key.data[0] > '0' + ROUTER_TIERS)
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text,
                             "%s is no tier: there are \"1\", \"2\" and \"3\"", path.text);
        router_profiles_t *tier = &self->config->tiers[key.data[0] - '1'];
        if (tier->profiles)
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text, "%s is there twice",
                             path.text);
        if (read_profiles(self, item, path.text, tier))
            return MC_REFUSED;
    }
    return 0;
}

/* Room for the members of an object, no more than max of them. */
static int
begin_members(reading_t *self, mc_json_t value, const char *path, size_t max, size_t *ret_count)
{
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return router_config_refuse_kind(path, "an object", value, self->refusal);
    *ret_count = mc_json_count(value);
    if (*ret_count > max)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path,
                         "%s has %zu members; at most %zu are taken", path, *ret_count, max);
    return 0;
}

static int
check_key(reading_t *self, mc_text_t key, const char *path)
{
    bool is_good = key.size && key.size <= NAME_BYTES_MAX;
    for (size_t i = 0; i < key.size; i++)
        is_good = is_good && (unsigned char)key.data[i] >= ' ';
    if (is_good)
        return 0;
    return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path,
                     "a name in %s must have 1 to %d bytes and no control bytes", path,
                     NAME_BYTES_MAX);
}

static int
read_personas(reading_t *self, mc_json_t value)
{
    router_config_t *config = self->config;
    size_t count = 0;
    if (begin_members(self, value, "personaOverrides", ROUTER_PERSONAS_MAX, &count))
        return MC_REFUSED;
    config->personas = mc_arena_alloc(self->arena, (count + 1) * sizeof *config->personas);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    while (mc_json_next(&iter, &key, &item)) {
        router_path_t path = path_of("personaOverrides", key);
        if (check_key(self, key, "personaOverrides"))
            return MC_REFUSED;
        for (size_t i = 0; i < config->persona_count; i++)
            if (mc_text_equals(config->personas[i].name, key))
                return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text, "%s is there twice",
                                 path.text);
        router_profiles_t *persona = &config->personas[config->persona_count++];
        persona->name = mc_arena_text(self->arena, key);
        if (read_profiles(self, item, path.text, persona))
            return MC_REFUSED;
    }
    return 0;
}

static router_alias_t *
find_alias(const router_config_t *config, mc_text_t name)
{
    for (size_t i = 0; i < config->alias_count; i++)
        if (mc_text_equals(config->aliases[i].name, name))
            return &config->aliases[i];
    return NULL;
}

/* Makes every alias point to a model; one that leads back to itself is refused. */
static int
resolve_aliases(reading_t *self)
{
    router_config_t *config = self->config;
    for (size_t i = 0; i < config->alias_count; i++) {
        router_alias_t *alias = &config->aliases[i];
        const router_alias_t *next = find_alias(config, alias->target);
        size_t steps = 0;
        for (; next && steps <= config->alias_count; steps++) {
            alias->target = next->target;
            next = find_alias(config, alias->target);
        }
        if (next)
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, "aliases",
                             "aliases.%.*s leads back to itself", MC_FMT(alias->name));
    }
    return 0;
}

static int
read_aliases(reading_t *self, mc_json_t value)
{
    router_config_t *config = self->config;
    size_t count = 0;
    if (begin_members(self, value, "aliases", ROUTER_ALIASES_MAX, &count))
        return MC_REFUSED;
    config->aliases = mc_arena_alloc(self->arena, (count + 1) * sizeof *config->aliases);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    while (mc_json_next(&iter, &key, &item)) {
        router_path_t path = path_of("aliases", key);
        if (check_key(self, key, "aliases"))
            return MC_REFUSED;
        if (find_alias(config, key))
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text, "%s is there twice",
                             path.text);
        if (mc_text_is(key, "auto") || memchr(key.data, ':', key.size))
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text,
                             "%s: auto and names with a colon have a meaning already", path.text);
        router_alias_t *alias = &config->aliases[config->alias_count++];
        alias->name = mc_arena_text(self->arena, key);
        if (mc_json_kind(item) != MC_JSON_STRING || !mc_json_text(item).size ||
            mc_json_text(item).size > 2 * NAME_BYTES_MAX)
            return router_config_refuse_kind(path.text, "the name of a model", item, self->refusal);
        alias->target = mc_arena_text(self->arena, mc_json_text(item));
    }
    return resolve_aliases(self);
}

static int
read_provider(reading_t *self, mc_json_t item, router_path_t path)
{
    router_config_t *config = self->config;
    mc_provider_order_t order = {0};
    mc_refusal_t why;
    router_provider_t *provider = &config->providers[config->provider_count];
    if (mc_json_kind(item) != MC_JSON_OBJECT)
        return router_config_refuse_kind(path.text, "an object", item, self->refusal);
    if (mc_json_read(&mc_provider_order_shape, item, self->arena, false, &order, &why) ||
        router_provider_make(&order, self->arena, provider, &why))
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text, "%s: %.180s", path.text,
                         why.message);
    provider->source = ROUTER_OF_FILE;
    for (size_t i = 0; i < config->provider_count; i++)
        if (mc_text_equals(config->providers[i].name, provider->name))
            return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, path.text,
                             "%s: %.*s is there twice", path.text, MC_FMT(provider->name));
    config->provider_count++;
    return 0;
}

static int
read_providers(reading_t *self, mc_json_t value)
{
    router_config_t *config = self->config;
    if (mc_json_kind(value) != MC_JSON_ARRAY)
        return router_config_refuse_kind("providers", "an array", value, self->refusal);
    size_t count = mc_json_count(value);
    if (count > ROUTER_PROVIDERS_MAX)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, "providers",
                         "providers has %zu of them; at most %d are taken", count,
                         ROUTER_PROVIDERS_MAX);
    config->providers = mc_arena_alloc(self->arena, (count + 1) * sizeof *config->providers);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    for (int i = 0; mc_json_next(&iter, &key, &item); i++)
        if (read_provider(self, item, router_config_path("providers", i, NULL)))
            return MC_REFUSED;
    return 0;
}

static int
read_cards(reading_t *self, mc_json_t value)
{
    return router_cards_read(value, "cards", self->arena, &self->config->cards,
                             &self->config->card_count, self->refusal);
}

static int
check_version(reading_t *self, mc_json_t root)
{
    static const int64_t any[2] = {INT64_MIN, INT64_MAX};
    int64_t version = ROUTER_CONFIG_VERSION;
    if (router_take_integer(root, "", "version", any, &version, self->refusal))
        return MC_REFUSED;
    if (version != 1 && version != ROUTER_CONFIG_VERSION)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, "version",
                         "version %lld is not known here: it must be 2", (long long)version);
    return 0;
}

/* A file that names none means the first that it lists; the shape has no place for none. */
static mc_text_t
find_default(const router_config_t *config)
{
    for (int i = 0; i < ROUTER_TIERS; i++)
        if (config->tiers[i].count)
            return config->tiers[i].profiles[0].provider;
    return MC_TEXT("openai");
}

int
router_config_read(mc_json_parser_t *parser, mc_text_t text, mc_arena_t *arena,
                   router_config_t *ret_config, mc_refusal_t *refusal)
{
    static const struct {
        const char *name;
        int (*read)(reading_t *self, mc_json_t value);
    } members[] = {{"tiers", read_tiers},
                   {"personaOverrides", read_personas},
                   {"aliases", read_aliases},
                   {"providers", read_providers},
                   {"cards", read_cards}};
    router_config_t config = {0};
    reading_t self = {arena, &config, refusal};
    mc_json_t root;
    if (text.size > ROUTER_CONFIG_BYTES_MAX)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, NULL,
                         "the file has %zu bytes; at most %zu are read", text.size,
                         ROUTER_CONFIG_BYTES_MAX);
    if (mc_json_parse(parser, text, &root, refusal))
        return MC_REFUSED;
    if (mc_json_kind(root) != MC_JSON_OBJECT)
        return router_config_refuse_kind("", "an object", root, refusal);
    if (check_version(&self, root) ||
        router_take_text(root, "", "defaultProvider", ROUTER_PROVIDER_NAME_MAX, arena,
                         &config.default_provider, refusal))
        return MC_REFUSED;
    for (size_t i = 0; i < MC_COUNT(members); i++) {
        mc_json_t value;
        if (mc_json_find(root, members[i].name, &value) && mc_json_kind(value) != MC_JSON_NULL &&
            members[i].read(&self, value))
            return MC_REFUSED;
    }
    if (!config.default_provider.size)
        config.default_provider = find_default(&config);
    *ret_config = config;
    return 0;
}

static void
write_profiles(const router_profiles_t *list, mc_buffer_t *out)
{
    mc_buffer_string(out, "[");
    for (size_t i = 0; i < list->count; i++) {
        const router_profile_t *profile = &list->profiles[i];
        mc_buffer_string(out, i ? ",{\"provider\":" : "{\"provider\":");
        mc_write_json_text(out, profile->provider);
        mc_buffer_string(out, ",\"modelId\":");
        mc_write_json_text(out, profile->model_id);
        mc_buffer_string(out, ",\"temperature\":");
        if (profile->has_temperature)
            mc_buffer_printf(out, "%g", profile->temperature);
        else
            mc_buffer_string(out, "null");
        mc_buffer_string(out, ",\"maxOutputTokens\":");
        if (profile->output_tokens_max)
            mc_buffer_printf(out, "%lld", (long long)profile->output_tokens_max);
        else
            mc_buffer_string(out, "null");
        mc_buffer_string(out, "}");
    }
    mc_buffer_string(out, "]");
}

void
router_config_write(const router_config_t *config, mc_buffer_t *out)
{
    mc_buffer_printf(out, "{\"version\":%d,\"defaultProvider\":", ROUTER_CONFIG_VERSION);
    mc_write_json_text(out, config->default_provider);
    mc_buffer_string(out, ",\"tiers\":{");
    for (int i = 0; i < ROUTER_TIERS; i++) {
        mc_buffer_printf(out, "%s\"%d\":", i ? "," : "", i + 1);
        write_profiles(&config->tiers[i], out);
    }
    mc_buffer_string(out, "},\"personaOverrides\":{");
    for (size_t i = 0; i < config->persona_count; i++) {
        mc_buffer_string(out, i ? "," : "");
        mc_write_json_text(out, config->personas[i].name);
        mc_buffer_string(out, ":");
        write_profiles(&config->personas[i], out);
    }
    mc_buffer_string(out, "},\"aliases\":{");
    for (size_t i = 0; i < config->alias_count; i++) {
        mc_buffer_string(out, i ? "," : "");
        mc_write_json_text(out, config->aliases[i].name);
        mc_buffer_string(out, ":");
        mc_write_json_text(out, config->aliases[i].target);
    }
    mc_buffer_string(out, "}}");
}
