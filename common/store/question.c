/*
 *  question - what is asked of the database, kept until it is answered
 *
 *  One block of memory: the struct, the pointers, then the texts.
 */
#include "link.h"

#include <stdlib.h>

/* Copies the text to *at, which moves behind it. */
static const char *
put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

static size_t
texts_size(const char *sql, const mc_store_params_t *params)
{
    size_t size = sql ? strlen(sql) + 1 : 0;
    for (size_t i = 0; params && i < params->count; i++)
        size += params->values[i] ? strlen(params->values[i]) + 1 : 0;
    return size;
}

mc_question_t *
mc_question_new(mc_question_kind_t kind, const char *sql, const mc_store_params_t *params,
                mc_store_answer_fn *answer, void *arg)
{
    size_t count = params ? params->count : 0;
    size_t pointers = count * sizeof(const char *);
    const char *copied = kind == MC_QUESTION_PREPARED ? NULL : sql;
    mc_question_t *self = malloc(sizeof *self + pointers + texts_size(copied, params));
    if (!self)
        mc_fatal("out of memory");
    *self = (mc_question_t){.kind = kind, .sql = sql, .answer = answer, .arg = arg, .count = count};
    char *at = (char *)self + sizeof *self + pointers;
    for (size_t i = 0; i < count; i++)
        self->values[i] = params->values[i] ? put(&at, params->values[i]) : NULL;
    if (copied)
        self->sql = put(&at, copied);
    return self;
}

void
mc_question_destroy(mc_question_t **address)
{
    mc_question_t *self = mc_take(address);
    if (!self)
        return;
    free(self->refusal);
    free(self);
}

void
mc_question_answer(mc_question_t **address, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_question_t *self = mc_take(address);
    self->answer(self->arg, refusal ? NULL : result, refusal);
    mc_question_destroy(&self);
}
