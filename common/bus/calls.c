/*
 *  calls - our requests to other services
 *
 *  A call is in a slot from mc_bus_call to its answer.
 *
 *      waiting ----> sent ----> answered, refused, deadline passed
 *         |            '------> peer lost
 *         '-------------------> nobody came, deadline passed
 *
 *  A call that fails at once is doomed: its callback runs at the end of the turn.
 */
#include "slots.h"

#include <endian.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"

#define TICK_MS 20 /* how late a deadline may be noticed */

static void
end_call(mc_bus_t *self, mc_bus_call_t *call, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_bus_answer_fn *answer = call->answer;
    void *arg = call->arg;
    mc_bus_slot_free(self, call);
    answer(arg, records, refusal);
}

static void
fail_call(mc_bus_t *self, mc_bus_call_t *call)
{
    mc_refusal_t refusal = call->refusal;
    mc_bus_count(self, MC_BUS_METRIC_calls_failed, 1);
    end_call(self, call, NULL, &refusal);
}

/* Callbacks may make new calls, even grow the array: so every step looks anew. Those that are made
 * meanwhile are not touched. */
static void
fail_doomed(void *arg)
{
    mc_bus_t *self = arg;
    size_t capacity = self->calls_capacity;
    uint32_t last = self->serial;
    self->has_doomed = false;
    for (size_t i = 0; i < capacity; i++) {
        mc_bus_call_t *call = self->calls[i];
        uint32_t serial;
        if (!call || !call->is_doomed)
            continue;
        memcpy(&serial, call->id + MC_BUS_SERIAL_AT, sizeof serial);
        if ((int32_t)(be32toh(serial) - last) <= 0)
            fail_call(self, call);
    }
}

static void
doom(mc_bus_t *self, mc_bus_call_t *call, mc_error_code_t code, const char *message)
{
    call->is_doomed = true;
    (void)mc_refuse(&call->refusal, (int)code, "", "%s", message);
    mc_bus_slot_stop_waiting(call);
    mc_bus_slot_leave_peer(call);
    if (!self->has_doomed)
        mc_turns_at_end(self->turns, fail_doomed, self);
    self->has_doomed = true;
}

static void
doom_missing(mc_bus_t *self, mc_bus_call_t *call)
{
    char message[sizeof call->refusal.message];
    const mc_bus_group_t *group = call->group;
    if (group->problem[0])
        snprintf(message, sizeof message, "%s is not running: %.190s", group->endpoint.service,
                 group->problem);
    else
        snprintf(message, sizeof message, "%s is not running", group->endpoint.service);
    doom(self, call, MC_SERVICE_MISSING_ERROR, message);
}

static void
send_call(mc_bus_t *self, mc_bus_call_t *call, mc_bus_peer_t *peer)
{
    uint8_t head[MC_BUS_REQUEST_HEAD_BYTES];
    int64_t left_ms = (call->deadline_us - mc_clock_steady_us()) / 1000;
    mc_bus_head_t fields = {.tag = call->tag, .deadline_ms = left_ms > 0 ? (uint32_t)left_ms : 0};
    mc_bus_frames_t frames = {.count = 0};
    memcpy(fields.id, call->id, MC_BUS_ID_BYTES);
    mc_bus_write_request(&fields, head);
    mc_bus_add_bytes(&frames, head, sizeof head);
    mc_bus_add_body(&frames, &call->body, call->tag);

    mc_bus_slot_stop_waiting(call);
    call->peer = peer;
    peer->calls++;
    peer->calls_bytes += call->bytes;
    int error = mc_bus_socket_send(peer->dealer, &frames);
    if (error == EAGAIN)
        doom(self, call, MC_TOO_BUSY_ERROR, "the queue to the service is full");
    else if (error)
        doom(self, call, MC_SERVICE_MISSING_ERROR, zmq_strerror(error));
    else if (mc_bus_is_secret(call->tag))
        mc_bus_send_pads(peer->dealer->zsock, (mc_text_t){0}, MC_BUS_REQUEST_HEAD_BYTES);
}

