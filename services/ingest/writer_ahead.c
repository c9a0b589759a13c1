/*
 *  writer_ahead - what is done while PostgreSQL works: the batch behind and the one ahead
 */
#include "services/ingest/writer_ahead.h"

#include "common/error.h"
#include "services/ingest/writer_blocks.h"

#define PIECE_MS 1 /* from one piece to the next: the loop handles what is ready in between */

static void
fail_spool(const ingest_writer_t *self)
{
    mc_log(&ingest_log_spool_failed, "reason=%s", mc_error());
    mc_service_fail(self->ingest->service);
}

/* --- the batch behind --- */

void
ingest_writer_put_behind(ingest_writer_t *self)
{
    ingest_writer_settle(self);
    ingest_writer_behind_t *behind = &self->behind;
    mc_arena_t *scratch = behind->scratch;
    behind->has_news = ingest_writer_committed(self, &behind->news);
    behind->batch = self->batch;
    behind->scratch = self->scratch;
    self->scratch = scratch;
    self->batch = (ingest_writer_batch_t){0};
}

static void
tell_behind(ingest_writer_t *self)
{
    if (self->behind.has_news)
        ingest_writer_publish(self, &self->behind.news);
    self->behind.has_news = false;
}

static void
forget_behind(ingest_writer_t *self)
{
    if (ingest_spool_forget(self->ingest->spool, self->behind.batch.last_spool_id) == -1)
        fail_spool(self);
    ingest_measure_spool(self->ingest);
    ingest_writer_batch_clear(&self->behind.batch);
    mc_arena_clear(self->behind.scratch);
}

void
ingest_writer_settle(ingest_writer_t *self)
{
    if (ingest_writer_batch_is_empty(&self->behind.batch))
        return;
    tell_behind(self);
    forget_behind(self);
}

/* --- the batch ahead --- */

static int
add_ahead(ingest_writer_t *self)
{
    return ingest_writer_batch_add(&self->ahead, self->ingest->spool, self->taken_id,
                                   self->ingest->settings->store_batch_events);
}

static void
tell_aside(const ingest_writer_t *self)
{
    mc_log(&ingest_log_batch_set_aside, "batches=%lld reason=%s",
           (long long)self->batch.aside_count, mc_error());
    mc_metrics_add(self->ingest->metrics, INGEST_METRIC_set_aside, self->batch.aside_count);
}

int
ingest_writer_take_ahead(ingest_writer_t *self)
{
    int result;
    while ((result = add_ahead(self)) == 0)
        ;
    if (result == -1) {
        ingest_writer_batch_clear(&self->ahead);
        fail_spool(self);
        return -1;
    }
    self->batch = self->ahead;
    self->ahead = (ingest_writer_batch_t){0};
    if (self->batch.aside_count)
        tell_aside(self);
    if (!ingest_writer_batch_is_empty(&self->batch))
        self->taken_id = self->batch.last_spool_id;
    return 0;
}

/* --- piece by piece --- */

/* Does one piece; false when there is none. */
static bool
do_piece(ingest_writer_t *self)
{
    if (self->behind.has_news)
        tell_behind(self);
    else if (!ingest_writer_batch_is_empty(&self->behind.batch))
        forget_behind(self);
    else if (self->has_ids && !self->has_changes)
        ingest_writer_require_changes(self);
    else if (self->has_ids && !self->has_blocks)
        ingest_writer_require_blocks(self);
    else
        return self->failures == 0 && mc_store_session_is_up(self->session) &&
               add_ahead(self) == 0; /* -1 shows when the batch is taken */
    return true;
}

static void
on_piece(void *arg)
{
    ingest_writer_t *self = arg;
    self->piece_timer = 0;
    if (self->is_busy && do_piece(self))
        ingest_writer_work_soon(self);
}

void
ingest_writer_work_soon(ingest_writer_t *self)
{
    if (!self->piece_timer)
        self->piece_timer = mc_service_after(self->ingest->service, PIECE_MS, on_piece, self);
}
