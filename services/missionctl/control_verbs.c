/*
 *  control_verbs - pause, resume, stop and restart from the command line, and their receipts
 *
 *      missionctl control pause --root R [--tier N | --agent TASK | --filter k=v,...] [--wait]
 *
 *  --wait asks for the receipt until every part has acknowledged, and says on
 *  standard error how far it is and who is missing, whenever that changes.
 */
#include "control_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "common/clock.h"
#include "common/error.h"
#include "table.h"

#define WAIT_MS 100 /* between two looks at the receipt */
#define NAMED_MAX 5 /* missing parts in one line */
#define LINE_BYTES 512
#define TIMEOUT_S_MAX 86400

const missionctl_option_t missionctl_control_options[] = {
    {"agent", 0, "TASK", "The agent of that task, with everything below it"},
    {"filter", 0, "NAME=VALUE",
     "What has that provider, model, persona, skill, mcpServer or run, or spends more than spend "
     "in dollars a minute; several with commas"},
    {"expires", 0, "TIME", "Of a pause: its limit, as 90s, 10m or 2h"},
    {"wait", 0, NULL, "Wait until every part has acknowledged; who is missing is named"},
    {"timeout", 0, "SECONDS", "Wait no longer than that; then it has failed"},
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

/* --- what is asked ---------------------------------------------------------------------------- */

int
missionctl_duration_read(const char *text, int64_t *ret_seconds)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    long long number = strtoll(text, &end, 10);
    for (size_t i = 0; end != text && number > 0 && number < 1000000 && i < MC_COUNT(units); i++)
        if (!strcmp(end, units[i].unit)) {
            *ret_seconds = number * units[i].seconds;
            return 0;
        }
    return mc_fail("\"%.64s\" is no time such as 90s, 10m or 2h", text);
}

static int
take_spend(mc_scope_action_t *action, mc_text_t value)
{
    char text[32] = "";
    char *end = text;
    if (value.size < sizeof text)
        memcpy(text, value.data, value.size);
    double usd = strtod(text, &end);
    if (end == text || *end || !(usd > 0) || usd > 1e6)
        return mc_fail("--filter spend is \"%.*s\", not dollars such as 2.50",
                       (int)(value.size < 64 ? value.size : 64), value.data);
    mc_set(action, scope_action, spend_usd_per_minute, (int64_t)(usd * MC_NANOUSD + 0.5));
    return 0;
}

static int
take_word(mc_scope_action_t *action, mc_text_t name, mc_text_t value)
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
        {"run", MC_INDEX_scope_action_run_id, &action->run_id},
    };
    if (mc_text_is(name, "spend"))
        return take_spend(action, value);
    for (size_t i = 0; value.size && i < MC_COUNT(words); i++) {
        if (!mc_text_is(name, words[i].name))
            continue;
        *words[i].value = value;
        mc_record_mark(action, words[i].index);
        return 0;
    }
    return mc_fail("--filter has \"%.*s\", not provider=, model=, persona=, skill=, mcpServer=, "
                   "run= or spend=",
                   (int)(name.size < 64 ? name.size : 64), name.data);
}

static int
take_filter(mc_scope_action_t *action, const char *filter)
{
    while (*filter) {
        size_t size = strcspn(filter, ",");
        const char *equals = memchr(filter, '=', size);
        size_t name_size = equals ? (size_t)(equals - filter) : size;
        mc_text_t value = {equals ? equals + 1 : "", equals ? size - name_size - 1 : 0};
        if (take_word(action, (mc_text_t){filter, name_size}, value) == -1)
            return -1;
        filter += size + (filter[size] == ',');
    }
    return 0;
}

static bool
has_filter(const mc_scope_action_t *action)
{
    return action->provider.size || action->model_id.size || action->persona.size ||
           action->skill.size || action->mcp_server.size || action->run_id.size ||
           mc_has(action, scope_action, spend_usd_per_minute);
}

static int
read_action(const missionctl_args_t *args, const char *verb, mc_scope_action_t *action)
{
    const char *agent = missionctl_args_value(args, "agent");
    const char *filter = missionctl_args_value(args, "filter");
    const char *expires = missionctl_args_value(args, "expires");
    int64_t seconds = 0;
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
    if (expires) {
        if (missionctl_duration_read(expires, &seconds) == -1)
            return mc_fail_while("reading --expires");
        mc_set(action, scope_action, expires_seconds, seconds);
    }
    if (!mc_has(action, scope_action, scope_type))
        mc_set(action, scope_action, scope_type,
               has_filter(action) ? MC_TEXT("filter")
               : has_tier         ? MC_TEXT("tier")
               : agent            ? MC_TEXT("agent")
                                  : MC_TEXT("tree"));
    return 0;
}

/* --- what came of it -------------------------------------------------------------------------- */

static mc_text_t
text_of(mc_json_t object, const char *name)
{
    mc_json_t value;
    bool is_text = mc_json_find(object, name, &value) && mc_json_kind(value) == MC_JSON_STRING;
    return is_text ? mc_json_text(value) : (mc_text_t){0};
}