static void
wait_for_peer(mc_bus_t *self, mc_bus_call_t *call)
{
    mc_bus_group_t *group = call->group;
    if (mc_clock_steady_us() >= group->grace_until_us || mc_bus_group_is_live(group)) {
        doom_missing(self, call);
    } else if (group->waiting >= MC_BUS_CALLS_MAX ||
               (group->waiting && group->waiting_bytes + call->bytes > MC_BUS_BYTES_MAX)) {
        doom(self, call, MC_TOO_BUSY_ERROR, "too many calls wait for the service");
    } else {
        call->is_waiting = true;
        group->waiting++;
        group->waiting_bytes += call->bytes;
    }
}

static void
dispatch(mc_bus_t *self, mc_bus_call_t *call)
{
    bool is_full = false;
    mc_bus_peer_t *peer = mc_bus_group_pick(call->group, call->bytes, &is_full);
    if (peer)
        send_call(self, call, peer);
    else if (is_full)
        doom(self, call, MC_TOO_BUSY_ERROR, "too many calls to the service are under way");
    else
        wait_for_peer(self, call);
}

/* Ends what is past its deadline, or waited in vain. */
static void
check_call(mc_bus_t *self, mc_bus_call_t *call, int64_t now)
{
    if (call->is_doomed)
        return;
    if (now >= call->deadline_us) {
        (void)mc_refuse(&call->refusal, MC_DEADLINE_PASSED_ERROR, "", "%s did not answer in time",
                        call->group->endpoint.service);
        fail_call(self, call);
    } else if (call->is_waiting && now >= call->group->grace_until_us) {
        doom_missing(self, call);
    }
}

static void
on_tick(void *arg)
{
    mc_bus_t *self = arg;
    size_t capacity = self->calls_capacity;
    int64_t now = mc_clock_steady_us();
    for (size_t i = 0; i < capacity; i++)
        if (self->calls[i])
            check_call(self, self->calls[i], now);
    self->has_tick = self->calls_count > 0;
    if (self->has_tick)
        mc_turns_after(self->turns, TICK_MS, on_tick, self);
}

/* Packs the records and finds the group: false when the call is doomed by that. */
static bool
prepare(mc_bus_t *self, mc_bus_call_t *call, const char *service, mc_list_t records, int timeout_ms)
{
    const mc_shape_t *shape = mc_message_shape(call->tag);
    assert(shape);
    call->deadline_us = mc_clock_steady_us() + (int64_t)timeout_ms * 1000;
    mc_bus_begin_body(&call->body, call->tag);
    mc_pack_list(shape, records, &call->body);
    call->bytes = call->body.size;
    call->group = mc_bus_require_group(self, service);
    if (!self->has_tick)
        mc_turns_after(self->turns, TICK_MS, on_tick, self);
    self->has_tick = true;

    if (!call->group)
        doom(self, call, MC_SERVICE_MISSING_ERROR, mc_error());
    else if (call->body.is_full)
        doom(self, call, MC_TOO_LARGE_ERROR, "the message is over 64 MiB");
    return !call->is_doomed;
}

void
mc_bus_call(mc_bus_t *self, const char *service, uint16_t tag, mc_list_t records, int timeout_ms,
            mc_bus_answer_fn *answer, void *arg)
{
    if (self->is_closed)
        return;
    mc_bus_call_t *call = mc_bus_slot_take(self, tag, answer, arg);
    if (prepare(self, call, service, records, timeout_ms))
        dispatch(self, call);
}

void
mc_bus_call_at(mc_bus_t *self, const char *service, const char *address, uint16_t tag,
               int timeout_ms, mc_bus_answer_fn *answer, void *arg)
{
    if (self->is_closed)
        return;
    mc_bus_call_t *call = mc_bus_slot_take(self, tag, answer, arg);
    if (!prepare(self, call, service, (mc_list_t){NULL, 0}, timeout_ms))
        return;
    mc_bus_peer_t *peer = mc_bus_group_find(call->group, address);
    if (peer && peer->is_live)
        send_call(self, call, peer);
    else
        doom(self, call, MC_SERVICE_MISSING_ERROR, "nobody answers at its address");
}

