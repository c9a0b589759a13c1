/*
 *  control - pause, resume, stop and restart, and what came of it
 *
 *      missionctl control pause --root R [--tier N | --agent TASK | --filter k=v] [--wait]
 *
 *  --wait asks for the receipt until every part has acknowledged, and says which
 *  have not.
 */
#include <stdio.h>
#include <time.h>

#include "api.h"
#include "commands.h"
#include "common/error.h"
#include "table.h"

#define WAIT_MS 100 /* between two looks at the receipt */

static const missionctl_option_t verb_options[] = {
    {"agent", 0, "TASK", "The agent of that task, with everything below it"},
    {"filter", 0, "NAME=VALUE", "What has that provider, model, persona, skill or mcpServer"},
    {"wait", 0, NULL, "Wait until every part has acknowledged"},
    {0},
};

static const missionctl_option_t verify_options[] = {
    {"verify", 0, NULL, "Check the chain of receipts"},
    {0},
};

static const missionctl_column_t receipt_columns[] = {
    {"ID", MC_INDEX_control_receipt_id},
    {"VERB", MC_INDEX_control_receipt_verb},
    {"STATE", MC_INDEX_control_receipt_state},
    {"DONE", MC_INDEX_control_receipt_acknowledged},
    {"OF", MC_INDEX_control_receipt_expected},
    {"ROOT", MC_INDEX_control_receipt_root_task_id},
    {"SCOPE", MC_INDEX_control_receipt_scope_type},
    {"BY", MC_INDEX_control_receipt_requested_by},
    {"AT", MC_INDEX_control_receipt_created_at},
    {"REASON", MC_INDEX_control_receipt_reason},
    {0},
};

static const missionctl_column_t hold_columns[] = {
    {"ROOT", MC_INDEX_hold_root_task_id}, {"SCOPE", MC_INDEX_hold_scope_type},
    {"TIER", MC_INDEX_hold_tier},         {"AGENT", MC_INDEX_hold_agent_task_id},
    {"KIND", MC_INDEX_hold_kind},         {"MODE", MC_INDEX_hold_mode},
    {"STATE", MC_INDEX_hold_state},       {"DONE", MC_INDEX_hold_parts_settled},
    {"OF", MC_INDEX_hold_parts_total},    {"UNTIL", MC_INDEX_hold_expires_at},
    {"REASON", MC_INDEX_hold_reason},     {0},
};

static const missionctl_column_t part_columns[] = {
    {"PART", MC_INDEX_control_part_id},
    {"KIND", MC_INDEX_control_part_kind},
    {"STATE", MC_INDEX_control_part_state},
    {"VERDICT", MC_INDEX_control_part_verdict},
    {"SAID", MC_INDEX_control_part_acknowledged},
    {"BY", MC_INDEX_control_part_enforcement},
    {"ROOT", MC_INDEX_control_part_root_task_id},
    {"SEEN", MC_INDEX_control_part_seen_at},
    {0},
};

static const missionctl_column_t row_columns[] = {
    {"PART", MC_INDEX_receipt_part_part_id},
    {"STATE", MC_INDEX_receipt_part_state},
    {"SAID", MC_INDEX_receipt_part_acknowledged},
    {"AT", MC_INDEX_receipt_part_acked_at},
    {"HELD", MC_INDEX_receipt_part_held},
    {"CUT", MC_INDEX_receipt_part_cut},
    {"PROCESSES", MC_INDEX_receipt_part_processes},
    {"NOTE", MC_INDEX_receipt_part_note},
    {0},
};

