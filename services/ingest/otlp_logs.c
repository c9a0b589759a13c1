/*
 *  otlp_logs - log records and data points as events
 *
 *  A log record is a step of the run that its span belongs to, or of the
 *  session that it names. Its usage stays in the payload: the span of the same
 *  call counts it. Of the metrics only the counters of Claude Code become events,
 *  as what its session reports of itself: they count where no span of the session
 *  came. All others are summaries of what spans say and are let go.
 */
#include "common/ids.h"
#include "proto/codec.h"
#include "services/ingest/otlp_map.h"
#include "services/ingest/otlp_payload.h"
#include "services/ingest/otlp_tree.h"

#define SEVERITY_ERROR 17
#define PAYLOAD_BYTES_MAX ((size_t)1 << 20)
#define TEXT_HEAD_MAX 2000 /* bytes of a body that the message shows */

static mc_text_t
text_of(ProtobufCBinaryData bytes)
{
    return (mc_text_t){(const char *)bytes.data, bytes.len};
}

static void
start_draft(ingest_otlp_draft_t *draft, const Otlp__Resource *resource, Otlp__KeyValue **attributes,
            size_t count)
{
    draft->facts = ingest_otlp_facts(draft->ingest->otlp_names, ingest_batch_arena(draft->batch),
                                     draft->ingest->parser);
    ingest_otlp_facts_add(&draft->facts, attributes, count, false);
    if (resource)
        ingest_otlp_facts_add(&draft->facts, resource->attributes, resource->n_attributes, true);
    mc_set(&draft->event, agent_event, is_part, true);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_phase, MC_TEXT("progress"));
}

/* The actor said, else the run's, else the service. */
static void
set_actor(ingest_otlp_draft_t *draft, const ingest_span_t *run)
{
    mc_text_t actor = ingest_otlp_fact_text(&draft->facts, OTLP_actor);
    if (actor.size == 0 && run)
        actor = mc_arena_text(draft->facts.arena, (mc_text_t){run->actor, run->actor_size});
    if (actor.size == 0)
        actor = ingest_otlp_fact_text(&draft->facts, OTLP_service);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_actor,
                         actor.size ? actor : MC_TEXT("unknown_service"));
}

static mc_text_t
hex_text(ingest_otlp_draft_t *draft, const uint8_t *bytes, size_t size)
{
    char *hex = mc_arena_alloc(draft->facts.arena, 2 * size + 1);
    ingest_otlp_hex((ProtobufCBinaryData){size, (uint8_t *)bytes}, hex, 2 * size + 1);
    return (mc_text_t){hex, 2 * size};
}

/* Run and root from mc.*, the span, or the session. */
static void
set_identity(ingest_otlp_draft_t *draft, ProtobufCBinaryData trace, ProtobufCBinaryData span)
{
    mc_text_t run = ingest_otlp_fact_text(&draft->facts, OTLP_run_id);
    mc_text_t process = ingest_otlp_fact_text(&draft->facts, OTLP_process_run);
    mc_text_t root = ingest_otlp_fact_text(&draft->facts, OTLP_root);
    const ingest_span_t *known = NULL;
    if (trace.len == 16 && span.len == 8) {
        ingest_span_t node = {0};
        memcpy(node.trace, trace.data, sizeof node.trace);
        memcpy(node.parent.bytes, span.data, sizeof node.parent.bytes);
        ingest_span_place_t place = ingest_span_tree_place(draft->ingest->spans, &node);
        known = place.run;
        if (run.size == 0)
            run = known && known->run_size
                      ? mc_arena_text(draft->facts.arena, (mc_text_t){known->run, known->run_size})
                      : hex_text(draft, place.run_span.bytes, sizeof place.run_span.bytes);
        if (root.size == 0)
            root = hex_text(draft, trace.data, trace.len);
    }
    if (run.size == 0)
        run = process;
    set_actor(draft, known);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_run_id, run);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_root_task_id, root);
    if (run.size == 0 && root.size)
        ingest_otlp_set_text(draft, MC_INDEX_agent_event_run_id,
                             mc_arena_printf(draft->facts.arena, "%.*s::%.*s",
                                             MC_FMT(draft->event.actor), MC_FMT(root)));
}

