/*
 *  affinity - which provider holds a response that was stored there
 *
 *  A thread of the Responses API lives in one account: what follows on a
 *  response goes where that was made. Bounded: the oldest is forgotten first, and
 *  each after its time.
 */
#ifndef ROUTER_AFFINITY_H
#define ROUTER_AFFINITY_H

#include "proto/base.h"

typedef struct router_affinity router_affinity_t;

#define ROUTER_AFFINITY_MAX 65536
#define ROUTER_AFFINITY_US INT64_C(2592000000000) /* 30 days, as long as OpenAI keeps them */

router_affinity_t *router_affinity_new(void);
void router_affinity_destroy(router_affinity_t **address);

/* Copies both. */
void router_affinity_put(router_affinity_t *self, mc_text_t response_id, mc_text_t provider,
                         int64_t now_us);
void router_affinity_drop(router_affinity_t *self, mc_text_t response_id);

/* The provider, lent until the next change; empty when it is not known. */
mc_text_t router_affinity_find(const router_affinity_t *self, mc_text_t response_id,
                               int64_t now_us);

#endif
