/*
 *  otlp_subject - one span read through the table of dialects
 */
#include "services/ingest/otlp_subject.h"

#include <stdlib.h>

#include "services/ingest/otlp_payload.h"

static mc_text_t
text_of(ProtobufCBinaryData bytes)
{
    return (mc_text_t){(const char *)bytes.data, bytes.len};
}

static ingest_span_id_t
id_of(ProtobufCBinaryData bytes)
{
    ingest_span_id_t id = {{0}};
    if (bytes.len)
        memcpy(id.bytes, bytes.data, bytes.len < sizeof id.bytes ? bytes.len : sizeof id.bytes);
    return id;
}

mc_text_t
ingest_otlp_subject_hex(const ingest_otlp_subject_t *self, const uint8_t *bytes, size_t size)
{
    char *hex = mc_arena_alloc(self->facts.arena, 2 * size + 1);
    ingest_otlp_hex((ProtobufCBinaryData){size, (uint8_t *)bytes}, hex, 2 * size + 1);
    return (mc_text_t){hex, 2 * size};
}

static ingest_span_id_t
id_from_hex(mc_text_t hex)
{
    ingest_span_id_t id = {{0}};
    for (size_t i = 0; i < sizeof id.bytes && 2 * i + 1 < hex.size; i++) {
        char digits[3] = {hex.data[2 * i], hex.data[2 * i + 1], 0};
        id.bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return id;
}

static void
keep_name(char *place, uint8_t *size, mc_text_t name)
{
    *size = 0;
    if (name.size > INGEST_SPAN_NAME_MAX)
        return;
    if (name.size)
        memcpy(place, name.data, name.size);
    *size = (uint8_t)name.size;
}

mc_text_t
ingest_otlp_subject_actor(const ingest_otlp_subject_t *self)
{
    mc_text_t actor = ingest_otlp_fact_text(&self->facts, OTLP_actor);
    if (actor.size == 0 && self->level == OTLP_RUN)
        actor = ingest_otlp_fact_text(&self->facts, OTLP_entity);
    if (actor.size == 0 && self->level == OTLP_RUN)
        actor = ingest_otlp_fact_text(&self->facts, OTLP_service);
    return actor;
}

static void
read_node(ingest_otlp_subject_t *self)
{
    const Otlp__Span *span = self->span;
    ingest_span_t *node = &self->node;
    memset(node, 0, sizeof *node);
    memcpy(node->trace, span->trace_id.data,
           span->trace_id.len < sizeof node->trace ? span->trace_id.len : sizeof node->trace);
    node->id = id_of(span->span_id);
    node->parent = id_of(span->parent_span_id);
    if (self->is_pending) { /* it stands for its parent, whose own parent it names */
        node->id = node->parent;
        node->parent = id_from_hex(ingest_otlp_fact_text(&self->facts, OTLP_pending_parent));
    }
    node->is_run = self->level == OTLP_RUN;
    node->is_agent = node->is_run && mc_text_is(self->action, "agent.run");
    keep_name(node->run, &node->run_size, ingest_otlp_fact_text(&self->facts, OTLP_run_id));
    keep_name(node->actor, &node->actor_size, ingest_otlp_subject_actor(self));
}

void
ingest_otlp_subject_read(ingest_otlp_subject_t *self)
{
    const Otlp__Resource *resource = self->resource->resource;
    self->facts = ingest_otlp_facts(self->ingest->otlp_names, ingest_batch_arena(self->batch),
                                    self->ingest->parser);
    self->facts.span_name = text_of(self->span->name);
    ingest_otlp_facts_add(&self->facts, self->span->attributes, self->span->n_attributes, false);
    if (resource)
        ingest_otlp_facts_add(&self->facts, resource->attributes, resource->n_attributes, true);
    self->action = ingest_otlp_action(&self->facts, &self->level);
    self->is_pending =
        mc_text_is(ingest_otlp_fact_text(&self->facts, OTLP_pending), "pending_span");
    read_node(self);
}
