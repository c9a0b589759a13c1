/*
 *  router - the state of the service and what its parts share
 */
#ifndef ROUTER_H
#define ROUTER_H

#include <sys/queue.h>

#include "common/api_keys.h"
#include "common/boundary_part.h"
#include "common/http_client.h"
#include "common/json.h"
#include "common/redact.h"
#include "common/service.h"
#include "common/store.h"
#include "services/router/affinity_share.h"
#include "services/router/catalog.h"
#include "services/router/decision.h"
#include "services/router/logs.def"
#include "services/router/metrics.def"
#include "services/router/prompt_hash.h"
#include "services/router/recorder.h"
#include "services/router/secrets.h"
#include "services/router/spending.h"

#define ROUTER_LOG(event, level, doc) MC_LOG_DECLARE(router_log, event, level, doc)
ROUTER_LOGS(ROUTER_LOG)

#define ROUTER_METRIC_MEMBER(name, kind, unit, doc) ROUTER_METRIC_##name,
enum { ROUTER_METRICS(ROUTER_METRIC_MEMBER) ROUTER_METRIC_COUNT };
extern const mc_metric_row_t router_metric_rows[];

#define ROUTER_BODY_BYTES_MAX ((size_t)64 << 20)    /* that the setting of bodies may be */
#define ROUTER_BODIES_BYTES_MAX ((size_t)512 << 20) /* of all requests under way */
#define ROUTER_SWEEP_MS 50 /* between two looks at the deadlines of all calls */
#define ROUTER_KEEP_MS 250 /* between two looks at leases, and at what the store has missed */

typedef struct router_call router_call_t;
LIST_HEAD(router_calls, router_call);

typedef struct {
    mc_service_t *service;
    const mc_settings_t *settings;
    mc_bus_t *bus;
    mc_metrics_t *metrics;
    mc_runtime_flags_t flags;
    mc_json_parser_t *parser;
    mc_json_scanner_t *scanner;
    mc_redact_t *redact;
    mc_http_client_t *client;
    mc_store_t *store;
    mc_api_keys_t *keys;
    router_routing_t *routing;
    router_catalog_t *catalog;
    router_secrets_t *secrets;
    router_recorder_t *recorder;
    router_affinity_t *affinity;
    router_affinity_share_t *affinity_share;
    mc_boundary_t *boundary;
    mc_boundary_part_t *part;
    router_spendings_t spendings;
    bool is_leaving; /* calls are refused, budgets given back */
    struct router_calls calls;
    size_t call_count;
    size_t collected_bytes;     /* of answers that are no streams */
    struct router_calls unused; /* used again, with their arenas */
    size_t unused_count;
    unsigned char prompt_key[ROUTER_PROMPT_KEY_BYTES];
    bool is_door_logged; /* that anybody may come in */
} router_t;

#define ROUTER_COUNT(router, metric, amount)                                                       \
    mc_metrics_add((router)->metrics, ROUTER_METRIC_##metric, (int64_t)(amount))

void *router_start(mc_service_t *service);
void router_stop(void *state);
const char *router_unready(void *state);

extern const mc_http_limits_t router_http_limits;
extern const mc_bus_handler_t router_handlers[];

/* The doors: what clients ask, and how they are refused in their own dialect. */
mc_http_route_fn router_on_call, router_on_models, router_on_model, router_on_response,
    router_on_unknown, router_on_budget;
mc_http_refuse_fn router_refuse;
int router_authorize(void *state, mc_http_request_t *request, mc_role_t least,
                     mc_refusal_t *refusal);

/* Tells every client that the router stops. */
void router_calls_end(router_t *router);
/* Frees the calls that were kept to be used again. */
void router_calls_forget(router_t *router);

/* The clock. */
mc_service_tick_fn router_sweep, router_keep_up, router_beat, router_settle;
bool router_leave(void *state);

#endif
