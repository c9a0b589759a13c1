/*
 *  catalog - the registry while the router runs: its file, its rows, and who asks of it
 *
 *  Reads aop_models.json again when it changes, the rows of aop_providers when
 *  another router changed them, and puts each new snapshot in force; keeps
 *  aop_model_health; answers the commands on providers, models and decisions.
 *  Everything works while PostgreSQL is away, but for changes of providers.
 *
 *  The service's state holds it (router_catalog_of); main.c lists the handlers
 *  and timers.
 */
#ifndef ROUTER_CATALOG_H
#define ROUTER_CATALOG_H

#include "common/http_client.h"
#include "common/redact.h"
#include "common/service.h"
#include "common/store.h"
#include "services/router/routing.h"
#include "services/router/secrets.h"

typedef struct router_catalog router_catalog_t;

#define ROUTER_CATALOG_LOOK_MS 1000 /* between two looks at the file, and two writes of health */
#define ROUTER_OUTCOMES_TICK_MS 200 /* between two messages to other routers */
#define ROUTER_RECENT_DECISIONS 256 /* that are remembered */

typedef struct {
    mc_service_t *service;
    mc_store_t *store;
    mc_http_client_t *client;
    mc_redact_t *redact;
    router_routing_t *routing;
    router_secrets_t *secrets; /* each provider's secret is wanted of it */
} router_catalog_parts_t;

/* All parts are lent. A registry is in force when it returns: of the file, else of the product. */
router_catalog_t *router_catalog_new(const router_catalog_parts_t *parts);
/* Before the store, which may still answer. */
void router_catalog_close(router_catalog_t *self);
void router_catalog_destroy(router_catalog_t **address);

/* The catalog of a service's state: made by router.c. */
router_catalog_t *router_catalog_of(void *state);

/* What router_secrets tells when a secret became usable, was replaced or is gone. */
void router_catalog_secret_changed(router_catalog_t *self, mc_text_t name);

/* Remembers a decision that was made from the registry, also one that found nothing, for those who
 * ask by its id. */
void router_catalog_remember(router_catalog_t *self, const router_registry_t *registry,
                             const router_decision_t *decision, const router_need_t *need);

/* The commands. */
mc_bus_request_fn router_on_get_registry, router_on_reload_models, router_on_list_models;
mc_bus_request_fn router_on_list_providers, router_on_put_provider, router_on_remove_provider;
mc_bus_request_fn router_on_test_provider;
mc_bus_request_fn router_on_explain, router_on_get_decision, router_on_list_decisions;
mc_bus_request_fn router_on_rate_run;

/* The same, for the table of the service. */
#define ROUTER_CATALOG_HANDLERS                                                                    \
    {MC_COMMAND_GET_MODEL_REGISTRY, router_on_get_registry},                                       \
        {MC_COMMAND_RELOAD_MODELS, router_on_reload_models},                                       \
        {MC_COMMAND_LIST_MODELS, router_on_list_models},                                           \
        {MC_COMMAND_LIST_PROVIDERS, router_on_list_providers},                                     \
        {MC_COMMAND_PUT_PROVIDER, router_on_put_provider},                                         \
        {MC_COMMAND_REMOVE_PROVIDER, router_on_remove_provider},                                   \
        {MC_COMMAND_TEST_PROVIDER, router_on_test_provider},                                       \
        {MC_COMMAND_EXPLAIN_ROUTE, router_on_explain},                                             \
        {MC_COMMAND_GET_ROUTE_DECISION, router_on_get_decision},                                   \
        {MC_COMMAND_LIST_ROUTE_DECISIONS, router_on_list_decisions},                               \
    {                                                                                              \
        MC_COMMAND_RATE_RUN, router_on_rate_run                                                    \
    }

/* The clock: every ROUTER_CATALOG_LOOK_MS and every ROUTER_OUTCOMES_TICK_MS. */
mc_service_tick_fn router_look_at_catalog, router_tell_outcomes;

#endif
