/*
 *  health_share - health of models kept in the store, and told to the other routers
 *
 *  Every router publishes what became of its calls, five times a second, and
 *  applies what the others publish, so that all count the same calls and open
 *  the same circuits. Each writes the lanes that changed; of two rows the one
 *  with more calls stays. After a gap the rows are read again: what was missed
 *  is in the row of whoever did not miss it.
 */
#include "common/clock.h"
#include "common/error.h"
#include "services/router/catalog_parts.h"
#include "services/router/router_store.h"

#define COST_CALLS_COLUMN 11

static router_health_t *
health_of(const router_catalog_t *self)
{
    return router_routing_health(self->parts.routing);
}

static void
on_rows(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    router_catalog_t *self = arg;
    self->is_reading_health = false;
    if (self->is_closed)
        return;
    if (refusal) {
        self->must_read_health = true;
        return;
    }
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (int row = 0; row < PQntuples(result); row++) {
        mc_model_health_t record = {0};
        if (mc_store_read(result, row, &mc_model_health_shape, arena, &record) == -1)
            mc_log(&router_catalog_log_store_failed, "reason=%s", mc_error());
        else
            router_health_restore(health_of(self), &record,
                                  mc_store_i64(result, row, COST_CALLS_COLUMN));
    }
    router_health_restored(health_of(self));
}

static void
read_rows(router_catalog_t *self)
{
    if (self->is_reading_health || !mc_store_is_up(self->parts.store))
        return;
    self->must_read_health = false;
    self->is_reading_health = true;
    router_store_list_health(self->parts.store, on_rows, self);
}

static void
on_written(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    router_catalog_t *self = arg;
    (void)result;
    self->is_writing_health = false;
    if (!refusal)
        return;
    router_health_put_back(health_of(self), self->written, self->written_count);
    if (refusal->code == MC_INTERNAL_ERROR)
        mc_log(&router_catalog_log_health_lost, "reason=%s", refusal->message);
}

static void
write_rows(router_catalog_t *self)
{
    if (self->is_writing_health || !mc_store_is_up(self->parts.store))
        return;
    self->written_count =
        router_health_take_changed(health_of(self), self->written, ROUTER_HEALTH_BATCH);
    if (!self->written_count)
        return;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    size_t count = self->written_count;
    mc_model_health_t *rows = mc_arena_alloc(arena, count * sizeof *rows);
    int64_t *cost_calls = mc_arena_alloc(arena, count * sizeof *cost_calls);
    for (size_t i = 0; i < count; i++) {
        router_health_row(health_of(self), self->written[i], &rows[i]);
        cost_calls[i] = router_health_stats(health_of(self), self->written[i])->cost_calls;
    }
    router_health_rows_t batch = {rows, cost_calls, count, arena};
    self->is_writing_health = true;
    router_store_write_health(self->parts.store, &batch, on_written, self);
}

void
router_health_share_tick(router_catalog_t *self)
{
    if (self->must_read_health)
        read_rows(self);
    else if (!self->is_reading_health)
        write_rows(self);
}

void
router_tell_outcomes(void *state)
{
    router_catalog_t *self = router_catalog_of(state);
    mc_list_t news = router_health_news(health_of(self));
    if (!news.count)
        return;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_lane_outcome_t *told = mc_arena_alloc(arena, news.count * sizeof *told);
    memcpy(told, news.items, news.count * sizeof *told);
    for (size_t i = 0; i < news.count; i++)
        mc_set(&told[i], lane_outcome, origin, mc_text(self->origin));
    mc_bus_publish(self->bus, MC_MESSAGE_LANE_OUTCOMES, (mc_list_t){told, news.count});
    router_health_forget_news(health_of(self));
}

static void
on_outcomes(void *arg, mc_list_t records)
{
    router_catalog_t *self = arg;
    const mc_lane_outcome_t *outcomes = records.items;
    for (size_t i = 0; i < records.count; i++)
        if (!mc_text_is(outcomes[i].origin, self->origin))
            router_health_hear(health_of(self), &outcomes[i]);
}

static void
on_gap(void *arg)
{
    router_catalog_t *self = arg;
    self->must_read_health = true;
}

void
router_health_share_start(router_catalog_t *self)
{
    self->must_read_health = true;
    read_rows(self);
    mc_bus_subscribe(self->bus, "router", MC_MESSAGE_LANE_OUTCOMES, on_outcomes, on_gap, self);
}
