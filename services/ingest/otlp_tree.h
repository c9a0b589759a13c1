/*
 *  otlp_tree - which run a span belongs to, from the spans seen lately
 *
 *  Children arrive before the span that they are nested in. What is known here
 *  of a parent names the run at once; where the chain ends at a span not seen
 *  yet, the run is named after that span for now, and the writer joins it to
 *  the right one when that span arrives.
 */
#ifndef INGEST_OTLP_TREE_H
#define INGEST_OTLP_TREE_H

#include "proto/base.h"

#define INGEST_SPANS_MAX 16384 /* that are remembered, 3 MiB; a power of two */
#define INGEST_SPAN_DEPTH_MAX 48
#define INGEST_SPAN_NAME_MAX 64 /* bytes of a run's name or actor that are remembered */

typedef struct ingest_span_tree ingest_span_tree_t;

typedef struct {
    uint8_t bytes[8];
} ingest_span_id_t;

typedef struct {
    uint8_t trace[16];
    ingest_span_id_t id;
    ingest_span_id_t parent; /* zero: none */
    bool is_run;             /* an agent or workflow: a run of its own */
    bool is_agent;           /* counts as a tier */
    uint8_t run_size;
    uint8_t actor_size;
    char run[INGEST_SPAN_NAME_MAX];   /* of a run: its name where it is not its span's id */
    char actor[INGEST_SPAN_NAME_MAX]; /* of a run */
} ingest_span_t;

/* Where a span belongs. */
typedef struct {
    ingest_span_id_t run_span;    /* the span that its run is named after */
    const ingest_span_t *run;     /* that span where it is known as a run, else NULL */
    ingest_span_id_t parent_span; /* of a run: the run above it; zero where none */
    const ingest_span_t *parent;  /* that span where it is known as a run, else NULL */
    bool is_top;                  /* nothing is above the span */
    int agents;                   /* agents from the top to here; 0 when the top is not known */
} ingest_span_place_t;

ingest_span_tree_t *ingest_span_tree_new(void);
void ingest_span_tree_destroy(ingest_span_tree_t **address);

/* Remembers a span. */
void ingest_span_tree_add(ingest_span_tree_t *self, const ingest_span_t *span);

/* The place of a span, after every span that came with it was added; lent until the next add. */
ingest_span_place_t ingest_span_tree_place(const ingest_span_tree_t *self,
                                           const ingest_span_t *span);

bool ingest_span_id_is_zero(ingest_span_id_t id);

#endif
