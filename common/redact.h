/*
 *  redact - the one sanitiser: secrets out, the shape of the JSON kept
 *
 *  Values under secret-like keys, and secret-like values anywhere, become
 *  [REDACTED:<rule>]. One vectorscan pass as a filter, then exact checks. What
 *  cannot be read, or is over a bound, is dropped whole, never passed.
 */
#ifndef MC_COMMON_REDACT_H
#define MC_COMMON_REDACT_H

#include "proto/buffer.h"
#include "proto/base.h"

typedef struct mc_redact mc_redact_t;

/* What was done to one text or document. */
typedef struct {
    size_t masked;   /* values replaced */
    size_t cut;      /* strings cut at the limit, original length noted */
    bool is_dropped; /* over a bound or unreadable: the output is a note in its place */
} mc_redact_report_t;

#define MC_REDACT_STRING_BYTES_MAX 65536 /* longer strings are cut, the length noted */

/* Compiles the rules, with those of the file (NULL or "" for none) added. NULL on failure. */
mc_redact_t *mc_redact_new(const char *rules_file);
void mc_redact_destroy(mc_redact_t **address);

/* Plain text. When nothing is masked, *ret_out is the input itself and out is untouched. */
void mc_redact_text(mc_redact_t *self, mc_text_t text, mc_buffer_t *out, mc_text_t *ret_out,
                    mc_redact_report_t *report);

/* A JSON document; the output is compact JSON of the same shape. */
void mc_redact_json(mc_redact_t *self, mc_text_t json, mc_buffer_t *out, mc_text_t *ret_out,
                    mc_redact_report_t *report);

/* Rules in force and how often each has masked, for metrics and listings. */
size_t mc_redact_rule_count(const mc_redact_t *self);
const char *mc_redact_rule_name(const mc_redact_t *self, size_t index);
uint64_t mc_redact_rule_hits(const mc_redact_t *self, size_t index);

#endif
