/*
 *  router - the models of every provider behind one address, the best one chosen
 */
#include "services/router/door.h"
#include "services/router/router.h"

static const mc_service_timer_t timers[] = {
    {.every_ms = ROUTER_SWEEP_MS, .tick = router_sweep},
    {.every_ms = ROUTER_KEEP_MS, .tick = router_keep_up},
    {.every_ms = ROUTER_CATALOG_LOOK_MS, .tick = router_look_at_catalog},
    {.every_ms = ROUTER_OUTCOMES_TICK_MS, .tick = router_tell_outcomes},
    {.every_ms = 1000, .tick = router_beat},
    {.every_ms = MC_BUDGET_TICK_MS, .tick = router_settle},
    {0},
};

/* clang-format off */
static const mc_http_route_t routes[] = {
    ROUTER_CALLS("/chat/completions",      "OpenAI chat"),
    ROUTER_CALLS("/messages",              "Anthropic messages"),
    ROUTER_CALLS("/responses",             "OpenAI responses"),
    ROUTER_CALLS("/embeddings",            "OpenAI embeddings"),
    ROUTER_CALLS("/completions",           "OpenAI completions"),
    ROUTER_CALLS("/messages/count_tokens", "Anthropic token counts"),
    ROUTER_STORED("GET",    "/responses/{id}",             "A stored response"),
    ROUTER_STORED("DELETE", "/responses/{id}",             "Forgets it"),
    ROUTER_STORED("POST",   "/responses/{id}/cancel",      "Cancels it"),
    ROUTER_STORED("GET",    "/responses/{id}/input_items", "What it was asked"),
    ROUTER_READS("/models",   router_on_models, "Models"),
    ROUTER_READS("/models/*", router_on_model,  "One model"),
    ROUTER_BUDGET, ROUTER_UNKNOWN("GET"), ROUTER_UNKNOWN("POST"), ROUTER_UNKNOWN("PUT"),
    ROUTER_UNKNOWN("PATCH"), ROUTER_UNKNOWN("DELETE"),
    {0},
};

static const mc_service_spec_t router = {
    .name = "router",              .port_offset = offsetof(mc_settings_t, router_port),
    .handlers = router_handlers,   .timers = timers,
    .routes = routes,              .limits = &router_http_limits,
    .metrics = router_metric_rows, .metric_count = ROUTER_METRIC_COUNT,
    .authorize = router_authorize, .unready = router_unready,
    .start = router_start,         .stop = router_stop,    .leave = router_leave,
};
/* clang-format on */

int
main(void)
{
    return mc_service_run(&router);
}
