/*
 *  tasks - creating, listing and setting the status of tasks
 */
#include "common/ids.h"
#include "proto/codec.h"
#include "services/control/control_store.h"
#include "services/control/holds.h"

#define STATUS_WORDS "pending, executing, completed, failed or paused"

static mc_text_t
new_id(mc_arena_t *arena)
{
    char text[MC_UUID_TEXT_SIZE];
    mc_uuid_print(mc_uuid_new(), text);
    return mc_arena_text(arena, mc_text(text));
}

/* Why the task was not made, of what the statement saw. */
static void
refuse_order(mc_ask_t *ask, const PGresult *result)
{
    const mc_task_order_t *order = ask->plan;
    bool has_parent = mc_has(order, task_order, parent_id);
    int64_t parent_tier = mc_store_i64(result, 0, CONTROL_MADE_PARENT_TIER);
    int64_t parents_count = mc_store_i64(result, 0, CONTROL_MADE_PARENTS_COUNT);
    if (has_parent && parents_count == 0)
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "parentId",
                           "parentId is \"%.*s\", and there is no such task",
                           MC_FMT(mc_ask_shown(order->parent_id)));
    else if (parents_count > MC_TREE_DEPTH_MAX)
        mc_ask_refuse_with(ask, MC_TASK_CYCLE_ERROR, "parentId",
                           "parentId is \"%.*s\", which has %d tasks above it already",
                           MC_FMT(mc_ask_shown(order->parent_id)), MC_TREE_DEPTH_MAX);
    else if (has_parent && order->tier < parent_tier)
        mc_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "tier",
                           "tier is %lld, below the tier %lld of its parent \"%.*s\"",
                           (long long)order->tier, (long long)parent_tier,
                           MC_FMT(mc_ask_shown(order->parent_id)));
    else
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "id",
                           "id is \"%.*s\", and there is a task with that id already",
                           MC_FMT(mc_ask_shown(order->id)));
}

static void
on_created(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t tasks;
    if (mc_ask_read(ask, result, refusal, &mc_task_shape, &tasks) == -1)
        return;
    if (PQgetisnull(result, 0, CONTROL_MADE_ID)) {
        refuse_order(ask, result);
        return;
    }
    CONTROL_COUNT(control_of(ask), tasks_created, 1);
    control_holds_on_tasks(control_of(ask)->holds);
    control_publish_tasks(control_of(ask), tasks);
    mc_ask_answer(ask, &mc_task_shape, tasks);
}

/* {"tier":2,"domain":"frontend","parentId":"..."} */
static mc_text_t
describe_order(const mc_task_order_t *order, mc_arena_t *arena)
{
    mc_buffer_t json = {0};
    mc_buffer_printf(&json, "{\"tier\":%lld,\"domain\":", (long long)order->tier);
    mc_write_json_text(&json, order->domain);
    if (mc_has(order, task_order, parent_id)) {
        mc_buffer_string(&json, ",\"parentId\":");
        mc_write_json_text(&json, order->parent_id);
    }
    mc_buffer_byte(&json, '}');
    mc_text_t text = mc_arena_text(arena, mc_buffer_content(&json));
    mc_buffer_clear(&json);
    return text;
}

void
control_on_create_task(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    mc_task_order_t *order = mc_arena_alloc(ask->arena, sizeof *order);
    *order = *(const mc_task_order_t *)ask->input;
    if (!mc_has(order, task_order, id))
        mc_set(order, task_order, id, new_id(ask->arena));
    ask->plan = order;
    control_deed_t deed = {
        .actor = mc_ask_actor(ask, &mc_task_order_shape),
        .action = MC_TEXT("task_created"),
        .target = order->id,
        .details = describe_order(order, ask->arena),
    };
    control_store_create_task(control_of(ask), order, &deed, on_created, ask);
}

static void
answer_tasks(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t tasks;
    if (mc_ask_read(ask, result, refusal, &mc_task_shape, &tasks) == 0)
        mc_ask_answer(ask, &mc_task_shape, tasks);
}

static int
check_status(mc_text_t word, mc_refusal_t *refusal)
{
    if (mc_status(word) != MC_STATUS_UNKNOWN)
        return 0;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "status", "status is \"%.*s\", not " STATUS_WORDS,
                     MC_FMT(mc_ask_shown(word)));
}

/* The words between commas. */
static int
read_statuses(mc_text_t text, mc_text_t ret_words[MC_STATUS_UNKNOWN], size_t *ret_count,
              mc_refusal_t *refusal)
{
    size_t count = 0;
    for (mc_text_t rest = text; rest.size;) {
        const char *comma = memchr(rest.data, ',', rest.size);
        mc_text_t word = {rest.data, comma ? (size_t)(comma - rest.data) : rest.size};
        size_t step = comma ? word.size + 1 : word.size;
        rest = (mc_text_t){rest.data + step, rest.size - step};
        if (check_status(word, refusal) == MC_REFUSED)
            return MC_REFUSED;
        if (count == MC_STATUS_UNKNOWN)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "status", "status names more than %d",
                             MC_STATUS_UNKNOWN);
        ret_words[count++] = word;
    }
    *ret_count = count;
    return 0;
}

void
control_on_get_tasks(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_task_query_t *query = ask->input;
    mc_text_t statuses[MC_STATUS_UNKNOWN];
    mc_cursor_t cursor;
    mc_refusal_t refusal;
    control_task_list_t list = {.query = query, .statuses = statuses};
    bool has_status = mc_has(query, task_query, status);
    bool has_cursor = mc_has(query, task_query, cursor);
    if ((has_status &&
         read_statuses(query->status, statuses, &list.status_count, &refusal) == MC_REFUSED) ||
        (has_cursor &&
         mc_cursor_read(query->cursor, ask->arena, &cursor, &refusal) == MC_REFUSED)) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    list.cursor = has_cursor ? &cursor : NULL;
    control_store_list_tasks(control_of(ask), &list, answer_tasks, ask);
}

static void
on_status_set(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const mc_task_status_change_t *change = ask->input;
    mc_list_t tasks;
    if (mc_ask_read(ask, result, refusal, &mc_task_shape, &tasks) == -1)
        return;
    if (tasks.count == 0) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "taskId",
                           "taskId is \"%.*s\", and there is no such task",
                           MC_FMT(mc_ask_shown(change->task_id)));
        return;
    }
    control_publish_tasks(control_of(ask), tasks);
    mc_ask_answer(ask, &mc_task_shape, tasks);
}

void
control_on_update_task_status(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    mc_task_status_change_t *change = mc_arena_alloc(ask->arena, sizeof *change);
    mc_refusal_t refusal;
    *change = *(const mc_task_status_change_t *)ask->input;
    if (check_status(change->status, &refusal) == MC_REFUSED) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    if (mc_has(change, task_status_change, error_message))
        change->error_message = mc_ask_clean(ask, change->error_message);
    control_deed_t deed = {
        .actor = mc_ask_actor(ask, &mc_task_status_change_shape),
        .action = MC_TEXT("task_status_changed"),
        .target = change->task_id,
    };
    control_store_set_status(control_of(ask), change, &deed, on_status_set, ask);
}
