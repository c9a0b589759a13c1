/*
 *  peers - a connection to one address of another service
 *
 *  libzmq connects again by itself. Its monitor tells when a connection has
 *  come and gone; only while it is there does the peer get calls. IMMEDIATE
 *  lets libzmq drop what it has not sent when a connection breaks, so a call
 *  that failed here is not made by a later connection. After a refused
 *  handshake libzmq gives up for good: then the peer is made anew at the next
 *  look. The subscriber connects when the requests have shown that it may.
 */
#include "parts.h"

#include <inttypes.h>

#include "common/error.h"

#define EVENTS                                                                                     \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |    \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)

static void
on_live(mc_bus_peer_t *peer)
{
    if (peer->is_live)
        return;
    peer->is_live = true;
    peer->is_broken = false;
    peer->group->problem[0] = '\0';
    mc_bus_count(peer->group->bus, MC_BUS_METRIC_peers, 1);
    (void)zsock_events(peer->dealer->zsock); /* makes it take notice of the connection */
    mc_bus_socket_touch(peer->dealer);
    mc_bus_peer_hear(peer);
    mc_bus_calls_on_peer_live(peer->group);
}

static void
on_lost(mc_bus_peer_t *peer)
{
    if (!peer->is_live)
        return;
    mc_bus_t *bus = peer->group->bus;
    while (mc_bus_socket_read(peer->dealer)) /* what has come before the end */
        ;
    peer->is_live = false;
    mc_bus_count(bus, MC_BUS_METRIC_peers, -1);
    mc_bus_calls_on_peer_lost(peer);
    mc_bus_finder_hurry(bus->finder);
}

static void
on_refused(mc_bus_peer_t *peer)
{
    mc_bus_group_t *group = peer->group;
    peer->is_broken = true;
    mc_bus_count(group->bus, MC_BUS_METRIC_peers_refused, 1);
    snprintf(group->problem, sizeof group->problem,
             "%s does not take the key of %s, or has another one itself", peer->requests,
             group->bus->service);
}

static void
take_event(void *arg, mc_bus_frames_t *frames)
{
    mc_bus_peer_t *peer = arg;
    uint16_t event = 0;
    mc_text_t text = mc_bus_frame_text(frames, 0);
    assert(text.size >= sizeof event);
    memcpy(&event, text.data, sizeof event);
    mc_bus_close_frames(frames);
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        on_live(peer);
    else if (event == ZMQ_EVENT_DISCONNECTED)
        on_lost(peer);
    else
        on_refused(peer);
}

/* The name of a monitor is never used again: zmq lets go of one in a thread of its own, and until
 * then refuses it to another. */
static void
open_monitor(mc_bus_peer_t *self)
{
    char address[64];
    mc_bus_t *bus = self->group->bus;
    uint64_t name;
    memcpy(&name, bus->epoch, sizeof name); /* random: another bus of this process has another */
    snprintf(address, sizeof address, "inproc://mc-bus-%016" PRIx64 "-%" PRIu64, name,
             ++bus->monitors_made);
    if (zmq_socket_monitor(zsock_resolve(self->dealer->zsock), address, EVENTS) == -1)
        mc_fatal("no monitor of a socket");
    self->monitor = mc_bus_socket_new(bus->sockets, ZMQ_PAIR, 0);
    if (zsock_connect(self->monitor->zsock, "%s", address) == -1)
        mc_fatal("no monitor of a socket");
    mc_bus_socket_take(self->monitor, 2, take_event, self);
}

static int
open_dealer(mc_bus_peer_t *self)
{
    mc_bus_t *bus = self->group->bus;
    self->dealer = mc_bus_socket_new(bus->sockets, ZMQ_DEALER, MC_BUS_CALLS_MAX);
    zsock_t *zsock = self->dealer->zsock;
    zsock_set_immediate(zsock, 1);
    if (self->group->endpoint.is_tcp && bus->keys &&
        mc_bus_keys_expect(bus->keys, zsock, self->group->endpoint.service) == -1)
        return -1;
    open_monitor(self);
    mc_bus_socket_take(self->dealer, 2, mc_bus_calls_take_answer, self);
    if (zsock_connect(zsock, "%s", self->requests) == -1)
        return mc_fail("connecting to %s: %s", self->requests, zmq_strerror(zmq_errno()));
    return 0;
}

mc_bus_peer_t *
mc_bus_peer_new(mc_bus_group_t *group, const char *requests, const char *topics)
{
    mc_bus_peer_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (mc_bus_peer_t){.group = group, .requests = strdup(requests), .topics = strdup(topics)};
    if (!self->requests || !self->topics)
        mc_fatal("out of memory");
    if (open_dealer(self) == -1)
        mc_bus_peer_destroy(&self);
    return self;
}

/* The key is expected anew for each connection, so that one that was changed is taken. */
void
mc_bus_peer_hear(mc_bus_peer_t *self)
{
    mc_bus_group_t *group = self->group;
    if (!group->subscriber || !self->is_live || self->is_heard)
        return;
    if (group->endpoint.is_tcp && group->bus->keys &&
        mc_bus_keys_expect(group->bus->keys, group->subscriber->zsock, group->endpoint.service) ==
            -1) {
        snprintf(group->problem, sizeof group->problem, "%s", mc_error());
        return;
    }
    self->is_heard = zsock_connect(group->subscriber->zsock, "%s", self->topics) == 0;
    mc_bus_socket_touch(group->subscriber);
}

void
mc_bus_peer_destroy(mc_bus_peer_t **address)
{
    mc_bus_peer_t *self = mc_take(address);
    if (!self)
        return;
    mc_bus_t *bus = self->group->bus;
    if (self->is_live) {
        self->is_live = false;
        mc_bus_count(bus, MC_BUS_METRIC_peers, -1);
    }
    mc_bus_calls_on_peer_lost(self);
    if (self->group->subscriber && self->is_heard) {
        zsock_disconnect(self->group->subscriber->zsock, "%s", self->topics);
        mc_bus_socket_touch(self->group->subscriber);
    }
    if (self->monitor)
        zmq_socket_monitor(zsock_resolve(self->dealer->zsock), NULL, 0);
    mc_bus_socket_destroy(&self->monitor);
    mc_bus_socket_destroy(&self->dealer);
    free(self->requests);
    free(self->topics);
    free(self);
}
