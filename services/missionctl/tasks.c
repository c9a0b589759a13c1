/*
 *  tasks - the tasks that agents work on
 */
#include <stdio.h>

#include "api.h"
#include "commands.h"
#include "common/error.h"
#include "table.h"

static const missionctl_column_t columns[] = {
    {"ID", MC_INDEX_task_id},
    {"TIER", MC_INDEX_task_tier},
    {"STATUS", MC_INDEX_task_status},
    {"DOMAIN", MC_INDEX_task_domain},
    {"USED", MC_INDEX_task_token_usage},
    {"BUDGET", MC_INDEX_task_token_budget},
    {"CREATED", MC_INDEX_task_created_at},
    {"OBJECTIVE", MC_INDEX_task_objective},
    {0},
};

static void
print_answer(const missionctl_args_t *args, const missionctl_api_t *api, mc_json_t root)
{
    mc_json_t items;
    if (missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (missionctl_api_items(root, &items) == 0)
        missionctl_table_print(items, &mc_task_shape, columns);
    else
        missionctl_record_print(root, &mc_task_shape);
}

/* Sends the options, read into a record of the command's shape, and prints the tasks. */
static int
ask(const missionctl_args_t *args, uint16_t command, void *input)
{
    mc_json_t root;
    if (missionctl_args_record(args, input) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, command, input, &root) : -1;
    if (result == 0)
        print_answer(args, api, root);
    missionctl_api_destroy(&api);
    return result;
}

static int
list(const missionctl_args_t *args)
{
    mc_task_query_t query = {0};
    mc_json_t root;
    if (missionctl_args_record(args, &query) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_get(api, "/api/v1/tasks", &mc_task_query_shape, &query, &root) : -1;
    if (result == 0)
        print_answer(args, api, root);
    missionctl_api_destroy(&api);
    return result;
}

static int
create(const missionctl_args_t *args)
{
    mc_task_order_t input = {0};
    return ask(args, MC_COMMAND_CREATE_TASK, &input);
}

/* The two words of "tasks status TASK STATUS" stand for options. */
static void
take_words(missionctl_args_t *args, const char *first, const char *second)
{
    missionctl_args_set(args, first, args->words[0]);
    missionctl_args_set(args, second, args->words[1]);
}

static int
set_status(const missionctl_args_t *args)
{
    mc_task_status_change_t input = {0};
    missionctl_args_t whole = *args;
    take_words(&whole, "task", "status");
    return ask(&whole, MC_COMMAND_UPDATE_TASK_STATUS, &input);
}

static int
control(const missionctl_args_t *args)
{
    mc_task_action_t input = {0};
    missionctl_args_t whole = *args;
    take_words(&whole, "task", "action");
    return ask(&whole, MC_COMMAND_CONTROL_TASK, &input);
}

const missionctl_command_t missionctl_tasks_commands[] = {
    {.name = "tasks",
     .is_client = true,
     .shape = &mc_task_query_shape,
     .call = list,
     .doc = "Tasks, newest first"},
    {.name = "tasks list", .is_client = true, .shape = &mc_task_query_shape, .call = list},
    {.name = "tasks create",
     .is_client = true,
     .shape = &mc_task_order_shape,
     .call = create,
     .doc = "Create a task"},
    {.name = "tasks status",
     .words = "TASK STATUS",
     .words_least = 2,
     .words_most = 2,
     .is_client = true,
     .shape = &mc_task_status_change_shape,
     .call = set_status,
     .doc = "Set the status of a task"},
    {.name = "tasks control",
     .words = "TASK ACTION",
     .words_least = 2,
     .words_most = 2,
     .is_client = true,
     .shape = &mc_task_action_shape,
     .call = control,
     .doc = "Pause, resume, stop or restart a task"},
    {0},
};
