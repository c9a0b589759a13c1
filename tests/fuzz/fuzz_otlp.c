/*
 *  fuzz_otlp - any bytes as a request of each signal, decoded and made into events
 *
 *  Bytes that begin as JSON are read as JSON, all others as protobuf.
 */
#include "fuzz_ingest.h"
#include "services/ingest/otlp_decode.h"
#include "services/ingest/otlp_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const descriptors[] = {
    &otlp__export_trace_request__descriptor,
    &otlp__export_logs_request__descriptor,
    &otlp__export_metrics_request__descriptor,
};

static int
decode(bench_t *bench, size_t signal, mc_text_t body, ProtobufCMessage **ret_message)
{
    mc_refusal_t refusal = {0};
    bool is_json = body.size && (body.data[0] == '{' || body.data[0] == ' ');
    int result = is_json ? ingest_otlp_decode_json(descriptors[signal], bench->ingest.parser, body,
                                                   bench->arena, ret_message, &refusal)
                         : ingest_otlp_decode_protobuf(descriptors[signal], body, bench->arena,
                                                       ret_message, &refusal);
    require(result == 0 || (refusal.code != MC_NO_ERROR && *refusal.message));
    return result;
}

static void
map(bench_t *bench, size_t signal, ProtobufCMessage *message, ingest_batch_t *batch)
{
    if (signal == 0)
        ingest_otlp_map_traces(&bench->ingest, (Otlp__ExportTraceRequest *)message, batch);
    else if (signal == 1)
        ingest_otlp_map_logs(&bench->ingest, (Otlp__ExportLogsRequest *)message, batch);
    else
        ingest_otlp_map_metrics(&bench->ingest, (Otlp__ExportMetricsRequest *)message, batch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t signal = 0; signal < MC_COUNT(descriptors); signal++) {
        bench_t *bench = fuzz_bench();
        ProtobufCMessage *message;
        if (decode(bench, signal, (mc_text_t){(const char *)data, size}, &message) != 0)
            continue;
        ingest_batch_t *batch = ingest_batch_new(bench->ingest.intake, "otlp");
        map(bench, signal, message, batch);
        fuzz_check_batch(bench, batch);
        ingest_batch_destroy(&batch);
    }
    return 0;
}
