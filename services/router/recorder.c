/*
 *  recorder - events on their way to ingest, in batches, until it has acknowledged them
 *
 *  A queue of batches: the last one is being filled, the first ones are under
 *  way. A batch that failed waits for the clock, so that an ingest that is away
 *  is not asked in a circle.
 */
#include "services/router/recorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/arena.h"
#include "proto/codec.h"

#define BATCH_EVENTS 512
#define FLUSH_MS 200
#define UNDER_WAY_MAX 4
#define ACKNOWLEDGE_MS 10000
#define TICKS_AFTER_FAILURE 5                /* of FLUSH_MS */
#define SCRATCH_BYTES_MAX ((size_t)64 << 10) /* that are kept */
#define LEFT_BYTES_MAX ((size_t)256 << 20)

typedef struct batch {
    TAILQ_ENTRY(batch) link;
    router_recorder_t *recorder;
    mc_arena_t *arena;
    mc_agent_event_t events[BATCH_EVENTS];
    size_t count;
    size_t bytes;
    bool is_closed; /* it was sent: nothing may be added */
    bool is_under_way;
    int wait_ticks;
} batch_t;

TAILQ_HEAD(batches, batch);

struct router_recorder {
    mc_service_t *service;
    char *path;
    size_t bytes_max;
    struct batches batches;
    size_t under_way;
    int timer;
    mc_buffer_t scratch;
    router_recorder_counts_t counts;
};

static batch_t *
add_batch(router_recorder_t *self)
{
    batch_t *batch = calloc(1, sizeof *batch);
    if (!batch)
        mc_fatal("out of memory");
    batch->recorder = self;
    batch->arena = mc_arena_new();
    TAILQ_INSERT_TAIL(&self->batches, batch, link);
    return batch;
}

static void
drop_batch(router_recorder_t *self, batch_t *batch)
{
    TAILQ_REMOVE(&self->batches, batch, link);
    self->counts.waiting_bytes -= batch->bytes;
    mc_arena_destroy(&batch->arena);
    free(batch);
}

static void send_batches(router_recorder_t *self);

static void
on_acknowledged(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    batch_t *batch = arg;
    router_recorder_t *self = batch->recorder;
    batch->is_under_way = false;
    self->under_way--;
    if (refusal) {
        self->counts.sends_failed++;
        batch->wait_ticks = TICKS_AFTER_FAILURE;
        return;
    }
    const mc_stored_receipt_t *receipt = records->items;
    self->counts.events_sent += (int64_t)batch->count;
    if (records->count == 1)
        self->counts.rejected += (int64_t)receipt->rejected.count;
    drop_batch(self, batch);
    send_batches(self);
}

static void
send_batch(router_recorder_t *self, batch_t *batch)
{
    batch->is_closed = batch->is_under_way = true;
    self->under_way++;
    mc_bus_call(mc_service_bus(self->service), "ingest", MC_MESSAGE_STORE_EVENTS,
                (mc_list_t){batch->events, batch->count}, ACKNOWLEDGE_MS, on_acknowledged, batch);
}

static void
send_batches(router_recorder_t *self)
{
    batch_t *batch;
    TAILQ_FOREACH(batch, &self->batches, link)
    {
        if (self->under_way == UNDER_WAY_MAX)
            return;
        if (!batch->is_under_way && batch->wait_ticks == 0 && batch->count)
            send_batch(self, batch);
    }
}

static void
on_tick(void *arg)
{
    router_recorder_t *self = arg;
    batch_t *batch;
    self->timer = mc_service_after(self->service, FLUSH_MS, on_tick, self);
    TAILQ_FOREACH(batch, &self->batches, link)
    {
        if (batch->wait_ticks)
            batch->wait_ticks--;
    }
    send_batches(self);
}

static void
copy_texts(mc_agent_event_t *event, mc_arena_t *arena)
{
    for (size_t i = 0; i < mc_agent_event_shape.field_count; i++) {
        const mc_field_t *field = &mc_agent_event_shape.fields[i];
        if ((field->kind != MC_TEXT_KIND && field->kind != MC_JSON_KIND) ||
            !mc_record_has(event, i))
            continue;
        mc_text_t *text = mc_record_member(event, field);
        *text = mc_arena_text(arena, *text);
    }
}

