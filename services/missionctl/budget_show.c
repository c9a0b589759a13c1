/*
 *  budget_show - the budgets above a run or a task, or those of a whole tree
 */
#include <stdio.h>

#include "asking.h"
#include "budget_tree.h"
#include "commands.h"

typedef struct {
    missionctl_api_t *api;
    mc_arena_t *arena;
} reading_t;

/* Asks a command and appends its records to those that are there. */
static int
read_more(const reading_t *reading, const missionctl_question_t *question, mc_list_t *records)
{
    mc_json_t root, items, item;
    mc_text_t key;
    mc_refusal_t refusal;
    size_t size = question->shape->size;
    if (missionctl_api_command(reading->api, question->command, question->input, &root) == -1 ||
        missionctl_api_items(root, &items) == -1)
        return -1;
    char *all = mc_arena_alloc(reading->arena, (records->count + mc_json_count(items) + 1) * size);
    if (records->count)
        memcpy(all, records->items, records->count * size);
    mc_json_iter_t iter = mc_json_iter(items);
    while (mc_json_next(&iter, &key, &item)) {
        void *record = all + records->count * size;
        memset(record, 0, size);
        if (mc_json_read(question->shape, item, reading->arena, false, record, &refusal))
            return mc_fail("the answer cannot be read: %s", refusal.message);
        records->count++;
    }
    records->items = all;
    return 0;
}

static bool
is_listed(mc_list_t budgets, size_t count, const mc_budget_t *budget)
{
    const mc_budget_t *one = budgets.items;
    for (size_t i = 0; i < count; i++)
        if (one[i].id.size == budget->id.size &&
            !memcmp(one[i].id.data, budget->id.data, budget->id.size))
            return true;
    return false;
}

/* The limits of the tasks of that tree which are not there yet. */
static int
read_tree(const reading_t *reading, mc_text_t root, mc_list_t *budgets, mc_list_t *tasks)
{
    mc_task_query_t task_query = {0};
    mc_budget_list_query_t limit_query = {0};
    mc_set(&task_query, task_query, root_task_id, root);
    mc_set(&task_query, task_query, limit, 2000);
    mc_set(&limit_query, budget_list_query, scope_type, MC_TEXT("task"));
    mc_set(&limit_query, budget_list_query, limit, 500);
    missionctl_question_t of_tasks = {MC_COMMAND_GET_TASKS, &task_query, &mc_task_shape, NULL};
    missionctl_question_t of_limits = {MC_COMMAND_LIST_BUDGETS, &limit_query, &mc_budget_shape,
                                       NULL};
    size_t count = budgets->count;
    if (read_more(reading, &of_tasks, tasks) == -1 || read_more(reading, &of_limits, budgets) == -1)
        return -1;
    mc_budget_t *budget = (mc_budget_t *)budgets->items;
    size_t kept = count;
    for (size_t i = count; i < budgets->count; i++) {
        mc_text_t other = budget[i].root_task_id;
        bool is_in = other.size == root.size && !memcmp(other.data, root.data, root.size);
        if (is_in && !is_listed(*budgets, kept, &budget[i]))
            budget[kept++] = budget[i];
    }
    budgets->count = kept;
    return 0;
}

static int
print_tree(const reading_t *reading, mc_budget_scope_query_t *query)
{
    missionctl_question_t question = {MC_COMMAND_GET_BUDGET, query, &mc_budget_shape, NULL};
    mc_list_t budgets = {0}, tasks = {0};
    mc_buffer_t out = {0};
    if (read_more(reading, &question, &budgets) == -1)
        return -1;
    bool is_tree = query->root_task_id.size && !query->task_id.size && !query->run_id.size;
    if (is_tree && read_tree(reading, query->root_task_id, &budgets, &tasks) == -1)
        return -1;
    missionctl_budget_tree(&out, budgets, tasks);
    if (out.size)
        fwrite(out.data, 1, out.size, stdout);
    else
        puts("no budget is above it");
    mc_buffer_clear(&out);
    return 0;
}

int
missionctl_budget_show(const missionctl_args_t *args)
{
    mc_budget_scope_query_t query = {0};
    missionctl_question_t question = {MC_COMMAND_GET_BUDGET, &query, &mc_budget_shape,
                                      missionctl_budget_columns};
    if (missionctl_args_has(args, "json"))
        return missionctl_ask_options(args, &question);
    if (missionctl_args_record(args, &query) == -1)
        return missionctl_wrong_use(args);
    MC_AUTO(mc_arena) arena = mc_arena_new();
    reading_t reading = {missionctl_api_new(args), arena};
    int result = reading.api ? print_tree(&reading, &query) : -1;
    missionctl_api_destroy(&reading.api);
    return result;
}
