/*
 *  ask - one HTTP request that is being answered
 *
 *  Lives from the route to the last callback, also when the client goes away
 *  meanwhile: then the answer is dropped. Every chain of callbacks ends in
 *  exactly one of the functions that take the ask.
 */
#ifndef GATEWAY_ASK_H
#define GATEWAY_ASK_H

#include "common/cursor.h"
#include "gateway.h"

/* How a result is written. */
typedef enum {
    GATEWAY_BARE,   /* the record or the list itself, as commands answer */
    GATEWAY_PAGE,   /* {"items": [...], "nextCursor": ...} */
    GATEWAY_SINGLE, /* the first record of the list; none is not_found */
} gateway_form_t;

/* The fields of a row that make its cursor; order is NULL where there are no pages. */
typedef struct {
    const char *order;
    const char *id;
} gateway_paging_t;

typedef struct {
    gateway_t *gateway;
    mc_http_request_t *request; /* NULL once the client has gone */
    mc_arena_t *arena;          /* lives as long as the ask */
    int64_t started_us;

    const mc_command_t *command; /* NULL for a read that is no command */
    void *input;                 /* of the command's input shape */
    int64_t limit;               /* rows in a page */
    gateway_form_t form;
    gateway_paging_t paging;
    mc_cursor_t cursor; /* where the page before ended */
    bool has_cursor;
    bool has_next; /* the page ends early; next says where */
    mc_cursor_t next;
    void *detail; /* of the handler, in the arena */
} gateway_ask_t;

/* Begins; the request is taken. */
gateway_ask_t *gateway_ask_new(gateway_t *gateway, mc_http_request_t *request);

/* Reads the result of the store; on failure the ask is taken and refused. */
MC_CHECKED int gateway_ask_read(gateway_ask_t *self, const PGresult *result,
                                const mc_refusal_t *refusal, const mc_shape_t *shape,
                                mc_list_t *ret_records);

/* Each of these takes the ask and answers. The buffer's memory is taken too. */
void gateway_ask_records(gateway_ask_t *self, const mc_shape_t *shape, mc_list_t records);
void gateway_ask_json(gateway_ask_t *self, int status, mc_buffer_t *content);
void gateway_ask_empty(gateway_ask_t *self, int status);
void gateway_ask_refuse(gateway_ask_t *self, const mc_refusal_t *refusal);
void gateway_ask_refuse_with(gateway_ask_t *self, mc_error_code_t code, const char *format, ...)
    MC_PRINTF(3, 4);
/* With the reason that mc_error has, which is logged. */
void gateway_ask_fail(gateway_ask_t *self);

#endif
