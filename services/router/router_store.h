/*
 *  router_store - every question that the router asks of PostgreSQL
 *
 *  None of them is asked while a call waits.
 */
#ifndef ROUTER_STORE_H
#define ROUTER_STORE_H

#include "common/store.h"

/* Rows of aop_providers in the order of the registry: columns of provider_order, then updated_at.
 */
void router_store_list_providers(mc_store_t *store, mc_store_answer_fn *answer, void *arg);

/* Who did it, for the audit log. */
typedef struct {
    mc_text_t actor;
    mc_text_t details; /* JSON */
    mc_arena_t *arena;
} router_deed_t;

/* Adds or changes a provider, with its row of the audit log. */
void router_store_put_provider(mc_store_t *store, const mc_provider_order_t *order,
                               const router_deed_t *deed, mc_store_answer_fn *answer, void *arg);
/* Removes it: one row, or none when it was not there. */
void router_store_remove_provider(mc_store_t *store, mc_text_t name, const router_deed_t *deed,
                                  mc_store_answer_fn *answer, void *arg);

/* All rows of aop_model_health: columns of model_health, then cost_calls. */
void router_store_list_health(mc_store_t *store, mc_store_answer_fn *answer, void *arg);

/* Writes rows; one that the store has with more calls stays as it is. */
typedef struct {
    const mc_model_health_t *rows;
    const int64_t *cost_calls;
    size_t count;
    mc_arena_t *arena;
} router_health_rows_t;
void router_store_write_health(mc_store_t *store, const router_health_rows_t *rows,
                               mc_store_answer_fn *answer, void *arg);

/* Which provider keeps which response, the newest first, at most max: response_id, provider,
 * made_at. */
void router_store_list_responses(mc_store_t *store, int64_t max, mc_store_answer_fn *answer,
                                 void *arg);
/* Writes them in their order; one without a provider is deleted. */
typedef struct {
    const mc_stored_response_t *rows;
    size_t count;
    mc_arena_t *arena;
} router_response_rows_t;
void router_store_write_responses(mc_store_t *store, const router_response_rows_t *rows,
                                  mc_store_answer_fn *answer, void *arg);
/* Deletes those that were made before. */
void router_store_forget_responses(mc_store_t *store, int64_t before_us, mc_store_answer_fn *answer,
                                   void *arg);

/* Which models served a run, and whether there is such a run: rows of is_known, provider, model_id;
 * the last two NULL where there were none. The audit row is written when there is one. */
void router_store_rate_run(mc_store_t *store, mc_text_t run_id, const router_deed_t *deed,
                           mc_store_answer_fn *answer, void *arg);

#endif
