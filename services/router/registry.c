/*
 *  registry - which models there are, what they can do and cost, and who may answer what
 */
#include "services/router/registry.h"

#include "services/router/registry_snapshot.h"

router_limit_t
router_model_limit(const router_model_t *self)
{
    router_limit_t limit = self->provider->adapter->limit;
    if (self->card && self->card->limit != ROUTER_LIMIT_EITHER)
        return self->card->limit;
    /* OpenAI's models take either, but for those that reason. */
    bool is_known = limit == ROUTER_LIMIT_NEW && self->card;
    return is_known && !(self->card->can & ROUTER_CAN_REASON) ? ROUTER_LIMIT_EITHER : limit;
}

const router_registry_t *
router_registry_hold(const router_registry_t *self)
{
    ((router_registry_t *)self)->holders++;
    return self;
}

void
router_registry_release(const router_registry_t **address)
{
    router_registry_t *self = (router_registry_t *)mc_take(address);
    if (!self || --self->holders)
        return;
    mc_arena_t *arena = self->arena; /* the snapshot itself lies in it */
    mc_arena_destroy(&arena);
}

const router_model_t *
router_registry_tier(const router_registry_t *self, int64_t tier, size_t *ret_count)
{
    assert(tier >= 1);
    assert(tier <= ROUTER_TIERS);
    *ret_count = self->tiers[tier - 1].count;
    return self->tiers[tier - 1].models;
}

const router_model_t *
router_registry_persona(const router_registry_t *self, mc_text_t persona, size_t *ret_count)
{
    *ret_count = 0;
    for (size_t i = 0; i < self->persona_count; i++) {
        if (!mc_text_equals(self->personas[i].name, persona))
            continue;
        *ret_count = self->personas[i].count;
        return self->personas[i].models;
    }
    return NULL;
}

size_t
router_registry_persona_count(const router_registry_t *self)
{
    return self->persona_count;
}

mc_text_t
router_registry_persona_name(const router_registry_t *self, size_t index)
{
    assert(index < self->persona_count);
    return self->personas[index].name;
}

mc_text_t
router_registry_alias(const router_registry_t *self, mc_text_t name)
{
    for (size_t i = 0; i < self->alias_count; i++)
        if (mc_text_equals(self->aliases[i].name, name))
            return self->aliases[i].target;
    return name;
}

/* "provider/model" where the provider is known: what is behind the slash. Else NULL, since names of
 * models may have slashes of their own. */
static const router_provider_t *
split(const router_registry_t *self, mc_text_t name, mc_text_t *ret_model)
{
    const char *slash = name.size ? memchr(name.data, '/', name.size) : NULL;
    if (!slash || slash + 1 == name.data + name.size)
        return NULL;
    size_t size = (size_t)(slash - name.data);
    *ret_model = (mc_text_t){slash + 1, name.size - size - 1};
    return router_registry_provider(self, (mc_text_t){name.data, size});
}

size_t
router_registry_find_all(const router_registry_t *self, mc_text_t name,
                         const router_model_t **ret_models, size_t max)
{
    mc_text_t model_id = router_registry_alias(self, name);
    mc_text_t behind = {0};
    const router_provider_t *only = split(self, model_id, &behind);
    if (only)
        model_id = behind;
    size_t found = 0;
    for (size_t i = 0; i < self->model_count && found < max; i++) {
        const router_model_t *model = &self->models[i];
        if (mc_text_equals(model->model_id, model_id) && (!only || model->provider == only))
            ret_models[found++] = model;
    }
    return found;
}

const router_model_t *
router_registry_find(const router_registry_t *self, mc_text_t name)
{
    const router_model_t *model = NULL;
    return router_registry_find_all(self, name, &model, 1) ? model : NULL;
}

/* The provider of a kind: the one of its name, else the first of that kind. */
static const router_provider_t *
find_of_kind(const router_registry_t *self, const router_adapter_t *adapter)
{
    const router_provider_t *named = router_registry_provider(self, mc_text(adapter->name));
    if (named)
        return named;
    for (size_t i = 0; i < self->provider_count; i++)
        if (self->providers[i].adapter == adapter)
            return &self->providers[i];
    return NULL;
}

bool
router_registry_guess(const router_registry_t *self, mc_text_t name, router_model_t *ret_model)
{
    mc_text_t model_id = router_registry_alias(self, name);
    mc_text_t behind = {0};
    const router_provider_t *provider = split(self, model_id, &behind);
    const router_adapter_t *adapter = router_adapter_of_model(model_id);
    if (provider)
        model_id = behind;
    else if (adapter)
        provider = find_of_kind(self, adapter);
    if (!provider)
        return false;
    *ret_model = (router_model_t){.provider = provider,
                                  .card = router_snapshot_card(self, provider, model_id),
                                  .model_id = model_id};
    return true;
}

const router_model_t *
router_registry_all(const router_registry_t *self, size_t *ret_count)
{
    *ret_count = self->model_count;
    return self->models;
}

int64_t
router_registry_version(const router_registry_t *self)
{
    return self->version;
}

const router_provider_t *
router_registry_providers(const router_registry_t *self, size_t *ret_count)
{
    *ret_count = self->provider_count;
    return self->providers;
}

const router_provider_t *
router_registry_provider(const router_registry_t *self, mc_text_t name)
{
    for (size_t i = 0; i < self->provider_count; i++)
        if (mc_text_equals(self->providers[i].name, name))
            return &self->providers[i];
    return NULL;
}

mc_text_t
router_registry_config(const router_registry_t *self)
{
    return self->config;
}
