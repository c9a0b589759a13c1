/*
 *  ask - one command under way, from its request to its answer
 *
 *  It lives in the arena of its request, which ends when it is answered or
 *  refused: exactly one of the two, and the last thing done with it.
 */
#ifndef CONTROL_ASK_H
#define CONTROL_ASK_H

#include "services/control/control.h"

typedef struct control_ask control_ask_t;
struct control_ask {
    control_t *control;
    mc_bus_request_t *request;
    mc_arena_t *arena;
    const void *input; /* the record of the command's input shape; NULL for no input */
    void *plan;        /* of the handler, in the arena */
    control_ask_t *next;
};

/* Begins. Refuses and returns NULL when the request has not exactly one record. */
control_ask_t *control_ask_new(control_t *control, mc_bus_request_t *request, mc_list_t records);

void control_ask_answer(control_ask_t *self, const mc_shape_t *shape, mc_list_t records);
void control_ask_refuse(control_ask_t *self, const mc_refusal_t *refusal);
void control_ask_refuse_with(control_ask_t *self, mc_error_code_t code, const char *field,
                             const char *format, ...) MC_PRINTF(4, 5);

/* What the store answered, as records in the arena: 0, or -1 when it refused and so did this. */
MC_CHECKED int control_ask_read(control_ask_t *self, const PGresult *result,
                                const mc_refusal_t *refusal, const mc_shape_t *shape,
                                mc_list_t *ret_records);

/* The same without records: 0, or -1 after refusing. */
MC_CHECKED int control_ask_check(control_ask_t *self, const mc_refusal_t *refusal);

/* Who asks: what the gateway put into requested_by. */
mc_text_t control_ask_actor(const control_ask_t *self, const mc_shape_t *shape);

/* As much of an id as a message has room for. */
mc_text_t control_shown(mc_text_t id);

/* The text without secrets, in the arena. */
mc_text_t control_ask_clean(const control_ask_t *self, mc_text_t text);

#endif
