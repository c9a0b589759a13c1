/*
 *  control_stream - GET /api/v1/control/stream?run=: what holds for a run, at once
 */
#include <czmq.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "control.h"
#include "params.h"
#include "proto/codec.h"

#define RUN_BYTES_MAX 400
#define HEARTBEAT ": hb\n\n"
#define PENDING_BYTES_MAX ((size_t)256 << 10) /* a client that takes nothing is cut off beyond */

typedef struct watcher {
    LIST_ENTRY(watcher) link;
    struct watcher *next_same; /* another stream of the same run */
    gateway_watchers_t *watchers;
    mc_http_stream_t *stream; /* NULL once it is closed */
    mc_buffer_t pending;
    bool is_asking; /* control, for the verdict */
    bool is_told;
    char run[RUN_BYTES_MAX + 1];
} watcher_t;

LIST_HEAD(watcher_list, watcher);

struct gateway_watchers {
    gateway_t *gateway;
    struct watcher_list open;
    zhashx_t *by_run; /* the first stream of each run */
    int64_t count;
};

static void
send_pending(watcher_t *self)
{
    if (self->pending.size > PENDING_BYTES_MAX)
        mc_http_stream_end(self->stream);
    else
        mc_http_stream_wake(self->stream);
}

static void
say(watcher_t *self, const mc_verdict_t *verdict)
{
    self->is_told = true;
    mc_buffer_string(&self->pending, "event: hold\ndata: ");
    mc_write_json(&mc_verdict_shape, verdict, &self->pending);
    mc_buffer_string(&self->pending, "\n\n");
    GATEWAY_COUNT(self->watchers->gateway, verdicts_sent);
    send_pending(self);
}

static void
free_when_done(watcher_t *self)
{
    if (self->stream || self->is_asking)
        return;
    mc_buffer_clear(&self->pending);
    free(self);
}

static void
on_verdict(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    watcher_t *self = arg;
    self->is_asking = false;
    if (self->stream && !refusal && records->count == 1)
        say(self, records->items); /* else the next beat asks again */
    free_when_done(self);
}

static void
ask_verdict(watcher_t *self)
{
    mc_hold_member_t run = {0};
    if (self->is_asking)
        return;
    self->is_asking = true;
    mc_set(&run, hold_member, id, mc_text(self->run));
    mc_bus_call(self->watchers->gateway->bus, "control", MC_MESSAGE_WATCH_RUN, mc_list_one(&run),
                MC_BUS_TIMEOUT_MS, on_verdict, self);
}

static void
on_verdicts(void *arg, mc_list_t records)
{
    gateway_watchers_t *self = arg;
    const mc_verdict_t *verdict = records.items;
    for (size_t i = 0; i < records.count; i++) {
        char run[RUN_BYTES_MAX + 1];
        snprintf(run, sizeof run, "%.*s", MC_FMT(verdict[i].run_id));
        for (watcher_t *at = zhashx_lookup(self->by_run, run); at; at = at->next_same)
            say(at, &verdict[i]);
    }
}

/* Verdicts may have been missed: each is asked for, again with each beat until control answers. */
static void
on_gap(void *arg)
{
    gateway_watchers_t *self = arg;
    watcher_t *watcher;
    LIST_FOREACH(watcher, &self->open, link)
    {
        watcher->is_told = false;
        ask_verdict(watcher);
    }
}

static void
add(gateway_watchers_t *self, watcher_t *watcher)
{
    watcher->next_same = zhashx_lookup(self->by_run, watcher->run);
    zhashx_update(self->by_run, watcher->run, watcher);
    LIST_INSERT_HEAD(&self->open, watcher, link);
    mc_metrics_set(self->gateway->metrics, GATEWAY_METRIC_control_streams, ++self->count);
}

