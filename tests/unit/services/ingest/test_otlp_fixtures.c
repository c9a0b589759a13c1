/*
 *  test_otlp_fixtures - every recorded dialect gives the events that it should
 *
 *  Walks tests/fixtures/otlp/manifest.json. An expectation names only what
 *  matters; null means absent.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "services/ingest/otlp_decode.h"
#include "services/ingest/otlp_map.h"

#define FOLDER "tests/fixtures/otlp/"

static mc_text_t
read_file(bench_t *bench, mc_text_t name)
{
    mc_text_t path = mc_arena_printf(bench->arena, FOLDER "%.*s", MC_FMT(name));
    FILE *file = fopen(path.data, "rb");
    cr_assert_not_null(file, "%s", path.data);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *data = mc_arena_alloc(bench->arena, size + 1);
    cr_assert_eq(fread(data, 1, size, file), size);
    fclose(file);
    return (mc_text_t){data, size};
}

static const ProtobufCMessageDescriptor *
descriptor_of(mc_text_t signal)
{
    if (mc_text_is(signal, "traces"))
        return &otlp__export_trace_request__descriptor;
    return mc_text_is(signal, "logs") ? &otlp__export_logs_request__descriptor
                                      : &otlp__export_metrics_request__descriptor;
}

static ingest_batch_t *
map_fixture(bench_t *bench, mc_text_t signal, mc_text_t encoding, mc_text_t body)
{
    ProtobufCMessage *message = NULL;
    mc_refusal_t refusal;
    ingest_batch_t *batch = ingest_batch_new(bench->ingest.intake, "otlp");
    int result = mc_text_is(encoding, "json")
                     ? ingest_otlp_decode_json(descriptor_of(signal), bench->ingest.parser, body,
                                               bench->arena, &message, &refusal)
                     : ingest_otlp_decode_protobuf(descriptor_of(signal), body, bench->arena,
                                                   &message, &refusal);
    cr_assert_eq(result, 0, "%s", refusal.message);
    if (mc_text_is(signal, "traces"))
        ingest_otlp_map_traces(&bench->ingest, (Otlp__ExportTraceRequest *)message, batch);
    else if (mc_text_is(signal, "logs"))
        ingest_otlp_map_logs(&bench->ingest, (Otlp__ExportLogsRequest *)message, batch);
    else
        ingest_otlp_map_metrics(&bench->ingest, (Otlp__ExportMetricsRequest *)message, batch);
    return batch;
}

static mc_text_t
json_of(bench_t *bench, mc_json_t value)
{
    mc_buffer_t out = {0};
    mc_json_write(value, &out);
    mc_text_t copy = mc_arena_text(bench->arena, mc_buffer_content(&out));
    mc_buffer_clear(&out);
    return copy;
}

/* One named field of an event as JSON text: "null", "\"chat\"", "12". */
static mc_text_t
field_json(bench_t *bench, const mc_agent_event_t *event, const char *name)
{
    mc_agent_event_t alone = {0};
    mc_buffer_t out = {0};
    mc_json_t root, value;
    mc_refusal_t refusal;
    alone = *event;
    mc_write_json(&mc_agent_event_shape, &alone, &out);
    mc_json_parser_t *parser = mc_json_parser_new();
    cr_assert_eq(mc_json_parse(parser, mc_buffer_content(&out), &root, &refusal), 0);
    mc_text_t text =
        mc_json_find(root, name, &value) ? json_of(bench, value) : MC_TEXT("(no such field)");
    mc_json_parser_destroy(&parser);
    mc_buffer_clear(&out);
    return text;
}

static int
check_event(bench_t *bench, mc_text_t file, size_t index, const mc_agent_event_t *event,
            mc_json_t expected)
{
    int failures = 0;
    mc_json_iter_t iter = mc_json_iter(expected);
    mc_text_t name;
    mc_json_t value;
    while (mc_json_next(&iter, &name, &value)) {
        if (mc_text_is(name, "name") || mc_text_is(name, "spanId"))
            continue;
        mc_text_t want = json_of(bench, value);
        mc_text_t key = mc_arena_text(bench->arena, name);
        mc_text_t got = field_json(bench, event, key.data);
        if (!mc_text_equals(want, got) && ++failures)
            fprintf(stderr, "%.*s[%zu] %.*s: %.*s, not %.*s (%.*s)\n", MC_FMT(file), index,
                    MC_FMT(key), MC_FMT(got), MC_FMT(want), MC_FMT(event->message));
    }
    return failures;
}

static int
check_fixture(bench_t *bench, mc_json_t row)
{
    mc_json_t file, signal, encoding, root, expected;
    mc_refusal_t refusal;
    cr_assert(mc_json_find(row, "file", &file) && mc_json_find(row, "signal", &signal) &&
              mc_json_find(row, "encoding", &encoding));
    mc_text_t name = mc_json_text(file);
    const char *dot = memrchr(name.data, '.', name.size);
    mc_text_t expect_name =
        mc_arena_printf(bench->arena, "%.*s.expect.json", (int)(dot - name.data), name.data);
    ingest_batch_t *batch =
        map_fixture(bench, mc_json_text(signal), mc_json_text(encoding), read_file(bench, name));
    mc_list_t events = bench_events(bench, batch);
    mc_json_parser_t *parser = mc_json_parser_new();
    cr_assert_eq(mc_json_parse(parser, read_file(bench, expect_name), &root, &refusal), 0);
    int failures = 0;
    if (mc_json_count(root) != events.count && ++failures)
        fprintf(stderr, "%.*s: %zu events, not %zu\n", MC_FMT(name), events.count,
                mc_json_count(root));
    mc_json_iter_t iter = mc_json_iter(root);
    mc_text_t none;
    const mc_agent_event_t *rows = events.items;
    for (size_t i = 0; i < events.count && mc_json_next(&iter, &none, &expected); i++)
        failures += check_event(bench, name, i, &rows[i], expected);
    mc_json_parser_destroy(&parser);
    ingest_batch_destroy(&batch);
    return failures;
}

Test(otlp_fixtures, give_the_events_that_they_should)
{
    bench_t reader;
    mc_json_t root, row;
    mc_text_t none;
    mc_refusal_t refusal;
    int failures = 0;
    bench_open(&reader);
    mc_json_parser_t *parser = mc_json_parser_new();
    cr_assert_eq(
        mc_json_parse(parser, read_file(&reader, MC_TEXT("manifest.json")), &root, &refusal), 0);
    cr_assert_gt(mc_json_count(root), 20);
    mc_json_iter_t iter = mc_json_iter(root);
    while (mc_json_next(&iter, &none, &row)) {
        bench_t bench; /* of its own: a fixture must not know the spans of another */
        bench_open(&bench);
        failures += check_fixture(&bench, row);
        bench_close(&bench);
    }
    mc_json_parser_destroy(&parser);
    bench_close(&reader);
    cr_assert_eq(failures, 0);
}

Test(otlp_fixtures, cut_at_each_byte_never_crash)
{
    bench_t bench;
    bench_open(&bench);
    mc_text_t body = read_file(&bench, MC_TEXT("genai/01-traces.pb"));
    for (size_t size = 0; size < body.size; size += 7) {
        ProtobufCMessage *message;
        mc_refusal_t refusal;
        mc_arena_t *arena = mc_arena_new();
        int result =
            ingest_otlp_decode_protobuf(&otlp__export_trace_request__descriptor,
                                        (mc_text_t){body.data, size}, arena, &message, &refusal);
        cr_assert(size == 0 || result == MC_REFUSED, "%zu", size);
        mc_arena_destroy(&arena);
    }
    bench_close(&bench);
}
