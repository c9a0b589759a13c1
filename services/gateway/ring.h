/*
 *  ring - the latest frames of the live stream, written once, read by all clients
 *
 *      frame: [header][text of the frame][what a search looks into][padding to 8]
 *
 *  Places are counted from the beginning of time and never wrap; a frame that
 *  would pass the end of the memory starts again at its beginning. New frames
 *  push the oldest out: a reader whose place is gone reads the store instead.
 */
#ifndef GATEWAY_RING_H
#define GATEWAY_RING_H

#include "sieve.h"

typedef struct gateway_ring gateway_ring_t;

typedef struct {
    uint32_t span; /* bytes to the next frame */
    uint32_t size; /* bytes of the text */
    uint32_t searched_size;
    int64_t id; /* of an event, else 0 */
    gateway_traits_t traits;
} gateway_frame_t;

static inline mc_text_t
gateway_frame_text(const gateway_frame_t *frame)
{
    return (mc_text_t){(const char *)(frame + 1), frame->size};
}

static inline mc_text_t
gateway_frame_searched(const gateway_frame_t *frame)
{
    return (mc_text_t){(const char *)(frame + 1) + frame->size, frame->searched_size};
}

/* Writes a whole frame at the end of a buffer that holds nothing but frames. */
void gateway_frame_event(mc_buffer_t *out, const gateway_hash_key_t *key,
                         const mc_agent_event_t *event);
void gateway_frame_run(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_agent_run_t *run);
void gateway_frame_move(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_run_move_t *move);
void gateway_frame_task(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_task_t *task);
void gateway_frame_flags(mc_buffer_t *out, const mc_runtime_flags_t *flags);
void gateway_frame_receipt(mc_buffer_t *out, const gateway_hash_key_t *key,
                           const mc_control_receipt_t *receipt);
void gateway_frame_holds(mc_buffer_t *out, const mc_hold_set_t *set);
void gateway_frame_budget(mc_buffer_t *out, const gateway_hash_key_t *key,
                          const mc_budget_t *budget);
void gateway_frame_budget_request(mc_buffer_t *out, const gateway_hash_key_t *key,
                                  const mc_budget_request_t *request);

/* The frames of such a buffer in turn: for (at = NULL; (at = gateway_frame_next(&buffer, at));). */
const gateway_frame_t *gateway_frame_next(const mc_buffer_t *frames, const gateway_frame_t *at);

/* A ring of that many bytes that begins after the event after_id. */
gateway_ring_t *gateway_ring_new(size_t bytes, int64_t after_id);
void gateway_ring_destroy(gateway_ring_t **address);

/* Copies the frame into the ring. One that is larger than half of the ring empties it: who reads
 * it finds the event in the store. */
void gateway_ring_put(gateway_ring_t *self, const gateway_frame_t *frame);

/* Forgets all frames and goes on after the event after_id. */
void gateway_ring_reset(gateway_ring_t *self, int64_t after_id);

/* The place behind the newest frame. */
uint64_t gateway_ring_head(const gateway_ring_t *self);

/* True when nothing after that place was pushed out. */
bool gateway_ring_has(const gateway_ring_t *self, uint64_t place);

/* The frame at a place that the ring has and that is not the head, lent until the next put; moves
 * the place behind it. */
const gateway_frame_t *gateway_ring_read(const gateway_ring_t *self, uint64_t *place);

/* The place where a reader goes on that has seen all events up to id. False when some after it
 * were pushed out. */
bool gateway_ring_find(const gateway_ring_t *self, int64_t id, uint64_t *ret_place);

#endif
