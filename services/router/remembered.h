/*
 *  remembered - a decision that somebody may ask for later
 *
 *  Most are never asked for. So each is kept as it lies in memory, in a block that
 *  the next one uses again, and becomes a record when it is read. As it points into
 *  the registry that it was made from, it holds that, until it is settled.
 */
#ifndef ROUTER_REMEMBERED_H
#define ROUTER_REMEMBERED_H

#include "services/router/decision.h"

typedef struct {
    char id[37];                       /* empty: none */
    const router_registry_t *registry; /* NULL: it is a packed record */
    mc_buffer_t bytes;
} router_remembered_t;

/* In the place of what was there. */
void router_remembered_keep(router_remembered_t *self, const router_registry_t *registry,
                            const router_decision_t *decision, const router_need_t *need);
void router_remembered_clear(router_remembered_t *self);

/* The decision as a record, which the arena lends; false when there is none. */
bool router_remembered_read(const router_remembered_t *self, mc_arena_t *arena,
                            mc_route_decision_t *ret_record);

/* Lets the registry go. */
void router_remembered_settle(router_remembered_t *self);

#endif
