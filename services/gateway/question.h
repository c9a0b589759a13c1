/*
 *  question - SQL with only the conditions that were asked for, always bound
 *
 *  A condition is a fragment in which ? stands for its one parameter. Texts
 *  that come out equal share one address, so that the store prepares each
 *  combination of conditions once on a connection.
 */
#ifndef GATEWAY_QUESTION_H
#define GATEWAY_QUESTION_H

#include "gateway.h"

/* Texts that stay, up to GATEWAY_STATEMENTS_MAX of them. */
#define GATEWAY_STATEMENTS_MAX 256
gateway_statements_t *gateway_statements_new(void);
void gateway_statements_destroy(gateway_statements_t **address);
/* The one copy of this text, or NULL when it is new and the table is full. */
const char *gateway_statements_intern(gateway_statements_t *self, mc_text_t sql);

typedef enum {
    GATEWAY_FILTER_EQUALS,   /* the value itself */
    GATEWAY_FILTER_WORDS,    /* words with commas between them; spaces do not count */
    GATEWAY_FILTER_CONTAINS, /* a pattern for ILIKE, its wildcards escaped */
} gateway_filter_manner_t;

typedef struct {
    size_t field; /* MC_INDEX_... in the input shape */
    const char *condition;
    gateway_filter_manner_t manner;
} gateway_filter_t;

typedef struct {
    mc_buffer_t sql;
    mc_store_params_t params;
    mc_arena_t *arena;
} gateway_question_t;

/* Empty; values are copied to the arena. */
void gateway_question_init(gateway_question_t *self, mc_arena_t *arena);

/* Text without a parameter. */
void gateway_question_add(gateway_question_t *self, const char *sql);
/* A fragment with one parameter: every ? in it is that one. */
void gateway_question_i64(gateway_question_t *self, const char *sql, int64_t value);
void gateway_question_text(gateway_question_t *self, const char *sql, mc_text_t value);
void gateway_question_texts(gateway_question_t *self, const char *sql, const mc_text_t *values,
                            size_t count);
void gateway_question_i64s(gateway_question_t *self, const char *sql, const int64_t *values,
                           size_t count);
void gateway_question_time(gateway_question_t *self, const char *sql, int64_t time_us);

/* " AND condition" for each filter whose field the record has. */
void gateway_question_filter(gateway_question_t *self, const mc_shape_t *shape, const void *record,
                             const gateway_filter_t *filters, size_t count);

/* The public columns of a shape, each with the prefix; skip may be NULL. */
void gateway_question_columns(gateway_question_t *self, const mc_shape_t *shape, const char *prefix,
                              const char *skip);

/* Asks the store and clears the question. */
void gateway_question_ask(gateway_question_t *self, gateway_t *gateway, mc_store_answer_fn *answer,
                          void *arg);

/* The pattern that ILIKE takes for "contains this". */
mc_text_t gateway_like_pattern(mc_text_t text, mc_arena_t *arena);

#endif
