/*
 *  pages - the routes that every service has: /healthz, /readyz, /metrics
 *
 *  A route's function is called with the state of the service, not with ours.
 *  Ours is found through the table itself: the first rows are the pages, and
 *  the table lies behind the pointer to the service.
 */
#include "pages.h"

#include "common/service/life.h"

struct mc_pages {
    mc_service_t *service;
    mc_http_route_t rows[];
};

static void answer_health(void *state, mc_http_request_t *request);
static void answer_readiness(void *state, mc_http_request_t *request);
static void answer_metrics(void *state, mc_http_request_t *request);

static const mc_http_route_t pages[] = {
    {.method = "GET",
     .path = "/healthz",
     .call = answer_health,
     .doc = "200 while the process runs"},
    {.method = "GET",
     .path = "/readyz",
     .call = answer_readiness,
     .doc = "200 when it can do its work, else 503 and why not"},
    {.method = "GET", .path = "/metrics", .call = answer_metrics, .doc = "Numbers for Prometheus"},
};

/* The service of a page's request. */
static mc_service_t *
service_of(const mc_http_request_t *request)
{
    const mc_http_route_t *row = mc_http_route(request);
    while (row->call != answer_health)
        row--;
    return ((const mc_pages_t *)((const char *)row - offsetof(mc_pages_t, rows)))->service;
}

static void
answer_text(mc_http_request_t *request, int status, const char *type, mc_buffer_t *text)
{
    mc_http_answer(request, status, type, text);
    mc_buffer_clear(text);
}

static void
answer_health(void *state, mc_http_request_t *request)
{
    mc_buffer_t text = {0};
    mc_buffer_string(&text, "ok\n");
    answer_text(request, 200, "text/plain; charset=utf-8", &text);
    (void)state;
}

static void
answer_readiness(void *state, mc_http_request_t *request)
{
    mc_buffer_t text = {0};
    const char *reason = mc_service_unready(service_of(request));
    mc_buffer_printf(&text, "%s\n", reason ? reason : "ready");
    answer_text(request, reason ? 503 : 200, "text/plain; charset=utf-8", &text);
    (void)state;
}

static void
answer_metrics(void *state, mc_http_request_t *request)
{
    mc_buffer_t text = {0};
    mc_service_t *service = service_of(request);
    mc_metrics_print(mc_service_metrics(service), &text);
    mc_metrics_print(mc_bus_metrics(mc_service_bus(service)), &text);
    mc_metrics_print(mc_http_edge_metrics(mc_service_edge(service)), &text);
    mc_metrics_print_process(&text);
    mc_buffer_printf(&text,
                     "# HELP mc_build_info The version that runs\n# TYPE mc_build_info gauge\n"
                     "mc_build_info{service=\"%s\",version=\"%s\"} 1\n",
                     mc_service_name(service), MC_VERSION);
    answer_text(request, 200, MC_METRICS_CONTENT_TYPE, &text);
    (void)state;
}

mc_pages_t *
mc_pages_new(mc_service_t *service, const mc_http_route_t *routes)
{
    size_t count = 0;
    while (routes && routes[count].path)
        count++;
    mc_pages_t *self = calloc(1, sizeof *self + (MC_COUNT(pages) + count + 1) * sizeof *routes);
    if (!self)
        mc_fatal("out of memory");
    self->service = service;
    memcpy(self->rows, pages, sizeof pages);
    if (count)
        memcpy(self->rows + MC_COUNT(pages), routes, count * sizeof *routes);
    return self;
}

void
mc_pages_destroy(mc_pages_t **address)
{
    free(mc_take(address));
}

const mc_http_route_t *
mc_pages_routes(const mc_pages_t *self)
{
    return self->rows;
}