/* May it still be added? */
static bool
has_room(router_recorder_t *self, bool is_step)
{
    size_t most = is_step ? self->bytes_max / 2 : self->bytes_max;
    if (self->counts.waiting_bytes < most)
        return true;
    if (is_step)
        self->counts.steps_dropped++;
    else
        self->counts.events_dropped++;
    return false;
}

mc_buffer_t *
router_recorder_begin(router_recorder_t *self, bool is_step)
{
    if (!has_room(self, is_step))
        return NULL;
    if (self->scratch.capacity > SCRATCH_BYTES_MAX)
        mc_buffer_clear(&self->scratch);
    mc_buffer_reset(&self->scratch);
    return &self->scratch;
}

void
router_recorder_add(router_recorder_t *self, const mc_agent_event_t *event)
{
    batch_t *batch = TAILQ_LAST(&self->batches, batches);
    if (!batch || batch->is_closed || batch->count == BATCH_EVENTS)
        batch = add_batch(self);
    size_t used = mc_arena_used(batch->arena);
    mc_agent_event_t *copy = &batch->events[batch->count++];
    *copy = *event;
    copy_texts(copy, batch->arena);
    size_t bytes = sizeof *copy + mc_arena_used(batch->arena) - used;
    batch->bytes += bytes;
    self->counts.waiting_bytes += bytes;
    if (batch->count == BATCH_EVENTS)
        send_batches(self);
}

const router_recorder_counts_t *
router_recorder_counts(const router_recorder_t *self)
{
    return &self->counts;
}

/* What the last end left; it is sent like the rest, and is in the file until the next end. */
static void
recall(router_recorder_t *self)
{
    int fd = open(self->path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd == -1)
        return;
    mc_buffer_t bytes = {.max = LEFT_BYTES_MAX};
    char *room = fstat(fd, &status) == 0 && status.st_size > 0
                     ? mc_buffer_room(&bytes, (size_t)status.st_size)
                     : NULL;
    ssize_t size = room ? read(fd, room, (size_t)status.st_size) : 0;
    close(fd);
    bytes.size = size > 0 ? (size_t)size : 0;

    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_list_t events = {0};
    mc_refusal_t refusal;
    if (bytes.size && mc_unpack_list(&mc_agent_event_shape, mc_buffer_content(&bytes), arena,
                                     &events, &refusal) == 0)
        for (size_t i = 0; i < events.count; i++)
            if (has_room(self, false))
                router_recorder_add(self, (const mc_agent_event_t *)events.items + i);
    mc_buffer_clear(&bytes);
}

router_recorder_t *
router_recorder_new(mc_service_t *service, const char *path, size_t bytes_max)
{
    router_recorder_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->service = service;
    self->path = strdup(path);
    self->bytes_max = bytes_max;
    TAILQ_INIT(&self->batches);
    recall(self);
    self->timer = mc_service_after(service, FLUSH_MS, on_tick, self);
    return self;
}

static void
write_left(const router_recorder_t *self, mc_text_t bytes)
{
    int fd = open(self->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd == -1)
        return;
    ssize_t size = write(fd, bytes.data, bytes.size);
    if (size != (ssize_t)bytes.size || fsync(fd) == -1)
        unlink(self->path);
    close(fd);
}

static void
leave(router_recorder_t *self)
{
    mc_buffer_t bytes = {.max = LEFT_BYTES_MAX};
    size_t count = 0, at = 0;
    batch_t *batch;
    TAILQ_FOREACH(batch, &self->batches, link)
    count += batch->count;
    if (count == 0) {
        unlink(self->path);
        return;
    }
    mc_agent_event_t *events = malloc(count * sizeof *events);
    if (!events)
        mc_fatal("out of memory");
    TAILQ_FOREACH(batch, &self->batches, link)
    {
        memcpy(events + at, batch->events, batch->count * sizeof *events);
        at += batch->count;
    }
    mc_pack_list(&mc_agent_event_shape, (mc_list_t){events, count}, &bytes);
    write_left(self, mc_buffer_content(&bytes));
    mc_buffer_clear(&bytes);
    free(events);
}

void
router_recorder_destroy(router_recorder_t **address)
{
    router_recorder_t *self = mc_take(address);
    if (!self)
        return;
    mc_service_cancel(self->service, self->timer);
    leave(self);
    for (batch_t *next, *batch = TAILQ_FIRST(&self->batches); batch; batch = next) {
        next = TAILQ_NEXT(batch, link);
        drop_batch(self, batch);
    }
    mc_buffer_clear(&self->scratch);
    free(self->path);
    free(self);
}
