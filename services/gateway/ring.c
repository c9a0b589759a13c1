/*
 *  ring - the latest frames of the live stream, written once, read by all clients
 */
#include "ring.h"

#include <stdlib.h>

/* A frame of this size is none: the next one is at the beginning of the memory. */
#define FILLER UINT32_MAX

struct gateway_ring {
    char *bytes;
    uint64_t size;
    uint64_t tail; /* place of the oldest frame */
    uint64_t head;
    int64_t after_id; /* all events after it that were put are here */
    int64_t last_id;  /* of the newest event */
};

gateway_ring_t *
gateway_ring_new(size_t bytes, int64_t after_id)
{
    gateway_ring_t *self = calloc(1, sizeof *self);
    self->size = bytes - bytes % 8;
    self->bytes = malloc(self->size);
    self->after_id = self->last_id = after_id;
    return self;
}

void
gateway_ring_destroy(gateway_ring_t **address)
{
    gateway_ring_t *self = mc_take(address);
    if (!self)
        return;
    free(self->bytes);
    free(self);
}

static gateway_frame_t *
frame_at(const gateway_ring_t *self, uint64_t place)
{
    return (gateway_frame_t *)(self->bytes + place % self->size);
}

/* Pushes out the oldest frames until so many bytes are free. */
static void
make_room(gateway_ring_t *self, uint64_t span)
{
    while (self->head + span - self->tail > self->size) {
        const gateway_frame_t *oldest = frame_at(self, self->tail);
        if (oldest->size != FILLER && oldest->traits.kind == GATEWAY_FRAME_EVENT)
            self->after_id = oldest->id;
        self->tail += oldest->span;
    }
}

void
gateway_ring_reset(gateway_ring_t *self, int64_t after_id)
{
    /* One step on, so that a reader at the head is behind too. */
    self->head += 8;
    self->tail = self->head;
    self->after_id = self->last_id = after_id;
}

void
gateway_ring_put(gateway_ring_t *self, const gateway_frame_t *frame)
{
    bool is_event = frame->traits.kind == GATEWAY_FRAME_EVENT;
    assert(!is_event || frame->id > self->last_id);
    if (frame->span > self->size / 2) {
        gateway_ring_reset(self, is_event ? frame->id : self->last_id);
        return;
    }
    uint64_t left = self->size - self->head % self->size;
    if (left < frame->span) {
        /* A header may not fit at the end; its first two members always do. */
        make_room(self, left);
        uint32_t *filler = (uint32_t *)frame_at(self, self->head);
        filler[0] = (uint32_t)left;
        filler[1] = FILLER;
        self->head += left;
    }
    make_room(self, frame->span);
    memcpy(frame_at(self, self->head), frame, frame->span);
    self->head += frame->span;
    if (is_event)
        self->last_id = frame->id;
}

uint64_t
gateway_ring_head(const gateway_ring_t *self)
{
    return self->head;
}

bool
gateway_ring_has(const gateway_ring_t *self, uint64_t place)
{
    return place >= self->tail && place <= self->head;
}

static bool
is_filler(const gateway_ring_t *self, uint64_t place)
{
    return ((const uint32_t *)frame_at(self, place))[1] == FILLER;
}

const gateway_frame_t *
gateway_ring_read(const gateway_ring_t *self, uint64_t *place)
{
    assert(gateway_ring_has(self, *place));
    assert(*place != self->head);
    if (is_filler(self, *place))
        *place += frame_at(self, *place)->span;
    const gateway_frame_t *frame = frame_at(self, *place);
    *place += frame->span;
    return frame;
}

bool
gateway_ring_find(const gateway_ring_t *self, int64_t id, uint64_t *ret_place)
{
    if (id < self->after_id)
        return false;
    uint64_t place = self->tail;
    while (place != self->head) {
        uint64_t next = place;
        const gateway_frame_t *frame = gateway_ring_read(self, &next);
        if (frame->traits.kind == GATEWAY_FRAME_EVENT && frame->id > id)
            break;
        place = next;
    }
    *ret_place = place;
    return true;
}
