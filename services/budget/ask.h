/*
 *  ask - one command under way, from its request to its answer
 *
 *  It lives in the arena of its request, which ends when it is answered or
 *  refused: exactly one of the two, and the last thing done with it.
 */
#ifndef BUDGET_ASK_H
#define BUDGET_ASK_H

#include "services/budget/budget.h"

typedef struct budget_ask budget_ask_t;
struct budget_ask {
    budget_t *budget;
    mc_bus_request_t *request;
    mc_arena_t *arena;
    const void *input; /* the record of the command's input shape; NULL for no input */
    void *plan;        /* of the handler, in the arena */
    budget_ask_t *next;
};

/* Begins. Refuses and returns NULL when the request has not exactly one record. */
budget_ask_t *budget_ask_new(budget_t *budget, mc_bus_request_t *request, mc_list_t records);

void budget_ask_answer(budget_ask_t *self, const mc_shape_t *shape, mc_list_t records);
void budget_ask_refuse(budget_ask_t *self, const mc_refusal_t *refusal);
void budget_ask_refuse_with(budget_ask_t *self, mc_error_code_t code, const char *field,
                            const char *format, ...) MC_PRINTF(4, 5);

/* What the store answered, as records in the arena: 0, or -1 when it refused and so did this. */
MC_CHECKED int budget_ask_read(budget_ask_t *self, const PGresult *result,
                               const mc_refusal_t *refusal, const mc_shape_t *shape,
                               mc_list_t *ret_records);

/* The same without records: 0, or -1 after refusing. */
MC_CHECKED int budget_ask_check(budget_ask_t *self, const mc_refusal_t *refusal);

/* Who asks: what the gateway put into requested_by. */
mc_text_t budget_ask_actor(const budget_ask_t *self, const mc_shape_t *shape);

/* As much of an id as a message has room for. */
mc_text_t budget_shown(mc_text_t id);

/* The text without secrets, in the arena. */
mc_text_t budget_ask_clean(const budget_ask_t *self, mc_text_t text);

#endif
