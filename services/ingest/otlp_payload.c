/*
 *  otlp_payload - what a span, log record or data point says, as JSON
 */
#include "services/ingest/otlp_payload.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/codec.h"

#define ID_HEX_SIZE 65 /* the longest id that is shown, in hex, and the NUL */

static mc_text_t
text_of(ProtobufCBinaryData bytes)
{
    return (mc_text_t){(const char *)bytes.data, bytes.len};
}

void
ingest_otlp_hex(ProtobufCBinaryData bytes, char *ret_hex, size_t room)
{
    if (bytes.len * 2 + 1 > room)
        bytes.len = (room - 1) / 2;
    sodium_bin2hex(ret_hex, room, bytes.data, bytes.len);
}

static void
write_id(mc_buffer_t *out, const char *name, ProtobufCBinaryData id)
{
    char hex[ID_HEX_SIZE];
    if (id.len == 0)
        return;
    ingest_otlp_hex(id, hex, sizeof hex);
    mc_buffer_printf(out, ",\"%s\":\"%s\"", name, hex);
}

static void
write_base64(ProtobufCBinaryData bytes, mc_buffer_t *out)
{
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = malloc(size);
    assert(base64);
    sodium_bin2base64(base64, size, bytes.data, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    mc_buffer_printf(out, "\"%s\"", base64);
    free(base64);
}

static void
write_array(const Otlp__ArrayValue *array, mc_buffer_t *out)
{
    mc_buffer_byte(out, '[');
    for (size_t i = 0; array && i < array->n_values; i++) {
        if (i)
            mc_buffer_byte(out, ',');
        ingest_otlp_write_value(array->values[i], out);
    }
    mc_buffer_byte(out, ']');
}

void
ingest_otlp_write_value(const Otlp__AnyValue *value, mc_buffer_t *out)
{
    switch (value ? value->value_case : OTLP__ANY_VALUE__VALUE__NOT_SET) {
    case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
        mc_write_json_text(out, text_of(value->string_value));
        break;
    case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
        mc_buffer_string(out, value->bool_value ? "true" : "false");
        break;
    case OTLP__ANY_VALUE__VALUE_INT_VALUE:
        mc_buffer_printf(out, "%lld", (long long)value->int_value);
        break;
    case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
        if (isfinite(value->double_value))
            mc_write_json_f64(out, value->double_value);
        else
            mc_buffer_string(out, "null");
        break;
    case OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
        write_array(value->array_value, out);
        break;
    case OTLP__ANY_VALUE__VALUE_KVLIST_VALUE:
        ingest_otlp_write_attributes(value->kvlist_value ? value->kvlist_value->values : NULL,
                                     value->kvlist_value ? value->kvlist_value->n_values : 0, out);
        break;
    case OTLP__ANY_VALUE__VALUE_BYTES_VALUE:
        write_base64(value->bytes_value, out);
        break;
    default:
        mc_buffer_string(out, "null");
    }
}

void
ingest_otlp_write_attributes(Otlp__KeyValue **attributes, size_t count, mc_buffer_t *out)
{
    mc_buffer_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            mc_buffer_byte(out, ',');
        mc_write_json_text(out, text_of(attributes[i]->key));
        mc_buffer_byte(out, ':');
        ingest_otlp_write_value(attributes[i]->value, out);
    }
    mc_buffer_byte(out, '}');
}

static void
write_scope(const Otlp__Scope *scope, mc_buffer_t *out)
{
    if (!scope || scope->name.len == 0)
        return;
    mc_buffer_string(out, ",\"scope\":");
    mc_write_json_text(out, text_of(scope->name));
}

static void
write_span_events(const Otlp__Span *span, mc_buffer_t *out)
{
    if (span->n_events == 0)
        return;
    mc_buffer_string(out, ",\"events\":[");
    for (size_t i = 0; i < span->n_events; i++) {
        const Otlp__SpanEvent *event = span->events[i];
        mc_buffer_string(out, i ? ",{\"name\":" : "{\"name\":");
        mc_write_json_text(out, text_of(event->name));
        mc_buffer_printf(out, ",\"atUs\":%llu,\"attributes\":",
                         (unsigned long long)(event->time_unix_nano / 1000));
        ingest_otlp_write_attributes(event->attributes, event->n_attributes, out);
        mc_buffer_byte(out, '}');
    }
    mc_buffer_byte(out, ']');
}

static void
write_links(const Otlp__Span *span, mc_buffer_t *out)
{
    if (span->n_links == 0)
        return;
    mc_buffer_string(out, ",\"links\":[");
    for (size_t i = 0; i < span->n_links; i++) {
        mc_buffer_string(out, i ? ",{\"kind\":\"link\"" : "{\"kind\":\"link\"");
        write_id(out, "traceId", span->links[i]->trace_id);
        write_id(out, "spanId", span->links[i]->span_id);
        mc_buffer_byte(out, '}');
    }
    mc_buffer_byte(out, ']');
}

void
ingest_otlp_write_span(const Otlp__Span *span, const Otlp__Scope *scope, mc_buffer_t *out)
{
    mc_buffer_string(out, "{\"name\":");
    mc_write_json_text(out, text_of(span->name));
    write_id(out, "traceId", span->trace_id);
    write_id(out, "spanId", span->span_id);
    write_id(out, "parentSpanId", span->parent_span_id);
    mc_buffer_printf(out, ",\"spanKind\":%d,\"startUs\":%llu,\"endUs\":%llu", (int)span->kind,
                     (unsigned long long)(span->start_time_unix_nano / 1000),
                     (unsigned long long)(span->end_time_unix_nano / 1000));
    write_scope(scope, out);
    mc_buffer_string(out, ",\"attributes\":");
    ingest_otlp_write_attributes(span->attributes, span->n_attributes, out);
    write_span_events(span, out);
    write_links(span, out);
    mc_buffer_byte(out, '}');
}

void
ingest_otlp_write_log(const Otlp__LogRecord *record, const Otlp__Scope *scope, mc_buffer_t *out)
{
    mc_buffer_string(out, "{\"name\":");
    mc_write_json_text(out, text_of(record->event_name));
    write_id(out, "traceId", record->trace_id);
    write_id(out, "spanId", record->span_id);
    mc_buffer_printf(out, ",\"severity\":%d", (int)record->severity_number);
    write_scope(scope, out);
    mc_buffer_string(out, ",\"body\":");
    ingest_otlp_write_value(record->body, out);
    mc_buffer_string(out, ",\"attributes\":");
    ingest_otlp_write_attributes(record->attributes, record->n_attributes, out);
    mc_buffer_byte(out, '}');
}
