/*
 *  bus - making and ending it all
 */
#include "bus.h"

#include <sys/random.h>

#include "bus/parts.h"
#include "error.h"

#define QUEUED_MAX 10000 /* messages that wait for one peer in libzmq */

static const mc_metric_row_t metric_rows[] = {MC_BUS_METRICS(MC_METRIC_ROW)};

static bool
uses_tcp(const mc_bus_t *self)
{
    mc_bus_endpoint_t endpoint;
    char service[MC_BUS_SERVICE_BYTES];
    for (size_t i = 0; mc_bus_endpoint_service(i, service); i++)
        if (mc_bus_endpoint_read(self->settings, service, &endpoint) == 0 && endpoint.is_tcp)
            return true;
    return false;
}

/* Over tcp there are keys, or the word that says there are none. */
static int
open_keys(mc_bus_t *self)
{
    const char *dir = self->settings->bus_key_dir;
    if (!uses_tcp(self))
        return 0;
    self->is_in_the_clear = !strcmp(dir, MC_BUS_KEYS_NONE);
    if (self->is_in_the_clear)
        return 0;
    if (!dir[0])
        return mc_fail("the bus goes over tcp without keys: make them with missionctl keys bus DIR "
                       "and set AOP_BUS_KEY_DIR to DIR, or set it to " MC_BUS_KEYS_NONE
                       " on a private network");
    self->keys = mc_bus_keys_new(dir, self->service);
    return self->keys ? 0 : -1;
}

static int
bind_tcp(mc_bus_t *self, zsock_t *socket, int port)
{
    const mc_bus_endpoint_t *at = &self->endpoint;
    bool is_v6 = strchr(at->host, ':') != NULL;
    const char *host = mc_bus_is_numeric(at->host) ? at->host : "*";
    if (self->keys && mc_bus_keys_guard(self->keys, socket) == -1)
        return -1;
    if (zsock_bind(socket, is_v6 ? "tcp://[%s]:%d" : "tcp://%s:%d", host, port) == -1)
        return mc_fail("binding tcp://%s:%d: %s; choose another port in %s", host, port,
                       zmq_strerror(zmq_errno()), at->variable);
    return 0;
}

static int
bind_ipc(mc_bus_t *self, zsock_t *socket, const char *ending)
{
    const char *instance = self->settings->instance;
    const char *dash = instance[0] ? "-" : "";
    if (zsock_bind(socket, "ipc://%s/%s%s%s%s", self->dir.path, self->service, dash, instance,
                   ending) != -1)
        return 0;
    if (zmq_errno() == ENAMETOOLONG)
        return mc_fail("%s/%s%s%s%s is too long for a socket: give it a shorter AOP_INSTANCE",
                       self->dir.path, self->service, dash, instance, ending);
    return mc_fail("binding %s/%s%s%s%s: %s", self->dir.path, self->service, dash, instance, ending,
                   zmq_strerror(zmq_errno()));
}

static int
bind_endpoints(mc_bus_t *self)
{
    int port = self->endpoint.port;
    if (self->endpoint.is_tcp)
        return bind_tcp(self, self->router->zsock, port) == -1 ||
                       bind_tcp(self, self->publisher->zsock, port + 1) == -1
                   ? -1
                   : 0;
    if (mc_bus_dir_lock(&self->dir, self->service, self->settings->instance) == -1)
        return -1;
    return bind_ipc(self, self->router->zsock, ".rpc") == -1 ||
                   bind_ipc(self, self->publisher->zsock, ".pub") == -1
               ? -1
               : 0;
}

static int
open_sockets(mc_bus_t *self)
{
    self->router = mc_bus_socket_new(self->sockets, ZMQ_ROUTER, QUEUED_MAX);
    zsock_set_router_mandatory(self->router->zsock, 1);
    self->publisher = mc_bus_socket_new(self->sockets, ZMQ_XPUB, QUEUED_MAX);
    zsock_set_xpub_verbose(self->publisher->zsock, 1);
    zsock_set_linger(self->publisher->zsock, 0);
    if (bind_endpoints(self) == -1)
        return -1;

    mc_bus_socket_take(self->router, MC_BUS_REQUEST_FRAMES, mc_bus_requests_take, self);
    mc_bus_socket_take(self->publisher, 1, mc_bus_topics_take_subscription, self);
    mc_bus_topics_init(self);
    return 0;
}

/* Connects to every service that the settings know, so that the first call finds it. */
static int
connect_all(mc_bus_t *self)
{
    char service[MC_BUS_SERVICE_BYTES];
    self->finder = mc_bus_finder_new(self);
    for (size_t i = 0; mc_bus_endpoint_service(i, service); i++)
        if (strcmp(service, self->service) && !mc_bus_require_group(self, service))
            return -1;
    return 0;
}

static int
open_bus(mc_bus_t *self)
{
    if (mc_bus_endpoint_read(self->settings, self->service, &self->endpoint) == -1 ||
        open_keys(self) == -1 || mc_bus_dir_init(&self->dir, self->settings) == -1 ||
        open_sockets(self) == -1)
        return -1;
    return connect_all(self);
}

mc_bus_t *
mc_bus_new(zloop_t *loop, const mc_settings_t *settings, const char *service,
           const mc_bus_handler_t *handlers)
{
    mc_bus_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (mc_bus_t){
        .settings = settings,
        .service = service,
        .handlers = handlers,
        .dir.lock = -1,
        .turns = mc_turns_new(loop),
        .arena = mc_arena_new(),
        .metrics = mc_metrics_new("bus", metric_rows, MC_COUNT(metric_rows)),
    };
    self->sockets = mc_bus_sockets_new(loop, self->metrics);
    if (getrandom(self->epoch, sizeof self->epoch, 0) != (ssize_t)sizeof self->epoch)
        mc_fatal("no random numbers");
    if (open_bus(self) == -1)
        mc_bus_destroy(&self);
    return self;
}

void
mc_bus_bind(mc_bus_t *self, void *state)
{
    self->state = state;
}

void
mc_bus_close(mc_bus_t *self)
{
    self->is_closed = true;
    mc_bus_calls_end_all(self);
}

void
mc_bus_destroy(mc_bus_t **address)
{
    mc_bus_t *self = mc_take(address);
    if (!self)
        return;
    self->is_closed = true;
    mc_bus_finder_destroy(&self->finder);
    mc_bus_calls_destroy(self);
    mc_bus_requests_destroy(self);
    mc_bus_hearing_destroy(self);
    mc_bus_destroy_groups(self);
    mc_bus_topics_clear(self);
    mc_bus_socket_destroy(&self->publisher);
    mc_bus_socket_destroy(&self->router);
    mc_bus_sockets_destroy(&self->sockets);
    mc_bus_keys_destroy(&self->keys);
    mc_bus_dir_clear(&self->dir);
    mc_turns_destroy(&self->turns);
    mc_arena_destroy(&self->arena);
    mc_metrics_destroy(&self->metrics);
    free(self);
}

bool
mc_bus_has_peer(const mc_bus_t *self, const char *service)
{
    const mc_bus_group_t *group = mc_bus_find_group(self, service);
    return group && mc_bus_group_is_live(group);
}

const mc_metrics_t *
mc_bus_metrics(const mc_bus_t *self)
{
    return self->metrics;
}

bool
mc_bus_is_in_the_clear(const mc_bus_t *self)
{
    return self->is_in_the_clear;
}

void
mc_bus_set_resolver(mc_bus_t *self, mc_bus_resolve_fn *resolve)
{
    mc_bus_finder_set_resolver(self->finder, resolve);
}
