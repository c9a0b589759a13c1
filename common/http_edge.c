/*
 *  http_edge - HTTP/1.1 in a service's own loop
 *
 *  Two descriptors are in the loop: the library's epoll set, and our own, which
 *  has the sockets that the library does not look at. The library is run when one
 *  of them is ready, once a second for what is too late, and at the end of a turn
 *  in which a connection was resumed.
 */
#include "common/http/edge.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/service.h"

#define TICK_MS 1000
#define RUNS_PER_TURN 8 /* then the rest of the loop has its turn */
#define EVENTS_PER_RUN 64
#define SILENT_S 90 /* longer than MC_HTTP_IDLE_S, so that it only meets who takes no answer */

static const mc_metric_row_t metric_rows[] = {MC_HTTP_METRICS(MC_METRIC_ROW)};

static const mc_http_limits_t usual_limits = {
    .bodies_bytes_max = (size_t)64 << 20,
    .connections_max = 4096,
    .request_timeout_s = 30,
    .connection_bytes = (size_t)32 << 10,
};

/* What is not given is as usual. */
static mc_http_limits_t
choose_limits(const mc_http_limits_t *given)
{
    mc_http_limits_t limits = given ? *given : usual_limits;
    if (!limits.bodies_bytes_max)
        limits.bodies_bytes_max = usual_limits.bodies_bytes_max;
    if (!limits.connections_max)
        limits.connections_max = usual_limits.connections_max;
    if (!limits.request_timeout_s)
        limits.request_timeout_s = usual_limits.request_timeout_s;
    if (!limits.connection_bytes)
        limits.connection_bytes = usual_limits.connection_bytes;
    return limits;
}

/* For the library, a request at hand is something to do. */
static bool
has_more_to_do(mc_http_edge_t *self)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (self->at_hand_count && !self->is_busy)
        return self->is_due;
    return self->is_due ||
           (MHD_get_timeout(self->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0);
}

static void run_again(void *arg);

static void
run(mc_http_edge_t *self)
{
    if (!self->daemon)
        return;
    self->is_running = true;
    self->now_us = mc_clock_steady_us();
    for (int i = 0; i < RUNS_PER_TURN; i++) {
        self->is_due = self->is_busy = false;
        MHD_run(self->daemon);
        mc_http_streams_settle(self);
        if (!has_more_to_do(self))
            break;
    }
    self->is_running = false;
    if (self->is_again_asked || !has_more_to_do(self))
        return;
    self->is_again_asked = true;
    mc_service_after(self->service, 0, run_again, self);
}

static void
run_again(void *arg)
{
    mc_http_edge_t *self = arg;
    self->is_again_asked = false;
    run(self);
}

static void
on_turn_end(void *arg)
{
    mc_http_edge_t *self = arg;
    self->is_turn_end_asked = false;
    run(self);
}

void
mc_http_edge_run_later(mc_http_edge_t *self)
{
    self->is_due = true;
    if (self->is_running || self->is_turn_end_asked)
        return;
    self->is_turn_end_asked = true;
    mc_service_at_turn_end(self->service, on_turn_end, self);
}

static void
on_library_ready(void *arg, int events)
{
    (void)events;
    run(arg);
}

static void
on_watched_ready(void *arg, int events)
{
    (void)events;
    mc_http_edge_t *self = arg;
    struct epoll_event ready[EVENTS_PER_RUN];
    int count = epoll_wait(self->watch_fd, ready, EVENTS_PER_RUN, 0);
    for (int i = 0; i < count; i++) {
        mc_http_watch_t *watch = ready[i].data.ptr;
        watch->ready(watch, ready[i].events);
    }
}

static void
on_tick(void *arg)
{
    mc_http_edge_t *self = arg;
    self->timer = mc_service_after(self->service, TICK_MS, on_tick, self);
    self->now_us = mc_clock_steady_us();
    mc_http_peers_expire(self);
    mc_http_lingerers_expire(self, self->now_us - MC_HTTP_LINGER_US);
    run(self);
}

void
mc_http_edge_watch(mc_http_edge_t *self, int fd, uint32_t events, mc_http_watch_t *watch)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    (void)epoll_ctl(self->watch_fd, EPOLL_CTL_ADD, fd, &event);
}

