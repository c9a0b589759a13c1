/*
 *  otlp_spans - spans as events
 *
 *  All spans of a request are remembered first and mapped after, so that a
 *  request that holds a whole tree is placed at once, whatever its order.
 */
#include <stdlib.h>

#include "common/ids.h"
#include "proto/codec.h"
#include "services/ingest/otlp_map.h"
#include "services/ingest/otlp_payload.h"
#include "services/ingest/otlp_subject.h"
#include "services/ingest/otlp_usage.h"

#define STATUS_ERROR 2
#define SPAN_KIND_SERVER 2
#define TEXT_HEAD_MAX 200 /* bytes of an output that the message shows */
#define PAYLOAD_BYTES_MAX ((size_t)1 << 20)

typedef enum { AT_START, AT_END } phase_t;

static mc_text_t
text_of(ProtobufCBinaryData bytes)
{
    return (mc_text_t){(const char *)bytes.data, bytes.len};
}

static mc_text_t
run_name(const ingest_otlp_subject_t *subject, const ingest_span_t *run, ingest_span_id_t id)
{
    if (run && run->run_size)
        return mc_arena_text(subject->facts.arena, (mc_text_t){run->run, run->run_size});
    return ingest_otlp_subject_hex(subject, id.bytes, sizeof id.bytes);
}

static void
set_identity(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft)
{
    const ingest_span_place_t *place = &subject->place;
    mc_text_t run = ingest_otlp_fact_text(&subject->facts, OTLP_run_id);
    mc_text_t root = ingest_otlp_fact_text(&subject->facts, OTLP_root);
    mc_text_t above = ingest_otlp_fact_text(&subject->facts, OTLP_parent_run);
    mc_text_t process = ingest_otlp_fact_text(&subject->facts, OTLP_process_run);
    if (run.size == 0 && process.size && place->is_top && subject->level != OTLP_RUN)
        run = process;
    if (run.size == 0)
        run = run_name(subject, place->run, place->run_span);
    if (root.size == 0)
        root = ingest_otlp_subject_hex(subject, subject->node.trace, sizeof subject->node.trace);
    if (above.size == 0 && subject->level == OTLP_RUN && !place->is_top)
        above = run_name(subject, place->parent, place->parent_span);
    if (above.size == 0 && subject->level == OTLP_RUN)
        above = process;
    if (above.size == 0 && subject->level == OTLP_RUN && subject->facts.values[OTLP_claude_code])
        above = root; /* its metrics are those of the whole session, a run above this one */
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_run_id, run);
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_root_task_id, root);
    if (!mc_text_equals(above, run))
        ingest_otlp_set_text(draft, MC_INDEX_agent_event_parent_run_id, above);
    ingest_otlp_set_text(
        draft, MC_INDEX_agent_event_span_id,
        ingest_otlp_subject_hex(subject, subject->node.id.bytes, sizeof subject->node.id.bytes));
    if (!place->is_top)
        ingest_otlp_set_text(draft, MC_INDEX_agent_event_parent_span_id,
                             ingest_otlp_subject_hex(subject, subject->node.parent.bytes,
                                                     sizeof subject->node.parent.bytes));
}

static void
set_actor(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft)
{
    const ingest_span_t *run = subject->place.run;
    mc_text_t actor = ingest_otlp_subject_actor(subject);
    if (actor.size == 0 && run)
        actor = mc_arena_text(subject->facts.arena, (mc_text_t){run->actor, run->actor_size});
    if (actor.size == 0)
        actor = ingest_otlp_fact_text(&subject->facts, OTLP_service);
    if (actor.size == 0)
        actor = MC_TEXT("unknown_service");
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_actor, actor);
}

/* Reported, else 1 for the main agent, else by nesting where the top is known. */
static void
set_tier(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft)
{
    mc_text_t main_agent = ingest_otlp_fact_text(&subject->facts, OTLP_main_agent);
    mc_text_t agent = ingest_otlp_fact_text(&subject->facts, OTLP_agent_name);
    int agents = subject->place.agents;
    if (mc_has(&draft->event, agent_event, tier) || mc_text_is(subject->action, "task.run"))
        return;
    if (main_agent.size && mc_text_equals(main_agent, agent))
        agents = 1;
    if (agents == 0)
        return;
    mc_set(&draft->event, agent_event, tier, agents > 3 ? 3 : agents);
    mc_set(&draft->event, agent_event, tier_derived, true);
}

static bool
is_tool(mc_text_t action)
{
    return mc_text_is(action, "tool.call") || mc_text_is(action, "mcp.tools/call") ||
           mc_text_is(action, "skill.load");
}

