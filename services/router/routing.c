/*
 *  routing - what a decision is made from: registry, health, secrets and weights together
 */
#include "services/router/routing.h"

#include <stdio.h>
#include <stdlib.h>

#define THOUSANDTHS 1000.0
#define MICROUSD 1000000.0
#define US_PER_MS 1000

typedef struct {
    char name[104];
    bool is_configured;
} secret_t;

struct router_routing {
    const router_registry_t *registry;
    router_health_t *health;
    router_weights_t weights;
    router_vault_t vault;
    char vault_reason[160];
    secret_t *secrets;
    size_t secret_count;
    bool is_adapter_enabled;
    bool is_adapter_strict;
};

router_weights_t
router_weights_of(const mc_settings_t *settings)
{
    return (router_weights_t){
        .quality = (double)settings->router_weight_quality / THOUSANDTHS,
        .success = (double)settings->router_weight_success / THOUSANDTHS,
        .latency = (double)settings->router_weight_latency / THOUSANDTHS,
        .cost = (double)settings->router_weight_cost / THOUSANDTHS,
        .failure = (double)settings->router_weight_failure / THOUSANDTHS,
        .latency_norm_ms = (double)settings->router_latency_norm_ms,
        .cost_norm_usd = (double)settings->router_cost_norm_microusd / MICROUSD,
        .prior_calls = (double)settings->router_prior_calls,
    };
}

router_circuit_options_t
router_circuit_of(const mc_settings_t *settings)
{
    return (router_circuit_options_t){
        .failures = settings->router_circuit_failures,
        .base_us = settings->router_circuit_base_ms * US_PER_MS,
        .max_us = settings->router_circuit_max_ms * US_PER_MS,
        .jitter_percent = settings->router_circuit_jitter_percent,
    };
}

router_routing_t *
router_routing_new(const router_weights_t *weights, router_health_t *health)
{
    router_routing_t *self = calloc(1, sizeof *self);
    assert(self);
    self->weights = *weights;
    self->health = health;
    self->is_adapter_enabled = true;
    return self;
}

void
router_routing_destroy(router_routing_t **address)
{
    router_routing_t *self = mc_take(address);
    if (!self)
        return;
    router_registry_release(&self->registry);
    router_health_destroy(&self->health);
    free(self->secrets);
    free(self);
}

const router_registry_t *
router_routing_registry(const router_routing_t *self)
{
    return self->registry;
}

void
router_routing_take(router_routing_t *self, router_registry_t *registry)
{
    router_registry_release(&self->registry);
    self->registry = registry;
}

router_health_t *
router_routing_health(const router_routing_t *self)
{
    return self->health;
}

const router_weights_t *
router_routing_weights(const router_routing_t *self)
{
    return &self->weights;
}

void
router_routing_set_vault(router_routing_t *self, router_vault_t vault)
{
    self->vault = vault;
    self->vault_reason[0] = '\0';
}

void
router_routing_lose_vault(router_routing_t *self, const char *reason)
{
    self->vault = ROUTER_VAULT_SEALED;
    snprintf(self->vault_reason, sizeof self->vault_reason, "%s", reason);
}

const char *
router_routing_vault_reason(const router_routing_t *self)
{
    return self->vault_reason;
}

router_vault_t
router_routing_vault(const router_routing_t *self)
{
    return self->vault;
}

static secret_t *
find_secret(const router_routing_t *self, mc_text_t name)
{
    for (size_t i = 0; i < self->secret_count; i++)
        if (mc_text_is(name, self->secrets[i].name))
            return &self->secrets[i];
    return NULL;
}

/* More than the bound are not remembered, and so count as not configured. */
static secret_t *
require_secret(router_routing_t *self, mc_text_t name)
{
    secret_t *secret = find_secret(self, name);
    if (secret || self->secret_count == ROUTER_SECRETS_MAX || name.size >= sizeof secret->name)
        return secret;
    if (!self->secrets)
        self->secrets = calloc(ROUTER_SECRETS_MAX, sizeof *self->secrets);
    assert(self->secrets);
    secret = &self->secrets[self->secret_count++];
    memcpy(secret->name, name.data, name.size);
    return secret;
}

void
router_routing_set_secret(router_routing_t *self, mc_text_t name, bool is_configured)
{
    secret_t *secret = require_secret(self, name);
    if (secret)
        secret->is_configured = is_configured;
    size_t count = 0;
    const router_provider_t *providers =
        self->registry ? router_registry_providers(self->registry, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (mc_text_equals(providers[i].secret, name))
            router_health_key_changed(self->health, providers[i].name);
}

bool
router_routing_has_secret(const router_routing_t *self, mc_text_t name)
{
    const secret_t *secret = find_secret(self, name);
    return secret && secret->is_configured;
}

void
router_routing_set_flags(router_routing_t *self, const mc_runtime_flags_t *flags)
{
    if (mc_has(flags, runtime_flags, model_adapter_enabled))
        self->is_adapter_enabled = flags->model_adapter_enabled;
    if (mc_has(flags, runtime_flags, model_adapter_strict))
        self->is_adapter_strict = flags->model_adapter_strict;
}

void
router_routing_fill_flags(const router_routing_t *self, router_need_t *need)
{
    need->is_adapter_enabled = self->is_adapter_enabled;
    need->is_adapter_strict = self->is_adapter_strict;
}
