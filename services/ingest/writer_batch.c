/*
 *  writer_batch - the events of one transaction, from the spool
 */
#include "services/ingest/writer_batch.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"

void
ingest_writer_batch_clear(ingest_writer_batch_t *self)
{
    mc_arena_destroy(&self->arena);
    free(self->events);
    free(self->quarantined);
    *self = (ingest_writer_batch_t){0};
}

/* Room for more items of size bytes. */
static void *
grow(void *items, size_t count, size_t more, size_t *capacity, size_t size)
{
    if (count + more <= *capacity)
        return items;
    *capacity = count + more > 2 * *capacity ? count + more : 2 * *capacity;
    items = realloc(items, *capacity * size);
    assert(items);
    return items;
}

static int
unpack(ingest_writer_batch_t *self, const mc_shape_t *shape, mc_text_t bytes, mc_list_t *ret_list)
{
    mc_refusal_t refusal;
    *ret_list = (mc_list_t){NULL, 0};
    if (bytes.size == 0)
        return 0;
    mc_text_t copy = mc_arena_text(self->arena, bytes); /* the row is lent until the next read */
    if (mc_unpack_list(shape, copy, self->arena, ret_list, &refusal) == MC_REFUSED)
        return mc_fail("reading %s from the spool: %s", shape->name, refusal.message);
    return 0;
}

static int
add_row(ingest_writer_batch_t *self, const ingest_spool_row_t *row)
{
    mc_list_t events, quarantined;
    if (unpack(self, &mc_agent_event_shape, row->stored, &events) == -1 ||
        unpack(self, &mc_quarantined_shape, row->quarantined, &quarantined) == -1)
        return -1;
    self->events =
        grow(self->events, self->count, events.count, &self->capacity, sizeof *self->events);
    if (events.count)
        memcpy(self->events + self->count, events.items, events.count * sizeof *self->events);
    self->count += events.count;
    self->quarantined = grow(self->quarantined, self->quarantined_count, quarantined.count,
                             &self->quarantined_capacity, sizeof *self->quarantined);
    if (quarantined.count)
        memcpy(self->quarantined + self->quarantined_count, quarantined.items,
               quarantined.count * sizeof *self->quarantined);
    self->quarantined_count += quarantined.count;
    return 0;
}

/* Reads the row, or sets it aside. */
static int
take_row(ingest_writer_batch_t *self, ingest_spool_t *spool, const ingest_spool_row_t *row)
{
    int64_t id = row->id;
    if (add_row(self, row) == -1) {
        self->aside_count++;
        if (ingest_spool_set_aside(spool, id) == -1)
            return -1;
    }
    self->last_spool_id = id;
    return 0;
}

bool
ingest_writer_batch_is_empty(const ingest_writer_batch_t *self)
{
    return self->last_spool_id == 0;
}

/* What a row adds; the first always fits. */
static bool
fits(const ingest_writer_batch_t *self, const ingest_spool_row_t *row, int64_t events_max)
{
    size_t bytes = self->bytes + row->stored.size + row->quarantined.size;
    return ingest_writer_batch_is_empty(self) ||
           ((int64_t)self->count + row->events <= events_max && bytes <= INGEST_WRITER_BYTES_MAX);
}

int
ingest_writer_batch_add(ingest_writer_batch_t *self, ingest_spool_t *spool, int64_t after,
                        int64_t events_max)
{
    ingest_spool_row_t row;
    if (self->is_full)
        return INGEST_SPOOL_END;
    if (!ingest_writer_batch_is_empty(self))
        after = self->last_spool_id;
    int result = ingest_spool_read(spool, after, &row);
    if (result != 0)
        return result;
    self->is_full = !fits(self, &row, events_max);
    if (!self->is_full) {
        if (!self->arena)
            self->arena = mc_arena_new();
        self->bytes += row.stored.size + row.quarantined.size;
        result = take_row(self, spool, &row);
    }
    ingest_spool_read_end(spool);
    return self->is_full ? INGEST_SPOOL_END : result;
}

void
ingest_writer_batch_refuse(ingest_writer_batch_t *self, size_t index, const mc_refusal_t *refusal)
{
    const mc_agent_event_t *event = &self->events[index];
    self->quarantined = grow(self->quarantined, self->quarantined_count, 1,
                             &self->quarantined_capacity, sizeof *self->quarantined);
    mc_quarantined_t *row = &self->quarantined[self->quarantined_count++];
    mc_buffer_t body = {.max = 65536};
    mc_write_json(&mc_agent_event_shape, event, &body);
    *row = (mc_quarantined_t){0};
    mc_set(row, quarantined, event_uid, event->event_uid);
    mc_set(row, quarantined, received_at,
           mc_has(event, agent_event, received_at) ? event->received_at : mc_clock_us());
    mc_set(row, quarantined, source,
           mc_has(event, agent_event, source) ? event->source : MC_TEXT("unknown"));
    mc_set(row, quarantined, code, mc_text(mc_error_row(refusal->code)->name));
    mc_set(row, quarantined, reason, mc_arena_text(self->arena, mc_text(refusal->message)));
    mc_set(row, quarantined, body_json,
           body.is_full ? MC_TEXT("\"too large to keep\"")
                        : mc_arena_text(self->arena, mc_buffer_content(&body)));
    mc_buffer_clear(&body);
    self->events[index] = self->events[--self->count];
}
