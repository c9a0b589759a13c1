/*
 *  bench - an ingest without a service around it, for tests of what it makes of its input
 */
#ifndef TEST_INGEST_BENCH_H
#define TEST_INGEST_BENCH_H

#include "proto/codec.h"
#include "services/ingest/ingest.h"
#include "services/ingest/otlp_names.h"
#include "services/ingest/otlp_tree.h"

typedef struct {
    ingest_t ingest;
    mc_settings_t *settings;
    mc_arena_t *arena;
} bench_t;

static inline void
bench_open(bench_t *self)
{
    *self = (bench_t){0};
    self->settings = mc_settings_new();
    assert(self->settings);
    self->arena = mc_arena_new();
    self->ingest.settings = self->settings;
    mc_settings_flags(self->settings, &self->ingest.flags);
    self->ingest.flags.telemetry_retention_days = 36500; /* fixtures keep their times */
    self->ingest.metrics = mc_metrics_new("ingest", ingest_metric_rows, INGEST_METRIC_COUNT);
    self->ingest.parser = mc_json_parser_new();
    self->ingest.redact = mc_redact_new(NULL);
    assert(self->ingest.redact);
    self->ingest.recent = ingest_recent_new();
    self->ingest.otlp_names = ingest_otlp_names_new();
    self->ingest.spans = ingest_span_tree_new();
    self->ingest.intake = ingest_intake_new(&self->ingest);
}

static inline void
bench_close(bench_t *self)
{
    ingest_intake_destroy(&self->ingest.intake);
    ingest_span_tree_destroy(&self->ingest.spans);
    ingest_otlp_names_destroy(&self->ingest.otlp_names);
    ingest_recent_destroy(&self->ingest.recent);
    mc_redact_destroy(&self->ingest.redact);
    mc_json_parser_destroy(&self->ingest.parser);
    mc_metrics_destroy(&self->ingest.metrics);
    mc_arena_destroy(&self->arena);
    mc_settings_destroy(&self->settings);
}

/* The events that a batch took. */
static inline mc_list_t
bench_events(bench_t *self, ingest_batch_t *batch)
{
    mc_refusal_t refusal;
    mc_list_t events = {NULL, 0};
    mc_text_t packed = ingest_batch_stored(batch);
    if (packed.size) {
        int result = mc_unpack_list(&mc_agent_event_shape, mc_arena_text(self->arena, packed),
                                    self->arena, &events, &refusal);
        assert(result == 0);
    }
    return events;
}

#endif
