/*
 *  writer - the spool into PostgreSQL, one transaction after the other
 *
 *  A transaction is a list of steps, each one question; the answer of one
 *  starts the next. A failure rolls back and repeats: at once through the
 *  staging table when a key was there already, by halves when PostgreSQL
 *  refuses a row (until the one row is found, which then goes to the
 *  quarantine), and after a pause when PostgreSQL is away.
 */
#include "services/ingest/writer.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/ingest/ingest_store.h"
#include "services/ingest/writer_ahead.h"
#include "services/ingest/writer_steps.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 5000

ingest_writer_t *
ingest_writer_new(ingest_t *ingest)
{
    ingest_writer_t *self = calloc(1, sizeof *self);
    assert(self);
    self->ingest = ingest;
    self->session = mc_store_session_new(ingest->store);
    self->scratch = mc_arena_new();
    self->behind.scratch = mc_arena_new();
    self->pause_ms = PAUSE_FIRST_MS;
    ingest_writer_columns(self);
    return self;
}

void
ingest_writer_close(ingest_writer_t *self)
{
    if (!self)
        return;
    mc_store_session_destroy(&self->session);
    ingest_writer_settle(self);
    (void)!ingest_spool_commit(self->ingest->spool);
}

void
ingest_writer_destroy(ingest_writer_t **address)
{
    ingest_writer_t *self = mc_take(address);
    if (!self)
        return;
    mc_store_session_destroy(&self->session);
    mc_service_cancel(self->ingest->service, self->piece_timer);
    ingest_writer_batch_clear(&self->batch);
    ingest_writer_batch_clear(&self->ahead);
    ingest_writer_batch_clear(&self->behind.batch);
    mc_arena_destroy(&self->behind.scratch);
    mc_buffer_clear(&self->copy);
    mc_arena_destroy(&self->scratch);
    free(self);
}

void
ingest_writer_push(ingest_writer_t *self)
{
    if (self->session)
        mc_store_session_push(self->session);
}

bool
ingest_writer_is_well(const ingest_writer_t *self)
{
    return self->failures == 0;
}

static void begin_window(ingest_writer_t *self);

static void
on_pause_over(void *arg)
{
    ingest_writer_t *self = arg;
    self->is_pausing = false;
    begin_window(self);
}

static void
pause_then_repeat(ingest_writer_t *self)
{
    self->is_pausing = true;
    ingest_writer_batch_clear(&self->ahead); /* what waits, waits on disk */
    mc_service_after(self->ingest->service, self->pause_ms, on_pause_over, self);
    self->pause_ms = self->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : self->pause_ms * 2;
}

static void
begin_batch(ingest_writer_t *self)
{
    if (ingest_writer_take_ahead(self) == -1 || ingest_writer_batch_is_empty(&self->batch))
        return;
    self->is_busy = true;
    self->from = 0;
    self->window = self->batch.count;
    begin_window(self);
    ingest_writer_work_soon(self);
}

/* Everything of the batch is committed. The next one begins before this one is told and forgotten,
 * so that PostgreSQL does not wait for that. */
static void
end_batch(ingest_writer_t *self)
{
    ingest_writer_put_behind(self);
    self->is_busy = false;
    begin_batch(self);
    if (self->is_busy)
        return;
    ingest_writer_settle(self);
    if (self->copy.capacity > INGEST_WRITER_IDLE_BYTES)
        mc_buffer_clear(&self->copy);
}

/* There is more of the batch. */
static void
go_on(ingest_writer_t *self)
{
    mc_committed_t news;
    if (ingest_writer_committed(self, &news))
        ingest_writer_publish(self, &news);
    self->batch.quarantined_count = 0;
    self->from += self->window;
    self->window *= 2;
    begin_window(self);
}

/* The window was committed; on to the next, larger again after a bad row. */
static void
end_window(ingest_writer_t *self)
{
    mc_metrics_add(self->ingest->metrics, INGEST_METRIC_transactions, 1);
    mc_metrics_observe_us(self->ingest->metrics, INGEST_METRIC_transaction,
                          mc_clock_steady_us() - self->started_us);
    if (self->failures)
        mc_log(&ingest_log_store_back, "spool_events=%lld",
               (long long)ingest_spool_events(self->ingest->spool));
    self->failures = 0;
    self->pause_ms = PAUSE_FIRST_MS;
    self->is_staged = false;
    if (self->from + self->window < self->batch.count)
        go_on(self);
    else
        end_batch(self);
}

