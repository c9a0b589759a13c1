/*
 *  ask - one command on the bus under way, from its request to its answer
 *
 *  It lives in the arena of its request, which ends when it is answered or
 *  refused: exactly one of the two, and the last thing done with it.
 */
#ifndef MC_COMMON_ASK_H
#define MC_COMMON_ASK_H

#include "common/bus.h"
#include "common/redact.h"
#include "common/store.h"

/* What all commands of a service share; lives as long as its state. */
typedef struct {
    void *state; /* of the service */
    mc_bus_t *bus;
    mc_redact_t *redact; /* for mc_ask_clean */
    void (*asked)(void *state);
    void (*refused)(void *state);
    /* The store refused for a reason of ours: to be logged. sql_state may be empty. */
    void (*store_failed)(void *state, const char *sql_state, const char *reason);
} mc_ask_desk_t;

typedef struct mc_ask mc_ask_t;
struct mc_ask {
    const mc_ask_desk_t *desk;
    mc_bus_request_t *request;
    mc_arena_t *arena;
    const void *input; /* the record of the command's input shape; NULL after mc_ask_begin */
    void *plan;        /* of the handler, in the arena */
    int64_t began_us;  /* steady */
    mc_ask_t *next;
};

/* Begins. Refuses and returns NULL when the request has not exactly one record. */
mc_ask_t *mc_ask_new(const mc_ask_desk_t *desk, mc_bus_request_t *request, mc_list_t records);

/* The same for a request with any number of records, which the caller reads itself. */
mc_ask_t *mc_ask_begin(const mc_ask_desk_t *desk, mc_bus_request_t *request);

void mc_ask_answer(mc_ask_t *self, const mc_shape_t *shape, mc_list_t records);
void mc_ask_refuse(mc_ask_t *self, const mc_refusal_t *refusal);
void mc_ask_refuse_with(mc_ask_t *self, mc_error_code_t code, const char *field, const char *format,
                        ...) MC_PRINTF(4, 5);

/* What the store answered, as records in the arena: 0, or -1 when it refused and so did this. */
MC_CHECKED int mc_ask_read(mc_ask_t *self, const PGresult *result, const mc_refusal_t *refusal,
                           const mc_shape_t *shape, mc_list_t *ret_records);

/* The same without records: 0, or -1 after refusing. */
MC_CHECKED int mc_ask_check(mc_ask_t *self, const mc_refusal_t *refusal);

/* Who asks: what the gateway put into requested_by. */
mc_text_t mc_ask_actor(const mc_ask_t *self, const mc_shape_t *shape);

/* The text without secrets, in the arena. */
mc_text_t mc_ask_clean(const mc_ask_t *self, mc_text_t text);

/* As much of an id as a message has room for. */
mc_text_t mc_ask_shown(mc_text_t id);

#endif
