/*
 *  feed - the live feed: what ingest publishes, in order, as frames
 */
#include "feed.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "gateway_store.h"
#include "order.h"
#include "query_runs.h"
#include "stream.h"
#include "walk.h"

#define GAP_US INT64_C(150000)
#define GAP_MS 150
#define REPAIR_EVENTS 500

/* A gap larger than this is not filled here: the clients read the store by their own filters. */
#define REPAIR_IDS_MAX INT64_C(20000)

/* A gap being filled. */
typedef struct {
    gateway_feed_t *feed;
    mc_arena_t *arena;
    mc_event_query_t everything;
    int64_t after;
} repair_t;

struct gateway_feed {
    gateway_t *gateway;
    gateway_order_t order;
    gateway_ring_t *ring;
    gateway_hash_key_t key;
    bool is_started;
    bool is_asking; /* the store for its last id */
    bool is_repairing;
    bool has_timer;     /* a look at the gap is ahead */
    int64_t at_asking;  /* where we were then */
    int64_t store_last; /* what the store said last */
};

static void look_at_gap(gateway_feed_t *self);

bool
gateway_feed_is_started(const gateway_feed_t *self)
{
    return self->is_started;
}

int64_t
gateway_feed_last_id(const gateway_feed_t *self)
{
    return self->order.at;
}

const gateway_ring_t *
gateway_feed_ring(const gateway_feed_t *self)
{
    return self->ring;
}

const gateway_hash_key_t *
gateway_feed_key(const gateway_feed_t *self)
{
    return &self->key;
}

void
gateway_feed_open(gateway_feed_t *self)
{
    if (!self->ring)
        self->ring =
            gateway_ring_new((size_t)self->gateway->settings->stream_ring_bytes, self->order.at);
}

void
gateway_feed_close(gateway_feed_t *self)
{
    gateway_ring_destroy(&self->ring);
}

/* Puts a batch in order into the ring, without what was given out before. */
static void
give_out(gateway_feed_t *self, const gateway_batch_t *batch, int64_t seen)
{
    int64_t events = 0;
    if (!self->ring)
        return;
    if (batch->is_empty) {
        gateway_ring_reset(self->ring, batch->last);
        return;
    }
    for (const gateway_frame_t *frame = NULL;
         (frame = gateway_frame_next(&batch->frames, frame));) {
        bool is_event = frame->traits.kind == GATEWAY_FRAME_EVENT;
        if (is_event && frame->id <= seen)
            continue;
        gateway_ring_put(self->ring, frame);
        events += is_event;
    }
    mc_metrics_add(self->gateway->metrics, GATEWAY_METRIC_feed_events, events);
}

static void
give_out_all(gateway_feed_t *self)
{
    gateway_batch_t batch;
    int64_t seen;
    bool is_any = false;
    while (gateway_order_next(&self->order, &batch, &seen)) {
        give_out(self, &batch, seen);
        mc_buffer_clear(&batch.frames);
        is_any = true;
    }
    mc_metrics_set(self->gateway->metrics, GATEWAY_METRIC_feed_held, (int64_t)self->order.count);
    mc_metrics_set(self->gateway->metrics, GATEWAY_METRIC_feed_last_id, self->order.at);
    if (is_any)
        gateway_streams_wake(self->gateway->streams);
    look_at_gap(self);
}

static void
put_batch(gateway_feed_t *self, gateway_batch_t *batch)
{
    size_t held = self->order.count;
    if (gateway_order_put(&self->order, batch) != GATEWAY_ORDER_FULL)
        return;
    mc_log(&gateway_log_feed_overflowed, "held=%zu at=%lld", held, (long long)self->order.at);
    mc_metrics_add(self->gateway->metrics, GATEWAY_METRIC_feed_dropped, (int64_t)held + 1);
}