static mc_text_t
name_of(const ingest_otlp_draft_t *draft, const Otlp__LogRecord *record)
{
    mc_text_t name = text_of(record->event_name);
    return name.size ? name : ingest_otlp_fact_text(&draft->facts, OTLP_event_name);
}

static void
set_message(ingest_otlp_draft_t *draft, const Otlp__LogRecord *record)
{
    mc_text_t name = name_of(draft, record);
    mc_text_t body = {NULL, 0};
    if (record->body && record->body->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
        body = text_of(record->body->string_value);
    if (body.size > TEXT_HEAD_MAX) {
        body.size = TEXT_HEAD_MAX;
        while (body.size && ((unsigned char)body.data[body.size] & 0xc0) == 0x80)
            body.size--;
    }
    if (name.size && body.size && !mc_text_equals(name, body))
        name = mc_arena_printf(draft->facts.arena, "%.*s: %.*s", MC_FMT(name), MC_FMT(body));
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_message, name.size ? name : body);
}

/* The payload, which is also what makes the record the same when it comes again: with what it says
 * of itself, and not with the run, which is known better once its span has come. */
static void
set_payload(ingest_otlp_draft_t *draft, mc_buffer_t *payload, uint64_t time_nano)
{
    mc_text_t text = mc_arena_text(draft->facts.arena, mc_buffer_content(payload));
    mc_text_t key =
        mc_arena_printf(draft->facts.arena, "%llu %.*s %.*s %.*s", (unsigned long long)time_nano,
                        MC_FMT(ingest_otlp_fact_text(&draft->facts, OTLP_service)),
                        MC_FMT(ingest_otlp_fact_text(&draft->facts, OTLP_root)), MC_FMT(text));
    mc_set(&draft->event, agent_event, event_uid, mc_uuid_of(key));
    mc_set(&draft->event, agent_event, payload_json,
           payload->is_full ? MC_TEXT("{\"note\":\"over 1 MiB and not kept whole\"}") : text);
    mc_buffer_clear(payload);
}

static void
map_record(ingest_otlp_draft_t *draft, const Otlp__LogRecord *record, const Otlp__ScopeLogs *scope,
           const Otlp__Resource *resource)
{
    mc_buffer_t payload = {.max = PAYLOAD_BYTES_MAX};
    uint64_t time_nano =
        record->time_unix_nano ? record->time_unix_nano : record->observed_time_unix_nano;
    bool is_error = record->severity_number >= SEVERITY_ERROR;
    start_draft(draft, resource, record->attributes, record->n_attributes);
    set_identity(draft, record->trace_id, record->span_id);
    ingest_otlp_set_common(draft);
    set_message(draft, record);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_action, MC_TEXT("log"));
    mc_set(&draft->event, agent_event, status,
           mc_text(mc_status_word(is_error ? MC_STATUS_FAILED : MC_STATUS_EXECUTING)));
    if (time_nano)
        mc_set(&draft->event, agent_event, ts, (int64_t)(time_nano / 1000));
    ingest_otlp_write_log(record, scope->scope, &payload);
    set_payload(draft, &payload, time_nano);
    ingest_otlp_finish(draft);
}

void
ingest_otlp_map_logs(ingest_t *self, const Otlp__ExportLogsRequest *request, ingest_batch_t *batch)
{
    for (size_t i = 0; i < request->n_resource_logs; i++) {
        const Otlp__ResourceLogs *resource = request->resource_logs[i];
        for (size_t j = 0; j < resource->n_scope_logs; j++) {
            const Otlp__ScopeLogs *scope = resource->scope_logs[j];
            for (size_t k = 0; k < scope->n_log_records; k++) {
                ingest_otlp_draft_t draft = {.ingest = self, .batch = batch};
                map_record(&draft, scope->log_records[k], scope, resource->resource);
            }
        }
    }
}

