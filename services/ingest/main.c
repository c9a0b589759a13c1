/*
 *  ingest - takes telemetry in and keeps it, each event exactly once
 */
#include "services/ingest/adoption.h"
#include "services/ingest/ingest.h"

static const mc_bus_handler_t handlers[] = {
    {MC_MESSAGE_STORE_EVENTS, ingest_on_store_events},
    {0},
};

static const mc_service_timer_t timers[] = {
    {.every_ms = 1000, .tick = ingest_measure},
    {.every_ms = 10000, .tick = ingest_keep_partitions},
    {.every_ms = INGEST_ADOPTION_MS, .tick = ingest_adopt},
    {0},
};

/* clang-format off */
static const mc_http_route_t routes[] = {
    INGEST_DOOR("/v1/traces",  ingest_on_traces,  ingest_refuse_otlp, "OTLP/HTTP spans"),
    INGEST_DOOR("/v1/logs",    ingest_on_logs,    ingest_refuse_otlp, "OTLP/HTTP log records"),
    INGEST_DOOR("/v1/metrics", ingest_on_metrics, ingest_refuse_otlp, "OTLP/HTTP metrics"),
    INGEST_DOOR("/v1/events",  ingest_on_events,  NULL,               "Native events"),
    {0},
};

static const mc_service_spec_t ingest = {
    .name = "ingest",           .port_offset = offsetof(mc_settings_t, ingest_port),
    .handlers = handlers,       .timers = timers,
    .routes = routes,           .limits = &ingest_http_limits,
    .metrics = ingest_metric_rows, .metric_count = INGEST_METRIC_COUNT,
    .request_timeout_offset = offsetof(mc_settings_t, ingest_request_seconds_max),
    .authorize = ingest_authorize, .unready = ingest_unready,
    .start = ingest_start,      .stop = ingest_stop,
};
/* clang-format on */

int
main(void)
{
    return mc_service_run(&ingest);
}
