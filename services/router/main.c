/*
 *  router - the models of every provider behind one address, the best one chosen
 */
#include "services/router/door.h"
#include "services/router/router.h"

static const mc_service_timer_t timers[] = {
    {.every_ms = ROUTER_SWEEP_MS, .tick = router_sweep},
    {.every_ms = ROUTER_SECRETS_TICK_MS, .tick = router_keep_secrets},
    {.every_ms = ROUTER_CATALOG_LOOK_MS, .tick = router_look_at_catalog},
    {.every_ms = ROUTER_OUTCOMES_TICK_MS, .tick = router_tell_outcomes},
    {.every_ms = 1000, .tick = router_measure},
    {0},
};

/* clang-format off */
static const mc_http_route_t routes[] = {
    ROUTER_DOORS("POST", "/chat/completions",      router_on_call,   ROUTER_BODY_BYTES_MAX, "OpenAI chat"),
    ROUTER_DOORS("POST", "/messages",              router_on_call,   ROUTER_BODY_BYTES_MAX, "Anthropic messages"),
    ROUTER_DOORS("POST", "/responses",             router_on_call,   ROUTER_BODY_BYTES_MAX, "OpenAI responses"),
    ROUTER_DOORS("POST", "/embeddings",            router_on_call,   ROUTER_BODY_BYTES_MAX, "OpenAI embeddings"),
    ROUTER_DOORS("POST", "/completions",           router_on_call,   ROUTER_BODY_BYTES_MAX, "OpenAI completions"),
    ROUTER_DOORS("POST", "/messages/count_tokens", router_on_call,   ROUTER_BODY_BYTES_MAX, "Anthropic token counts"),
    ROUTER_DOORS("GET",    "/responses/{id}",             router_on_response, 0, "A stored response"),
    ROUTER_DOORS("DELETE", "/responses/{id}",             router_on_response, 0, "Forgets it"),
    ROUTER_DOORS("POST",   "/responses/{id}/cancel",      router_on_response, 65536, "Cancels it"),
    ROUTER_DOORS("GET",    "/responses/{id}/input_items", router_on_response, 0, "What it was asked"),
    ROUTER_DOORS("GET",  "/models",                router_on_models, 0, "Models"),
    ROUTER_DOORS("GET",  "/models/*",              router_on_model,  0, "One model"),
    {0},
};

static const mc_service_spec_t router = {
    .name = "router",              .port_offset = offsetof(mc_settings_t, router_port),
    .handlers = router_handlers,   .timers = timers,
    .routes = routes,              .limits = &router_http_limits,
    .metrics = router_metric_rows, .metric_count = ROUTER_METRIC_COUNT,
    .authorize = router_authorize, .unready = router_unready,
    .start = router_start,         .stop = router_stop,
};
/* clang-format on */

int
main(void)
{
    return mc_service_run(&router);
}
