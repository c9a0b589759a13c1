/*
 *  writer_steps - the questions of one transaction, in their order
 */
#include "services/ingest/writer_steps.h"

#include "services/ingest/ingest_store.h"
#include "services/ingest/run_changes.h"
#include "services/ingest/writer_ahead.h"
#include "services/ingest/writer_blocks.h"
#include "services/ingest/writer_spans.h"
#include "services/ingest/writer_tree.h"

static mc_agent_event_t *
window_of(const ingest_writer_t *self)
{
    return self->batch.events + self->from;
}

void
ingest_writer_columns(ingest_writer_t *self)
{
    static const char *const assigned[] = {"id", NULL};
    mc_columns_init(&self->event_columns, &mc_agent_event_shape, NULL);
    mc_columns_init(&self->change_columns, &mc_run_change_shape, NULL);
    mc_columns_init(&self->quarantine_columns, &mc_quarantined_shape, assigned);
}

bool
ingest_writer_has_partitions(const ingest_writer_t *self)
{
    for (size_t i = 0; i < self->window; i++)
        if (!ingest_partitions_has(self->ingest->partitions, window_of(self)[i].ts))
            return false;
    return true;
}

/* --- the session's temporary tables --- */

static bool
wants_preparing(const ingest_writer_t *self)
{
    return !self->is_prepared;
}

static void
ask_preparing(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_prepare_session[self->preparing], NULL, answered,
                         self);
}

static bool
prepare_again(ingest_writer_t *self)
{
    self->is_prepared = !ingest_sql_prepare_session[++self->preparing];
    if (self->is_prepared)
        self->preparing = 0;
    return !self->is_prepared;
}

/* --- the transaction --- */

static void
ask_begin(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_begin, NULL, answered, self);
}

static void
ask_commit(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_commit, NULL, answered, self);
}

/* --- the quarantine --- */

static bool
wants_quarantine(const ingest_writer_t *self)
{
    return self->batch.quarantined_count > 0;
}

static void
copy_rows(ingest_writer_t *self, const mc_columns_t *columns, const mc_shape_t *shape,
          mc_list_t rows)
{
    mc_buffer_reset(&self->copy);
    mc_copy_header(&self->copy);
    for (size_t i = 0; i < rows.count; i++)
        mc_copy_row(columns, (const char *)rows.items + i * shape->size, &self->copy);
    mc_copy_trailer(&self->copy);
}

static void
ask_copy_quarantine(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    copy_rows(self, &self->quarantine_columns, &mc_quarantined_shape,
              (mc_list_t){self->batch.quarantined, self->batch.quarantined_count});
    mc_store_session_copy(self->session, ingest_sql_copy_quarantined,
                          mc_buffer_content(&self->copy), answered, self);
}

static void
ask_store_quarantine(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_store_quarantined, NULL, answered, self);
}

/* --- the events --- */

static bool
wants_events(const ingest_writer_t *self)
{
    return self->window > 0;
}

static bool
wants_straight(const ingest_writer_t *self)
{
    return self->window > 0 && !self->is_staged;
}

static bool
wants_staged(const ingest_writer_t *self)
{
    return self->window > 0 && self->is_staged;
}

static void
ask_copy_staged(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_agent_event_t *events = window_of(self);
    for (size_t i = 0; i < self->window; i++)
        mc_set(&events[i], agent_event, id, (int64_t)i + 1);
    copy_rows(self, &self->event_columns, &mc_agent_event_shape, (mc_list_t){events, self->window});
    mc_store_session_copy(self->session, ingest_sql_copy_staged, mc_buffer_content(&self->copy),
                          answered, self);
}

static void
ask_take_ids(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_params_t params = {.arena = self->scratch};
    mc_store_param_i64(&params, (int64_t)self->window);
    mc_store_session_ask(self->session, ingest_sql_take_ids, &params, answered, self);
}

static int
answer_take_ids(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    if (PQntuples(result) != 1)
        return mc_refuse(refusal, MC_INTERNAL_ERROR, "", "aop_event_cursor has no row");
    self->last_id = mc_store_i64(result, 0, 0);
    self->after_id = self->last_id - (int64_t)self->window;
    return 0;
}

static void
ask_copy_events(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_agent_event_t *events = window_of(self);
    for (size_t i = 0; i < self->window; i++)
        mc_set(&events[i], agent_event, id, self->after_id + (int64_t)i + 1);
    copy_rows(self, &self->event_columns, &mc_agent_event_shape, (mc_list_t){events, self->window});
    self->has_ids = true;
    ingest_writer_work_soon(self);
    mc_store_session_copy(self->session, ingest_sql_copy_events, mc_buffer_content(&self->copy),
                          answered, self);
}

static void
ask_store_staged(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_params_t params = {.arena = self->scratch};
    mc_store_param_i64(&params, self->after_id);
    mc_store_session_ask(self->session, ingest_sql_store_staged, &params, answered, self);
}