void
mc_http_edge_unwatch(mc_http_edge_t *self, int fd)
{
    (void)epoll_ctl(self->watch_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* Its lines tell of clients that vanished and of refusals; there is nothing to do about them. */
static void
ignore_line(void *arg, const char *format, va_list args)
{
    (void)arg, (void)format, (void)args;
}

/* Targets are decoded by us, after they were cut into parts. */
static size_t
leave_as_is(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg, (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *
start_library(mc_http_edge_t *self, int fd)
{
    const mc_http_limits_t *limits = &self->limits;
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, mc_http_request_handle, self,
        MHD_OPTION_EXTERNAL_LOGGER, ignore_line, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)limits->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)limits->connections_per_address_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        limits->connection_bytes, MHD_OPTION_NOTIFY_COMPLETED, mc_http_request_complete, self,
        MHD_OPTION_NOTIFY_CONNECTION, mc_http_peer_notify, self, MHD_OPTION_URI_LOG_CALLBACK,
        mc_http_request_begin, self, MHD_OPTION_UNESCAPE_CALLBACK, leave_as_is, NULL,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

static mc_http_edge_t *
make_edge(mc_service_t *service, const mc_http_route_t *routes, const mc_http_limits_t *limits)
{
    mc_http_edge_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->service = service;
    self->metrics = mc_metrics_new("http", metric_rows, MC_COUNT(metric_rows));
    self->routes = routes;
    self->limits = choose_limits(limits);
    self->now_us = mc_clock_steady_us();
    self->daemon_fd = self->watch_fd = -1;
    TAILQ_INIT(&self->receiving);
    TAILQ_INIT(&self->idle);
    TAILQ_INIT(&self->lingering);
    TAILQ_INIT(&self->ended);
    LIST_INIT(&self->requests);
    LIST_INIT(&self->unused);
    return self;
}

static int
start(mc_http_edge_t *self, int fd)
{
    self->watch_fd = epoll_create1(EPOLL_CLOEXEC);
    if (self->watch_fd == -1) {
        close(fd);
        return mc_fail_errno("making an epoll set");
    }
    self->daemon = start_library(self, fd);
    if (!self->daemon) {
        close(fd);
        return mc_fail("libmicrohttpd did not start");
    }
    self->daemon_fd = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    mc_service_watch(self->service, self->daemon_fd, ZMQ_POLLIN, on_library_ready, self);
    mc_service_watch(self->service, self->watch_fd, ZMQ_POLLIN, on_watched_ready, self);
    self->timer = mc_service_after(self->service, TICK_MS, on_tick, self);
    return 0;
}

mc_http_edge_t *
mc_http_edge_new(mc_service_t *service, const char *address, int port, const char *port_variable,
                 const mc_http_route_t *routes, const mc_http_limits_t *limits)
{
    signal(SIGPIPE, SIG_IGN); /* sendfile has no flag against it */
    bool is_shared = mc_service_settings(service)->instance[0] != '\0';
    int fd = mc_http_listen(address, port, port_variable, is_shared);
    if (fd == -1)
        return NULL;
    mc_http_edge_t *self = make_edge(service, routes, limits);
    if (start(self, fd) == -1)
        mc_http_edge_destroy(&self);
    return self;
}

void
mc_http_edge_bind(mc_http_edge_t *self, void *state, mc_http_authorize_fn *authorize)
{
    self->state = state;
    self->authorize = authorize;
}

const mc_metrics_t *
mc_http_edge_metrics(const mc_http_edge_t *self)
{
    return self->metrics;
}

/* The library may not stop while a connection is suspended. */
static void
resume_all(mc_http_edge_t *self)
{
    mc_http_request_t *request;
    LIST_FOREACH(request, &self->requests, link)
    {
        bool is_asleep = request->is_suspended || request->stage == MC_HTTP_DONE;
        if (request->peer && is_asleep)
            MHD_resume_connection(request->peer->connection);
    }
}

void
mc_http_edge_close(mc_http_edge_t *self)
{
    if (!self->daemon)
        return;
    mc_service_cancel(self->service, self->timer);
    mc_service_watch(self->service, self->daemon_fd, 0, NULL, NULL);
    mc_service_watch(self->service, self->watch_fd, 0, NULL, NULL);
    resume_all(self);
    struct MHD_Daemon *daemon = mc_take(&self->daemon);
    MHD_stop_daemon(daemon);
    mc_http_streams_settle(self);
    mc_http_lingerers_expire(self, INT64_MAX);
}

void
mc_http_edge_destroy(mc_http_edge_t **address)
{
    mc_http_edge_t *self = mc_take(address);
    if (!self)
        return;
    mc_http_edge_close(self);
    mc_http_requests_destroy(self);
    mc_http_streams_settle(self);
    if (self->watch_fd != -1)
        close(self->watch_fd);
    mc_metrics_destroy(&self->metrics);
    free(self);
}