static void
quarantine_bad_row(ingest_writer_t *self, const mc_refusal_t *refusal)
{
    mc_refusal_t reason;
    (void)mc_refuse(&reason, MC_BAD_INPUT_ERROR, "", "the database refused it: %s",
                    refusal->message);
    mc_log(&ingest_log_event_unstorable, "reason=%s", refusal->message);
    ingest_writer_batch_refuse(&self->batch, self->from, &reason);
    if (self->from >= self->batch.count)
        self->window = 0;
}

/* What a failed transaction means for the next try. */
static void
answer_failure(ingest_writer_t *self)
{
    const mc_refusal_t *refusal = &self->failure;
    const char *state = refusal->field;
    bool is_data = !strncmp(state, "22", 2) || (!strncmp(state, "23", 2));
    if (!strcmp(state, "23505") && !self->is_staged) {
        self->is_staged = true;
        begin_window(self);
    } else if (!strcmp(state, "23514") && !strcmp(self->failed_step, "copy events")) {
        ingest_partitions_forget(self->ingest->partitions);
        ingest_partitions_keep(self->ingest->partitions);
        pause_then_repeat(self);
    } else if (is_data && self->window > 1) {
        self->window /= 2;
        begin_window(self);
    } else if (is_data && self->window == 1) {
        quarantine_bad_row(self, refusal);
        begin_window(self);
    } else {
        if (self->failures++ == 0)
            mc_log(&ingest_log_store_failed, "step=%s reason=%s", self->failed_step,
                   refusal->message);
        mc_metrics_add(self->ingest->metrics, INGEST_METRIC_store_failures, 1);
        self->is_prepared = false;
        pause_then_repeat(self);
    }
}

static void
on_rolled_back(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    ingest_writer_t *self = arg;
    (void)result;
    (void)refusal;
    if (self->session)
        answer_failure(self);
}

static void
fail_window(ingest_writer_t *self, const mc_refusal_t *refusal)
{
    self->failure = *refusal;
    self->has_ids = false;
    self->failed_step = ingest_writer_steps[self->step].name;
    mc_store_session_ask(self->session, ingest_sql_rollback, NULL, on_rolled_back, self);
}

static void next_step(ingest_writer_t *self);

static void
on_step_answered(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    ingest_writer_t *self = arg;
    const ingest_writer_step_t *step = &ingest_writer_steps[self->step];
    mc_refusal_t own;
    if (!self->session) /* closed: what was under way is in the spool still */
        return;
    if (!refusal && step->answer && step->answer(self, result, &own) == MC_REFUSED)
        refusal = &own;
    if (refusal) {
        fail_window(self, refusal);
        return;
    }
    if (!step->again || !step->again(self))
        self->step++;
    next_step(self);
}

static void
next_step(ingest_writer_t *self)
{
    while (ingest_writer_steps[self->step].name && ingest_writer_steps[self->step].wants &&
           !ingest_writer_steps[self->step].wants(self))
        self->step++;
    if (!ingest_writer_steps[self->step].name) {
        end_window(self);
        return;
    }
    ingest_writer_steps[self->step].ask(self, on_step_answered);
}

static void
begin_window(ingest_writer_t *self)
{
    self->has_ids = self->has_changes = self->has_blocks = false;
    if (self->window > self->batch.count - self->from)
        self->window = self->batch.count - self->from;
    if (!ingest_writer_has_partitions(self)) {
        ingest_partitions_keep(self->ingest->partitions);
        pause_then_repeat(self);
        return;
    }
    mc_arena_clear(self->scratch);
    self->first_move = self->last_move = self->move = NULL;
    self->moving = 0;
    self->rounds = 0;
    self->is_looking = self->must_look = false;
    self->step = 0;
    self->started_us = mc_clock_steady_us();
    next_step(self);
}

void
ingest_writer_wake(ingest_writer_t *self)
{
    if (!self)
        return;
    if (self->is_busy)
        ingest_writer_work_soon(self);
    else
        begin_batch(self);
}
