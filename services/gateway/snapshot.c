/*
 *  snapshot - what is running now, what happened last and how the models do
 */
#include "snapshot.h"

#include "common/clock.h"
#include "common/error.h"
#include "gateway_store.h"
#include "query_runs.h"
#include "walk.h"

#define EVENTS_PER_RUN 3

typedef struct {
    gateway_ask_t *ask;
    mc_event_query_t events;
    mc_snapshot_t snapshot;
    int waiting; /* answers still to come */
    bool is_refused;
    mc_refusal_t refusal; /* the first */
} snapshot_t;

static void
refuse(snapshot_t *self, const mc_refusal_t *refusal)
{
    if (!self->is_refused)
        self->refusal = *refusal;
    self->is_refused = true;
}

static void
finish_one(snapshot_t *self)
{
    if (--self->waiting > 0)
        return;
    if (self->is_refused) {
        gateway_ask_refuse(self->ask, &self->refusal);
        return;
    }
    mc_set(&self->snapshot, snapshot, generated_at, mc_clock_us());
    gateway_ask_records(self->ask, &mc_snapshot_shape, mc_list_one(&self->snapshot));
}

static bool
read_rows(snapshot_t *self, const PGresult *result, const mc_refusal_t *refusal,
          const mc_shape_t *shape, mc_list_t *ret_rows)
{
    if (refusal) {
        refuse(self, refusal);
        return false;
    }
    if (mc_store_read_all(result, shape, self->ask->arena, ret_rows)) {
        mc_refusal_t failure;
        mc_refuse(&failure, MC_INTERNAL_ERROR, "", "%s", mc_error());
        refuse(self, &failure);
        return false;
    }
    return true;
}

static void
on_runs(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    snapshot_t *self = arg;
    mc_list_t rows;
    if (read_rows(self, result, refusal, &mc_agent_run_shape, &rows))
        mc_set(&self->snapshot, snapshot, active_runs, rows);
    finish_one(self);
}

static void
on_health(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    snapshot_t *self = arg;
    mc_list_t rows;
    if (read_rows(self, result, refusal, &mc_model_health_shape, &rows))
        mc_set(&self->snapshot, snapshot, model_health, rows);
    finish_one(self);
}

static void
on_events(void *arg, const gateway_found_t *found, const mc_refusal_t *refusal)
{
    snapshot_t *self = arg;
    if (refusal)
        refuse(self, refusal);
    else
        mc_set(&self->snapshot, snapshot, recent_events, found->events);
    finish_one(self);
}

static void
ask_runs(snapshot_t *self, const mc_snapshot_query_t *query)
{
    gateway_question_t question;
    gateway_question_init(&question, self->ask->arena);
    gateway_query_active_runs(&question, query);
    gateway_question_ask(&question, self->ask->gateway, on_runs, self);
}

static void
ask_events(snapshot_t *self, const mc_snapshot_query_t *query)
{
    gateway_walk_options_t options = {.query = &self->events, .arena = self->ask->arena};
    options.range = (gateway_window_t){.upto = INT64_MAX, .limit = EVENTS_PER_RUN * query->limit};
    if (mc_has(query, snapshot_query, root_task_id))
        mc_set(&self->events, event_query, root_task_id, query->root_task_id);
    gateway_events_walk(self->ask->gateway, &options, on_events, self);
}

void
gateway_snapshot_get(gateway_ask_t *ask)
{
    const mc_snapshot_query_t *query = ask->input;
    snapshot_t *self = mc_arena_alloc(ask->arena, sizeof *self);
    self->ask = ask;
    self->waiting = 3;
    ask_runs(self, query);
    ask_events(self, query);
    gateway_store_list_model_health(ask->gateway->store, on_health, self);
}