#define COST_METRIC "claude_code.cost.usage"
#define TOKEN_METRIC "claude_code.token.usage"
#define TEMPORALITY_DELTA 1

static const char *const kept_metrics[] = {COST_METRIC, TOKEN_METRIC};

static bool
is_kept(const Otlp__Metric *metric)
{
    for (size_t i = 0; i < MC_COUNT(kept_metrics); i++)
        if (mc_text_is(text_of(metric->name), kept_metrics[i]))
            return true;
    return false;
}

static void
set_usage(ingest_otlp_draft_t *draft, const Otlp__Metric *metric, double value)
{
    bool is_output = mc_text_is(ingest_otlp_fact_text(&draft->facts, OTLP_metric_type), "output");
    size_t index = mc_text_is(text_of(metric->name), COST_METRIC) ? MC_INDEX_agent_event_cost_usd
                   : is_output                                    ? MC_INDEX_agent_event_tokens_out
                                                                  : MC_INDEX_agent_event_tokens_in;
    mc_set(&draft->event, agent_event, is_rollup, true);
    if (metric->sum->aggregation_temporality == TEMPORALITY_DELTA)
        (void)!mc_field_set_f64(&mc_agent_event_shape, &mc_agent_event_shape.fields[index],
                                &draft->event, value, &draft->refusal);
}

static void
map_point(ingest_otlp_draft_t *draft, const Otlp__Metric *metric,
          const Otlp__NumberDataPoint *point, const Otlp__Resource *resource)
{
    mc_buffer_t payload = {.max = PAYLOAD_BYTES_MAX};
    bool is_double = point->value_case == OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
    double value = is_double ? point->as_double : (double)point->as_int;
    start_draft(draft, resource, point->attributes, point->n_attributes);
    set_identity(draft, (ProtobufCBinaryData){0, NULL}, (ProtobufCBinaryData){0, NULL});
    ingest_otlp_set_common(draft);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_action, MC_TEXT("metric"));
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_run_id, draft->event.root_task_id);
    set_usage(draft, metric, value);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_message, text_of(metric->name));
    mc_set(&draft->event, agent_event, status, mc_text(mc_status_word(MC_STATUS_EXECUTING)));
    if (point->time_unix_nano)
        mc_set(&draft->event, agent_event, ts, (int64_t)(point->time_unix_nano / 1000));
    mc_buffer_string(&payload, "{\"name\":");
    mc_write_json_text(&payload, text_of(metric->name));
    mc_buffer_string(&payload, ",\"unit\":");
    mc_write_json_text(&payload, text_of(metric->unit));
    mc_buffer_string(&payload, ",\"value\":");
    mc_write_json_f64(&payload, value == value ? value : 0);
    mc_buffer_string(&payload, ",\"attributes\":");
    ingest_otlp_write_attributes(point->attributes, point->n_attributes, &payload);
    mc_buffer_byte(&payload, '}');
    set_payload(draft, &payload, point->time_unix_nano);
    ingest_otlp_finish(draft);
}

static void
map_metric(ingest_t *self, ingest_batch_t *batch, const Otlp__Metric *metric,
           const Otlp__Resource *resource)
{
    if (!is_kept(metric) || metric->data_case != OTLP__METRIC__DATA_SUM)
        return;
    for (size_t i = 0; i < metric->sum->n_data_points; i++) {
        ingest_otlp_draft_t draft = {.ingest = self, .batch = batch};
        map_point(&draft, metric, metric->sum->data_points[i], resource);
    }
}

void
ingest_otlp_map_metrics(ingest_t *self, const Otlp__ExportMetricsRequest *request,
                        ingest_batch_t *batch)
{
    for (size_t i = 0; i < request->n_resource_metrics; i++) {
        const Otlp__ResourceMetrics *resource = request->resource_metrics[i];
        for (size_t j = 0; j < resource->n_scope_metrics; j++)
            for (size_t k = 0; k < resource->scope_metrics[j]->n_metrics; k++)
                map_metric(self, batch, resource->scope_metrics[j]->metrics[k], resource->resource);
    }
}
