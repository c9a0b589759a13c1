/*
 *  otlp_map - spans, log records and data points as events
 *
 *  A run's span (an agent, a workflow) gives two events, at its start and at its
 *  end; every other span one, at its end, as a step of the run around it. The
 *  uid is a hash of trace, span and phase, so a resend is the same event.
 */
#ifndef INGEST_OTLP_MAP_H
#define INGEST_OTLP_MAP_H

#include "otlp/otlp.pb-c.h"
#include "services/ingest/ingest.h"
#include "services/ingest/otlp_names.h"

/* Adds the events of a whole request to the batch. */
void ingest_otlp_map_traces(ingest_t *self, const Otlp__ExportTraceRequest *request,
                            ingest_batch_t *batch);
void ingest_otlp_map_logs(ingest_t *self, const Otlp__ExportLogsRequest *request,
                          ingest_batch_t *batch);
void ingest_otlp_map_metrics(ingest_t *self, const Otlp__ExportMetricsRequest *request,
                             ingest_batch_t *batch);

/* --- shared by the three --- */

/* One event in the making. */
typedef struct {
    ingest_t *ingest;
    ingest_batch_t *batch;
    ingest_otlp_facts_t facts;
    mc_agent_event_t event;
    mc_refusal_t refusal;
    bool is_refused;
} ingest_otlp_draft_t;

/* Sets a text field, cut to what it holds; empty is left out; broken UTF-8 refuses the draft. */
void ingest_otlp_set_text(ingest_otlp_draft_t *draft, size_t index, mc_text_t text);

/* The facts that are the same for all three: model, persona, skill, task, ... */
void ingest_otlp_set_common(ingest_otlp_draft_t *draft);

/* Adds the draft to the batch, or rejects it. */
void ingest_otlp_finish(ingest_otlp_draft_t *draft);

#endif