/* Ids must grow and lie in the range that the batch says; otherwise the store is asked. */
static bool
is_in_order(const mc_committed_t *batch)
{
    const mc_agent_event_t *event = batch->events.items;
    int64_t before = batch->after_id;
    for (size_t i = 0; i < batch->events.count; i++) {
        if (event[i].id <= before || event[i].id > batch->last_id)
            return false;
        before = event[i].id;
    }
    return batch->after_id < batch->last_id;
}

static void
write_frames(gateway_feed_t *self, const mc_committed_t *committed, mc_buffer_t *out)
{
    const mc_agent_event_t *events = committed->events.items;
    const mc_agent_run_t *runs = committed->runs.items;
    const mc_run_move_t *moves = committed->moves.items;
    for (size_t i = 0; i < committed->moves.count; i++) /* before the rows of where they are now */
        gateway_frame_move(out, &self->key, &moves[i]);
    for (size_t i = 0; i < committed->events.count; i++)
        gateway_frame_event(out, &self->key, &events[i]);
    for (size_t i = 0; i < committed->runs.count; i++)
        gateway_frame_run(out, &self->key, &runs[i]);
}

static void
on_committed(void *arg, mc_list_t records)
{
    gateway_feed_t *self = arg;
    const mc_committed_t *committed = records.items;
    for (size_t i = 0; i < records.count; i++, committed++) {
        gateway_batch_t batch = {.after = committed->after_id,
                                 .last = committed->last_id,
                                 .is_empty = !self->ring,
                                 .since_us = mc_clock_steady_us()};
        GATEWAY_COUNT(self->gateway, feed_batches);
        if (!is_in_order(committed) || committed->last_id <= self->order.at)
            continue;
        if (self->ring)
            write_frames(self, committed, &batch.frames);
        put_batch(self, &batch);
    }
    if (self->is_started)
        give_out_all(self);
}

static void
end_repair(repair_t **address)
{
    repair_t *repair = mc_take(address);
    repair->feed->is_repairing = false;
    mc_arena_destroy(&repair->arena);
    free(repair);
}

/* Runs as they are now; the events of the gap changed them. */
static void
on_repaired_runs(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    repair_t *repair = arg;
    gateway_feed_t *self = repair->feed;
    mc_list_t runs = {0};
    mc_buffer_t frames = {0};
    if (!refusal && self->ring &&
        !mc_store_read_all(result, &mc_agent_run_shape, repair->arena, &runs)) {
        write_frames(self, &(mc_committed_t){.runs = runs}, &frames);
        gateway_feed_put(self, &frames);
    }
    end_repair(&repair);
    give_out_all(self);
}

static void
on_repaired(void *arg, const gateway_found_t *found, const mc_refusal_t *refusal)
{
    repair_t *repair = arg;
    gateway_feed_t *self = repair->feed;
    if (refusal) { /* the check of each second tries again */
        end_repair(&repair);
        return;
    }
    mc_committed_t committed = {.events = found->events};
    gateway_batch_t batch = {.after = repair->after, .last = found->reached};
    write_frames(self, &committed, &batch.frames);
    GATEWAY_COUNT(self->gateway, feed_repairs);
    mc_metrics_add(self->gateway->metrics, GATEWAY_METRIC_feed_repaired,
                   (int64_t)found->events.count);
    mc_log(&gateway_log_feed_repaired, "after=%lld upto=%lld events=%zu", (long long)batch.after,
           (long long)batch.last, found->events.count);
    put_batch(self, &batch);
    give_out_all(self);

    gateway_question_t question;
    gateway_question_init(&question, repair->arena);
    gateway_query_runs_of(&question, found->events);
    gateway_question_ask(&question, self->gateway, on_repaired_runs, repair);
}

