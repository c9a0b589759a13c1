/*
 *  budget - hard limits, what is left of them, and requests for more tokens
 */
#include <stdio.h>

#include "api.h"
#include "commands.h"
#include "common/error.h"
#include "table.h"

static const missionctl_column_t limit_columns[] = {
    {"ID", MC_INDEX_budget_id},         {"SCOPE", MC_INDEX_budget_scope_type},
    {"OF", MC_INDEX_budget_scope_id},   {"UNIT", MC_INDEX_budget_unit},
    {"PERIOD", MC_INDEX_budget_period}, {"LIMIT", MC_INDEX_budget_limit},
    {"SPENT", MC_INDEX_budget_spent},   {"RESERVED", MC_INDEX_budget_reserved},
    {"LOST", MC_INDEX_budget_lost},     {"LEFT", MC_INDEX_budget_remaining},
    {"%", MC_INDEX_budget_percent},     {0},
};

static const missionctl_column_t request_columns[] = {
    {"ID", MC_INDEX_budget_request_id},
    {"TASK", MC_INDEX_budget_request_task_id},
    {"STATUS", MC_INDEX_budget_request_status},
    {"BY", MC_INDEX_budget_request_requested_by},
    {"ASKED", MC_INDEX_budget_request_requested_increment},
    {"GRANTED", MC_INDEX_budget_request_approved_increment},
    {"BUDGET", MC_INDEX_budget_request_current_budget},
    {"USED", MC_INDEX_budget_request_current_usage},
    {"CREATED", MC_INDEX_budget_request_created_at},
    {"REASON", MC_INDEX_budget_request_reason},
    {0},
};

typedef struct {
    uint16_t command;
    void *input;
    const mc_shape_t *shape;
    const missionctl_column_t *columns; /* NULL: one record */
} question_t;

/* Sends the options, read into the input, and prints what comes back. */
static int
ask(const missionctl_args_t *args, const question_t *question)
{
    mc_json_t root;
    mc_json_t items;
    if (missionctl_args_record(args, question->input) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, question->command, question->input, &root) : -1;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0 && !question->columns)
        missionctl_record_print(root, question->shape);
    else if (result == 0 && (result = missionctl_api_items(root, &items)) == 0)
        missionctl_table_print(items, question->shape, question->columns);
    missionctl_api_destroy(&api);
    return result;
}

static int
list(const missionctl_args_t *args)
{
    mc_budget_list_query_t input = {0};
    question_t question = {MC_COMMAND_LIST_BUDGETS, &input, &mc_budget_shape, limit_columns};
    return ask(args, &question);
}

static int
show(const missionctl_args_t *args)
{
    mc_budget_scope_query_t input = {0};
    question_t question = {MC_COMMAND_GET_BUDGET, &input, &mc_budget_shape, limit_columns};
    return ask(args, &question);
}

static int
set(const missionctl_args_t *args)
{
    mc_budget_order_t input = {0};
    question_t question = {MC_COMMAND_SET_BUDGET, &input, &mc_budget_shape, NULL};
    return ask(args, &question);
}

static int
take_away(const missionctl_args_t *args)
{
    mc_budget_id_t input = {0};
    missionctl_args_t whole = *args;
    missionctl_args_set(&whole, "id", args->words[0]);
    question_t question = {MC_COMMAND_REMOVE_BUDGET, &input, &mc_budget_shape, NULL};
    return ask(&whole, &question);
}

static int
list_requests(const missionctl_args_t *args)
{
    mc_budget_query_t input = {0};
    question_t question = {MC_COMMAND_LIST_TASK_BUDGET_REQUESTS, &input, &mc_budget_request_shape,
                           request_columns};
    return ask(args, &question);
}

static int
decide(const missionctl_args_t *args, const char *decision)
{
    mc_budget_decision_t input = {0};
    missionctl_args_t whole = *args;
    missionctl_args_set(&whole, "request-id", args->words[0]);
    missionctl_args_set(&whole, "decision", decision);
    question_t question = {MC_COMMAND_RESOLVE_TASK_BUDGET_REQUEST, &input, &mc_budget_request_shape,
                           NULL};
    return ask(&whole, &question);
}

static int
approve(const missionctl_args_t *args)
{
    return decide(args, "approve");
}

static int
reject(const missionctl_args_t *args)
{
    return decide(args, "reject");
}

const missionctl_command_t missionctl_budget_commands[] = {
    {.name = "budget list",
     .is_client = true,
     .shape = &mc_budget_list_query_shape,
     .call = list,
     .doc = "Hard limits that were set, and what is left of them"},
    {.name = "budget show",
     .is_client = true,
     .shape = &mc_budget_scope_query_shape,
     .call = show,
     .doc = "Every budget above a run, a task or an agent"},
    {.name = "budget set",
     .is_client = true,
     .shape = &mc_budget_order_shape,
     .call = set,
     .doc = "Set a hard limit; one for each scope, unit and period"},
    {.name = "budget remove",
     .words = "ID",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .shape = &mc_budget_id_shape,
     .call = take_away,
     .doc = "Remove a limit"},
    {.name = "budget requests",
     .is_client = true,
     .shape = &mc_budget_query_shape,
     .call = list_requests,
     .doc = "Requests for more tokens, newest first"},
    {.name = "budget approve",
     .words = "REQUEST",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .shape = &mc_budget_decision_shape,
     .call = approve,
     .doc = "Grant a request, or a part of it"},
    {.name = "budget reject",
     .words = "REQUEST",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .shape = &mc_budget_decision_shape,
     .call = reject,
     .doc = "Turn a request down"},
    {0},
};
