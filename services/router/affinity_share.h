/*
 *  affinity_share - which provider keeps a response, known to all routers and over restarts
 *
 *  What is put here is told to the other routers and written to
 *  aop_stored_responses at once, and nobody waits for either; a start, and a gap in what others
 * tell, read the rows. While PostgreSQL is away the newest wait, and nothing else does.
 */
#ifndef ROUTER_AFFINITY_SHARE_H
#define ROUTER_AFFINITY_SHARE_H

#include "common/service.h"
#include "common/store.h"
#include "services/router/affinity.h"

typedef struct router_affinity_share router_affinity_share_t;

#define ROUTER_AFFINITY_WAITING_MAX 16384 /* not written yet; beyond, the oldest is dropped */

/* All are lent. */
router_affinity_share_t *router_affinity_share_new(mc_service_t *service, mc_store_t *store,
                                                   router_affinity_t *affinity);
/* Before the store, which may still answer. */
void router_affinity_share_close(router_affinity_share_t *self);
void router_affinity_share_destroy(router_affinity_share_t **address);

/* The provider has made, and keeps, the response. An id that could not stand in a path is not one
 * to ask for, and passed over. */
void router_affinity_share_put(router_affinity_share_t *self, mc_text_t response_id,
                               mc_text_t provider);
/* The provider has deleted it. */
void router_affinity_share_drop(router_affinity_share_t *self, mc_text_t response_id);

/* Writes what could not be written, reads what was missed; by the clock. */
void router_affinity_share_tick(router_affinity_share_t *self);

#endif
