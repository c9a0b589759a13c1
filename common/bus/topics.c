/*
 *  topics - what we publish
 *
 *  libzmq counts the messages that wait for a subscriber, not their bytes. The
 *  memory of a message is given to it with a function that frees it when the
 *  last subscriber has it; a gauge counts what has not come back.
 */
#include "parts.h"

#include <stdatomic.h>

#include "proto/codec.h"

#define BEACON_MS 1000

/* Shared with ZeroMQ's thread; the last of bus and messages frees it. */
struct mc_bus_gauge {
    atomic_size_t bytes;
    atomic_size_t holders;
};

typedef struct {
    mc_bus_gauge_t *gauge;
    size_t size;
} receipt_t;

static void
let_go(mc_bus_gauge_t *gauge)
{
    if (atomic_fetch_sub(&gauge->holders, 1) == 1)
        free(gauge);
}

/* Called by ZeroMQ's thread. */
static void
free_sent(void *data, void *hint)
{
    receipt_t *receipt = hint;
    atomic_fetch_sub(&receipt->gauge->bytes, receipt->size);
    let_go(receipt->gauge);
    free(receipt);
    free(data);
}

static void
add_counted(mc_bus_t *self, mc_bus_frames_t *frames, mc_buffer_t *body)
{
    receipt_t *receipt = malloc(sizeof *receipt);
    if (!receipt)
        mc_fatal("out of memory");
    *receipt = (receipt_t){.gauge = self->gauge, .size = body->size};
    atomic_fetch_add(&self->gauge->bytes, body->size);
    atomic_fetch_add(&self->gauge->holders, 1);
    zmq_msg_t *frame = &frames->frames[frames->count++];
    int failed = zmq_msg_init_data(frame, body->data, body->size, free_sent, receipt);
    if (failed)
        mc_fatal("out of memory");
    *body = (mc_buffer_t){0};
}

static size_t
row_of(uint16_t tag)
{
    size_t row = 0;
    while (row < mc_message_count && mc_messages[row].tag != tag)
        row++;
    assert(row < mc_message_count && mc_messages[row].is_topic);
    return row;
}

/* Tag and head of a message of the topic. */
static void
add_head(const mc_bus_t *self, size_t row, mc_bus_frames_t *frames)
{
    uint8_t tag[MC_BUS_TAG_BYTES], head[MC_BUS_TOPIC_HEAD_BYTES];
    mc_bus_topic_head_t fields = {.tag = mc_messages[row].tag, .sequence = self->sequences[row]};
    memcpy(fields.epoch, self->epoch, sizeof fields.epoch);
    mc_bus_write_tag(fields.tag, tag);
    mc_bus_write_topic(&fields, head);
    mc_bus_add_bytes(frames, tag, sizeof tag);
    mc_bus_add_bytes(frames, head, sizeof head);
}

static void
send_beacon(mc_bus_t *self, size_t row)
{
    mc_bus_frames_t frames = {.count = 0};
    add_head(self, row, &frames);
    mc_bus_add_bytes(&frames, NULL, 0);
    (void)mc_bus_socket_send(self->publisher, &frames);
}

/* Ours are the topics that the table says this service publishes, and those it has published. */
static bool
is_ours(const mc_bus_t *self, size_t row)
{
    return mc_messages[row].is_topic &&
           (self->sequences[row] || !strcmp(mc_messages[row].service, self->service));
}

static void
send_beacons(void *arg)
{
    mc_bus_t *self = arg;
    for (size_t row = 0; row < mc_message_count; row++)
        if (is_ours(self, row))
            send_beacon(self, row);
}

void
mc_bus_publish(mc_bus_t *self, uint16_t tag, mc_list_t records)
{
    size_t row = row_of(tag);
    mc_buffer_t body;
    mc_buffer_init(&body, MC_BUS_MESSAGE_BYTES_MAX);
    mc_pack_list(mc_messages[row].shape, records, &body);
    self->sequences[row]++; /* also of one that is lost: so it is missed */
    if (body.is_full || atomic_load(&self->gauge->bytes) + body.size > MC_BUS_BYTES_MAX) {
        mc_bus_count(self, MC_BUS_METRIC_published_lost, 1);
        mc_buffer_clear(&body);
        return;
    }
    mc_bus_frames_t frames = {.count = 0};
    add_head(self, row, &frames);
    add_counted(self, &frames, &body);
    if (mc_bus_socket_send(self->publisher, &frames))
        mc_bus_count(self, MC_BUS_METRIC_published_lost, 1);
    else
        mc_bus_count(self, MC_BUS_METRIC_published, 1);
}

/* A subscription is the byte 1 and the tag. */
static void
greet(mc_bus_t *self, mc_text_t subscription)
{
    uint8_t tag[MC_BUS_TAG_BYTES];
    if (subscription.size != 1 + MC_BUS_TAG_BYTES || subscription.data[0] != 1)
        return;
    for (size_t row = 0; row < mc_message_count; row++) {
        mc_bus_write_tag(mc_messages[row].tag, tag);
        if (is_ours(self, row) && !memcmp(tag, subscription.data + 1, sizeof tag))
            send_beacon(self, row);
    }
}

void
mc_bus_topics_take_subscription(void *bus, mc_bus_frames_t *frames)
{
    greet(bus, mc_bus_frame_text(frames, 0));
    mc_bus_close_frames(frames);
}

void
mc_bus_topics_init(mc_bus_t *self)
{
    self->sequences = calloc(mc_message_count, sizeof *self->sequences);
    self->gauge = calloc(1, sizeof *self->gauge);
    if (!self->sequences || !self->gauge)
        mc_fatal("out of memory");
    atomic_init(&self->gauge->holders, 1);
    mc_turns_every(self->turns, BEACON_MS, send_beacons, self);
}

void
mc_bus_topics_clear(mc_bus_t *self)
{
    free(self->sequences);
    if (self->gauge)
        let_go(self->gauge);
    self->gauge = NULL;
}
