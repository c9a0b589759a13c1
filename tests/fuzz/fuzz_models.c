/*
 *  fuzz_models - any bytes as aop_models.json
 *
 *  What is refused must say why. What is taken must be written as a config that
 *  is taken again, and every call must get a decision or a reason.
 */
#include <stdlib.h>

#include "services/router/registry_config.h"
#include "services/router/routing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const router_circuit_options_t circuit = {
    .failures = 3, .base_us = 15000000, .max_us = 120000000, .jitter_percent = 10};
static const router_weights_t weights = {0.55, 0.20, 0.15, 0.10, 0.20, 4000, 0.25, 5};

static void
require(bool is_true)
{
    if (!is_true)
        abort();
}

static void
decide_all(const router_routing_t *routing, mc_arena_t *arena)
{
    static const char *const asked[] = {"auto", "tier:1", "tier:3", "persona:x",
                                        "f",    "p/a",    "gpt-5"};
    const router_registry_t *registry = router_routing_registry(routing);
    for (size_t i = 0; i < MC_COUNT(asked); i++) {
        router_need_t need = {.dialect = (router_dialect_t)(i % ROUTER_DIALECT_COUNT),
                              .model = mc_text(asked[i]),
                              .needs = (uint32_t)i,
                              .input_tokens = 5,
                              .is_adapter_enabled = true};
        router_decision_t decision;
        mc_refusal_t refusal = {0};
        mc_buffer_t out = {0};
        int result = router_decide(routing, registry, &need, 1, arena, &decision, &refusal);
        require(result == 0 ? decision.ranked_count > 0 : refusal.message[0] != '\0');
        router_decision_write(&decision, &need, arena, &out);
        mc_buffer_clear(&out);
    }
}

static void
read_again(mc_json_parser_t *parser, mc_text_t config, mc_arena_t *arena)
{
    router_config_t again;
    mc_refusal_t refusal = {0};
    require(router_config_read(parser, config, arena, &again, &refusal) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    MC_AUTO(mc_arena) arena = mc_arena_new();
    router_health_t *health = router_health_new(&circuit, 1);
    MC_AUTO(router_routing) routing = router_routing_new(&weights, health);
    mc_refusal_t refusal = {0};
    router_registry_sources_t sources = {.file = {(const char *)data, size},
                                         .are_rows_known = size % 2 == 0};
    router_registry_t *registry = router_registry_new(&sources, health, parser, &refusal);
    if (!registry) {
        require(refusal.code != MC_NO_ERROR && refusal.message[0] != '\0');
        return 0;
    }
    router_routing_take(routing, registry);
    decide_all(routing, arena);
    read_again(parser, router_registry_config(registry), arena);
    return 0;
}
