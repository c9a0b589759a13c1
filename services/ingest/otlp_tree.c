/*
 *  otlp_tree - which run a span belongs to, from the spans seen lately
 *
 *  A table with one place for each hash of trace and span; a new span takes the
 *  place of the old one. Losing one costs only a provisional run.
 */
#include "services/ingest/otlp_tree.h"

#include <stdlib.h>

struct ingest_span_tree {
    ingest_span_t places[INGEST_SPANS_MAX];
};

ingest_span_tree_t *
ingest_span_tree_new(void)
{
    ingest_span_tree_t *self = calloc(1, sizeof *self);
    assert(self);
    return self;
}

void
ingest_span_tree_destroy(ingest_span_tree_t **address)
{
    free(mc_take(address));
}

bool
ingest_span_id_is_zero(ingest_span_id_t id)
{
    static const ingest_span_id_t zero;
    return !memcmp(&id, &zero, sizeof id);
}

static size_t
place_of(const uint8_t *trace, ingest_span_id_t id)
{
    uint64_t head, tail;
    memcpy(&head, trace + 8, sizeof head);
    memcpy(&tail, id.bytes, sizeof tail);
    uint64_t mixed = head ^ tail;
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0x9E3779B97F4A7C15); /* also ids that only count up */
    return (size_t)(mixed >> 40) & (INGEST_SPANS_MAX - 1);
}

void
ingest_span_tree_add(ingest_span_tree_t *self, const ingest_span_t *span)
{
    self->places[place_of(span->trace, span->id)] = *span;
}

static const ingest_span_t *
find_span(const ingest_span_tree_t *self, const uint8_t *trace, ingest_span_id_t id)
{
    const ingest_span_t *place = &self->places[place_of(trace, id)];
    bool is_same =
        !memcmp(place->trace, trace, sizeof place->trace) && !memcmp(&place->id, &id, sizeof id);
    return is_same ? place : NULL;
}

/* The nearest run at or above id; the topmost span known where there is none. */
static ingest_span_id_t
find_run(const ingest_span_tree_t *self, const uint8_t *trace, ingest_span_id_t id,
         const ingest_span_t **ret_run)
{
    *ret_run = NULL;
    for (int depth = 0; depth < INGEST_SPAN_DEPTH_MAX; depth++) {
        const ingest_span_t *span = find_span(self, trace, id);
        if (span && span->is_run)
            *ret_run = span;
        if (!span || span->is_run || ingest_span_id_is_zero(span->parent))
            return id;
        id = span->parent;
    }
    return id;
}

/* Agents from the span up to the top; 0 when the chain breaks before it. */
static int
count_agents(const ingest_span_tree_t *self, const ingest_span_t *span)
{
    int agents = 0;
    for (int depth = 0; span && depth < INGEST_SPAN_DEPTH_MAX; depth++) {
        agents += span->is_agent;
        if (ingest_span_id_is_zero(span->parent))
            return agents;
        span = find_span(self, span->trace, span->parent);
    }
    return 0;
}

ingest_span_place_t
ingest_span_tree_place(const ingest_span_tree_t *self, const ingest_span_t *span)
{
    ingest_span_place_t place = {.is_top = ingest_span_id_is_zero(span->parent),
                                 .agents = count_agents(self, span)};
    const ingest_span_t *above = NULL;
    ingest_span_id_t above_id = span->parent;
    if (!place.is_top)
        above_id = find_run(self, span->trace, span->parent, &above);
    place.run_span = span->is_run || place.is_top ? span->id : above_id;
    place.run = span->is_run ? span : above;
    place.parent_span = above_id;
    place.parent = above;
    return place;
}
