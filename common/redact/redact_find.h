/*
 *  redact_find - where the secrets of one text lie
 *
 *  The filter says where to look; here each look decides. Every byte looked at
 *  is counted, so that no text can make the work grow faster than its size.
 */
#ifndef MC_REDACT_FIND_H
#define MC_REDACT_FIND_H

#include "redact_custom.h"
#include "redact_filter.h"
#include "redact_name.h"

typedef struct {
    size_t start;
    size_t end;
    uint16_t rule;
} mc_redact_span_t;

typedef struct {
    mc_redact_span_t *items; /* by start, not touching, after mc_redact_find */
    size_t count;
    size_t capacity;
} mc_redact_spans_t;

typedef struct {
    mc_text_t text;
    mc_redact_spans_t *spans;
    const mc_redact_custom_t *custom;
    size_t work_left; /* bytes that may still be looked at; 0: give up */
    size_t name_end;  /* of the name looked at last */
} mc_redact_find_t;

/* Looks at hits, whose starts count from base, and fills spans. */
void mc_redact_find(mc_redact_find_t *self, const mc_redact_hit_t *hits, size_t count, size_t base);

/* Counts size bytes of work; false when there is none left. */
bool mc_redact_spend(mc_redact_find_t *self, size_t size);

/* Adds what an allow-list does not let pass. */
void mc_redact_add(mc_redact_find_t *self, size_t start, size_t end, mc_redact_rule_t rule);

/* Sorts, and joins what overlaps; the rule of a shape wins over that of a place. */
void mc_redact_spans_settle(mc_redact_spans_t *self);
void mc_redact_spans_clear(mc_redact_spans_t *self);

/* The looks; at is where the hit starts, size its length. */
void mc_redact_find_shape(mc_redact_find_t *self, size_t shape, size_t at);
void mc_redact_find_assigned(mc_redact_find_t *self, size_t at, size_t size);
void mc_redact_find_url(mc_redact_find_t *self, size_t at, size_t size);
void mc_redact_find_dsn(mc_redact_find_t *self, size_t at);
void mc_redact_find_block(mc_redact_find_t *self, size_t at);
void mc_redact_find_scheme(mc_redact_find_t *self, size_t at, size_t size);
void mc_redact_find_command(mc_redact_find_t *self, size_t at, size_t size);
void mc_redact_find_pgpass(mc_redact_find_t *self, size_t at, size_t size);
void mc_redact_find_discord(mc_redact_find_t *self, size_t at);
void mc_redact_find_identified(mc_redact_find_t *self, size_t at, size_t size);

#endif
