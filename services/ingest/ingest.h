/*
 *  ingest - the state of the service and what its parts share
 */
#ifndef INGEST_H
#define INGEST_H

#include "common/api_keys.h"
#include "common/json.h"
#include "common/redact.h"
#include "common/service.h"
#include "common/store.h"
#include "services/ingest/event_rules.h"
#include "services/ingest/intake.h"
#include "services/ingest/logs.def"
#include "services/ingest/metrics.def"
#include "services/ingest/recent.h"
#include "services/ingest/spool.h"

#define INGEST_LOG(event, level, doc) MC_LOG_DECLARE(ingest_log, event, level, doc)
INGEST_LOGS(INGEST_LOG)

#define INGEST_METRIC_MEMBER(name, kind, unit, doc) INGEST_METRIC_##name,
enum { INGEST_METRICS(INGEST_METRIC_MEMBER) INGEST_METRIC_COUNT };
extern const mc_metric_row_t ingest_metric_rows[];

#define INGEST_QUARANTINE_BODY_MAX 65536 /* bytes of a refused event that are kept */
#define INGEST_RETRY_AFTER_S 5           /* what a producer is told when the spool is full */
#define INGEST_BODY_BYTES_MAX ((size_t)64 << 20)    /* of one request, also when decompressed */
#define INGEST_BODIES_BYTES_MAX ((size_t)192 << 20) /* of all requests under way */

typedef struct ingest_adoption ingest_adoption_t;
typedef struct ingest_writer ingest_writer_t;
typedef struct ingest_partitions ingest_partitions_t;
typedef struct ingest_span_tree ingest_span_tree_t;
typedef struct ingest_otlp_names ingest_otlp_names_t;

struct ingest {
    mc_service_t *service;
    const mc_settings_t *settings;
    mc_metrics_t *metrics;
    mc_runtime_flags_t flags;
    mc_json_parser_t *parser;
    mc_redact_t *redact;
    ingest_spool_t *spool;
    int spool_lock; /* says that it is ours, for as long as we live */
    ingest_adoption_t *adoption;
    ingest_recent_t *recent;
    ingest_intake_t *intake;
    mc_store_t *store;
    mc_api_keys_t *keys;
    ingest_partitions_t *partitions;
    ingest_otlp_names_t *otlp_names;
    ingest_span_tree_t *spans;
    ingest_writer_t *writer;
    bool is_door_logged; /* that anybody may come in */
};

void *ingest_start(mc_service_t *service);
void ingest_stop(void *state);
const char *ingest_unready(void *state);

/* What holds for a batch that arrives now. */
ingest_rules_t ingest_rules(const ingest_t *self, const char *source, mc_arena_t *arena);

/* The oldest time that is stored now. */
int64_t ingest_oldest_us(const ingest_t *self, int64_t now_us);

/* Tells the metrics how much waits in the spool. */
void ingest_measure_spool(const ingest_t *self);

/* A door: agents may send to it, up to the largest body. */
#define INGEST_DOOR(path, call, refuse, doc)                                                       \
    {                                                                                              \
        "POST", path, MC_ROLE_agent, call, INGEST_BODY_BYTES_MAX, refuse, doc                      \
    }

extern const mc_http_limits_t ingest_http_limits;

/* The routes of the doors. */
mc_http_route_fn ingest_on_events, ingest_on_traces, ingest_on_logs, ingest_on_metrics;
mc_http_refuse_fn ingest_refuse_otlp;
mc_bus_request_fn ingest_on_store_events;
int ingest_authorize(void *state, mc_http_request_t *request, mc_role_t least,
                     mc_refusal_t *refusal);

/* The clock. */
void ingest_measure(void *state);
void ingest_keep_partitions(void *state);

#endif
