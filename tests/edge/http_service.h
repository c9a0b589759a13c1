/*
 *  http_service - a service whose routes try every way to answer
 *
 *  With MC_TEST_EDGE in its environment a test program is this service instead of
 *  its tests. "usual" has the usual limits, "soon" keeps requests at hand, "tight" has small
 *  ones.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/service.h"

#define MIB ((size_t)1 << 20)

typedef struct {
    mc_service_t *service;
    mc_http_stream_t *events; /* the last opened */
    int events_to_send;
    size_t produced; /* bytes that streams were given */
    int closed;
    int gone;
} edge_t;

typedef struct {
    edge_t *edge;
    size_t left;
    size_t at;
} flow_t;

static void
answer_text(mc_http_request_t *request, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mc_buffer_t content = {0};
    mc_buffer_string(&content, text);
    mc_http_answer(request, 200, "text/plain", &content);
}

static void
hello(void *state, mc_http_request_t *request)
{
    (void)state;
    answer_text(request, "hello");
}

static void
echo(void *state, mc_http_request_t *request)
{
    (void)state;
    mc_text_t id = mc_http_param(request, "id"), q = mc_http_query(request, "q");
    mc_text_t body = mc_http_body(request), cookie = mc_http_cookie(request, "mc");
    mc_text_t peer = mc_http_peer(request), header = mc_http_header(request, "x-mc-test");
    answer_text(request, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", MC_FMT(id), MC_FMT(q), MC_FMT(body),
                MC_FMT(cookie), MC_FMT(header), MC_FMT(peer));
}

static void
upload(void *state, mc_http_request_t *request)
{
    (void)state;
    answer_text(request, "%zu", mc_http_body(request).size);
}

static void
rest(void *state, mc_http_request_t *request)
{
    (void)state;
    answer_text(request, "rest %.*s", MC_FMT(mc_http_param(request, "*")));
}

static void
answer_later(void *arg)
{
    hello(NULL, arg);
}

static void
later(void *state, mc_http_request_t *request)
{
    edge_t *edge = state;
    mc_service_after(edge->service, 5, answer_later, request);
}

static void
on_gone(void *arg)
{
    ((edge_t *)arg)->gone++;
}

static void
hang(void *state, mc_http_request_t *request)
{
    mc_http_on_gone(request, on_gone, state);
}

static void
count(void *state, mc_http_request_t *request)
{
    edge_t *edge = state;
    long resident_pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%*d %ld", &resident_pages) != 1)
        abort();
    fclose(file);
    answer_text(request, "%d %d %zu %ld", edge->closed, edge->gone, edge->produced,
                resident_pages * 4096 / (long)MIB);
}

static void
on_closed(void *arg)
{
    flow_t *flow = arg;
    flow->edge->closed++;
    free(flow);
}

/* Counts up, so that a lost or repeated byte shows. */
static ssize_t
read_flow(void *arg, char *room, size_t max)
{
    flow_t *flow = arg;
    if (flow->left == 0)
        return -1;
    size_t size = flow->left < max ? flow->left : max;
    for (size_t i = 0; i < size; i++)
        room[i] = (char)('a' + (flow->at + i) % 26);
    flow->at += size;
    flow->left -= size;
    flow->edge->produced += size;
    return (ssize_t)size;
}

static flow_t *
make_flow(edge_t *edge, size_t left)
{
    flow_t *flow = calloc(1, sizeof *flow);
    flow->edge = edge;
    flow->left = left;
    return flow;
}

static void
stream(void *state, mc_http_request_t *request)
{
    static const mc_http_stream_calls_t calls = {read_flow, on_closed};
    size_t size = (size_t)atol(mc_http_query(request, "bytes").data);
    mc_http_answer_stream(request, "text/plain", &calls, make_flow(state, size));
}

static void
on_events_closed(void *arg)
{
    ((flow_t *)arg)->edge->events = NULL;
    on_closed(arg);
}

/* One event for each wake. */
static ssize_t
read_events(void *arg, char *room, size_t max)
{
    edge_t *edge = ((flow_t *)arg)->edge;
    if (edge->events_to_send == 0)
        return 0;
    edge->events_to_send--;
    return snprintf(room, max, "data: 1\n\n");
}

static void
events(void *state, mc_http_request_t *request)
{
    static const mc_http_stream_calls_t calls = {read_events, on_events_closed};
    edge_t *edge = state;
    edge->events = mc_http_answer_stream(request, "text/event-stream", &calls, make_flow(edge, 0));
}

static void
wake(void *state, mc_http_request_t *request)
{
    edge_t *edge = state;
    edge->events_to_send++;
    if (edge->events)
        mc_http_stream_wake(edge->events);
    hello(state, request);
}

static void
end_events(void *state, mc_http_request_t *request)
{
    edge_t *edge = state;
    if (edge->events)
        mc_http_stream_end(edge->events);
    hello(state, request);
}

static void
send_file(void *state, mc_http_request_t *request)
{
    (void)state;
    int fd = open("tests/edge/test_http_edge.c", O_RDONLY | O_CLOEXEC);
    mc_http_add_header(request, "Cache-Control", "max-age=60");
    mc_http_add_header(request, "X-Injected", "a\r\nb");
    mc_http_answer_file(request, "text/x-c", fd, 100);
}

