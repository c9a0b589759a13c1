/*
 *  lists - runs and roots
 */
#include <stdio.h>

#include "asking.h"
#include "commands.h"

static const missionctl_column_t run_columns[] = {
    {"ID", MC_INDEX_agent_run_id},
    {"TIER", MC_INDEX_agent_run_tier},
    {"ACTOR", MC_INDEX_agent_run_actor},
    {"STATUS", MC_INDEX_agent_run_status},
    {"MODEL", MC_INDEX_agent_run_model_id},
    {"IN", MC_INDEX_agent_run_tokens_in},
    {"OUT", MC_INDEX_agent_run_tokens_out},
    {"COST", MC_INDEX_agent_run_cost_usd},
    {"STARTED", MC_INDEX_agent_run_started_at},
    {"ROOT", MC_INDEX_agent_run_root_task_id},
    {0},
};

static const missionctl_column_t root_columns[] = {
    {"ROOT", MC_INDEX_root_summary_root_task_id},
    {"STATUS", MC_INDEX_root_summary_status},
    {"RUNS", MC_INDEX_root_summary_run_count},
    {"ACTIVE", MC_INDEX_root_summary_active_count},
    {"FAILED", MC_INDEX_root_summary_failed_count},
    {"IN", MC_INDEX_root_summary_tokens_in},
    {"OUT", MC_INDEX_root_summary_tokens_out},
    {"COST", MC_INDEX_root_summary_cost_usd},
    {"LAST", MC_INDEX_root_summary_last_event_at},
    {"LABEL", MC_INDEX_root_summary_label},
    {0},
};

static const missionctl_option_t root_options[] = {
    {"search", 0, "TEXT", "Only roots whose id or label contains this"},
    {"limit", 0, "N", "Most rows"},
    {"cursor", 0, "TEXT", "Where the page before ended: its nextCursor"},
    {0},
};

static int
list_runs(const missionctl_args_t *args)
{
    mc_run_query_t query = {0};
    mc_buffer_t path = {0};
    if (missionctl_args_record(args, &query) == -1)
        return missionctl_wrong_use(args);
    mc_buffer_string(&path, "/api/v1/runs");
    missionctl_api_write_query(&mc_run_query_shape, &query, &path);
    mc_buffer_byte(&path, '\0');
    missionctl_question_t question = {.shape = &mc_agent_run_shape, .columns = run_columns};
    int result = missionctl_ask_list(args, path.data, &question);
    mc_buffer_clear(&path);
    return result;
}

static int
list_roots(const missionctl_args_t *args)
{
    mc_buffer_t path = {0};
    char before = '?';
    mc_buffer_string(&path, "/api/v1/roots");
    for (const missionctl_option_t *option = root_options; option->name; option++) {
        const char *value = missionctl_args_value(args, option->name);
        if (!value)
            continue;
        mc_buffer_printf(&path, "%c%s=", before, option->name);
        missionctl_percent_encode(&path, mc_text(value));
        before = '&';
    }
    mc_buffer_byte(&path, '\0');
    missionctl_question_t question = {.shape = &mc_root_summary_shape, .columns = root_columns};
    int result = missionctl_ask_list(args, path.data, &question);
    mc_buffer_clear(&path);
    return result;
}

const missionctl_command_t missionctl_lists_commands[] = {
    {.name = "runs",
     .is_client = true,
     .shape = &mc_run_query_shape,
     .call = list_runs,
     .doc = "Runs of agents, newest first"},
    {.name = "roots",
     .is_client = true,
     .options = root_options,
     .call = list_roots,
     .doc = "Root tasks, most recently active first"},
    {0},
};
