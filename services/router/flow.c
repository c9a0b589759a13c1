/*
 *  flow - a stream on its way from the provider to the client
 *
 *  Whole frames only: each is looked at, and translated or forwarded as it came.
 *  What the client has not read yet is bounded: beyond the mark the provider is
 *  not read either. A fault that is found inside a frame is acted on when the
 *  frames at hand are done.
 */
#include "services/router/call.h"

#include <stdio.h>

#include "common/clock.h"
#include "proto/codec.h"
#include "services/router/usage_strip.h"

#define OUT_BYTES_MAX ((size_t)64 << 20)
#define PROGRESS_US INT64_C(1000000)

static size_t
waiting(const router_call_t *self)
{
    return self->out.size - self->out_at;
}

/* The client has room: it gets what is there, then the end as it shall be. */
static ssize_t
on_read(void *arg, char *room, size_t max)
{
    router_call_t *self = arg;
    size_t size = waiting(self) < max ? waiting(self) : max;
    if (size == 0 && self->is_over)
        return self->is_broken ? MC_HTTP_STREAM_BROKEN : -1;
    memcpy(room, self->out.data + self->out_at, size);
    self->out_at += size;
    if (waiting(self) == 0) {
        mc_buffer_reset(&self->out);
        self->out_at = 0;
    }
    if (self->attempt.is_held && waiting(self) <= ROUTER_MARK_BYTES / 2 && self->attempt.http) {
        self->attempt.is_held = false;
        self->attempt.last_byte_us = mc_clock_steady_us();
        mc_http_client_go_on(self->router->client, self->attempt.http);
    }
    return (ssize_t)size;
}

/* The client has everything, or has left. */
static void
on_closed(void *arg)
{
    router_call_t *self = arg;
    self->stream = NULL;
    router_call_leave(self);
}

void
router_flow_start(router_call_t *self)
{
    static const mc_http_stream_calls_t calls = {on_read, on_closed};
    mc_http_request_t *request = self->request;
    router_head_add(self);
    mc_http_add_header(request, "Cache-Control", "no-cache");
    mc_buffer_init(&self->out, OUT_BYTES_MAX);
    self->request = NULL;
    self->stream = mc_http_answer_stream(request, "text/event-stream; charset=utf-8", &calls, self);
}

void
router_flow_comment(router_call_t *self, const char *text)
{
    if (waiting(self))
        return;
    mc_buffer_string(&self->out, ": ");
    mc_buffer_string(&self->out, text);
    mc_buffer_string(&self->out, "\n\n");
    mc_http_stream_wake(self->stream);
}

/* From now on no other attempt may follow. */
static void
commit(router_call_t *self)
{
    if (!self->stream)
        router_flow_start(self);
    self->is_committed = true;
    self->progress_us = mc_clock_steady_us();
}

static void
fail_later(router_call_t *self, const char *message)
{
    snprintf(self->attempt.fault, sizeof self->attempt.fault, "%s", message);
    mc_sse_stop(&self->attempt.sse);
}

/* An error of the provider's own inside the stream. */
static void
on_error_frame(router_call_t *self, mc_text_t data)
{
    router_attempt_t *attempt = &self->attempt;
    if (!self->is_committed)
        mc_buffer_text(&attempt->answer, data);
    attempt->has_error_frame = true;
    fail_later(self, attempt->watch.error_message[0] ? attempt->watch.error_message
                                                     : "the provider broke off with an error");
}

/* What the client shall see of the frame. */
static void
put_frame(router_call_t *self, const mc_sse_frame_t *frame)
{
    router_attempt_t *attempt = &self->attempt;
    mc_refusal_t refusal;
    if (attempt->translation) {
        if (router_translation_event(attempt->translation, self->router->parser, frame->event,
                                     frame->data, &self->out, &refusal) != 0)
            fail_later(self, refusal.message);
    } else if (attempt->must_strip) {
        router_usage_strip(self->router->scanner, frame, &self->out);
    } else {
        mc_buffer_text(&self->out, frame->raw);
    }
}

static void
on_frame(void *arg, const mc_sse_frame_t *frame)
{
    router_call_t *self = arg;
    router_attempt_t *attempt = &self->attempt;
    mc_refusal_t refusal;
    (void)router_upstream_mask(self, frame->raw);
    (void)router_upstream_mask(self, frame->data);
    if (!frame->has_data) {
        if (self->is_committed && !attempt->translation)
            mc_buffer_text(&self->out, frame->raw);
        return;
    }
    if (router_watch_event(&attempt->watch, self->router->parser, frame->event, frame->data,
                           &refusal) != 0) {
        fail_later(self, refusal.message);
        return;
    }
    if (attempt->watch.has_error) {
        on_error_frame(self, frame->data);
        return;
    }
    if (!attempt->first_content_us && attempt->watch.has_content)
        attempt->first_content_us = attempt->last_byte_us;
    if (!self->is_committed)
        commit(self);
    put_frame(self, frame);
    router_spending_meter(self);
    if (self->spending.is_crossed)
        mc_sse_stop(&attempt->sse);
}

