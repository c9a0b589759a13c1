/*
 *  ingest - takes telemetry in and keeps it, each event exactly once
 *
 *  What it answers for is in the spool; the writer brings it to PostgreSQL and
 *  tells the live stream.
 */
#include "services/ingest/ingest.h"

static const mc_bus_handler_t handlers[] = {
    {MC_MESSAGE_STORE_EVENTS, ingest_on_store_events},
    {0},
};

static const mc_service_timer_t timers[] = {
    {.every_ms = 1000, .tick = ingest_measure},
    {.every_ms = 10000, .tick = ingest_keep_partitions},
    {0},
};

#define DOOR(path, call, refuse, doc)                                                              \
    {                                                                                              \
        "POST", path, MC_ROLE_agent, call, INGEST_BODY_BYTES_MAX, refuse, doc                      \
    }

static const mc_http_route_t routes[] = {
    DOOR("/v1/traces", ingest_on_traces, ingest_refuse_otlp, "OTLP/HTTP spans"),
    DOOR("/v1/logs", ingest_on_logs, ingest_refuse_otlp, "OTLP/HTTP log records"),
    DOOR("/v1/metrics", ingest_on_metrics, ingest_refuse_otlp, "OTLP/HTTP metrics"),
    DOOR("/v1/events", ingest_on_events, NULL, "Native events"),
    {0},
};

static const mc_http_limits_t limits = {.bodies_bytes_max = INGEST_BODIES_BYTES_MAX,
                                        .request_timeout_s = 120};

static const mc_service_spec_t ingest = {
    .name = "ingest",
    .handlers = handlers,
    .timers = timers,
    .routes = routes,
    .limits = &limits,
    .metrics = ingest_metric_rows,
    .authorize = ingest_authorize,
    .metric_count = INGEST_METRIC_COUNT,
    .start = ingest_start,
    .stop = ingest_stop,
    .unready = ingest_unready,
    .port_offset = offsetof(mc_settings_t, ingest_port),
};

int
main(void)
{
    return mc_service_run(&ingest);
}
