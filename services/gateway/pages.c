/*
 *  pages - what a client that is behind is fed with: events from the store
 *
 *  A page is read by the client's own filters, written as frames, and followed by
 *  the runs of its events as they are now. Then the ring is tried again.
 */
#include "client.h"
#include "query_runs.h"
#include "walk.h"

#define PAGE_EVENTS 200
#define PAGE_IDS INT64_C(524288) /* looked at for one page; then it may be empty */

/* The page is read: the client goes on, or is gone. */
static void
end_page(gateway_client_t *self)
{
    self->is_reading = false;
    mc_arena_destroy(&self->page);
    if (!self->stream) {
        gateway_client_free_when_done(self);
        return;
    }
    gateway_client_go_on(self);
    mc_http_stream_wake(self->stream);
}

/* The store refused: the clock tries again. */
static void
give_up(gateway_client_t *self)
{
    self->is_reading = false;
    self->is_stuck = true;
    mc_arena_destroy(&self->page);
    if (!self->stream)
        gateway_client_free_when_done(self);
}

static void
add_frames(gateway_client_t *self, mc_buffer_t *frames)
{
    for (const gateway_frame_t *frame = NULL; (frame = gateway_frame_next(frames, frame));) {
        if (!gateway_sieve_passes(&self->sieve, &frame->traits, gateway_frame_searched(frame)))
            continue;
        mc_buffer_text(&self->pending, gateway_frame_text(frame));
        GATEWAY_COUNT(self->gateway, stream_frames);
    }
    mc_buffer_clear(frames);
}

static void
on_runs(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_client_t *self = arg;
    mc_list_t runs;
    mc_buffer_t frames = {0};
    if (!refusal && self->stream &&
        !mc_store_read_all(result, &mc_agent_run_shape, self->page, &runs)) {
        const mc_agent_run_t *run = runs.items;
        for (size_t i = 0; i < runs.count; i++)
            gateway_frame_run(&frames, &self->sieve.key, &run[i]);
        add_frames(self, &frames);
    }
    end_page(self);
}

static void
ask_runs(gateway_client_t *self)
{
    gateway_question_t question;
    gateway_question_init(&question, self->page);
    gateway_query_runs_of(&question, self->events);
    gateway_question_ask(&question, self->gateway, on_runs, self);
}

/* What the store filtered is not sieved again: what it calls a match is one. */
static void
add_events(gateway_client_t *self)
{
    const mc_agent_event_t *event = self->events.items;
    mc_buffer_t frames = {0};
    if (!self->sieve.kinds[GATEWAY_FRAME_EVENT])
        return;
    for (size_t i = 0; i < self->events.count; i++)
        gateway_frame_event(&frames, &self->sieve.key, &event[i]);
    for (const gateway_frame_t *frame = NULL; (frame = gateway_frame_next(&frames, frame));)
        mc_buffer_text(&self->pending, gateway_frame_text(frame));
    mc_metrics_add(self->gateway->metrics, GATEWAY_METRIC_stream_frames,
                   (int64_t)self->events.count);
    mc_buffer_clear(&frames);
}

static void
on_events(void *arg, const gateway_found_t *found, const mc_refusal_t *refusal)
{
    gateway_client_t *self = arg;
    if (refusal || !self->stream) {
        give_up(self);
        return;
    }
    GATEWAY_COUNT(self->gateway, stream_pages);
    self->events = found->events;
    if (found->reached > self->seen_id)
        self->seen_id = found->reached;
    add_events(self);
    if (self->events.count && self->sieve.kinds[GATEWAY_FRAME_RUN])
        ask_runs(self);
    else
        end_page(self);
}

void
gateway_client_read_page(gateway_client_t *self)
{
    int64_t upto = gateway_feed_last_id(self->gateway->feed);
    bool wants_events =
        self->sieve.kinds[GATEWAY_FRAME_EVENT] || self->sieve.kinds[GATEWAY_FRAME_RUN];
    if (!wants_events || upto <= self->seen_id) {
        if (upto > self->seen_id)
            self->seen_id = upto;
        gateway_client_go_on(self);
        mc_http_stream_wake(self->stream);
        return;
    }
    self->is_reading = true;
    self->page = mc_arena_new();
    gateway_walk_options_t options = {
        .query = &self->query,
        .range = {self->seen_id, upto, PAGE_EVENTS, true},
        .ids_max = PAGE_IDS,
        .is_whole = true,
        .arena = self->page,
    };
    gateway_events_walk(self->gateway, &options, on_events, self);
}