/* Says an error that came as a frame before anything went out, as if it had come as an answer. */
static void
fail_by_frame(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    router_failure_t failure = {.status = 200};
    router_error_read(attempt->dialect, self->router->parser, mc_buffer_content(&attempt->answer),
                      &failure.error);
    failure.error.message = mc_arena_text(self->arena, failure.error.message);
    failure.error.type = failure.error.code = failure.error.param = NULL;
    if (failure.error.status < 400)
        failure.error.status = 502;
    failure.verdict =
        router_fault_of_answer(failure.error.status, &failure.error, &(router_retry_words_t){0});
    router_error_map(attempt->dialect, self->dialect, &failure.error);
    router_attempt_fail(self, &failure);
}

static void
act_on_fault(router_call_t *self)
{
    char reason[sizeof self->attempt.fault];
    memcpy(reason, self->attempt.fault, sizeof reason);
    if (self->attempt.has_error_frame && !self->is_committed)
        fail_by_frame(self);
    else
        router_attempt_fail_wire(self, false, reason);
}

/* A budget was used up by the last frame. */
static void
stop_spending(router_call_t *self)
{
    mc_refusal_t refusal;
    router_spending_refuse(self, &refusal);
    router_call_end(self, &refusal);
}

/* Beyond the mark the provider is not read until the client has. */
static void
hold_if_full(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    if (waiting(self) <= ROUTER_MARK_BYTES || attempt->is_held || !attempt->http)
        return;
    attempt->is_held = true;
    ROUTER_COUNT(self->router, held_streams, 1);
    mc_http_client_hold(self->router->client, attempt->http);
}

static void
compact(router_call_t *self)
{
    if (self->out_at < ROUTER_MARK_BYTES)
        return;
    memmove(self->out.data, self->out.data + self->out_at, waiting(self));
    self->out.size -= self->out_at;
    self->out_at = 0;
}

void
router_flow_take(router_call_t *self, mc_text_t bytes)
{
    router_attempt_t *attempt = &self->attempt;
    mc_refusal_t refusal;
    if (mc_boundary_look(&self->admission.call, &refusal) != 0) {
        router_call_end(self, &refusal);
        return;
    }
    if (!attempt->sse.frame)
        mc_sse_init(&attempt->sse, on_frame, self);
    compact(self);
    if (!mc_sse_feed(&attempt->sse, bytes))
        fail_later(self, "a frame of its stream is larger than the limit");
    if (self->spending.is_crossed) {
        stop_spending(self);
        return;
    }
    if (attempt->fault[0]) {
        act_on_fault(self);
        return;
    }
    if (!self->is_committed)
        return;
    hold_if_full(self);
    if (attempt->last_byte_us - self->progress_us >= PROGRESS_US) {
        self->progress_us = attempt->last_byte_us;
        router_call_tell_progress(self);
    }
    if (waiting(self))
        mc_http_stream_wake(self->stream);
}

static void
put_cost(router_call_t *self)
{
    int64_t cost = router_call_cost(self);
    if (cost != ROUTER_PRICE_UNKNOWN)
        mc_buffer_printf(&self->out, ": x-mc-cost-usd %lld.%09lld\n\n",
                         (long long)(cost / 1000000000), (long long)(cost % 1000000000));
}

static void
finish(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    size_t size = self->out.size;
    if (attempt->translation && !router_translation_end(attempt->translation, &self->out)) {
        self->out.size = size;
        router_attempt_fail_wire(self, false, "its stream ended before its answer did");
        return;
    }
    router_watch_estimate(&attempt->watch, self->scan.input_tokens);
    if (attempt->dialect == ROUTER_RESPONSES && attempt->watch.response_id[0])
        router_affinity_share_put(self->router->affinity_share, mc_text(attempt->watch.response_id),
                                  attempt->model->provider->name);
    put_cost(self);
    router_attempt_end(self, ROUTER_FAULT_NONE, (mc_text_t){0}, 0);
    router_call_tell_end(self, "completed", (mc_text_t){0});
    router_admission_leave(&self->admission);
    router_spending_settle(self);
    self->is_over = true;
    mc_http_stream_wake(self->stream);
}

void
router_flow_end(router_call_t *self, const char *reason)
{
    router_attempt_t *attempt = &self->attempt;
    if (!attempt->fault[0])
        mc_sse_end(&attempt->sse);
    if (self->spending.is_crossed)
        stop_spending(self);
    else if (attempt->fault[0])
        act_on_fault(self);
    else if (self->is_committed && router_watch_is_whole(&attempt->watch))
        finish(self);
    else
        router_attempt_fail_wire(self, false, reason ? reason : "its stream ended before its end");
}

void
router_flow_cut(router_call_t *self)
{
    const router_error_t *said = &self->failure.error;
    const router_model_t *model = self->attempt.model;
    mc_text_t message = said->message;
    router_error_t error = {.status = said->status ? said->status : 502,
                            .code = said->code,
                            .message = message,
                            .request_id = mc_text(self->id),
                            .sequence = said->sequence};
    router_error_frames(self->dialect, &error, &self->out);
    ROUTER_COUNT(self->router, streams_cut, 1);
    mc_log(&router_log_stream_cut, "call=%s provider=%.*s reason=%.*s", self->id,
           MC_FMT(model ? model->provider->name : MC_TEXT("none")), MC_FMT(message));
    if (self->is_told)
        router_call_tell_end(self, "failed", message);
    router_admission_leave(&self->admission);
    router_spending_settle(self);
    self->is_over = self->is_broken = true;
    mc_http_stream_wake(self->stream);
}
