/*
 *  client - one open stream; see stream.h
 */
#include "client.h"

#include <stdlib.h>

#define HEARTBEAT ": hb\n\n"

void
gateway_client_say(gateway_client_t *self, const char *event, int64_t last_id)
{
    mc_buffer_printf(&self->pending, "id: %lld\nevent: %s\ndata: {\"lastEventId\": %lld}\n\n",
                     (long long)self->seen_id, event, (long long)last_id);
}

void
gateway_client_go_on(gateway_client_t *self)
{
    const gateway_ring_t *ring = gateway_feed_ring(self->gateway->feed);
    bool was_behind = self->is_behind;
    self->is_behind = !gateway_ring_find(ring, self->seen_id, &self->place);
    if (self->is_behind && !was_behind)
        GATEWAY_COUNT(self->gateway, stream_behind);
    if (!self->is_behind && was_behind) {
        self->is_joining = true;
        self->join_place = gateway_ring_head(ring);
    }
}

/* It has what was in the ring when it came from behind. */
static void
end_joining(gateway_client_t *self)
{
    if (!self->is_joining || self->place < self->join_place || self->pending.size)
        return;
    self->is_joining = false;
    gateway_client_say(self, "live", gateway_feed_last_id(self->gateway->feed));
}

/* Moves what waits into the room. */
static size_t
take_pending(gateway_client_t *self, char *room, size_t max)
{
    size_t left = self->pending.size - self->pending_at;
    size_t size = left < max ? left : max;
    if (size == 0)
        return 0;
    memcpy(room, self->pending.data + self->pending_at, size);
    self->pending_at += size;
    if (self->pending_at == self->pending.size) {
        mc_buffer_clear(&self->pending);
        self->pending_at = 0;
    }
    return size;
}

/* A frame for which there is no room at all is sent in pieces, from a copy. */
static size_t
take_frame(gateway_client_t *self, mc_text_t text, char *room, size_t max)
{
    GATEWAY_COUNT(self->gateway, stream_frames);
    if (text.size <= max) {
        memcpy(room, text.data, text.size);
        return text.size;
    }
    mc_buffer_text(&self->pending, text);
    return take_pending(self, room, max);
}

static size_t
take_from_ring(gateway_client_t *self, const gateway_ring_t *ring, char *room, size_t max)
{
    size_t size = 0;
    while (self->place != gateway_ring_head(ring)) {
        uint64_t next = self->place;
        const gateway_frame_t *frame = gateway_ring_read(ring, &next);
        bool is_event = frame->traits.kind == GATEWAY_FRAME_EVENT;
        bool is_new = !is_event || frame->id > self->seen_id;
        if (is_new &&
            gateway_sieve_passes(&self->sieve, &frame->traits, gateway_frame_searched(frame))) {
            if (size > 0 && frame->size > max - size)
                return size;
            size += take_frame(self, gateway_frame_text(frame), room + size, max - size);
        }
        self->place = next;
        if (is_event && is_new)
            self->seen_id = frame->id;
        if (self->pending.size)
            return size;
    }
    return size;
}

static size_t
take_heartbeat(gateway_client_t *self, char *room, size_t max)
{
    static const char beat[] = HEARTBEAT;
    if (!self->is_due || max < sizeof beat - 1)
        return 0;
    self->is_due = false;
    self->missed = 0;
    memcpy(room, beat, sizeof beat - 1);
    return sizeof beat - 1;
}

static size_t
take_more(gateway_client_t *self, char *room, size_t max)
{
    const gateway_ring_t *ring = gateway_feed_ring(self->gateway->feed);
    size_t size = take_pending(self, room, max);
    if (self->pending.size)
        return size;
    size += take_heartbeat(self, room + size, max - size);
    if (!self->is_behind && !gateway_ring_has(ring, self->place))
        gateway_client_go_on(self);
    if (!self->is_behind) {
        size += take_from_ring(self, ring, room + size, max - size);
        end_joining(self);
        size += take_pending(self, room + size, max - size);
    } else if (size == 0 && !self->is_reading && !self->is_stuck)
        gateway_client_read_page(self);
    return size;
}

ssize_t
gateway_client_read(void *arg, char *room, size_t max)
{
    gateway_client_t *self = arg;
    size_t size = take_more(self, room, max);
    self->is_waiting = size == 0;
    if (size)
        self->missed = 0;
    mc_metrics_add(self->gateway->metrics, GATEWAY_METRIC_stream_sent, (int64_t)size);
    return (ssize_t)size;
}

void
gateway_client_free_when_done(gateway_client_t *self)
{
    if (self->stream || self->is_reading)
        return;
    mc_buffer_clear(&self->pending);
    mc_arena_destroy(&self->page);
    mc_arena_destroy(&self->arena);
    free(self);
}
