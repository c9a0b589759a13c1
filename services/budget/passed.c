/*
 *  passed - what was spent, and shares of budgets that were passed, told to whoever listens
 *
 *  The statement that passes one writes it to aop_budget_news. It is gone from
 *  there once ingest has the event, whose id is that of the row: sent twice, it is
 *  stored once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/budget_slices.h"
#include "common/ids.h"
#include "services/budget/limits_store.h"
#include "services/budget/news.h"

#define NEWS_MAX 100        /* in one message */
#define SPENT_MAX 200       /* likewise */
#define SPENT_KEPT_MAX 5000 /* that wait to be told; who looks finds the others as they are */

typedef struct {
    budget_t *budget;
    size_t count;
    mc_uuid_t ids[NEWS_MAX];
} batch_t;

static void send_news(budget_t *self);

static void
end_batch(batch_t *batch, bool is_done)
{
    budget_t *self = batch->budget;
    bool is_more = batch->count == NEWS_MAX;
    free(batch);
    self->is_sending_news = false;
    self->has_news = self->has_news || is_more || !is_done;
    if (is_done)
        send_news(self);
}

static void
on_deleted(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result;
    end_batch(arg, !refusal);
}

static void
on_stored(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    static const char sql[] = "DELETE FROM aop_budget_news WHERE id = any($1::uuid[])";
    batch_t *batch = arg;
    (void)records;
    if (refusal) {
        BUDGET_COUNT(batch->budget, events_unsent, batch->count);
        mc_log(&budget_log_event_unsent, "reason=%s", refusal->message);
        end_batch(batch, false);
        return;
    }
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_text_t *ids = mc_arena_alloc(arena, (batch->count + 1) * sizeof *ids);
    for (size_t i = 0; i < batch->count; i++) {
        char text[MC_UUID_TEXT_SIZE];
        mc_uuid_print(batch->ids[i], text);
        ids[i] = mc_arena_text(arena, mc_text(text));
    }
    mc_store_param_texts(&params, ids, batch->count);
    mc_store_ask(batch->budget->store, sql, &params, on_deleted, batch);
}

static void
read_event(const PGresult *result, int row, mc_agent_event_t *event)
{
    mc_text_t root = mc_store_text(result, row, 1), task = mc_store_text(result, row, 2);
    mc_set(event, agent_event, event_uid, mc_store_uuid(result, row, 0));
    mc_set(event, agent_event, actor, MC_TEXT("budget"));
    mc_set(event, agent_event, action, MC_TEXT("budget.threshold"));
    mc_set(event, agent_event, phase, MC_TEXT("control"));
    mc_set(event, agent_event, is_part, true);
    mc_set(event, agent_event, adapter_kind, MC_TEXT(MC_ADAPTER_PLATFORM));
    if (root.size)
        mc_set(event, agent_event, root_task_id, root);
    if (task.size)
        mc_set(event, agent_event, task_id, task);
    mc_set(event, agent_event, message, mc_store_text(result, row, 3));
    mc_set(event, agent_event, payload_json, mc_store_text(result, row, 4));
    mc_set(event, agent_event, ts, mc_store_time(result, row, 5));
}

static void
on_news(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    budget_t *self = arg;
    mc_agent_event_t events[NEWS_MAX];
    int rows = refusal ? 0 : PQntuples(result);
    self->is_sending_news = rows > 0;
    if (refusal) {
        self->has_news = true;
        mc_log(&budget_log_news_unread, "reason=%s", refusal->message);
    }
    if (rows == 0)
        return;
    batch_t *batch = calloc(1, sizeof *batch);
    assert(batch);
    batch->budget = self;
    batch->count = (size_t)rows;
    memset(events, 0, sizeof events);
    for (int i = 0; i < rows; i++) {
        read_event(result, i, &events[i]);
        batch->ids[i] = events[i].event_uid;
    }
    mc_bus_call(self->bus, "ingest", MC_MESSAGE_STORE_EVENTS, (mc_list_t){events, batch->count},
                MC_BUS_TIMEOUT_MS, on_stored, batch);
}

static void
send_news(budget_t *self)
{
    static const char sql[] = "SELECT id, root_task_id, task_id, message, data, created_at"
                              " FROM aop_budget_news ORDER BY created_at, id LIMIT $1::bigint";
    if (self->is_sending_news || !self->has_news || !mc_store_is_up(self->store))
        return;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_i64(&params, NEWS_MAX);
    self->is_sending_news = true;
    self->has_news = false;
    mc_store_ask(self->store, sql, &params, on_news, self);
}

/* --- what was spent --- */

typedef struct {
    budget_t *budget;
    uint16_t message;
} telling_t;

static void
on_read(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    telling_t *telling = arg;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_list_t budgets;
    if (!refusal && mc_store_read_all(result, &mc_budget_shape, arena, &budgets) == 0 &&
        budgets.count)
        mc_bus_publish(telling->budget->bus, telling->message, budgets);
    free(telling);
}

static void
read_and_tell(budget_t *budget, uint16_t message, const mc_text_t *ids, size_t count)
{
    telling_t *telling = calloc(1, sizeof *telling);
    assert(telling);
    *telling = (telling_t){budget, message};
    budget_store_read_limits(budget, ids, count, on_read, telling);
}

void
budget_tell_raised(budget_t *budget, mc_text_t task_id)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t id = mc_arena_printf(arena, "task:%.*s", MC_FMT(task_id));
    read_and_tell(budget, MC_MESSAGE_BUDGETS_CHANGED, &id, 1);
}

void
budget_tell_passed(budget_t *budget, const mc_text_t *ids, size_t count)
{
    BUDGET_COUNT(budget, steps_passed, count);
    read_and_tell(budget, MC_MESSAGE_BUDGETS_SPENT, ids, count);
    budget->has_news = true;
    send_news(budget);
    mc_webhook_poke(budget->webhook);
}

void
budget_tell_spent(budget_t *budget, mc_text_t id)
{
    char key[MC_BUDGET_ID_BYTES];
    if (zhashx_size(budget->spent) >= SPENT_KEPT_MAX)
        return;
    snprintf(key, sizeof key, "%.*s", MC_FMT(id));
    (void)zhashx_insert(budget->spent, key, budget);
}

/* Those that something was spent of since the last look; many take several looks. */
static void
tell_spent(budget_t *self)
{
    mc_text_t ids[SPENT_MAX];
    size_t count = 0;
    if (!zhashx_size(self->spent) || !mc_store_is_up(self->store))
        return;
    zlistx_t *keys = zhashx_keys(self->spent);
    for (const char *key = zlistx_first(keys); key && count < SPENT_MAX; key = zlistx_next(keys))
        ids[count++] = mc_text(key);
    read_and_tell(self, MC_MESSAGE_BUDGETS_SPENT, ids, count);
    for (size_t i = 0; i < count; i++)
        zhashx_delete(self->spent, ids[i].data);
    zlistx_destroy(&keys);
}

void
budget_look_for_news(void *state)
{
    budget_t *self = state;
    send_news(self);
    tell_spent(self);
    mc_webhook_tick(self->webhook);
}
