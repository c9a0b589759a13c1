/*
 *  body - small JSON bodies that are no record of the tables
 */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H

#include "gateway.h"

/* A text that the body must have, or may have: then absent and null are the same. */
typedef struct {
    const char *name;
    size_t bytes_min;
    size_t bytes_max;
    bool is_optional;
    mc_text_t value; /* what came, in the arena */
} gateway_body_field_t;

/* Reads the body of the request as an object with these texts. Returns 0, or MC_REFUSED naming the
 * field; the value is never part of the message. */
MC_CHECKED int gateway_body_read(gateway_t *gateway, const mc_http_request_t *request,
                                 mc_arena_t *arena, gateway_body_field_t *fields, size_t count,
                                 mc_refusal_t *refusal);

#endif
