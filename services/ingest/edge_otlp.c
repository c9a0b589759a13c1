/*
 *  edge_otlp - OTLP/HTTP: traces, logs and metrics, protobuf and JSON, on one port
 *
 *  The answer has the content type of the request. What was rejected of a
 *  request is told in partial success and never retried; a refusal is a
 *  google.rpc.Status. Only 429 and 503 make a client send again.
 */
#include <stdlib.h>
#include <strings.h>

#include "proto/codec.h"
#include "services/ingest/edge.h"
#include "services/ingest/otlp_decode.h"
#include "services/ingest/otlp_map.h"
#include "services/ingest/writer.h"

#define PROTOBUF_TYPE "application/x-protobuf"
#define JSON_TYPE "application/json"
#define GRPC_INVALID_ARGUMENT 3
#define GRPC_UNAVAILABLE 14

/* One of the three signals. */
typedef struct {
    const char *source;
    const char *rejected_name; /* in the JSON answer */
    const ProtobufCMessageDescriptor *descriptor;
    void (*map)(ingest_t *self, const ProtobufCMessage *message, ingest_batch_t *batch);
} signal_t;

static void
map_traces(ingest_t *self, const ProtobufCMessage *message, ingest_batch_t *batch)
{
    ingest_otlp_map_traces(self, (const Otlp__ExportTraceRequest *)message, batch);
}

static void
map_logs(ingest_t *self, const ProtobufCMessage *message, ingest_batch_t *batch)
{
    ingest_otlp_map_logs(self, (const Otlp__ExportLogsRequest *)message, batch);
}

static void
map_metrics(ingest_t *self, const ProtobufCMessage *message, ingest_batch_t *batch)
{
    ingest_otlp_map_metrics(self, (const Otlp__ExportMetricsRequest *)message, batch);
}

static const signal_t traces = {"otlp-traces", "rejectedSpans",
                                &otlp__export_trace_request__descriptor, map_traces};
static const signal_t logs = {"otlp-logs", "rejectedLogRecords",
                              &otlp__export_logs_request__descriptor, map_logs};
static const signal_t metrics = {"otlp-metrics", "rejectedDataPoints",
                                 &otlp__export_metrics_request__descriptor, map_metrics};

static bool
is_type(const mc_http_request_t *request, const char *type)
{
    mc_text_t sent = mc_http_header(request, "Content-Type");
    size_t size = strlen(type);
    return sent.size >= size && !strncasecmp(sent.data, type, size) &&
           (sent.size == size || sent.data[size] == ';' || sent.data[size] == ' ');
}

static void
write_status(const mc_http_request_t *request, const mc_refusal_t *refusal, mc_buffer_t *out)
{
    int status = mc_error_row((mc_error_code_t)refusal->code)->http_status;
    int code = status == 429 || status >= 500 ? GRPC_UNAVAILABLE : GRPC_INVALID_ARGUMENT;
    if (is_type(request, JSON_TYPE)) {
        mc_buffer_printf(out, "{\"code\":%d,\"message\":", code);
        mc_write_json_text(out, mc_text(refusal->message));
        mc_buffer_byte(out, '}');
        return;
    }
    Otlp__RpcStatus message = OTLP__RPC_STATUS__INIT;
    message.code = code;
    message.message = (ProtobufCBinaryData){strlen(refusal->message), (uint8_t *)refusal->message};
    ingest_otlp_encode_protobuf(&message.base, out);
}

void
ingest_refuse_otlp(mc_http_request_t *request, const mc_refusal_t *refusal)
{
    mc_buffer_t body = {0};
    write_status(request, refusal, &body);
    mc_http_answer(request, mc_error_row((mc_error_code_t)refusal->code)->http_status,
                   is_type(request, JSON_TYPE) ? JSON_TYPE : PROTOBUF_TYPE, &body);
}

typedef struct {
    mc_http_request_t *request;
    const signal_t *signal;
} answer_t;

/* The first reason stands for all that were rejected. */
static mc_text_t
first_reason(const ingest_outcome_t *outcome)
{
    const mc_rejection_t *rows = outcome->rejections.items;
    return outcome->rejections.count ? rows[0].message : (mc_text_t){NULL, 0};
}

