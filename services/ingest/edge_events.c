/*
 *  edge_events - native events: JSON array, JSON lines or msgpack, over HTTP and the bus
 *
 *  One bad event is rejected alone; a body that cannot be read at all is
 *  refused whole, and nothing of it is taken.
 */
#include <stdlib.h>
#include <strings.h>

#include "common/error.h"
#include "proto/codec.h"
#include "services/ingest/edge.h"
#include "services/ingest/ingest.h"
#include "services/ingest/writer.h"

/* Reads every element of the body into the batch: 0, or MC_REFUSED for the whole body. */
typedef int read_body_fn(ingest_t *self, mc_text_t body, ingest_batch_t *batch,
                         mc_refusal_t *refusal);

static int
refuse_count(const ingest_t *self, mc_refusal_t *refusal)
{
    return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "body", "the batch has over %lld events",
                     (long long)self->settings->ingest_batch_events_max);
}

static bool
is_over(const ingest_t *self, const ingest_batch_t *batch)
{
    return ingest_batch_size(batch) >= self->settings->ingest_batch_events_max;
}

/* Elements are read whole before any is added: adding uses the parser for legacy details. */
typedef struct {
    mc_agent_event_t event;
    mc_refusal_t refusal;
    mc_text_t body; /* of a refused one */
    bool is_refused;
} element_t;

static mc_text_t
keep_json(ingest_batch_t *batch, mc_json_t value)
{
    mc_buffer_t body = {.max = INGEST_QUARANTINE_BODY_MAX};
    mc_json_write(value, &body);
    mc_text_t kept = body.is_full
                         ? MC_TEXT("\"too large to keep\"")
                         : mc_arena_text(ingest_batch_arena(batch), mc_buffer_content(&body));
    mc_buffer_clear(&body);
    return kept;
}

static void
read_element(ingest_batch_t *batch, mc_json_t value, element_t *element)
{
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        element->is_refused = mc_refuse(&element->refusal, MC_BAD_INPUT_ERROR, "",
                                        "the event is not an object") == MC_REFUSED;
    else
        element->is_refused = mc_json_read(&mc_agent_event_shape, value, ingest_batch_arena(batch),
                                           true, &element->event, &element->refusal) == MC_REFUSED;
    if (element->is_refused)
        element->body = keep_json(batch, value);
}

static void
add_element(ingest_batch_t *batch, element_t *element)
{
    if (element->is_refused)
        ingest_batch_reject(batch, &element->refusal, element->body);
    else
        ingest_batch_add(batch, &element->event);
}

static int
read_array(ingest_t *self, mc_json_t root, ingest_batch_t *batch, mc_refusal_t *refusal)
{
    size_t count = mc_json_count(root);
    if (count > (size_t)self->settings->ingest_batch_events_max)
        return refuse_count(self, refusal);
    element_t *elements = mc_arena_alloc(ingest_batch_arena(batch), count * sizeof *elements);
    mc_json_iter_t iter = mc_json_iter(root);
    mc_text_t none;
    mc_json_t value;
    for (size_t i = 0; i < count && mc_json_next(&iter, &none, &value); i++)
        read_element(batch, value, &elements[i]);
    for (size_t i = 0; i < count; i++)
        add_element(batch, &elements[i]);
    return 0;
}

static int
read_json(ingest_t *self, mc_text_t body, ingest_batch_t *batch, mc_refusal_t *refusal)
{
    mc_json_t root;
    if (mc_json_parse(self->parser, body, &root, refusal) != 0)
        return MC_REFUSED;
    if (mc_json_kind(root) == MC_JSON_ARRAY)
        return read_array(self, root, batch, refusal);
    if (mc_json_kind(root) != MC_JSON_OBJECT)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "body",
                         "the body is neither an array of events nor one event");
    element_t element = {0};
    read_element(batch, root, &element);
    add_element(batch, &element);
    return 0;
}

static void
read_line(ingest_t *self, mc_text_t line, ingest_batch_t *batch)
{
    element_t element = {0};
    mc_json_t root;
    if (mc_json_parse(self->parser, line, &root, &element.refusal) == 0) {
        read_element(batch, root, &element);
    } else {
        element.is_refused = true;
        element.body = (mc_text_t){NULL, 0};
    }
    add_element(batch, &element);
}