/* Those that were there already get the id 0, which everything behind leaves out. */
static int
answer_store_staged(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    (void)refusal;
    mc_agent_event_t *events = window_of(self);
    for (size_t i = 0; i < self->window; i++)
        events[i].id = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        int64_t id = mc_store_i64(result, row, 0);
        int64_t place = id - self->after_id - 1;
        if (place >= 0 && place < (int64_t)self->window)
            events[place].id = id;
    }
    mc_metrics_add(self->ingest->metrics, INGEST_METRIC_staged, 1);
    mc_metrics_add(self->ingest->metrics, INGEST_METRIC_resent,
                   (int64_t)self->window - PQntuples(result));
    return 0;
}

/* --- the runs and roots --- */

void
ingest_writer_require_changes(ingest_writer_t *self)
{
    if (!self->has_changes)
        self->changes = ingest_run_changes(window_of(self), self->window, self->scratch);
    self->has_changes = true;
}

static void
ask_copy_changes(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ingest_writer_require_changes(self);
    copy_rows(self, &self->change_columns, &mc_run_change_shape, self->changes);
    mc_store_session_copy(self->session, ingest_sql_copy_changes, mc_buffer_content(&self->copy),
                          answered, self);
}

static void
ask_store_changes(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ingest_writer_require_blocks(self);
    mc_store_session_ask(self->session, ingest_sql_store_changes, &self->blocks, answered, self);
}

static int
answer_runs(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    if (mc_store_read_all(result, &mc_agent_run_shape, self->scratch, &self->runs) == -1)
        return mc_refuse(refusal, MC_INTERNAL_ERROR, "", "a run could not be read back");
    return 0;
}

const ingest_writer_step_t ingest_writer_steps[] = {
    {"prepare", wants_preparing, ask_preparing, NULL, prepare_again},
    {"find roots", ingest_writer_wants_roots, ingest_writer_ask_roots, ingest_writer_answer_roots,
     NULL},
    {"begin", NULL, ask_begin, NULL, NULL},
    {"copy quarantine", wants_quarantine, ask_copy_quarantine, NULL, NULL},
    {"store quarantine", wants_quarantine, ask_store_quarantine, NULL, NULL},
    {"take ids", wants_events, ask_take_ids, answer_take_ids, NULL},
    {"find traces", ingest_writer_wants_traces, ingest_writer_ask_traces,
     ingest_writer_answer_traces, NULL},
    {"copy staged", wants_staged, ask_copy_staged, NULL, NULL},
    {"copy events", wants_straight, ask_copy_events, NULL, NULL},
    {"store staged", wants_staged, ask_store_staged, answer_store_staged, NULL},
    {"copy changes", wants_events, ask_copy_changes, NULL, NULL},
    {"store changes", wants_events, ask_store_changes, answer_runs, NULL},
    {"note touched", ingest_writer_wants_spans, ingest_writer_ask_touched, NULL, NULL},
    {"join traces", ingest_writer_wants_spans, ingest_writer_ask_joins, ingest_writer_answer_chores,
     ingest_writer_chores_again},
    {"move runs", ingest_writer_wants_spans, ingest_writer_ask_moves, ingest_writer_answer_chores,
     ingest_writer_chores_again},
    {"find parents", ingest_writer_wants_spans, ingest_writer_ask_parents, NULL, NULL},
    {"derive tiers", ingest_writer_wants_spans, ingest_writer_ask_tiers, NULL, NULL},
    {"derive usage", ingest_writer_wants_spans, ingest_writer_ask_usage, NULL, NULL},
    {"read runs", ingest_writer_wants_spans, ingest_writer_ask_runs, answer_runs, NULL},
    {"commit", NULL, ask_commit, NULL, NULL},
    {.name = NULL},
};

/* --- what the live stream hears --- */

/* Puts the stored events of the window first, by id. */
static mc_list_t
stored_events(ingest_writer_t *self)
{
    mc_agent_event_t *events = window_of(self);
    size_t stored = 0;
    for (size_t i = 0; i < self->window; i++)
        if (events[i].id != 0)
            events[stored++] = events[i];
    return (mc_list_t){events, stored};
}

bool
ingest_writer_committed(ingest_writer_t *self, mc_committed_t *ret_news)
{
    if (self->window == 0)
        return false;
    ingest_writer_follow_moves(self);
    *ret_news = (mc_committed_t){0};
    mc_set(ret_news, committed, after_id, self->after_id);
    mc_set(ret_news, committed, last_id, self->last_id);
    mc_set(ret_news, committed, events, stored_events(self));
    mc_set(ret_news, committed, runs, self->runs);
    if (self->first_move)
        mc_set(ret_news, committed, moves, ingest_writer_moves(self));
    return true;
}

void
ingest_writer_publish(const ingest_writer_t *self, const mc_committed_t *news)
{
    mc_metrics_add(self->ingest->metrics, INGEST_METRIC_stored, (int64_t)news->events.count);
    mc_bus_publish(mc_service_bus(self->ingest->service), MC_MESSAGE_EVENTS_COMMITTED,
                   mc_list_one(news));
}