static void
take_out(gateway_watchers_t *self, watcher_t *watcher)
{
    watcher_t *first = zhashx_lookup(self->by_run, watcher->run);
    if (first == watcher && watcher->next_same)
        zhashx_update(self->by_run, watcher->run, watcher->next_same);
    else if (first == watcher)
        zhashx_delete(self->by_run, watcher->run);
    for (watcher_t *at = first; at; at = at->next_same)
        if (at->next_same == watcher)
            at->next_same = watcher->next_same;
    LIST_REMOVE(watcher, link);
    mc_metrics_set(self->gateway->metrics, GATEWAY_METRIC_control_streams, --self->count);
}

static ssize_t
on_read(void *arg, char *room, size_t max)
{
    watcher_t *self = arg;
    size_t size = self->pending.size < max ? self->pending.size : max;
    memcpy(room, self->pending.data, size);
    memmove(self->pending.data, self->pending.data + size, self->pending.size - size);
    self->pending.size -= size;
    return (ssize_t)size;
}

static void
on_closed(void *arg)
{
    watcher_t *self = arg;
    take_out(self->watchers, self);
    self->stream = NULL;
    free_when_done(self);
}

void
gateway_on_control_stream(void *state, mc_http_request_t *request)
{
    static const char *const names[] = {"run", NULL};
    static const mc_http_stream_calls_t calls = {.read = on_read, .closed = on_closed};
    gateway_t *gateway = state;
    mc_text_t run = mc_http_query(request, "run");
    mc_refusal_t refusal;
    if (gateway_params_only(request, names, &refusal)) {
        mc_http_refuse(request, &refusal);
        return;
    }
    if (run.size == 0 || run.size > RUN_BYTES_MAX) {
        mc_http_refuse_with(request, MC_BAD_INPUT_ERROR,
                            "run must be the id of a run, of 1 to %d bytes", RUN_BYTES_MAX);
        return;
    }
    watcher_t *self = calloc(1, sizeof *self);
    assert(self);
    self->watchers = gateway->watchers;
    memcpy(self->run, run.data, run.size);
    mc_buffer_string(&self->pending, "retry: 1000\n\n");
    add(gateway->watchers, self);
    mc_http_add_header(request, "X-Accel-Buffering", "no");
    self->stream = mc_http_answer_stream(request, "text/event-stream", &calls, self);
    ask_verdict(self);
}

static void
on_beat(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    (void)arg;
    (void)records;
    (void)refusal; /* the next one is in a second */
}

void
gateway_watchers_beat(void *state)
{
    gateway_t *gateway = state;
    gateway_watchers_t *self = gateway->watchers;
    watcher_t *watcher, *next;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_hold_member_t *runs = mc_arena_alloc(arena, ((size_t)self->count + 1) * sizeof *runs);
    size_t count = 0;
    for (watcher = LIST_FIRST(&self->open); watcher; watcher = next) {
        next = LIST_NEXT(watcher, link);
        mc_set(&runs[count], hold_member, id, mc_text(watcher->run));
        count++;
        if (!watcher->is_told)
            ask_verdict(watcher);
        mc_buffer_string(&watcher->pending, HEARTBEAT);
        send_pending(watcher);
    }
    if (count)
        mc_bus_call(gateway->bus, "control", MC_MESSAGE_RUNS_WATCHED, (mc_list_t){runs, count},
                    1000, on_beat, NULL);
}

gateway_watchers_t *
gateway_watchers_new(gateway_t *gateway)
{
    gateway_watchers_t *self = calloc(1, sizeof *self);
    assert(self);
    self->gateway = gateway;
    self->by_run = zhashx_new();
    LIST_INIT(&self->open);
    mc_bus_subscribe(gateway->bus, "control", MC_MESSAGE_VERDICTS_CHANGED, on_verdicts, on_gap,
                     self);
    return self;
}

void
gateway_watchers_destroy(gateway_watchers_t **address)
{
    gateway_watchers_t *self = mc_take(address);
    if (!self)
        return;
    assert(self->count == 0);
    zhashx_destroy(&self->by_run);
    free(self);
}
