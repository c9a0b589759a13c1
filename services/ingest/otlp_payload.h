/*
 *  otlp_payload - what a span, log record or data point says, as JSON
 */
#ifndef INGEST_OTLP_PAYLOAD_H
#define INGEST_OTLP_PAYLOAD_H

#include "otlp/otlp.pb-c.h"
#include "proto/buffer.h"

/* {"name", "traceId", "spanId", ..., "attributes", "events", "links"} */
void ingest_otlp_write_span(const Otlp__Span *span, const Otlp__Scope *scope, mc_buffer_t *out);
void ingest_otlp_write_log(const Otlp__LogRecord *record, const Otlp__Scope *scope,
                           mc_buffer_t *out);
/* Attributes as one JSON object. */
void ingest_otlp_write_attributes(Otlp__KeyValue **attributes, size_t count, mc_buffer_t *out);
void ingest_otlp_write_value(const Otlp__AnyValue *value, mc_buffer_t *out);

/* Bytes as lower-case hex in the arena-free way: writes 2 * size characters and a NUL. */
void ingest_otlp_hex(ProtobufCBinaryData bytes, char *ret_hex, size_t room);

#endif