static int
take_filter(mc_scope_action_t *action, const char *filter)
{
    const struct {
        const char *name;
        size_t index;
        mc_text_t *value;
    } words[] = {
        {"provider", MC_INDEX_scope_action_provider, &action->provider},
        {"model", MC_INDEX_scope_action_model_id, &action->model_id},
        {"persona", MC_INDEX_scope_action_persona, &action->persona},
        {"skill", MC_INDEX_scope_action_skill, &action->skill},
        {"mcpServer", MC_INDEX_scope_action_mcp_server, &action->mcp_server},
    };
    const char *equals = strchr(filter, '=');
    for (size_t i = 0; equals && i < MC_COUNT(words); i++) {
        if (!mc_text_is((mc_text_t){filter, (size_t)(equals - filter)}, words[i].name))
            continue;
        *words[i].value = mc_text(equals + 1);
        mc_record_mark(action, words[i].index);
        return 0;
    }
    return mc_fail("--filter is \"%s\", not provider=, model=, persona=, skill= or mcpServer=",
                   filter);
}

static int
read_action(const missionctl_args_t *args, const char *verb, mc_scope_action_t *action)
{
    const char *agent = missionctl_args_value(args, "agent");
    const char *filter = missionctl_args_value(args, "filter");
    if (missionctl_args_record(args, action) == -1)
        return -1;
    bool has_tier = mc_has(action, scope_action, tier);
    if ((agent != NULL) + (filter != NULL) + has_tier > 1)
        return mc_fail("--tier, --agent and --filter are three scopes: give one");
    mc_set(action, scope_action, action, mc_text(verb));
    if (agent)
        mc_set(action, scope_action, agent_task_id, mc_text(agent));
    if (filter && take_filter(action, filter) == -1)
        return -1;
    bool is_filter = filter || action->provider.size || action->model_id.size ||
                     action->persona.size || action->skill.size || action->mcp_server.size ||
                     mc_has(action, scope_action, spend_usd_per_minute);
    if (!mc_has(action, scope_action, scope_type))
        mc_set(action, scope_action, scope_type,
               is_filter  ? MC_TEXT("filter")
               : has_tier ? MC_TEXT("tier")
               : agent    ? MC_TEXT("agent")
                          : MC_TEXT("tree"));
    return 0;
}

static void
print_receipt(mc_json_t receipt)
{
    mc_json_t parts;
    missionctl_record_print(receipt, &mc_control_receipt_shape);
    if (mc_json_find(receipt, "parts", &parts) && mc_json_kind(parts) == MC_JSON_ARRAY &&
        mc_json_count(parts) > 0)
        missionctl_table_print(parts, &mc_receipt_part_shape, row_columns);
}

static bool
is_waiting(mc_json_t receipt)
{
    static const char *const doing[] = {"pausing", "resuming", "stopping", "restarting"};
    mc_json_t state;
    if (!mc_json_find(receipt, "state", &state) || mc_json_kind(state) != MC_JSON_STRING)
        return false;
    for (size_t i = 0; i < MC_COUNT(doing); i++)
        if (mc_text_is(mc_json_text(state), doing[i]))
            return true;
    return false;
}

/* Asks for the receipt until it is over; *receipt is the last answer. */
static int
wait_for(missionctl_api_t *api, mc_json_t *receipt)
{
    static const struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};
    mc_json_t id;
    char path[128];
    if (!mc_json_find(*receipt, "id", &id))
        return mc_fail("the answer has no receipt");
    snprintf(path, sizeof path, "/api/v1/control/receipts/%.*s", MC_FMT(mc_json_text(id)));
    int result = missionctl_api_call(api, "GET", path, (mc_text_t){0}, receipt);
    while (result == 0 && is_waiting(*receipt)) {
        nanosleep(&pause, NULL);
        result = missionctl_api_call(api, "GET", path, (mc_text_t){0}, receipt);
    }
    return result;
}

static int
do_verb(const missionctl_args_t *args, const char *verb)
{
    mc_scope_action_t action = {0};
    mc_json_t receipt;
    if (read_action(args, verb, &action) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_CONTROL_SCOPE, &action, &receipt) : -1;
    if (result == 0 && missionctl_args_has(args, "wait"))
        result = wait_for(api, &receipt);
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0)
        print_receipt(receipt);
    missionctl_api_destroy(&api);
    return result;
}