static int64_t
number_of(mc_json_t object, const char *name)
{
    mc_json_t value;
    bool is_number = mc_json_find(object, name, &value) && mc_json_kind(value) == MC_JSON_INTEGER;
    return is_number ? mc_json_i64(value) : 0;
}

void
missionctl_receipt_print(mc_json_t receipt)
{
    mc_json_t parts;
    missionctl_record_print(receipt, &mc_control_receipt_shape);
    if (mc_json_find(receipt, "parts", &parts) && mc_json_kind(parts) == MC_JSON_ARRAY &&
        mc_json_count(parts) > 0)
        missionctl_table_print(parts, &mc_receipt_part_shape, row_columns);
}

int
missionctl_receipt_read(missionctl_api_t *api, mc_text_t id, mc_json_t *ret_receipt)
{
    mc_buffer_t path = {0};
    mc_buffer_string(&path, "/api/v1/control/receipts/");
    missionctl_percent_encode(&path, id);
    mc_buffer_byte(&path, '\0');
    int result = missionctl_api_call(api, "GET", path.data, (mc_text_t){0}, ret_receipt);
    mc_buffer_clear(&path);
    return result;
}

static bool
is_waiting(mc_json_t receipt)
{
    static const char *const doing[] = {"pausing", "resuming", "stopping", "restarting"};
    mc_text_t state = text_of(receipt, "state");
    for (size_t i = 0; i < MC_COUNT(doing); i++)
        if (mc_text_is(state, doing[i]))
            return true;
    return false;
}

/* ": run:a is gone, router:b is waiting, and 3 more" */
static void
name_missing(mc_json_t parts, char *line, size_t size)
{
    size_t missing = 0;
    mc_text_t key;
    mc_json_t part;
    mc_json_iter_t iter = mc_json_iter(parts);
    while (mc_json_next(&iter, &key, &part)) {
        mc_text_t state = text_of(part, "state"), id = text_of(part, "partId");
        size_t used = strlen(line);
        if (mc_text_is(state, "acknowledged") || ++missing > NAMED_MAX)
            continue;
        snprintf(line + used, size - used, "%s%.*s is %.*s", missing == 1 ? ": " : ", ", MC_FMT(id),
                 MC_FMT(state));
    }
    size_t used = strlen(line);
    if (missing > NAMED_MAX)
        snprintf(line + used, size - used, ", and %zu more", missing - NAMED_MAX);
}

/* Says how far it is, when that is not what was said last. */
static void
tell_progress(mc_json_t receipt, char last[LINE_BYTES])
{
    char line[LINE_BYTES];
    mc_json_t parts;
    mc_text_t state = text_of(receipt, "state");
    snprintf(line, sizeof line, "%.*s (%lld/%lld)", MC_FMT(state),
             (long long)number_of(receipt, "acknowledged"),
             (long long)number_of(receipt, "expected"));
    if (mc_json_find(receipt, "parts", &parts) && mc_json_kind(parts) == MC_JSON_ARRAY)
        name_missing(parts, line, sizeof line);
    if (!strcmp(line, last))
        return;
    fprintf(stderr, "%s\n", line);
    snprintf(last, LINE_BYTES, "%s", line);
}

/* Asks for the receipt until it is over; *receipt is the last answer. */
static int
wait_for(missionctl_api_t *api, int64_t timeout_s, mc_json_t *receipt)
{
    static const struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};
    char last[LINE_BYTES] = "", id[MC_UUID_TEXT_SIZE];
    int64_t deadline_us = mc_clock_steady_us() + timeout_s * 1000000;
    snprintf(id, sizeof id, "%.*s", MC_FMT(text_of(*receipt, "id")));
    if (missionctl_receipt_read(api, mc_text(id), receipt) == -1)
        return -1;
    for (tell_progress(*receipt, last); is_waiting(*receipt); tell_progress(*receipt, last)) {
        if (timeout_s && mc_clock_steady_us() > deadline_us)
            return mc_fail("after %lld s it is still %s", (long long)timeout_s, last);
        nanosleep(&pause, NULL);
        if (missionctl_receipt_read(api, mc_text(id), receipt) == -1)
            return -1;
    }
    return 0;
}

static int
do_verb(const missionctl_args_t *args, const char *verb)
{
    mc_scope_action_t action = {0};
    mc_json_t receipt;
    int64_t timeout_s = 0;
    if (read_action(args, verb, &action) == -1 ||
        missionctl_args_number(args, "timeout", (int64_t[]){1, TIMEOUT_S_MAX}, &timeout_s) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_CONTROL_SCOPE, &action, &receipt) : -1;
    if (result == 0 && (missionctl_args_has(args, "wait") || timeout_s))
        result = wait_for(api, timeout_s, &receipt);
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0)
        missionctl_receipt_print(receipt);
    missionctl_api_destroy(&api);
    return result;
}

int
missionctl_control_pause(const missionctl_args_t *args)
{
    return do_verb(args, "pause");
}

int
missionctl_control_resume(const missionctl_args_t *args)
{
    return do_verb(args, "resume");
}

int
missionctl_control_stop(const missionctl_args_t *args)
{
    return do_verb(args, "stop");
}

int
missionctl_control_restart(const missionctl_args_t *args)
{
    return do_verb(args, "restart");
}
