/*
 *  otlp_names - the attributes of a span, looked up in the table of dialects
 *
 *  otlp_mapping.def as an index from attribute to the rows that use it. A set
 *  of attributes is read once, in any order; each fact keeps the row that is
 *  first in the table.
 */
#ifndef INGEST_OTLP_NAMES_H
#define INGEST_OTLP_NAMES_H

#include "common/json.h"
#include "otlp/otlp.pb-c.h"
#include "proto/arena.h"
#include "services/ingest/otlp_mapping.def"

#define OTLP_FACT_MEMBER(name) OTLP_##name,
typedef enum { OTLP_FACT_NAMES(OTLP_FACT_MEMBER) OTLP_FACT_COUNT } ingest_otlp_fact_t;

typedef enum { OTLP_STEP, OTLP_MODEL, OTLP_SILENT, OTLP_RUN } ingest_otlp_level_t;

typedef struct ingest_otlp_names ingest_otlp_names_t;

/* What is known of one span, log record or data point. All lent from the message. */
typedef struct {
    const Otlp__AnyValue *values[OTLP_FACT_COUNT]; /* NULL: not said */
    uint16_t rows[OTLP_FACT_COUNT];                /* of the table, for members of JSON texts */
    uint16_t kind_row;
    mc_text_t kind_value; /* of the attribute that names the kind */
    mc_text_t span_name;
    mc_arena_t *arena;
    mc_json_parser_t *parser;
    const ingest_otlp_names_t *names;
} ingest_otlp_facts_t;

ingest_otlp_names_t *ingest_otlp_names_new(void);
void ingest_otlp_names_destroy(ingest_otlp_names_t **address);

/* An empty set of facts. */
ingest_otlp_facts_t ingest_otlp_facts(const ingest_otlp_names_t *names, mc_arena_t *arena,
                                      mc_json_parser_t *parser);
/* Adds attributes, of the resource or of the span itself. */
void ingest_otlp_facts_add(ingest_otlp_facts_t *self, Otlp__KeyValue **attributes, size_t count,
                           bool is_resource);

/* The fact as text, empty when not said; numbers are printed. */
mc_text_t ingest_otlp_fact_text(const ingest_otlp_facts_t *self, ingest_otlp_fact_t fact);
/* The fact as a number, also from text; false when it is not said or is none. */
bool ingest_otlp_fact_number(const ingest_otlp_facts_t *self, ingest_otlp_fact_t fact,
                             double *ret_number);

/* The action and level that the kind attributes give; "span" and STEP where none does. */
mc_text_t ingest_otlp_action(const ingest_otlp_facts_t *self, ingest_otlp_level_t *ret_level);

/* The provider's name as the conventions have it; "other:x" for one that they lack. */
mc_text_t ingest_otlp_provider(const ingest_otlp_facts_t *self);

#endif
