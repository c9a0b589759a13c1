/*
 *  auth - who calls: an API key, a login, or the command line on this host
 *
 *      Authorization: Bearer mck_...     an API key
 *      x-mc-local: <token>               who can read local-token, from loopback only: admin
 *      Cookie: mc_session=<token>        a login; what changes something needs x-mc-csrf too
 */
#ifndef GATEWAY_AUTH_H
#define GATEWAY_AUTH_H

#include "gateway.h"
#include "sessions.h"

#define GATEWAY_COOKIE "mc_session"

/* Lent until the next callback. */
typedef struct {
    mc_role_t role; /* MC_ROLE_NONE: nobody */
    mc_text_t name;
    const gateway_session_t *session; /* of a login, else NULL */
    const mc_api_key_t *key;          /* of an API key, else NULL */
} gateway_caller_t;

/* Reads the credentials that came. None at all is nobody; wrong ones are refused. */
MC_CHECKED int gateway_identify(gateway_t *gateway, mc_http_request_t *request,
                                gateway_caller_t *ret_caller, mc_refusal_t *refusal);

/* The edge's callback; see common/http_edge.h. */
int gateway_authorize(void *state, mc_http_request_t *request, mc_role_t least,
                      mc_refusal_t *refusal);

#endif
