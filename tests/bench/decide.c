/*
 *  decide - how long the choice among eight models takes
 *
 *      decide [DECISIONS]
 *
 *  Eight providers, each with a model that has been called before, all in one
 *  tier. Prints {"decisions", "p50_ns", "p99_ns", "mean_ns", "record_ns"}; the
 *  last is the making of the record that the event carries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/error.h"
#include "services/router/routing.h"

#define MODELS 8
#define CALLS 50 /* of each model, before */

static int64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
write_file(mc_buffer_t *out)
{
    mc_buffer_string(out, "{\"version\":2,\"defaultProvider\":\"p0\",\"tiers\":{\"1\":[");
    for (int i = 0; i < MODELS; i++)
        mc_buffer_printf(out, "%s{\"provider\":\"p%d\",\"modelId\":\"model-%d\"}", i ? "," : "", i,
                         i);
    mc_buffer_string(out, "]},\"personaOverrides\":{},\"providers\":[");
    for (int i = 0; i < MODELS; i++)
        mc_buffer_printf(out,
                         "%s{\"name\":\"p%d\",\"adapter\":\"openai-compatible\",\"baseUrl\":"
                         "\"http://127.0.0.1:%d/v1\",\"secret\":\"\"}",
                         i ? "," : "", i, 9000 + i);
    mc_buffer_string(out, "]}");
}

static router_routing_t *
make_routing(mc_json_parser_t *parser)
{
    MC_AUTO(mc_settings) settings = mc_settings_new();
    if (!settings) {
        fprintf(stderr, "%s\n", mc_error());
        exit(1);
    }
    router_weights_t weights = router_weights_of(settings);
    router_circuit_options_t circuit = router_circuit_of(settings);
    router_health_t *health = router_health_new(&circuit, 1);
    router_routing_t *routing = router_routing_new(&weights, health);
    mc_buffer_t file = {0};
    mc_refusal_t refusal = {0};
    write_file(&file);
    router_registry_sources_t sources = {
        .file = mc_buffer_content(&file), .are_rows_known = true, .version = 1};
    router_registry_t *registry = router_registry_new(&sources, health, parser, &refusal);
    if (!registry) {
        fprintf(stderr, "the registry was refused: %s\n", refusal.message);
        exit(1);
    }
    router_routing_take(routing, registry);
    mc_buffer_clear(&file);
    return routing;
}

static void
call_each(router_routing_t *routing)
{
    router_health_t *health = router_routing_health(routing);
    for (size_t lane = 0; lane < router_health_count(health); lane++)
        for (int i = 0; i < CALLS; i++) {
            bool is_probe;
            router_outcome_t outcome = {.latency_us = 100000 * (int64_t)(lane + 1),
                                        .cost_nanousd = 1000000};
            if (router_health_begin(health, lane, i + 1, &is_probe) == 0)
                router_health_end(health, lane, i + 1, is_probe, &outcome);
        }
}

static int
compare(const void *one, const void *other)
{
    int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;
    return (left > right) - (left < right);
}

/* One decision; comes back with its time. */
static int64_t
decide(router_routing_t *routing, mc_arena_t *arena, int64_t *record_ns)
{
    router_need_t need = {.dialect = ROUTER_CHAT,
                          .model = MC_TEXT("tier:1"),
                          .needs = ROUTER_CAN_CHAT | ROUTER_CAN_STREAM,
                          .input_tokens = 1000,
                          .is_adapter_enabled = true};
    router_decision_t decision;
    mc_route_decision_t record;
    mc_refusal_t refusal = {0};
    mc_arena_clear(arena);
    int64_t start = now_ns();
    int result = router_decide(routing, router_routing_registry(routing), &need, 1700000000000000,
                               arena, &decision, &refusal);
    int64_t time = now_ns() - start;
    if (result != 0 || decision.ranked_count != MODELS) {
        fprintf(stderr, "%zu of %d models may be called: %s\n", decision.ranked_count, MODELS,
                refusal.message);
        exit(1);
    }
    start = now_ns();
    router_decision_record(&decision, &need, arena, &record);
    *record_ns += now_ns() - start;
    return time;
}

int
main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    MC_AUTO(mc_arena) arena = mc_arena_new();
    MC_AUTO(router_routing) routing = make_routing(parser);
    int64_t *times = calloc(count + 1, sizeof *times), sum = 0, record = 0;
    call_each(routing);
    for (size_t i = 0; i < count; i++)
        sum += times[i] = decide(routing, arena, &record);
    qsort(times, count, sizeof *times, compare);
    printf("{\"decisions\":%zu,\"p50_ns\":%lld,\"p99_ns\":%lld,\"mean_ns\":%lld,"
           "\"record_ns\":%lld}\n",
           count, (long long)times[count / 2], (long long)times[count * 99 / 100],
           (long long)(sum / (int64_t)count), (long long)(record / (int64_t)count));
    free(times);
    return 0;
}