static void
repair_gap(gateway_feed_t *self, int64_t after, int64_t upto)
{
    if (!self->ring || upto - after > REPAIR_IDS_MAX) {
        gateway_order_start(&self->order, upto);
        if (self->ring)
            gateway_ring_reset(self->ring, upto);
        give_out_all(self);
        return;
    }
    repair_t *repair = calloc(1, sizeof *repair);
    self->is_repairing = true;
    repair->feed = self;
    repair->after = after;
    repair->arena = mc_arena_new();
    gateway_walk_options_t options = {
        .query = &repair->everything,
        .range = {after, upto, REPAIR_EVENTS, true},
        .is_whole = true,
        .arena = repair->arena,
    };
    gateway_events_walk(self->gateway, &options, on_repaired, repair);
}

static void
on_gap_timer(void *arg)
{
    gateway_feed_t *self = arg;
    self->has_timer = false;
    look_at_gap(self);
}

static void
look_at_gap(gateway_feed_t *self)
{
    int64_t after, upto;
    if (!self->is_started || self->is_repairing || self->has_timer)
        return;
    int64_t now_us = mc_clock_steady_us();
    if (gateway_order_gap(&self->order, now_us, GAP_US, &after, &upto)) {
        repair_gap(self, after, upto);
    } else if (gateway_order_gap(&self->order, now_us, 0, &after, &upto)) {
        self->has_timer = true;
        mc_service_after(self->gateway->service, GAP_MS, on_gap_timer, self);
    }
}

/* The store had more than we do for a whole second: its publication was lost. Or it has less than
 * it had: it is another one. */
static void
compare(gateway_feed_t *self, int64_t last_id)
{
    int64_t known = self->store_last;
    self->store_last = last_id;
    if (last_id < self->at_asking) {
        gateway_order_clear(&self->order);
        gateway_order_start(&self->order, last_id);
        if (self->ring)
            gateway_ring_reset(self->ring, last_id);
        gateway_streams_wake(self->gateway->streams);
    } else if (known > self->order.at && !self->is_repairing) {
        repair_gap(self, self->order.at, known);
    }
}

static void
on_last_id(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_feed_t *self = arg;
    self->is_asking = false;
    if (refusal || PQntuples(result) == 0)
        return;
    int64_t last_id = mc_store_i64(result, 0, 0);
    if (self->is_started) {
        compare(self, last_id);
        return;
    }
    self->is_started = true;
    self->store_last = last_id;
    gateway_order_start(&self->order, last_id);
    give_out_all(self);
}

static void
ask_last_id(gateway_feed_t *self)
{
    if (self->is_asking)
        return;
    self->is_asking = true;
    self->at_asking = self->order.at;
    gateway_store_last_event_id(self->gateway->store, on_last_id, self);
}

void
gateway_feed_check(void *state)
{
    gateway_t *gateway = state;
    ask_last_id(gateway->feed);
    look_at_gap(gateway->feed);
    gateway_streams_tick(gateway->streams);
}

static void
on_committed_gap(void *arg)
{
    ask_last_id(arg);
}

void
gateway_feed_put(gateway_feed_t *self, mc_buffer_t *frames)
{
    const gateway_frame_t *frame = NULL;
    while (self->ring && (frame = gateway_frame_next(frames, frame)))
        gateway_ring_put(self->ring, frame);
    mc_buffer_clear(frames);
    gateway_streams_wake(self->gateway->streams);
}

gateway_feed_t *
gateway_feed_new(gateway_t *gateway)
{
    gateway_feed_t *self = calloc(1, sizeof *self);
    self->gateway = gateway;
    randombytes_buf(self->key.bytes, sizeof self->key.bytes);
    gateway_order_init(&self->order, (size_t)gateway->settings->stream_ring_bytes);
    mc_bus_subscribe(gateway->bus, "ingest", MC_MESSAGE_EVENTS_COMMITTED, on_committed,
                     on_committed_gap, self);
    ask_last_id(self);
    return self;
}

void
gateway_feed_destroy(gateway_feed_t **address)
{
    gateway_feed_t *self = mc_take(address);
    if (!self)
        return;
    gateway_order_clear(&self->order);
    gateway_ring_destroy(&self->ring);
    free(self);
}