static void
busy(void *state, mc_http_request_t *request)
{
    (void)state;
    mc_refusal_t refusal = {0};
    (void)mc_refuse(&refusal, MC_BAD_INPUT_ERROR, "tier", "tier is \"%s\", not 1 to 3", "x");
    mc_http_refuse(request, &refusal);
}

static void
refuse_otherwise(mc_http_request_t *request, const mc_refusal_t *refusal)
{
    mc_buffer_t content = {0};
    mc_buffer_printf(&content, "status: %s", refusal->message);
    mc_http_answer(request, mc_error_row((mc_error_code_t)refusal->code)->http_status,
                   "application/x-status", &content);
}

static int
authorize(void *state, mc_http_request_t *request, mc_role_t least, mc_refusal_t *refusal)
{
    (void)state;
    mc_text_t header = mc_http_header(request, "Authorization");
    mc_role_t role = mc_text_is(header, "Bearer admin")    ? MC_ROLE_admin
                     : mc_text_is(header, "Bearer viewer") ? MC_ROLE_viewer
                                                           : MC_ROLE_NONE;
    mc_http_set_caller(request, role, mc_text(mc_role_name(role)));
    if (role >= least)
        return 0;
    return role == MC_ROLE_NONE
               ? mc_refuse(refusal, MC_UNAUTHENTICATED_ERROR, NULL, "who are you")
               : mc_refuse(refusal, MC_FORBIDDEN_ERROR, NULL, "%s may not", mc_role_name(role));
}

static void
caller(void *state, mc_http_request_t *request)
{
    (void)state;
    answer_text(request, "%.*s %s", MC_FMT(mc_http_caller(request)),
                mc_role_name(mc_http_role(request)));
}

static void
numbers(void *state, mc_http_request_t *request)
{
    edge_t *edge = state;
    mc_buffer_t content = {0};
    mc_metrics_print(mc_http_edge_metrics(mc_service_edge(edge->service)), &content);
    mc_http_answer(request, 200, MC_METRICS_CONTENT_TYPE, &content);
}

static const mc_http_route_t routes[] = {
    {"GET", "/hello", MC_ROLE_NONE, hello, 0, NULL, "answers"},
    {"POST", "/echo/{id}", MC_ROLE_NONE, echo, 1024, NULL, "answers what was asked"},
    {"GET", "/echo/{id}", MC_ROLE_NONE, echo, 0, NULL, "the same"},
    {"POST", "/upload", MC_ROLE_NONE, upload, 64 * MIB, NULL, "counts a body"},
    {"POST", "/otlp", MC_ROLE_NONE, upload, 1024, refuse_otherwise, "refuses in its own form"},
    {"GET", "/later", MC_ROLE_NONE, later, 0, NULL, "answers later"},
    {"GET", "/hang", MC_ROLE_NONE, hang, 0, NULL, "never answers"},
    {"GET", "/count", MC_ROLE_NONE, count, 0, NULL, "what was counted"},
    {"GET", "/stream", MC_ROLE_NONE, stream, 0, NULL, "a long answer"},
    {"GET", "/events", MC_ROLE_NONE, events, 0, NULL, "a stream"},
    {"POST", "/wake", MC_ROLE_NONE, wake, 0, NULL, "sends an event"},
    {"POST", "/end", MC_ROLE_NONE, end_events, 0, NULL, "ends the stream"},
    {"GET", "/file", MC_ROLE_NONE, send_file, 0, NULL, "a file"},
    {"GET", "/busy", MC_ROLE_NONE, busy, 0, NULL, "refuses"},
    {"GET", "/secret", MC_ROLE_admin, caller, 0, NULL, "for admins"},
    {"GET", "/numbers", MC_ROLE_NONE, numbers, 0, NULL, "of the edge itself"},
    {"GET", "/assets/*", MC_ROLE_NONE, rest, 0, NULL, "the rest of a path"},
    {0},
};

static const mc_http_limits_t tight_limits = {
    .bodies_bytes_max = MIB,
    .connections_per_address_max = 4,
    .request_timeout_s = 1,
};

static const mc_http_limits_t soon_limits = {.at_hand_max = 2};

static const mc_http_limits_t *
limits_of(const char *kind)
{
    if (!strcmp(kind, "soon"))
        return &soon_limits;
    return strcmp(kind, "tight") ? NULL : &tight_limits;
}

static void *
start(mc_service_t *service)
{
    edge_t *edge = calloc(1, sizeof *edge);
    edge->service = service;
    return edge;
}

static void
stop(void *state)
{
    edge_t *edge = state;
    fprintf(stderr, "at the end: closed %d, gone %d\n", edge->closed, edge->gone);
    free(edge);
}

/* The other life of this program. */
__attribute__((constructor)) static void
serve(void)
{
    const char *kind = getenv("MC_TEST_EDGE");
    if (!kind)
        return;
    const mc_service_spec_t spec = {
        .name = "control",
        .routes = routes,
        .port_offset = offsetof(mc_settings_t, control_port),
        .authorize = authorize,
        .limits = limits_of(kind),
        .start = start,
        .stop = stop,
    };
    exit(mc_service_run(&spec));
}