/* Tool and server of a tool or MCP call. */
static void
set_tool(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft)
{
    mc_text_t server = ingest_otlp_fact_text(&subject->facts, OTLP_mcp_server);
    mc_text_t address = ingest_otlp_fact_text(&subject->facts, OTLP_server_address);
    mc_text_t port = ingest_otlp_fact_text(&subject->facts, OTLP_server_port);
    if (is_tool(subject->action))
        ingest_otlp_set_text(draft, MC_INDEX_agent_event_mcp_tool,
                             ingest_otlp_fact_text(&subject->facts, OTLP_mcp_tool));
    if (server.size == 0 && subject->facts.values[OTLP_mcp_method]) {
        if (subject->span->kind == SPAN_KIND_SERVER)
            server = ingest_otlp_fact_text(&subject->facts, OTLP_service);
        else if (address.size && port.size)
            server =
                mc_arena_printf(subject->facts.arena, "%.*s:%.*s", MC_FMT(address), MC_FMT(port));
        else
            server = address;
    }
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_mcp_server, server);
}

static mc_status_t
status_of(const ingest_otlp_subject_t *subject)
{
    mc_status_t said = ingest_rules_status(ingest_otlp_fact_text(&subject->facts, OTLP_status));
    const Otlp__Status *status = subject->span->status;
    bool is_error = (status && status->code == STATUS_ERROR) ||
                    mc_text_is(ingest_otlp_fact_text(&subject->facts, OTLP_success), "false") ||
                    mc_text_is(ingest_otlp_fact_text(&subject->facts, OTLP_level), "ERROR");
    if (is_error)
        return MC_STATUS_FAILED;
    return said == MC_STATUS_UNKNOWN ? MC_STATUS_COMPLETED : said;
}

static mc_text_t
reason_of(const ingest_otlp_subject_t *subject)
{
    const Otlp__Status *status = subject->span->status;
    if (status && status->message.len)
        return text_of(status->message);
    return ingest_otlp_fact_text(&subject->facts, OTLP_reason);
}

/* The span's name, and why it failed or the start of what came out. */
static void
set_message(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft, phase_t phase)
{
    mc_text_t name = text_of(subject->span->name);
    mc_text_t more = phase == AT_END ? reason_of(subject) : (mc_text_t){NULL, 0};
    if (more.size == 0 && phase == AT_END)
        more = ingest_otlp_fact_text(&subject->facts, OTLP_text);
    if (more.size > TEXT_HEAD_MAX) {
        more.size = TEXT_HEAD_MAX;
        while (more.size && ((unsigned char)more.data[more.size] & 0xc0) == 0x80)
            more.size--;
    }
    ingest_otlp_set_text(
        draft, MC_INDEX_agent_event_message,
        more.size ? mc_arena_printf(subject->facts.arena, "%.*s: %.*s", MC_FMT(name), MC_FMT(more))
                  : name);
}

static mc_uuid_t
uid_of(const ingest_otlp_subject_t *subject, phase_t phase)
{
    struct {
        uint8_t trace[16];
        uint8_t span[8];
        uint8_t phase;
    } key = {.phase = (uint8_t)phase};
    memcpy(key.trace, subject->node.trace, sizeof key.trace);
    memcpy(key.span, subject->node.id.bytes, sizeof key.span);
    return mc_uuid_of((mc_text_t){(const char *)&key, sizeof key});
}

static void
set_times(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft, phase_t phase)
{
    uint64_t start_us = subject->span->start_time_unix_nano / 1000;
    uint64_t end_us = subject->span->end_time_unix_nano / 1000;
    uint64_t at_us = phase == AT_START || end_us < start_us ? start_us : end_us;
    if (at_us)
        mc_set(&draft->event, agent_event, ts, (int64_t)at_us);
    if (phase == AT_END && end_us >= start_us)
        mc_set(&draft->event, agent_event, latency_ms, (int64_t)((end_us - start_us) / 1000));
}

static void
set_usage(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft)
{
    if (subject->level != OTLP_MODEL && subject->level != OTLP_RUN)
        return;
    if (ingest_otlp_usage(&subject->facts, &draft->event) && subject->level == OTLP_RUN)
        mc_set(&draft->event, agent_event, is_rollup, true);
}

static void
set_payload(const ingest_otlp_subject_t *subject, ingest_otlp_draft_t *draft)
{
    mc_buffer_t payload = {.max = PAYLOAD_BYTES_MAX};
    ingest_otlp_write_span(subject->span, subject->scope, &payload);
    mc_set(&draft->event, agent_event, payload_json,
           payload.is_full ? MC_TEXT("{\"note\":\"the span is over 1 MiB and was not kept whole\"}")
                           : mc_arena_text(subject->facts.arena, mc_buffer_content(&payload)));
    mc_buffer_clear(&payload);
}

