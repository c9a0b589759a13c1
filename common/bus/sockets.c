/*
 *  sockets - the bus's sockets in the loop, by their descriptors
 */
#include "sockets.h"

#include <sys/eventfd.h>

#include "common/service/watches.h"

#define DRAIN 64          /* messages taken from one socket before others have their turn */
#define UNREAD_MAX 1000   /* messages that wait for us */
#define LINGER_MS 500     /* what was answered last may still leave at the end */
#define HEARTBEAT_MS 2000 /* a peer that is silent for three of them is gone */
#define HANDSHAKE_MS 3000
#define RECONNECT_MS 100
#define RECONNECT_MAX_MS 1000

struct mc_bus_sockets {
    mc_watches_t *watches;
    mc_metrics_t *metrics;
    zlistx_t *touched; /* to be read in the next turn */
    int bell;          /* an eventfd that rings while some are */
    bool is_ringing;
};

/* Those that are touched meanwhile wait for the turn after. */
static void
on_bell(void *arg, int events)
{
    mc_bus_sockets_t *self = arg;
    eventfd_t count;
    (void)eventfd_read(self->bell, &count);
    self->is_ringing = false;
    for (size_t left = zlistx_size(self->touched); left > 0; left--) {
        mc_bus_socket_t *socket = zlistx_detach(self->touched, NULL);
        if (!socket)
            return; /* what was read has ended others */
        socket->place = NULL;
        (void)mc_bus_socket_read(socket);
    }
    (void)events;
}

mc_bus_sockets_t *
mc_bus_sockets_new(zloop_t *loop, mc_metrics_t *metrics)
{
    mc_bus_sockets_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (mc_bus_sockets_t){
        .watches = mc_watches_new(loop),
        .metrics = metrics,
        .touched = zlistx_new(),
        .bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    if (!self->touched || self->bell == -1)
        mc_fatal("out of descriptors or memory");
    mc_watches_set(self->watches, self->bell, ZMQ_POLLIN, on_bell, self);
    return self;
}

void
mc_bus_sockets_destroy(mc_bus_sockets_t **address)
{
    mc_bus_sockets_t *self = mc_take(address);
    if (!self)
        return;
    assert(!zlistx_size(self->touched)); /* all sockets are gone */
    zlistx_destroy(&self->touched);
    mc_watches_destroy(&self->watches);
    close(self->bell);
    free(self);
}

static zsock_t *
open_zsock(int type, int messages_max)
{
    zsock_t *zsock = zsock_new(type);
    if (!zsock)
        mc_fatal("no socket: out of descriptors or memory");
    zsock_set_sndhwm(zsock, messages_max);
    zsock_set_rcvhwm(zsock, UNREAD_MAX);
    zsock_set_maxmsgsize(zsock, (int)MC_BUS_MESSAGE_BYTES_MAX);
    zsock_set_linger(zsock, LINGER_MS);
    zsock_set_handshake_ivl(zsock, HANDSHAKE_MS);
    zsock_set_heartbeat_ivl(zsock, HEARTBEAT_MS);
    zsock_set_heartbeat_timeout(zsock, 3 * HEARTBEAT_MS);
    zsock_set_heartbeat_ttl(zsock, 3 * HEARTBEAT_MS);
    zsock_set_reconnect_ivl(zsock, RECONNECT_MS);
    zsock_set_reconnect_ivl_max(zsock, RECONNECT_MAX_MS);
    zsock_set_ipv6(zsock, 1);
    return zsock;
}

mc_bus_socket_t *
mc_bus_socket_new(mc_bus_sockets_t *sockets, int type, int messages_max)
{
    mc_bus_socket_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (mc_bus_socket_t){.sockets = sockets, .zsock = open_zsock(type, messages_max)};
    self->fd = (int)zsock_fd(self->zsock);
    return self;
}

void
mc_bus_socket_destroy(mc_bus_socket_t **address)
{
    mc_bus_socket_t *self = mc_take(address);
    if (!self)
        return;
    if (self->place)
        zlistx_detach(self->sockets->touched, self->place);
    mc_watches_set(self->sockets->watches, self->fd, 0, NULL, NULL);
    zsock_destroy(&self->zsock);
    free(self);
}

static void
on_word(void *arg, int events)
{
    (void)mc_bus_socket_read(arg);
    (void)events;
}

void
mc_bus_socket_take(mc_bus_socket_t *self, int frames, mc_bus_take_fn *take, void *arg)
{
    self->frames = frames;
    self->take = take;
    self->arg = arg;
    mc_watches_set(self->sockets->watches, self->fd, ZMQ_POLLIN, on_word, self);
    mc_bus_socket_touch(self); /* binding it was a use */
}

int
mc_bus_socket_send(mc_bus_socket_t *self, mc_bus_frames_t *frames)
{
    mc_bus_socket_touch(self);
    return mc_bus_send(self->zsock, frames);
}

void
mc_bus_socket_touch(mc_bus_socket_t *self)
{
    mc_bus_sockets_t *sockets = self->sockets;
    if (self->place || !self->take)
        return;
    if (!sockets->is_ringing)
        (void)eventfd_write(sockets->bell, 1);
    sockets->is_ringing = true;
    self->place = zlistx_add_end(sockets->touched, self);
    if (!self->place)
        mc_fatal("out of memory");
}

bool
mc_bus_socket_read(mc_bus_socket_t *self)
{
    mc_bus_frames_t frames;
    for (int i = 0; i < DRAIN; i++) {
        mc_bus_received_t received = mc_bus_receive(self->zsock, self->frames, &frames);
        if (received == MC_BUS_NOTHING)
            return false;
        if (received == MC_BUS_RECEIVED)
            self->take(self->arg, &frames);
        else
            mc_metrics_add(self->sockets->metrics, MC_BUS_METRIC_malformed, 1);
    }
    mc_bus_socket_touch(self);
    return true;
}
