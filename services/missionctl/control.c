/*
 *  control - what is held, who enforces, what was asked and what triggers found
 */
#include <stdio.h>

#include "api.h"
#include "commands.h"
#include "common/error.h"
#include "control_verbs.h"
#include "table.h"

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

static const missionctl_column_t firing_columns[] = {
    {"AT", MC_INDEX_trigger_firing_fired_at},   {"TRIGGER", MC_INDEX_trigger_firing_name},
    {"MODE", MC_INDEX_trigger_firing_mode},     {"ROOT", MC_INDEX_trigger_firing_root_task_id},
    {"RUN", MC_INDEX_trigger_firing_run_id},    {"ACTOR", MC_INDEX_trigger_firing_actor},
    {"FOUND", MC_INDEX_trigger_firing_message}, {0},
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

/* One receipt with its parts. */
static int
show(const missionctl_args_t *args)
{
    mc_json_t receipt;
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_receipt_read(api, mc_text(args->words[0]), &receipt) : -1;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0)
        missionctl_receipt_print(receipt);
    missionctl_api_destroy(&api);
    return result;
}

static int
receipts(const missionctl_args_t *args)
{
    if (missionctl_args_has(args, "verify"))
        return verify(args);
    if (args->word_count)
        return show(args);
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
triggers(const missionctl_args_t *args)
{
    return list(args, "/api/v1/control/triggers", &mc_trigger_firing_shape, firing_columns);
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

#define VERB(word, function, text, lines)                                                          \
    {                                                                                              \
        .name = "control " word, .is_client = true, .options = missionctl_control_options,         \
        .shape = &mc_scope_action_shape, .call = (function), .doc = (text), .examples = (lines)    \
    }

const missionctl_command_t missionctl_control_commands[] = {
    VERB("pause", missionctl_control_pause, "Pause a tree, a tier, an agent or what a filter fits",
         "  missionctl control pause --root release-12 --reason \"look at the plan\" --wait\n"
         "  missionctl control pause --root release-12 --tier 3 --mode now --expires 10m\n"
         "  missionctl control pause --root release-12 --agent t-7 --on-expiry stop\n"
         "  missionctl control pause --filter provider=openai,model=gpt-5-nano\n"
         "  missionctl control pause --filter spend=2.50 --mode drain\n"),
    VERB("resume", missionctl_control_resume, "Lift that very pause",
         "  missionctl control resume --root release-12 --tier 3\n"
         "  missionctl control resume --filter run=run-42 --wait\n"),
    VERB("stop", missionctl_control_stop, "Stop it; it takes a restart to go on",
         "  missionctl control stop --root release-12 --reason \"enough\" --grace-seconds 5 "
         "--wait\n"),
    VERB("restart", missionctl_control_restart, "Begin again; the runs of before stay out",
         "  missionctl control restart --root release-12 --agent t-7\n"),
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
    {.name = "control triggers",
     .is_client = true,
     .shape = &mc_trigger_query_shape,
     .call = triggers,
     .doc = "What triggers found: silence, loops, spending, storms of failures"},
    {.name = "control receipts",
     .words = "[ID]",
     .words_most = 1,
     .is_client = true,
     .options = verify_options,
     .shape = &mc_receipt_query_shape,
     .call = receipts,
     .doc = "What was asked, by whom, and who has done it",
     .examples = "  missionctl control receipts --root release-12 --limit 5\n"
                 "  missionctl control receipts 0198c9e0-6f6d-7b11-8f10-3d5a0e2f4c11\n"
                 "  missionctl control receipts --verify\n"},
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