static void
write_success(const answer_t *to, const ingest_outcome_t *outcome, mc_buffer_t *out)
{
    mc_text_t reason = first_reason(outcome);
    if (is_type(to->request, JSON_TYPE)) {
        if (outcome->rejected == 0) {
            mc_buffer_string(out, "{}");
            return;
        }
        mc_buffer_printf(out, "{\"partialSuccess\":{\"%s\":\"%lld\",\"errorMessage\":",
                         to->signal->rejected_name, (long long)outcome->rejected);
        mc_write_json_text(out, reason);
        mc_buffer_string(out, "}}");
        return;
    }
    Otlp__ExportResponse response = OTLP__EXPORT_RESPONSE__INIT;
    Otlp__PartialSuccess partial = OTLP__PARTIAL_SUCCESS__INIT;
    partial.rejected = outcome->rejected;
    partial.error_message = (ProtobufCBinaryData){reason.size, (uint8_t *)reason.data};
    if (outcome->rejected)
        response.partial_success = &partial;
    ingest_otlp_encode_protobuf(&response.base, out);
}

static void
answer_taken(void *arg, const ingest_outcome_t *outcome, const mc_refusal_t *refusal)
{
    answer_t *to = arg;
    mc_buffer_t body = {0};
    if (refusal) {
        mc_http_retry_after(to->request, INGEST_RETRY_AFTER_S);
        ingest_refuse_otlp(to->request, refusal);
    } else {
        write_success(to, outcome, &body);
        mc_http_answer(to->request, 200,
                       is_type(to->request, JSON_TYPE) ? JSON_TYPE : PROTOBUF_TYPE, &body);
    }
    free(to);
}

static int
decode(ingest_t *self, mc_http_request_t *request, const signal_t *signal, ingest_batch_t *batch,
       mc_refusal_t *refusal)
{
    ProtobufCMessage *message;
    mc_buffer_t plain = {0};
    mc_text_t body;
    int result = ingest_edge_body(self, request, &plain, &body, refusal);
    if (result == 0)
        result = is_type(request, JSON_TYPE)
                     ? ingest_otlp_decode_json(signal->descriptor, self->parser, body,
                                               ingest_batch_arena(batch), &message, refusal)
                     : ingest_otlp_decode_protobuf(signal->descriptor, body,
                                                   ingest_batch_arena(batch), &message, refusal);
    mc_buffer_clear(&plain);
    if (result == 0)
        signal->map(self, message, batch);
    return result;
}

static void
take_signal(ingest_t *self, mc_http_request_t *request, const signal_t *signal)
{
    mc_refusal_t refusal;
    if (!is_type(request, JSON_TYPE) && !is_type(request, PROTOBUF_TYPE)) {
        (void)mc_refuse(&refusal, MC_BAD_MEDIA_TYPE_ERROR, "Content-Type",
                        "Content-Type is \"%.*s\"; OTLP is read as " PROTOBUF_TYPE " or " JSON_TYPE,
                        MC_FMT(mc_http_header(request, "Content-Type")));
        ingest_refuse_otlp(request, &refusal);
        return;
    }
    ingest_batch_t *batch = ingest_batch_new(self->intake, signal->source);
    if (decode(self, request, signal, batch, &refusal) == MC_REFUSED) {
        ingest_batch_destroy(&batch);
        mc_metrics_add(self->metrics, INGEST_METRIC_refused_requests, 1);
        ingest_refuse_otlp(request, &refusal);
        return;
    }
    answer_t *to = malloc(sizeof *to);
    assert(to);
    *to = (answer_t){request, signal};
    ingest_batch_submit(batch, answer_taken, to);
    ingest_writer_push(self->writer);
}

void
ingest_on_traces(void *state, mc_http_request_t *request)
{
    take_signal(state, request, &traces);
}

void
ingest_on_logs(void *state, mc_http_request_t *request)
{
    take_signal(state, request, &logs);
}

void
ingest_on_metrics(void *state, mc_http_request_t *request)
{
    take_signal(state, request, &metrics);
}
