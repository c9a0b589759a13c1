/*
 *  routing_case - a registry, health and secrets to decide with
 */
#ifndef ROUTING_CASE_H
#define ROUTING_CASE_H

#include <criterion/criterion.h>

#include "services/router/registry_config.h"
#include "services/router/routing.h"

#define SECOND INT64_C(1000000)

static const router_circuit_options_t case_circuit = {
    .failures = 3, .base_us = 15 * SECOND, .max_us = 120 * SECOND, .jitter_percent = 0};
static const router_weights_t case_weights = {.quality = 0.55,
                                              .success = 0.20,
                                              .latency = 0.15,
                                              .cost = 0.10,
                                              .failure = 0.20,
                                              .latency_norm_ms = 4000,
                                              .cost_norm_usd = 0.25,
                                              .prior_calls = 5};

/* Four providers: one with a key, one of Anthropic's protocol, one without a key, one disabled. */
#define CASE_FILE                                                                                  \
    "{\"version\":2,\"defaultProvider\":\"keyed\",\"providers\":["                                 \
    "{\"name\":\"keyed\",\"protocol\":\"openai\",\"baseUrl\":\"http://a/v1\",\"secret\":\"k\"},"   \
    "{\"name\":\"claude\",\"protocol\":\"anthropic\",\"baseUrl\":\"http://b/v1\"},"                \
    "{\"name\":\"free\",\"protocol\":\"openai\",\"baseUrl\":\"http://c/v1\"},"                     \
    "{\"name\":\"off\",\"protocol\":\"openai\",\"baseUrl\":\"http://d/v1\",\"isEnabled\":false}]," \
    "\"tiers\":{\"1\":[{\"modelId\":\"one\"}],"                                                    \
    "\"2\":[{\"modelId\":\"m\"},{\"provider\":\"claude\",\"modelId\":\"c\"},"                      \
    "{\"provider\":\"free\",\"modelId\":\"m\"},{\"provider\":\"off\",\"modelId\":\"m\"}],"         \
    "\"3\":[{\"provider\":\"free\",\"modelId\":\"e\"}]},"                                          \
    "\"personaOverrides\":{\"critic\":[{\"provider\":\"claude\",\"modelId\":\"c\"}]},"             \
    "\"aliases\":{\"fast\":\"faster\",\"faster\":\"free/m\"},"                                     \
    "\"cards\":[{\"provider\":\"keyed\",\"model\":\"m\",\"context\":1000,\"output\":100,"          \
    "\"can\":[\"chat\",\"stream\",\"tools\",\"vision\",\"structured\"]},"                          \
    "{\"provider\":\"claude\",\"model\":\"c\",\"context\":5000,\"output\":2000,"                   \
    "\"can\":[\"chat\"]},"                                                                         \
    "{\"provider\":\"free\",\"model\":\"e\",\"context\":100,\"can\":[\"embeddings\"]}]}"

typedef struct {
    mc_arena_t *arena;
    mc_json_parser_t *parser;
    router_routing_t *routing;
    router_health_t *health;
    const router_registry_t *registry;
    mc_refusal_t refusal;
} case_t;

static inline case_t
case_open(const char *file)
{
    case_t self = {.arena = mc_arena_new(), .parser = mc_json_parser_new()};
    self.health = router_health_new(&case_circuit, 7);
    self.routing = router_routing_new(&case_weights, self.health);
    router_registry_sources_t sources = {
        .file = mc_text(file), .are_rows_known = true, .version = 1};
    router_registry_t *registry =
        router_registry_new(&sources, self.health, self.parser, &self.refusal);
    if (registry)
        router_routing_take(self.routing, registry);
    self.registry = registry;
    router_routing_set_vault(self.routing, ROUTER_VAULT_OPEN);
    router_routing_set_secret(self.routing, MC_TEXT("k"), true);
    return self;
}

static inline void
case_close(case_t *self)
{
    router_routing_destroy(&self->routing);
    mc_json_parser_destroy(&self->parser);
    mc_arena_destroy(&self->arena);
}

static inline router_need_t
case_need(const char *model)
{
    return (router_need_t){
        .dialect = ROUTER_CHAT, .model = mc_text(model), .is_adapter_enabled = true};
}

static inline size_t
case_lane(case_t *self, const char *provider, const char *model)
{
    return router_health_lane(self->health, mc_text(provider), mc_text(model));
}

/* Ends a call that began well. */
static inline void
case_call(case_t *self, size_t lane, int64_t now_us, router_fault_t fault)
{
    router_outcome_t outcome = {.fault = fault,
                                .latency_us = 1000000,
                                .cost_nanousd = fault ? ROUTER_PRICE_UNKNOWN : 50000000,
                                .error = MC_TEXT("simulated")};
    bool is_probe = false;
    cr_assert_eq(router_health_begin(self->health, lane, now_us, &is_probe), 0);
    router_health_end(self->health, lane, now_us, is_probe, &outcome);
}

#endif
