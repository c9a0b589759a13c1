/*
 *  gateway - the door for people and programs: commands, reads, the live stream
 *
 *  Hears events_committed, flags_changed and tasks_changed and tells them to
 *  browsers; says keys_changed. What it serves over HTTP is in routes.c.
 */
#include "gateway.h"

#include "auth.h"
#include "control.h"
#include "feed.h"
#include "sessions.h"
#include "stream.h"

static const mc_bus_handler_t handlers[] = {
    {0},
};

static const mc_service_timer_t timers[] = {
    {.every_ms = 1000, .tick = gateway_feed_check},
    {.every_ms = 1000, .tick = gateway_watchers_beat},
    {.every_ms = 10000, .tick = gateway_sessions_refresh},
    {.every_ms = 15000, .tick = gateway_streams_heartbeat},
    {0},
};

static const mc_service_spec_t gateway = {
    .name = "gateway",
    .handlers = handlers,
    .timers = timers,
    .routes = gateway_routes,
    .metrics = gateway_metrics,
    .metric_count = GATEWAY_METRIC_COUNT,
    .port_offset = offsetof(mc_settings_t, gateway_port),
    .authorize = gateway_authorize,
    .start = gateway_start,
    .stop = gateway_stop,
    .unready = gateway_unready,
};

int
main(void)
{
    return mc_service_run(&gateway);
}
