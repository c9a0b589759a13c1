/*
 *  writer_tree - root and tier of events that name only their task
 */
#include "services/ingest/writer_tree.h"

#include "proto/uuid.h"
#include "services/ingest/event_rules.h"
#include "services/ingest/ingest_store.h"

static bool
needs_tree(const mc_agent_event_t *event)
{
    return mc_has(event, agent_event, task_id) &&
           (!mc_has(event, agent_event, root_task_id) || !mc_has(event, agent_event, tier));
}

bool
ingest_writer_wants_roots(const ingest_writer_t *self)
{
    for (size_t i = 0; i < self->window; i++)
        if (needs_tree(&self->batch.events[self->from + i]))
            return true;
    return false;
}

void
ingest_writer_array_add(mc_buffer_t *array, mc_text_t element)
{
    mc_buffer_string(array, array->size > 1 ? ",\"" : "\"");
    for (size_t i = 0; i < element.size; i++) {
        if (element.data[i] == '"' || element.data[i] == '\\')
            mc_buffer_byte(array, '\\');
        mc_buffer_byte(array, (uint8_t)element.data[i]);
    }
    mc_buffer_byte(array, '"');
}

static void
param_tasks(const ingest_writer_t *self, mc_store_params_t *params)
{
    mc_buffer_t tasks = {0};
    mc_text_t last = {NULL, 0};
    mc_buffer_string(&tasks, "{");
    for (size_t i = 0; i < self->window; i++) {
        const mc_agent_event_t *event = &self->batch.events[self->from + i];
        if (!needs_tree(event) || mc_text_equals(event->task_id, last))
            continue;
        last = event->task_id;
        ingest_writer_array_add(&tasks, event->task_id);
    }
    mc_buffer_string(&tasks, "}");
    mc_store_param_text(params, mc_buffer_content(&tasks));
    mc_buffer_clear(&tasks);
}

/* Uid and time of each event that told no root: two arrays of the same length. */
static void
param_events(const ingest_writer_t *self, mc_store_params_t *params)
{
    mc_buffer_t uids = {0};
    int64_t *times = mc_arena_alloc(self->scratch, (self->window + 1) * sizeof *times);
    size_t count = 0;
    mc_buffer_string(&uids, "{");
    for (size_t i = 0; i < self->window; i++) {
        const mc_agent_event_t *event = &self->batch.events[self->from + i];
        char uid[MC_UUID_TEXT_SIZE];
        if (!needs_tree(event) || mc_has(event, agent_event, root_task_id))
            continue;
        mc_uuid_print(event->event_uid, uid);
        mc_buffer_printf(&uids, count ? ",%s" : "%s", uid);
        times[count++] = event->ts;
    }
    mc_buffer_string(&uids, "}");
    mc_store_param_text(params, mc_buffer_content(&uids));
    mc_store_param_i64s(params, times, count);
    mc_buffer_clear(&uids);
}

void
ingest_writer_ask_roots(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_params_t params = {.arena = self->scratch};
    param_tasks(self, &params);
    param_events(self, &params);
    mc_store_session_ask(self->session, ingest_sql_find_roots, &params, answered, self);
}

enum { ASKED, TIER, TOP, IS_CYCLE, STORED };

static int
find_row(const PGresult *result, mc_text_t task)
{
    for (int row = 0; row < PQntuples(result); row++)
        if (mc_text_equals(mc_store_text(result, row, ASKED), task))
            return row;
    return -1;
}

/* It came before, when its task was not known yet: it stays where it is. */
static bool
is_stored(const PGresult *result, const mc_agent_event_t *event)
{
    for (int row = PQntuples(result) - 1; row >= 0 && !PQgetisnull(result, row, STORED); row--) {
        mc_uuid_t uid = mc_store_uuid(result, row, STORED);
        if (!memcmp(&uid, &event->event_uid, sizeof uid))
            return true;
    }
    return false;
}

static void
set_place(ingest_writer_t *self, mc_agent_event_t *event, const PGresult *result, int row)
{
    if (!mc_has(event, agent_event, root_task_id))
        mc_set(event, agent_event, root_task_id,
               row < 0 || is_stored(result, event)
                   ? mc_text(INGEST_ROOT_UNKNOWN)
                   : mc_arena_text(self->batch.arena, mc_store_text(result, row, TOP)));
    int64_t tier =
        row < 0 ? ingest_rules_tier_of_actor(event->actor) : mc_store_i64(result, row, TIER);
    if (!mc_has(event, agent_event, tier) && tier)
        mc_set(event, agent_event, tier, tier);
}

int
ingest_writer_answer_roots(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    size_t i = 0;
    while (i < self->window) {
        mc_agent_event_t *event = &self->batch.events[self->from + i];
        int row = needs_tree(event) ? find_row(result, event->task_id) : -1;
        bool is_cycle = row >= 0 && *PQgetvalue(result, row, IS_CYCLE) != 0;
        if (is_cycle && !mc_has(event, agent_event, root_task_id)) {
            (void)mc_refuse(refusal, MC_TASK_CYCLE_ERROR, "taskId",
                            "the parents of task %.*s form a circle or are more than %d",
                            MC_FMT(event->task_id), MC_TREE_DEPTH_MAX);
            ingest_writer_batch_refuse(&self->batch, self->from + i, refusal);
            if (self->window > self->batch.count - self->from)
                self->window = self->batch.count - self->from;
            continue;
        }
        if (needs_tree(event))
            set_place(self, event, result, row);
        i++;
    }
    return 0;
}