static void
emit(const ingest_otlp_subject_t *subject, phase_t phase)
{
    ingest_otlp_draft_t draft = {
        .ingest = subject->ingest, .batch = subject->batch, .facts = subject->facts};
    mc_status_t status = phase == AT_START ? MC_STATUS_EXECUTING : status_of(subject);
    mc_set(&draft.event, agent_event, event_uid, uid_of(subject, phase));
    mc_set(&draft.event, agent_event, status, mc_text(mc_status_word(status)));
    ingest_otlp_set_text(&draft, MC_INDEX_agent_event_action, subject->action);
    ingest_otlp_set_text(&draft, MC_INDEX_agent_event_phase,
                         phase == AT_START ? MC_TEXT("start") : MC_TEXT("end"));
    set_identity(subject, &draft);
    set_actor(subject, &draft);
    ingest_otlp_set_common(&draft);
    if (subject->level == OTLP_RUN && !mc_has(&draft.event, agent_event, persona))
        ingest_otlp_set_text(&draft, MC_INDEX_agent_event_persona,
                             ingest_otlp_fact_text(&subject->facts, OTLP_entity));
    set_tier(subject, &draft);
    set_tool(subject, &draft);
    set_message(subject, &draft, phase);
    set_times(subject, &draft, phase);
    bool is_alone = subject->place.is_top && !subject->facts.values[OTLP_process_run];
    if (subject->level != OTLP_RUN && !is_alone)
        mc_set(&draft.event, agent_event, is_part, true);
    if (subject->level == OTLP_RUN && !subject->node.is_agent)
        ingest_otlp_set_text(&draft, MC_INDEX_agent_event_adapter_kind, MC_TEXT("otlp.workflow"));
    if (phase == AT_END) {
        set_usage(subject, &draft);
        set_payload(subject, &draft);
    }
    ingest_otlp_finish(&draft);
}

static bool
is_zero(ProtobufCBinaryData id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.data[i])
            return false;
    return true;
}

static bool
has_valid_ids(const Otlp__Span *span)
{
    return span->trace_id.len == 16 && span->span_id.len == 8 &&
           (span->parent_span_id.len == 0 || span->parent_span_id.len == 8) &&
           !is_zero(span->span_id);
}

static void
reject_ids(ingest_batch_t *batch, const Otlp__Span *span)
{
    mc_refusal_t refusal;
    (void)mc_refuse(&refusal, MC_BAD_INPUT_ERROR, "spanId",
                    "a span has a trace id of %zu bytes, a span id of %zu and a parent id of %zu, "
                    "not 16, 8 and 0 or 8",
                    span->trace_id.len, span->span_id.len, span->parent_span_id.len);
    ingest_batch_reject(batch, &refusal, (mc_text_t){NULL, 0});
}

static void
map_subject(ingest_otlp_subject_t *subject)
{
    subject->place = ingest_span_tree_place(subject->ingest->spans, &subject->node);
    if (subject->is_pending || subject->level == OTLP_RUN)
        emit(subject, AT_START);
    if (!subject->is_pending)
        emit(subject, AT_END);
}

static size_t
count_spans(const Otlp__ExportTraceRequest *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->n_resource_spans; i++)
        for (size_t j = 0; j < request->resource_spans[i]->n_scope_spans; j++)
            count += request->resource_spans[i]->scope_spans[j]->n_spans;
    return count;
}

/* Reads the spans of one scope into subjects; those without ids are rejected. */
static size_t
read_scope(ingest_otlp_subject_t *subjects, const ingest_otlp_subject_t *common,
           const Otlp__ScopeSpans *scope)
{
    size_t count = 0;
    for (size_t i = 0; i < scope->n_spans; i++) {
        if (!has_valid_ids(scope->spans[i])) {
            reject_ids(common->batch, scope->spans[i]);
            continue;
        }
        subjects[count] = *common;
        subjects[count].scope = scope->scope;
        subjects[count].span = scope->spans[i];
        ingest_otlp_subject_read(&subjects[count]);
        ingest_span_tree_add(common->ingest->spans, &subjects[count].node);
        count++;
    }
    return count;
}

void
ingest_otlp_map_traces(ingest_t *self, const Otlp__ExportTraceRequest *request,
                       ingest_batch_t *batch)
{
    ingest_otlp_subject_t *subjects =
        mc_arena_alloc(ingest_batch_arena(batch), (count_spans(request) + 1) * sizeof *subjects);
    ingest_otlp_subject_t common = {.ingest = self, .batch = batch};
    size_t count = 0;
    for (size_t i = 0; i < request->n_resource_spans; i++) {
        common.resource = request->resource_spans[i];
        for (size_t j = 0; j < common.resource->n_scope_spans; j++)
            count += read_scope(subjects + count, &common, common.resource->scope_spans[j]);
    }
    for (size_t i = 0; i < count; i++)
        map_subject(&subjects[i]);
}