void
mc_bus_calls_on_peer_live(mc_bus_group_t *group)
{
    mc_bus_t *self = group->bus;
    for (size_t i = 0; i < self->calls_capacity && group->waiting; i++)
        if (self->calls[i] && self->calls[i]->is_waiting && self->calls[i]->group == group)
            dispatch(self, self->calls[i]);
}

void
mc_bus_calls_on_peer_lost(mc_bus_peer_t *peer)
{
    mc_bus_t *self = peer->group->bus;
    char message[128];
    snprintf(message, sizeof message, "%s went away before it answered",
             peer->group->endpoint.service);
    for (size_t i = 0; i < self->calls_capacity && peer->calls; i++)
        if (self->calls[i] && self->calls[i]->peer == peer)
            doom(self, self->calls[i], MC_SERVICE_MISSING_ERROR, message);
}

static const mc_shape_t *
find_shape(uint16_t tag)
{
    for (size_t i = 0; i < mc_shape_count; i++)
        if (mc_shapes[i]->tag == tag)
            return mc_shapes[i];
    return NULL;
}

static void
take_records(mc_bus_t *self, mc_bus_call_t *call, uint16_t tag, mc_text_t body)
{
    mc_list_t records;
    mc_refusal_t refusal = {0};
    const mc_shape_t *shape = find_shape(tag);
    if (shape && mc_unpack_list(shape, body, self->arena, &records, &refusal) == 0) {
        end_call(self, call, &records, NULL);
        return;
    }
    mc_bus_count(self, MC_BUS_METRIC_malformed, 1);
    (void)mc_refuse(&call->refusal, MC_INTERNAL_ERROR, "",
                    "the answer of %s cannot be read: %.180s", call->group->endpoint.service,
                    shape ? refusal.message : "unknown shape");
    fail_call(self, call);
}

static void
take_answer(mc_bus_peer_t *peer, mc_bus_frames_t *frames)
{
    mc_bus_t *self = peer->group->bus;
    mc_bus_head_t head;
    mc_refusal_t refusal;
    mc_text_t body = mc_bus_frame_text(frames, 1);
    if (!mc_bus_read_answer(mc_bus_frame_text(frames, 0), &head) ||
        (head.tag == 0 && !mc_bus_read_refusal(body, &refusal))) {
        mc_bus_count(self, MC_BUS_METRIC_malformed, 1);
        return;
    }
    mc_bus_call_t *call = mc_bus_slot_find(self, head.id);
    if (head.tag == MC_BUS_PAD_TAG)
        return;
    if (!call || call->peer != peer)
        mc_bus_count(self, MC_BUS_METRIC_answers_late, 1);
    else if (head.tag == 0)
        end_call(self, call, NULL, &refusal);
    else
        take_records(self, call, head.tag, body);
}

void
mc_bus_calls_take_answer(void *arg, mc_bus_frames_t *frames)
{
    mc_bus_peer_t *peer = arg;
    take_answer(peer, frames);
    if (!strcmp(peer->group->endpoint.service, MC_BUS_SECRET_SERVICE))
        mc_bus_wipe_frames(frames);
    mc_bus_close_frames(frames);
    mc_arena_clear(peer->group->bus->arena);
}

void
mc_bus_calls_end_all(mc_bus_t *self)
{
    for (size_t i = 0; i < self->calls_capacity; i++)
        if (self->calls[i] && !self->calls[i]->is_doomed)
            doom(self, self->calls[i], MC_SERVICE_MISSING_ERROR, "this service is shutting down");
    fail_doomed(self);
}

void
mc_bus_calls_destroy(mc_bus_t *self)
{
    for (size_t i = 0; i < self->calls_capacity; i++)
        if (self->calls[i])
            mc_bus_slot_free(self, self->calls[i]);
    free(self->calls);
    self->calls = NULL;
    self->calls_capacity = 0;
}
