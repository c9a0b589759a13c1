/*
 *  redact - the one sanitiser: secrets out, the shape of the JSON kept
 *
 *  Values under secret-like names, and secret-like values anywhere, become
 *  [REDACTED:<rule>]. One vectorscan pass as a filter, then exact checks where
 *  it hit. What cannot be read, or is over a bound, is dropped whole, never
 *  passed: its place is taken by [REDACTED:unreadable], too_deep, too_large or
 *  too_slow. What was redacted once is not changed by redacting it again.
 *
 *  The rules are data: redact/redact_rules.def and redact/redact_names.def; the
 *  file of people's own is described in redact/redact_custom.h. Not for use by
 *  two threads at once.
 */
#ifndef MC_COMMON_REDACT_H
#define MC_COMMON_REDACT_H

#include "common/redact/redact_places.h"
#include "proto/base.h"
#include "proto/buffer.h"

typedef struct mc_redact mc_redact_t;

/* What was done to one text or document. */
typedef struct {
    size_t masked;   /* values replaced */
    size_t cut;      /* strings cut at the limit, original length noted */
    bool is_dropped; /* over a bound or unreadable: the output is a mark in its place */
} mc_redact_report_t;

#define MC_REDACT_STRING_BYTES_MAX 65536      /* longer strings are cut, the length noted */
#define MC_REDACT_BYTES_MAX ((size_t)8 << 20) /* of a text or document; more is dropped */
#define MC_REDACT_NESTING_MAX 3               /* documents in strings of documents */

/* Reads the rules of the file (NULL or "" for none). The built-in ones are compiled at the first
 * text, which takes 5 ms and 90 KiB. NULL on failure. */
mc_redact_t *mc_redact_new(const char *rules_file);
void mc_redact_destroy(mc_redact_t **address);

/* Plain text, or text that is JSON. When nothing is changed, *ret_out is the input itself and out
 * is untouched; else it is what was appended to out. report may be NULL. */
void mc_redact_text(mc_redact_t *self, mc_text_t text, mc_buffer_t *out, mc_text_t *ret_out,
                    mc_redact_report_t *report);

/* A JSON document. When nothing is changed, *ret_out is the input itself; else compact JSON of the
 * same shape, appended to out. report may be NULL. */
void mc_redact_json(mc_redact_t *self, mc_text_t json, mc_buffer_t *out, mc_text_t *ret_out,
                    mc_redact_report_t *report);

/* From now on each call fills places, which are lent until it is called with others or NULL. */
void mc_redact_collect(mc_redact_t *self, mc_redact_places_t *places);

/* Gives back memory that a large document took. */
void mc_redact_trim(mc_redact_t *self);

/* Rules in force and how often each has masked, for metrics and listings. */
size_t mc_redact_rule_count(const mc_redact_t *self);
const char *mc_redact_rule_name(const mc_redact_t *self, size_t index);
uint64_t mc_redact_rule_hits(const mc_redact_t *self, size_t index);

#endif
