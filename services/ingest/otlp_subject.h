/*
 *  otlp_subject - one span read through the table of dialects
 *
 *  What it says by itself: action, level, facts, its node in the tree. Where it
 *  belongs is known only when all spans of its request were read.
 */
#ifndef INGEST_OTLP_SUBJECT_H
#define INGEST_OTLP_SUBJECT_H

#include "otlp/otlp.pb-c.h"
#include "services/ingest/ingest.h"
#include "services/ingest/otlp_names.h"
#include "services/ingest/otlp_tree.h"

typedef struct {
    ingest_t *ingest;
    ingest_batch_t *batch;
    const Otlp__ResourceSpans *resource;
    const Otlp__Scope *scope;
    const Otlp__Span *span;
    ingest_otlp_facts_t facts;
    ingest_span_t node;
    ingest_span_place_t place;
    mc_text_t action;
    ingest_otlp_level_t level;
    bool is_pending; /* sent at the start of the span it stands for */
} ingest_otlp_subject_t;

/* Reads ingest, batch, resource and span of the subject into the rest. */
void ingest_otlp_subject_read(ingest_otlp_subject_t *self);

/* What the span says of who acts, not looking at the spans around it. */
mc_text_t ingest_otlp_subject_actor(const ingest_otlp_subject_t *self);

/* Bytes as hex in the batch's arena. */
mc_text_t ingest_otlp_subject_hex(const ingest_otlp_subject_t *self, const uint8_t *bytes,
                                  size_t size);

#endif
