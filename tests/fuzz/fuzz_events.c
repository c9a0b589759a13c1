/*
 *  fuzz_events - any bytes as native events, through the rules and the sanitiser
 *
 *  Bytes that begin as JSON are read as JSON lines, all others as msgpack.
 */
#include "fuzz_ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add(ingest_batch_t *batch, int result, mc_agent_event_t *event, const mc_refusal_t *refusal,
    mc_text_t body)
{
    if (result == 0)
        ingest_batch_add(batch, event);
    else
        ingest_batch_reject(batch, refusal, body);
}

static void
add_line(bench_t *bench, ingest_batch_t *batch, mc_text_t line)
{
    mc_json_t root;
    mc_refusal_t refusal = {0};
    mc_agent_event_t event = {0};
    int result = mc_json_parse(bench->ingest.parser, line, &root, &refusal);
    bool is_json = result == 0;
    if (is_json)
        result = mc_json_read(&mc_agent_event_shape, root, ingest_batch_arena(batch), true, &event,
                              &refusal);
    add(batch, result, &event, &refusal, is_json ? line : (mc_text_t){NULL, 0});
}

static void
add_lines(bench_t *bench, ingest_batch_t *batch, mc_text_t body)
{
    while (body.size) {
        const char *end = memchr(body.data, '\n', body.size);
        size_t size = end ? (size_t)(end - body.data) : body.size;
        add_line(bench, batch, (mc_text_t){body.data, size});
        size += end != NULL;
        body = (mc_text_t){body.data + size, body.size - size};
    }
}

static void
add_msgpack(ingest_batch_t *batch, mc_text_t body)
{
    mc_unpack_iter_t iter;
    mc_refusal_t refusal = {0};
    if (mc_unpack_iter(body, &iter, &refusal) != 0)
        return;
    while (mc_unpack_has_next(&iter)) {
        mc_agent_event_t event = {0};
        int result = mc_unpack_next(&iter, &mc_agent_event_shape, ingest_batch_arena(batch), &event,
                                    &refusal);
        if (result != -1)
            add(batch, result, &event, &refusal, (mc_text_t){NULL, 0});
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench_t *bench = fuzz_bench();
    mc_text_t body = {(const char *)data, size};
    ingest_batch_t *batch = ingest_batch_new(bench->ingest.intake, "native");
    if (size && data[0] == '{')
        add_lines(bench, batch, body);
    else
        add_msgpack(batch, body);
    fuzz_check_batch(bench, batch);
    ingest_batch_destroy(&batch);
    return 0;
}
