/*
 *  door - who may come in, and how what is refused is said in the client's own dialect
 */
#ifndef ROUTER_DOOR_H
#define ROUTER_DOOR_H

#include "common/http_edge.h"
#include "services/router/dialect.h"
#include "services/router/identity.h"

/* The dialect that a request speaks, by its path; where that does not tell, by its headers. */
router_dialect_t router_door_dialect(const mc_http_request_t *request);

/* Clients know some errors by the words of their provider. */
const char *router_door_code(mc_error_code_t code);

/* Who calls by its key: fills in what the headers did not say, so that the identity is whole. */
void router_door_identity(void *state, mc_http_request_t *request, mc_arena_t *arena,
                          router_identity_t *identity);

/* A door with and without /v1 in front. */
#define ROUTER_DOORS(method, path, call, body_bytes_max, doc)                                      \
    {method, "/v1" path, MC_ROLE_agent, call, body_bytes_max, router_refuse, doc},                 \
    {                                                                                              \
        method, path, MC_ROLE_agent, call, body_bytes_max, router_refuse, doc                      \
    }

/* What an agent may still spend. */
#define ROUTER_BUDGET                                                                              \
    {                                                                                              \
        "GET", "/api/v1/budget", MC_ROLE_agent, router_on_budget, 0, router_refuse,                \
            "Budgets above the caller"                                                             \
    }

/* What nobody answers under /v1, in the words of the client's protocol. */
#define ROUTER_UNKNOWN(method)                                                                     \
    {                                                                                              \
        method, "/v1/*", MC_ROLE_NONE, router_on_unknown, ROUTER_BODY_BYTES_MAX, router_refuse,    \
            "Nothing: refused in the caller's dialect"                                             \
    }

/* Doors of model calls, and of what has no body. */
#define ROUTER_CALLS(path, doc)                                                                    \
    ROUTER_DOORS("POST", path, router_on_call, ROUTER_BODY_BYTES_MAX, doc)
#define ROUTER_READS(path, call, doc) ROUTER_DOORS("GET", path, call, 0, doc)
#define ROUTER_STORED(method, path, doc) ROUTER_DOORS(method, path, router_on_response, 65536, doc)

#endif
