/*
 *  gateway - the door for people and programs: commands, reads, the live stream
 *
 *  Owns sessions and API keys and no other state. Reads of runs and events are
 *  answered from PostgreSQL; everything else is asked of the service that owns
 *  it, over the bus.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "common/api_keys.h"
#include "common/json.h"
#include "common/log.h"
#include "common/service.h"
#include "common/store.h"
#include "logs.def"
#include "metrics.def"

typedef struct gateway_assets gateway_assets_t;
typedef struct gateway_feed gateway_feed_t;
typedef struct gateway_guard gateway_guard_t;
typedef struct gateway_sessions gateway_sessions_t;
typedef struct gateway_statements gateway_statements_t;
typedef struct gateway_streams gateway_streams_t;
typedef struct gateway_watchers gateway_watchers_t;

#define GATEWAY_LOCAL_TOKEN_SIZE 65 /* 32 bytes in hex and the NUL */

typedef struct {
    mc_service_t *service;
    const mc_settings_t *settings;
    mc_bus_t *bus;
    mc_metrics_t *metrics;
    mc_store_t *store;
    mc_json_parser_t *json;
    mc_api_keys_t *keys;
    gateway_statements_t *statements;
    gateway_sessions_t *sessions;
    gateway_guard_t *guard;
    gateway_assets_t *assets;
    gateway_feed_t *feed;
    gateway_streams_t *streams;
    gateway_watchers_t *watchers; /* of what holds for runs */
    int64_t started_us;
    bool has_operator; /* somebody can log in */
    char local_token[GATEWAY_LOCAL_TOKEN_SIZE];
} gateway_t;

enum {
#define GATEWAY_METRIC_MEMBER(name, kind, unit, doc) GATEWAY_METRIC_##name,
    GATEWAY_METRICS(GATEWAY_METRIC_MEMBER) GATEWAY_METRIC_COUNT
};

extern const mc_metric_row_t gateway_metrics[];

/* Every route of the HTTP edge; ends in a zero row. */
extern const mc_http_route_t gateway_routes[];

#define GATEWAY_COUNT(gateway, metric)                                                             \
    mc_metrics_add((gateway)->metrics, GATEWAY_METRIC_##metric, 1)

#define GATEWAY_LOG(...) MC_LOG_DECLARE(gateway_log, __VA_ARGS__)
GATEWAY_LOGS(GATEWAY_LOG)

/* The callbacks of the service; see common/service.h. */
void *gateway_start(mc_service_t *service);
void gateway_stop(void *state);
const char *gateway_unready(void *state);

/* An answer to nothing: logs a refusal and goes on. arg is the text of what was attempted. */
void gateway_ignore_answer(void *arg, const PGresult *result, const mc_refusal_t *refusal);

#endif