static int
pause_scope(const missionctl_args_t *args)
{
    return do_verb(args, "pause");
}

static int
resume_scope(const missionctl_args_t *args)
{
    return do_verb(args, "resume");
}

static int
stop_scope(const missionctl_args_t *args)
{
    return do_verb(args, "stop");
}

static int
restart_scope(const missionctl_args_t *args)
{
    return do_verb(args, "restart");
}

/* GETs the path with the record of the options and prints the items. */
static int
list(const missionctl_args_t *args, const char *path, const mc_shape_t *shape,
     const missionctl_column_t *columns)
{
    uint64_t record[32] = {0};
    mc_json_t root, items;
    assert(args->command->shape->size <= sizeof record);
    if (missionctl_args_record(args, record) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_get(api, path, args->command->shape, record, &root) : -1;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0 && (result = missionctl_api_items(root, &items)) == 0)
        missionctl_table_print(items, shape, columns);
    missionctl_api_destroy(&api);
    return result;
}

static int
verify(const missionctl_args_t *args)
{
    mc_nothing_t input = {0};
    mc_json_t root, whole;
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, MC_COMMAND_VERIFY_RECEIPTS, &input, &root) : -1;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0)
        missionctl_record_print(root, &mc_receipt_check_shape);
    if (result == 0 && (!mc_json_find(root, "isWhole", &whole) || !mc_json_bool(whole)))
        result = mc_fail("the chain of receipts is broken");
    missionctl_api_destroy(&api);
    return result;
}

static int
receipts(const missionctl_args_t *args)
{
    if (missionctl_args_has(args, "verify"))
        return verify(args);
    return list(args, "/api/v1/control/receipts", &mc_control_receipt_shape, receipt_columns);
}

static int
holds(const missionctl_args_t *args)
{
    return list(args, "/api/v1/control/holds", &mc_hold_shape, hold_columns);
}

static int
parts(const missionctl_args_t *args)
{
    return list(args, "/api/v1/control/parts", &mc_control_part_shape, part_columns);
}

static int
forget(const missionctl_args_t *args)
{
    mc_part_name_t input = {0};
    mc_json_t root;
    mc_set(&input, part_name, id, mc_text(args->words[0]));
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_FORGET_CONTROL_PART, &input, &root) : -1;
    missionctl_api_destroy(&api);
    return result;
}

#define VERB(word, function, text)                                                                 \
    {                                                                                              \
        .name = "control " word, .is_client = true, .options = verb_options,                       \
        .shape = &mc_scope_action_shape, .call = (function), .doc = (text)                         \
    }

const missionctl_command_t missionctl_control_commands[] = {
    VERB("pause", pause_scope, "Pause a tree, a tier, an agent or what a filter fits"),
    VERB("resume", resume_scope, "Lift that very pause"),
    VERB("stop", stop_scope, "Stop it; it takes a restart to go on"),
    VERB("restart", restart_scope, "Begin again; the runs of before stay out"),
    {.name = "control holds",
     .is_client = true,
     .shape = &mc_hold_query_shape,
     .call = holds,
     .doc = "What is paused or stopped, and how far"},
    {.name = "control parts",
     .is_client = true,
     .shape = &mc_hold_query_shape,
     .call = parts,
     .doc = "What enforces, here or gone"},
    {.name = "control receipts",
     .is_client = true,
     .options = verify_options,
     .shape = &mc_receipt_query_shape,
     .call = receipts,
     .doc = "What was asked, by whom, and who has done it"},
    {.name = "control verify",
     .is_client = true,
     .call = verify,
     .doc = "Check the chain of receipts"},
    {.name = "control forget",
     .words = "PART",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .call = forget,
     .doc = "Forget a part that is gone for good"},
    {0},
};