static int
read_lines(ingest_t *self, mc_text_t body, ingest_batch_t *batch, mc_refusal_t *refusal)
{
    size_t at = 0;
    while (at < body.size) {
        const char *end = memchr(body.data + at, '\n', body.size - at);
        size_t size = end ? (size_t)(end - body.data) - at : body.size - at;
        mc_text_t line = {body.data + at, size};
        at += size + 1;
        if (line.size && line.data[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0)
            continue;
        if (is_over(self, batch))
            return refuse_count(self, refusal);
        read_line(self, line, batch);
    }
    return 0;
}

static int
read_msgpack(ingest_t *self, mc_text_t body, ingest_batch_t *batch, mc_refusal_t *refusal)
{
    mc_unpack_iter_t iter;
    if (mc_unpack_iter(body, &iter, refusal) != 0)
        return MC_REFUSED;
    while (mc_unpack_has_next(&iter)) {
        mc_agent_event_t event = {0};
        if (is_over(self, batch))
            return refuse_count(self, refusal);
        int result = mc_unpack_next(&iter, &mc_agent_event_shape, ingest_batch_arena(batch), &event,
                                    refusal);
        if (result == -1)
            return MC_REFUSED;
        if (result == MC_REFUSED)
            ingest_batch_reject(batch, refusal, (mc_text_t){NULL, 0});
        else
            ingest_batch_add(batch, &event);
    }
    return 0;
}

typedef struct {
    const char *media_type;
    read_body_fn *read;
} form_t;

static const form_t forms[] = {
    {"application/json", read_json},           {"application/x-ndjson", read_lines},
    {"application/jsonl", read_lines},         {"application/json-lines", read_lines},
    {"application/msgpack", read_msgpack},     {"application/x-msgpack", read_msgpack},
    {"application/vnd.msgpack", read_msgpack},
};

static const form_t *
find_form(mc_text_t content_type)
{
    const char *semicolon =
        content_type.size ? memchr(content_type.data, ';', content_type.size) : NULL;
    if (semicolon)
        content_type.size = (size_t)(semicolon - content_type.data);
    while (content_type.size && content_type.data[content_type.size - 1] == ' ')
        content_type.size--;
    for (size_t i = 0; i < MC_COUNT(forms); i++)
        if (strlen(forms[i].media_type) == content_type.size &&
            !strncasecmp(forms[i].media_type, content_type.data, content_type.size))
            return &forms[i];
    return NULL;
}

static void
set_receipt(mc_stored_receipt_t *receipt, const ingest_outcome_t *outcome)
{
    mc_set(receipt, stored_receipt, accepted, outcome->accepted);
    mc_set(receipt, stored_receipt, duplicates, outcome->duplicates);
    mc_set(receipt, stored_receipt, rejected, outcome->rejections);
}

static void
answer_http(void *arg, const ingest_outcome_t *outcome, const mc_refusal_t *refusal)
{
    mc_http_request_t *request = arg;
    if (refusal) {
        mc_http_retry_after(request, INGEST_RETRY_AFTER_S);
        mc_http_refuse(request, refusal);
        return;
    }
    mc_stored_receipt_t receipt = {0};
    mc_buffer_t body = {0};
    set_receipt(&receipt, outcome);
    mc_write_json(&mc_stored_receipt_shape, &receipt, &body);
    mc_http_answer_json(request, 200, &body);
}

void
ingest_on_events(void *state, mc_http_request_t *request)
{
    ingest_t *self = state;
    mc_refusal_t refusal;
    mc_text_t body;
    mc_buffer_t plain = {0};
    const form_t *form = find_form(mc_http_header(request, "Content-Type"));
    if (!form) {
        mc_http_refuse_with(request, MC_BAD_MEDIA_TYPE_ERROR,
                            "Content-Type is \"%.*s\"; events are read as application/json, "
                            "application/x-ndjson or application/msgpack",
                            MC_FMT(mc_http_header(request, "Content-Type")));
        return;
    }
    ingest_batch_t *batch = ingest_batch_new(self->intake, "native");
    if (ingest_edge_body(self, request, &plain, &body, &refusal) == MC_REFUSED ||
        form->read(self, body, batch, &refusal) == MC_REFUSED) {
        ingest_batch_destroy(&batch);
        mc_metrics_add(self->metrics, INGEST_METRIC_refused_requests, 1);
        mc_http_refuse(request, &refusal);
    } else {
        ingest_batch_submit(batch, answer_http, request);
    }
    mc_buffer_clear(&plain);
    ingest_writer_push(self->writer);
}

typedef struct {
    mc_bus_t *bus;
    mc_bus_request_t *request;
} bus_answer_t;

static void
answer_bus(void *arg, const ingest_outcome_t *outcome, const mc_refusal_t *refusal)
{
    bus_answer_t *to = arg;
    mc_stored_receipt_t receipt = {0};
    if (refusal) {
        mc_bus_refuse(to->bus, to->request, refusal);
    } else {
        set_receipt(&receipt, outcome);
        mc_bus_answer(to->bus, to->request, &mc_stored_receipt_shape, mc_list_one(&receipt));
    }
    free(to);
}

void
ingest_on_store_events(void *state, mc_bus_request_t *request, mc_list_t records)
{
    ingest_t *self = state;
    const mc_agent_event_t *events = records.items;
    ingest_batch_t *batch = ingest_batch_new(self->intake, "bus");
    for (size_t i = 0; i < records.count; i++) {
        mc_agent_event_t event = events[i];
        ingest_batch_add(batch, &event);
    }
    bus_answer_t *to = malloc(sizeof *to);
    assert(to);
    *to = (bus_answer_t){mc_service_bus(self->service), request};
    ingest_batch_submit(batch, answer_bus, to);
}
