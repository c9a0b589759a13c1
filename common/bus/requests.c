/*
 *  requests - what other services ask of us
 *
 *  A request keeps its frames, its records lie in its own arena, and it is in
 *  the list of open ones until it is answered.
 */
#include "parts.h"

#include "common/clock.h"
#include "proto/codec.h"

enum { IDENTITY, HEAD, BODY };

struct mc_bus_request {
    mc_bus_request_t *next;
    mc_bus_request_t **link; /* what points to us */
    mc_bus_frames_t frames;
    mc_bus_head_t head;
    int64_t deadline_us;
    size_t bytes;
    mc_arena_t *arena;
};

static void
open_request(mc_bus_t *self, mc_bus_request_t *request)
{
    request->next = self->requests;
    request->link = &self->requests;
    if (request->next)
        request->next->link = &request->next; /* NOLINT(clang-analyzer-unix.Malloc) */
    self->requests = request;
    self->requests_count++;
    self->requests_bytes += request->bytes;
    mc_metrics_set(self->metrics, MC_BUS_METRIC_requests_open, (int64_t)self->requests_count);
}

static void
close_request(mc_bus_t *self, mc_bus_request_t *request)
{
    *request->link = request->next;
    if (request->next)
        request->next->link = request->link;
    self->requests_count--;
    self->requests_bytes -= request->bytes;
    mc_metrics_set(self->metrics, MC_BUS_METRIC_requests_open, (int64_t)self->requests_count);
    if (mc_bus_is_secret(request->head.tag))
        mc_bus_wipe_frames(&request->frames);
    mc_bus_close_frames(&request->frames);
    mc_arena_destroy(&request->arena);
    free(request);
}

/* Sends the body and takes the request. */
static void
send_answer(mc_bus_t *self, mc_bus_request_t *request, uint16_t tag, mc_buffer_t *body)
{
    uint8_t head[MC_BUS_ANSWER_HEAD_BYTES];
    mc_bus_head_t fields = request->head;
    mc_bus_frames_t frames = {.count = 0};
    mc_text_t identity = mc_bus_frame_text(&request->frames, IDENTITY);
    fields.tag = tag;
    mc_bus_write_answer(&fields, head);
    mc_bus_add_bytes(&frames, identity.data, identity.size);
    mc_bus_add_bytes(&frames, head, sizeof head);
    mc_bus_add_body(&frames, body, request->head.tag);
    if (mc_bus_socket_send(self->router, &frames))
        mc_bus_count(self, MC_BUS_METRIC_answers_lost, 1);
    else if (mc_bus_is_secret(request->head.tag))
        mc_bus_send_pads(self->router->zsock, identity, MC_BUS_ANSWER_HEAD_BYTES);
    close_request(self, request);
}

void
mc_bus_refuse(mc_bus_t *self, mc_bus_request_t *request, const mc_refusal_t *refusal)
{
    mc_buffer_t body = {0};
    mc_bus_write_refusal(refusal, &body);
    send_answer(self, request, 0, &body);
}

void
mc_bus_answer(mc_bus_t *self, mc_bus_request_t *request, const mc_shape_t *shape, mc_list_t records)
{
    mc_buffer_t body;
    mc_bus_begin_body(&body, request->head.tag);
    mc_pack_list(shape, records, &body);
    if (!body.is_full) {
        send_answer(self, request, shape->tag, &body);
        return;
    }
    mc_refusal_t refusal = {0};
    (void)mc_refuse(&refusal, MC_TOO_LARGE_ERROR, "", "the answer of %s is over 64 MiB",
                    self->service);
    mc_bus_clear_body(&body, request->head.tag);
    mc_bus_refuse(self, request, &refusal);
}

mc_arena_t *
mc_bus_request_arena(mc_bus_request_t *request)
{
    return request->arena;
}

int64_t
mc_bus_request_deadline_us(const mc_bus_request_t *request)
{
    return request->deadline_us;
}

void
mc_bus_hear_also(mc_bus_t *self, uint16_t tag, mc_bus_request_fn *on_request, void *state)
{
    self->also = (mc_bus_handler_t){tag, on_request};
    self->also_state = state;
}

static const mc_bus_handler_t *
find_handler(const mc_bus_t *self, uint16_t tag)
{
    if (self->also.on_request && self->also.tag == tag)
        return &self->also;
    for (const mc_bus_handler_t *at = self->handlers; at && at->on_request; at++)
        if (at->tag == tag)
            return at;
    return NULL;
}

static bool
has_room(const mc_bus_t *self, size_t bytes)
{
    return self->requests_count < MC_BUS_CALLS_MAX &&
           (self->requests_count == 0 || self->requests_bytes + bytes <= MC_BUS_BYTES_MAX);
}

/* Finds the handler and reads the records: 0 or MC_REFUSED. */
static int
read_request(const mc_bus_t *self, mc_bus_request_t *request, bool is_room,
             const mc_bus_handler_t **ret_handler, mc_list_t *ret_records, mc_refusal_t *refusal)
{
    const mc_shape_t *shape = mc_message_shape(request->head.tag);
    const mc_bus_handler_t *handler = find_handler(self, request->head.tag);
    if (!shape || !handler)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "", "%s does not answer message %u",
                         self->service, request->head.tag);
    if (!is_room)
        return mc_refuse(refusal, MC_TOO_BUSY_ERROR, "", "%s has too many requests to answer",
                         self->service);
    *ret_handler = handler;
    return mc_unpack_list(shape, mc_bus_frame_text(&request->frames, BODY), request->arena,
                          ret_records, refusal);
}

void
mc_bus_requests_take(void *arg, mc_bus_frames_t *frames)
{
    mc_bus_t *self = arg;
    mc_bus_head_t head;
    if (!mc_bus_read_request(mc_bus_frame_text(frames, HEAD), &head)) {
        mc_bus_count(self, MC_BUS_METRIC_malformed, 1);
        mc_bus_close_frames(frames);
        return;
    }
    if (head.tag == MC_BUS_PAD_TAG) {
        mc_bus_close_frames(frames);
        return;
    }
    mc_bus_request_t *request = calloc(1, sizeof *request);
    if (!request)
        mc_fatal("out of memory");
    request->frames = *frames; /* zmq_msg_t may be moved bytewise while nobody else holds it */
    request->head = head;
    request->deadline_us = mc_clock_steady_us() + (int64_t)head.deadline_ms * 1000;
    request->bytes = mc_bus_frame_text(&request->frames, BODY).size;
    request->arena = mc_arena_new();
    bool is_room = has_room(self, request->bytes);
    open_request(self, request);
    mc_bus_count(self, MC_BUS_METRIC_requests, 1);

    mc_list_t records;
    mc_refusal_t refusal = {0};
    const mc_bus_handler_t *handler;
    if (read_request(self, request, is_room, &handler, &records, &refusal) == 0) {
        handler->on_request(handler == &self->also ? self->also_state : self->state, request,
                            records);
        return;
    }
    mc_bus_count(self, MC_BUS_METRIC_requests_refused, 1);
    mc_bus_refuse(self, request, &refusal);
}

void
mc_bus_requests_destroy(mc_bus_t *self)
{
    while (self->requests)
        close_request(self, self->requests); /* NOLINT(clang-analyzer-unix.Malloc): it moves on */
}
