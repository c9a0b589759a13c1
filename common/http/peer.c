/*
 *  peer - the connections of an edge, and what happens to those that take too long
 *
 *  Every list is in the order of time and has one allowance, so only its head is
 *  ever looked at. A peer that waits for us is in no list.
 */
#include "edge.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

mc_http_peer_t *
mc_http_peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void
mc_http_peer_expect(mc_http_peer_t *self, struct mc_http_peers *list)
{
    if (self->list)
        TAILQ_REMOVE(self->list, self, link);
    self->list = list;
    self->since_us = self->edge->now_us;
    if (list)
        TAILQ_INSERT_TAIL(list, self, link);
}

#define ENDS (EPOLLRDHUP | EPOLLET)

static void
on_left(mc_http_watch_t *watch, uint32_t events)
{
    mc_http_peer_t *self = (mc_http_peer_t *)watch;
    self->has_left = true;
    if (self->waiter && events & (EPOLLHUP | EPOLLERR | self->waits_for))
        self->waiter->ready(self->waiter, events);
}

/* What was seen before is seen again once the descriptor is set anew. */
void
mc_http_peer_watch(mc_http_peer_t *self, uint32_t events, mc_http_watch_t *waiter)
{
    struct epoll_event event = {.events = ENDS, .data.ptr = &self->watch};
    self->waiter = waiter;
    self->waits_for = events;
    if (waiter && self->has_left)
        (void)epoll_ctl(self->edge->watch_fd, EPOLL_CTL_MOD, self->fd, &event);
}

void
mc_http_peer_cut(mc_http_peer_t *self)
{
    shutdown(self->fd, SHUT_RDWR);
}

/* An IPv4 client of an IPv6 socket is shown as IPv4. */
static void
print_address(const struct sockaddr *from, char ret_address[INET6_ADDRSTRLEN])
{
    ret_address[0] = '\0';
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;
        inet_ntop(AF_INET, &in->sin_addr, ret_address, INET6_ADDRSTRLEN);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)from;
        if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr))
            inet_ntop(AF_INET, &in->sin6_addr.s6_addr[12], ret_address, INET6_ADDRSTRLEN);
        else
            inet_ntop(AF_INET6, &in->sin6_addr, ret_address, INET6_ADDRSTRLEN);
    }
}

static mc_http_peer_t *
make_peer(mc_http_edge_t *edge, struct MHD_Connection *connection)
{
    mc_http_peer_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->edge = edge;
    self->connection = connection;
    self->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    print_address(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
        self->address);
    self->watch.ready = on_left;
    mc_http_edge_watch(edge, self->fd, ENDS, &self->watch);
    mc_http_peer_expect(self, &edge->receiving);
    return self;
}

void
mc_http_peer_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
                    enum MHD_ConnectionNotificationCode code)
{
    mc_http_edge_t *edge = arg;
    edge->is_busy = true;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = make_peer(edge, connection);
        mc_http_edge_count(edge, MC_HTTP_METRIC_connections, 1);
        return;
    }
    mc_http_peer_t *self = *socket_context;
    *socket_context = NULL;
    if (!self)
        return;
    mc_http_edge_unwatch(edge, self->fd);
    if (self->must_linger)
        mc_http_linger(edge, self->fd);
    mc_http_peer_expect(self, NULL);
    mc_http_edge_count(edge, MC_HTTP_METRIC_connections, -1);
    free(self);
}

/* Too slow with its request: told so where nothing stands in the way, and cut off. */
static void
expire(mc_http_peer_t *self)
{
    mc_http_request_t *request = self->request;
    if (self->list == &self->edge->receiving)
        mc_http_edge_count(self->edge, MC_HTTP_METRIC_too_slow, 1);
    mc_http_peer_expect(self, NULL);
    if (request && !request->answer.status)
        mc_http_refuse_with(request, MC_REQUEST_TIMEOUT_ERROR,
                            "the request did not arrive within %d s",
                            self->edge->limits.request_timeout_s);
    if (request)
        mc_http_answer_write(request);
    mc_http_peer_cut(self);
}

static void
expire_before(struct mc_http_peers *list, int64_t time_us)
{
    mc_http_peer_t *peer;
    while ((peer = TAILQ_FIRST(list)) && peer->since_us <= time_us)
        expire(peer);
}

void
mc_http_peers_expire(mc_http_edge_t *edge)
{
    expire_before(&edge->receiving,
                  edge->now_us - (int64_t)edge->limits.request_timeout_s * 1000000);
    expire_before(&edge->idle, edge->now_us - (int64_t)MC_HTTP_IDLE_S * 1000000);
}
