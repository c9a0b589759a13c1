/*
 *  redact_engine - what the parts of the redactor share
 *
 *  A document may hold strings that are documents; each level of that has its
 *  own parser and buffers.
 */
#ifndef MC_REDACT_ENGINE_H
#define MC_REDACT_ENGINE_H

#include "common/json.h"
#include "common/redact.h"
#include "redact_find.h"
#include "redact_places.h"

typedef struct {
    mc_json_parser_t *parser;
    mc_redact_hits_t hits;
    mc_redact_spans_t spans;
    mc_buffer_t composed; /* one string with its marks */
    mc_buffer_t inner;    /* the document in a string, redacted */
} mc_redact_level_t;

struct mc_redact {
    mc_redact_custom_t *custom;
    mc_redact_filter_t *filter;
    uint64_t *counts; /* by rule */
    mc_redact_level_t levels[MC_REDACT_NESTING_MAX + 1];
    mc_redact_report_t *report; /* of the call under way */
    mc_redact_places_t *places; /* lent, or NULL */
    size_t work_left;
};

typedef enum {
    MC_REDACT_SAME,
    MC_REDACT_CHANGED,
    MC_REDACT_NOT_JSON,
    MC_REDACT_GIVE_UP, /* too much work, or the filter failed */
    MC_REDACT_DEEP,    /* nested deeper than the parser reads */
} mc_redact_outcome_t;

/* Appends the document to out where it must change; with NULL only says whether it must. */
mc_redact_outcome_t mc_redact_document(mc_redact_t *self, size_t level, mc_text_t json,
                                       mc_buffer_t *out);

/* Finds the secrets of a text from its hits into the spans of the level. */
bool mc_redact_find_in(mc_redact_t *self, size_t level, mc_text_t text, const mc_redact_hit_t *hits,
                       size_t count, size_t base);

/* Writes the text with marks in place of the spans, cut at the limit. */
void mc_redact_compose(mc_redact_t *self, mc_text_t text, const mc_redact_spans_t *spans,
                       mc_buffer_t *out);

/* Writes one mark in the place of the secret, counts it and notes where it was. */
void mc_redact_write_mark(mc_redact_t *self, size_t rule, mc_text_t secret, mc_buffer_t *out);

/* May the text be a JSON document? Looks at its ends only. */
bool mc_redact_looks_like_json(mc_text_t text);

#endif
