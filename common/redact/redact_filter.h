/*
 *  redact_filter - one pass over a text that finds every place worth a look
 *
 *  A vectorscan database of literals only: the heads of the shapes, parts of
 *  secret-like names, and the marks of URLs, key blocks and headers. Compiled at
 *  its first use: about 5 ms and 90 KiB.
 */
#ifndef MC_REDACT_FILTER_H
#define MC_REDACT_FILTER_H

#include "redact_rule.h"

/* What to look for at a hit; below MC_REDACT_SHAPES it is that shape. */
typedef enum {
    MC_REDACT_LOOK_NAME = MC_REDACT_SHAPES, /* part of a secret-like name */
    MC_REDACT_LOOK_URL,
    MC_REDACT_LOOK_BLOCK,
    MC_REDACT_LOOK_SCHEME, /* Bearer, Basic */
    MC_REDACT_LOOK_COMMAND,
    MC_REDACT_LOOK_PGPASS,
    MC_REDACT_LOOK_DSN, /* user:password@tcp(host) */
    MC_REDACT_LOOK_DISCORD,
    MC_REDACT_LOOK_IDENTIFIED,
    MC_REDACT_LOOK_ESCAPE, /* an escape that may hide a name in nested JSON */
    MC_REDACT_LOOKS,
} mc_redact_look_t;

typedef struct {
    uint32_t start;
    uint16_t size;
    uint16_t look;
} mc_redact_hit_t;

typedef struct {
    mc_redact_hit_t *items; /* by start */
    size_t count;
    size_t capacity;
} mc_redact_hits_t;

typedef struct mc_redact_filter mc_redact_filter_t;

/* extra names (NULL-terminated, lent) are looked for like the built-in ones. */
mc_redact_filter_t *mc_redact_filter_new(const char *const *extra_names);
void mc_redact_filter_destroy(mc_redact_filter_t **address);

/* Fills hits, from the first to the last. Text is below 4 GiB. Returns -1 when the database cannot
 * be compiled or run. */
MC_CHECKED int mc_redact_filter_scan(mc_redact_filter_t *self, mc_text_t text,
                                     mc_redact_hits_t *hits);

/* Bytes of the database; 0 before its first use. */
size_t mc_redact_filter_bytes(const mc_redact_filter_t *self);

void mc_redact_hits_clear(mc_redact_hits_t *hits);

/* Parts of names that the filter looks for, NULL-terminated; a test holds them against the rows. */
extern const char *const mc_redact_name_parts[];

#endif
