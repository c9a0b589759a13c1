/*
 *  query_roots - questions about roots and what their runs have in common
 */
#ifndef GATEWAY_QUERY_ROOTS_H
#define GATEWAY_QUERY_ROOTS_H

#include "common/cursor.h"
#include "question.h"

typedef struct {
    mc_text_t search;          /* in the id or the objective; empty: all */
    const mc_cursor_t *cursor; /* NULL for the first page */
    int64_t limit;
} gateway_roots_query_t;

/* Root summaries, most recently active first. */
void gateway_query_roots(gateway_question_t *question, const gateway_roots_query_t *query);

/* Rows of (name of the facet, value, count), most frequent first; of one root, or of all where the
 * id is empty. */
void gateway_query_facets(gateway_question_t *question, mc_text_t root_task_id);

#endif
