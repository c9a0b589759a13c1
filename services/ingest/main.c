/*
 *  ingest - takes telemetry in and keeps it, each event exactly once
 *
 *  Doors: OTLP/HTTP, native events over HTTP, store_events on the bus. What it
 *  answers for is in the spool; the writer brings it to PostgreSQL and tells the
 *  live stream.
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

static const mc_http_route_t routes[] = {
    {"POST", "/v1/traces", MC_ROLE_agent, ingest_on_traces, INGEST_BODY_BYTES_MAX,
     ingest_refuse_otlp, "OTLP/HTTP spans"},
    {"POST", "/v1/logs", MC_ROLE_agent, ingest_on_logs, INGEST_BODY_BYTES_MAX, ingest_refuse_otlp,
     "OTLP/HTTP log records"},
    {"POST", "/v1/metrics", MC_ROLE_agent, ingest_on_metrics, INGEST_BODY_BYTES_MAX,
     ingest_refuse_otlp, "OTLP/HTTP metrics"},
    {"POST", "/v1/events", MC_ROLE_agent, ingest_on_events, INGEST_BODY_BYTES_MAX, NULL,
     "Native events"},
    {0},
};

static const mc_http_limits_t limits = {.bodies_bytes_max = INGEST_BODIES_BYTES_MAX};

static const mc_service_spec_t ingest = {
    .name = "ingest",
    .handlers = handlers,
    .timers = timers,
    .routes = routes,
    .limits = &limits,
    .metrics = ingest_metric_rows,
    .metric_count = INGEST_METRIC_COUNT,
    .port_offset = offsetof(mc_settings_t, ingest_port),
    .authorize = ingest_authorize,
    .start = ingest_start,
    .stop = ingest_stop,
    .unready = ingest_unready,
};

int
main(void)
{
    return mc_service_run(&ingest);
}
