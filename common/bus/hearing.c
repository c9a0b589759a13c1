/*
 *  hearing - what others publish, and whether some of it was missed
 *
 *  A publisher of a topic is known by its epoch. The first word of it, and any
 *  jump of its numbers, means that its state must be asked for.
 */
#include "parts.h"

#include "proto/codec.h"

/* Unread messages: few, since each may be large. The rest waits at the publisher, which counts its
 * bytes. */
#define UNREAD_MAX 16

static mc_bus_source_t *
find_source(mc_bus_subscription_t *self, const uint8_t *epoch)
{
    for (size_t i = 0; i < self->count; i++)
        if (!memcmp(self->sources[i].epoch, epoch, MC_BUS_ID_BYTES))
            return &self->sources[i];
    return NULL;
}

static mc_bus_source_t *
add_source(mc_bus_subscription_t *self, const mc_bus_topic_head_t *head)
{
    mc_bus_source_t *source = self->count < MC_BUS_SOURCES
                                  ? &self->sources[self->count++]
                                  : &self->sources[self->oldest++ % MC_BUS_SOURCES];
    memcpy(source->epoch, head->epoch, sizeof source->epoch);
    source->sequence = head->sequence;
    return source;
}

static void
call_gap(mc_bus_t *bus, const mc_bus_subscription_t *self)
{
    mc_bus_count(bus, MC_BUS_METRIC_gaps, 1);
    if (self->gap)
        self->gap(self->arg);
}

/* Takes the message's number. True when it is one that follows what is known; a gap is told. */
static bool
follow(mc_bus_t *bus, mc_bus_subscription_t *self, const mc_bus_topic_head_t *head, bool is_beacon)
{
    mc_bus_source_t *source = find_source(self, head->epoch);
    bool is_gap = !source;
    if (!source)
        source = add_source(self, head);
    else if (head->sequence < source->sequence + (is_beacon ? 0 : 1))
        return false; /* heard before */
    else
        is_gap = head->sequence > source->sequence + (is_beacon ? 0 : 1);
    source->sequence = head->sequence;
    if (is_gap)
        call_gap(bus, self);
    return true;
}

static void
hear(mc_bus_t *bus, mc_bus_subscription_t *self, const mc_bus_topic_head_t *head, mc_text_t body)
{
    mc_list_t records;
    mc_refusal_t refusal = {0};
    bool is_beacon = body.size == 0;
    if (!follow(bus, self, head, is_beacon) || is_beacon)
        return;
    mc_bus_count(bus, MC_BUS_METRIC_heard, 1);
    if (mc_unpack_list(mc_message_shape(head->tag), body, bus->arena, &records, &refusal) == 0) {
        self->topic(self->arg, records);
        return;
    }
    mc_bus_count(bus, MC_BUS_METRIC_malformed, 1);
    call_gap(bus, self); /* its content is missed */
}

static void
hear_all(mc_bus_group_t *group, mc_bus_frames_t *frames)
{
    mc_bus_t *bus = group->bus;
    mc_bus_topic_head_t head;
    if (!mc_bus_read_topic(mc_bus_frame_text(frames, 0), mc_bus_frame_text(frames, 1), &head)) {
        mc_bus_count(bus, MC_BUS_METRIC_malformed, 1);
        return;
    }
    for (size_t i = 0; i < bus->subscription_count; i++) {
        mc_bus_subscription_t *subscription = bus->subscriptions[i];
        if (subscription->group == group && subscription->tag == head.tag)
            hear(bus, subscription, &head, mc_bus_frame_text(frames, 2));
        mc_arena_clear(bus->arena);
    }
}

static void
take_message(void *group, mc_bus_frames_t *frames)
{
    hear_all(group, frames);
    mc_bus_close_frames(frames);
}

/* The group's socket for topics, connected to the peers that are known. */
static void
require_subscriber(mc_bus_group_t *group)
{
    mc_bus_t *bus = group->bus;
    if (group->subscriber)
        return;
    group->subscriber = mc_bus_socket_new(bus->sockets, ZMQ_SUB, UNREAD_MAX);
    zsock_set_rcvhwm(group->subscriber->zsock, UNREAD_MAX);
    zsock_set_linger(group->subscriber->zsock, 0);
    mc_bus_socket_take(group->subscriber, 3, take_message, group);
    for (size_t i = 0; i < group->count; i++)
        mc_bus_peer_hear(group->peers[i]);
}

void
mc_bus_subscribe(mc_bus_t *self, const char *service, uint16_t tag, mc_bus_topic_fn *topic,
                 mc_bus_gap_fn *gap, void *arg)
{
    uint8_t prefix[MC_BUS_TAG_BYTES];
    assert(mc_message_shape(tag));
    assert(self->subscription_count < MC_BUS_SUBSCRIPTIONS);
    mc_bus_group_t *group = mc_bus_require_group(self, service);
    if (!group)
        return; /* its endpoint was checked when the bus was made */

    mc_bus_subscription_t *subscription = calloc(1, sizeof *subscription);
    if (!subscription)
        mc_fatal("out of memory");
    *subscription =
        (mc_bus_subscription_t){.tag = tag, .group = group, .topic = topic, .gap = gap, .arg = arg};
    self->subscriptions[self->subscription_count++] = subscription;
    require_subscriber(group);
    mc_bus_write_tag(tag, prefix);
    int failed = zmq_setsockopt(zsock_resolve(group->subscriber->zsock), ZMQ_SUBSCRIBE, prefix,
                                sizeof prefix);
    mc_bus_socket_touch(group->subscriber);
    assert(!failed);
}

void
mc_bus_hearing_destroy(mc_bus_t *self)
{
    for (size_t i = 0; i < self->subscription_count; i++)
        free(self->subscriptions[i]);
    self->subscription_count = 0;
    for (size_t i = 0; i < self->group_count; i++)
        mc_bus_socket_destroy(&self->groups[i]->subscriber);
}
