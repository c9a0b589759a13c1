/*
 *  budget - hard limits, what is left of them, and requests for more tokens
 */
#include <stdio.h>

#include "asking.h"
#include "budget_tree.h"
#include "commands.h"

const missionctl_column_t missionctl_budget_columns[] = {
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

static int
list(const missionctl_args_t *args)
{
    mc_budget_list_query_t input = {0};
    missionctl_question_t question = {MC_COMMAND_LIST_BUDGETS, &input, &mc_budget_shape,
                                      missionctl_budget_columns};
    return missionctl_ask_options(args, &question);
}

static int
set(const missionctl_args_t *args)
{
    mc_budget_order_t input = {0};
    missionctl_question_t question = {MC_COMMAND_SET_BUDGET, &input, &mc_budget_shape, NULL};
    return missionctl_ask_options(args, &question);
}

static int
take_away(const missionctl_args_t *args)
{
    mc_budget_id_t input = {0};
    missionctl_args_t whole = *args;
    missionctl_args_set(&whole, "id", args->words[0]);
    missionctl_question_t question = {MC_COMMAND_REMOVE_BUDGET, &input, &mc_budget_shape, NULL};
    return missionctl_ask_options(&whole, &question);
}

static int
list_requests(const missionctl_args_t *args)
{
    mc_budget_query_t input = {0};
    missionctl_question_t question = {MC_COMMAND_LIST_TASK_BUDGET_REQUESTS, &input,
                                      &mc_budget_request_shape, request_columns};
    return missionctl_ask_options(args, &question);
}

static int
decide(const missionctl_args_t *args, const char *decision)
{
    mc_budget_decision_t input = {0};
    missionctl_args_t whole = *args;
    missionctl_args_set(&whole, "request-id", args->words[0]);
    missionctl_args_set(&whole, "decision", decision);
    missionctl_question_t question = {MC_COMMAND_RESOLVE_TASK_BUDGET_REQUEST, &input,
                                      &mc_budget_request_shape, NULL};
    return missionctl_ask_options(&whole, &question);
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
     .doc = "Hard limits that were set, and what is left of them",
     .examples = "Those of the whole installation:\n"
                 "  missionctl budget list --scope-type install\n"},
    {.name = "budget show",
     .is_client = true,
     .shape = &mc_budget_scope_query_shape,
     .call = missionctl_budget_show,
     .doc = "Every budget above a run, a task or an agent, or in a tree, with bars",
     .examples = "What a tree may use, and each of its tasks:\n"
                 "  missionctl budget show --root my-root\n"
                 "What a run draws on:\n"
                 "  missionctl budget show --run RUN\n"},
    {.name = "budget set",
     .is_client = true,
     .shape = &mc_budget_order_shape,
     .call = set,
     .doc = "Set a hard limit; one for each scope, unit and period",
     .examples = "Twenty dollars a day for everything:\n"
                 "  missionctl budget set --scope-type install --unit usd --limit 20 --period day\n"
                 "A million tokens for one tree, and 2000 more for a last summary:\n"
                 "  missionctl budget set --scope-type tree --scope-id my-root --unit tokens"
                 " --limit 1000000 --grace-tokens 2000\n"
                 "No more than four calls at once of one agent:\n"
                 "  missionctl budget set --scope-type agent --scope-id tier3_builder"
                 " --unit concurrency --limit 4\n"},
    {.name = "budget remove",
     .words = "ID",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .shape = &mc_budget_id_shape,
     .call = take_away,
     .doc = "Remove a limit",
     .examples = "  missionctl budget remove ID    # as missionctl budget list shows it\n"},
    {.name = "budget requests",
     .is_client = true,
     .shape = &mc_budget_query_shape,
     .call = list_requests,
     .doc = "Requests for more tokens, newest first",
     .examples = "What waits for a person:\n"
                 "  missionctl budget requests --status pending\n"},
    {.name = "budget approve",
     .words = "REQUEST",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .shape = &mc_budget_decision_shape,
     .call = approve,
     .doc = "Grant a request, or a part of it",
     .examples =
         "Half of what was asked, and let the task go on:\n"
         "  missionctl budget approve REQUEST --approved-increment 1500 --resume-task true\n"},
    {.name = "budget reject",
     .words = "REQUEST",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .shape = &mc_budget_decision_shape,
     .call = reject,
     .doc = "Turn a request down",
     .examples = "With the reason that the agent is told:\n"
                 "  missionctl budget reject REQUEST --reason 'finish with what you have'\n"},
    {0},
};
