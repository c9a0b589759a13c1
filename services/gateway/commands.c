/*
 *  commands - POST /api/v1/commands/<name>, by the table of commands.def
 */
#include "commands.h"

#include "auth.h"
#include "confirm.h"
#include "query_events.h"
#include "query_runs.h"
#include "snapshot.h"
#include "terminals.h"

typedef void handler_fn(gateway_ask_t *ask);

static const struct {
    uint16_t tag;
    handler_fn *answer;
} handlers[] = {
    {MC_COMMAND_GET_MISSION_CONTROL_SNAPSHOT, gateway_snapshot_get},
    {MC_COMMAND_LIST_AGENT_RUNS, gateway_runs_list},
    {MC_COMMAND_LIST_AGENT_EVENTS, gateway_events_list},
    {MC_COMMAND_LIST_AGENT_TERMINALS, gateway_terminals_list},
    {MC_COMMAND_LIST_TERMINAL_EVENTS, gateway_terminal_events_list},
    {MC_COMMAND_CONFIRM_PROVIDER_SECRET_ACCESS, gateway_confirm},
};

void
gateway_command_begin(gateway_ask_t *ask, const mc_command_t *command)
{
    ask->command = command;
    ask->input = mc_arena_alloc(ask->arena, command->input->size);
}

/* Fills a text of the input that is there and not given yet. */
static void
fill_text(gateway_ask_t *ask, const char *name, mc_text_t text)
{
    const mc_shape_t *shape = ask->command->input;
    const mc_field_t *field = mc_shape_find_name(shape, mc_text(name));
    mc_refusal_t ignored;
    if (field && !mc_record_has(ask->input, mc_shape_index(shape, field)))
        (void)mc_field_set_text(shape, field, ask->input, mc_arena_text(ask->arena, text),
                                &ignored);
}

/* Who asks, and by which login, goes into inputs that have room for it, unless the caller may say
 * so and did. */
static void
fill_requester(gateway_ask_t *ask)
{
    gateway_caller_t caller;
    mc_refusal_t ignored;
    fill_text(ask, "requested_by", mc_http_caller(ask->request));
    bool has_login = mc_shape_find_name(ask->command->input, MC_TEXT("session")) &&
                     gateway_identify(ask->gateway, ask->request, &caller, &ignored) == 0 &&
                     caller.session;
    if (has_login)
        fill_text(ask, "session", mc_text(caller.session->token_hash));
}

static void
on_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    if (refusal && refusal->code == MC_SERVICE_MISSING_ERROR)
        gateway_ask_refuse_with(ask, MC_SERVICE_MISSING_ERROR, "%s is not running",
                                ask->command->service);
    else if (refusal)
        gateway_ask_refuse(ask, refusal);
    else
        gateway_ask_records(ask, ask->command->result, *records);
}

void
gateway_command_run(gateway_ask_t *ask)
{
    gateway_t *gateway = ask->gateway;
    const mc_command_t *command = ask->command;
    GATEWAY_COUNT(gateway, commands);
    mc_role_t role = mc_http_role(ask->request);
    if (role < command->role) {
        gateway_ask_refuse_with(ask, MC_FORBIDDEN_ERROR, "%s needs the role %s; this caller is %s",
                                command->name, mc_role_name(command->role), mc_role_name(role));
        return;
    }
    for (size_t i = 0; i < MC_COUNT(handlers); i++) {
        if (handlers[i].tag == command->tag) {
            handlers[i].answer(ask);
            return;
        }
    }
    fill_requester(ask);
    mc_bus_call(gateway->bus, command->service, command->tag, mc_list_one(ask->input),
                MC_BUS_TIMEOUT_MS, on_answer, ask);
}

static int
refuse_body(mc_refusal_t *refusal)
{
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "input",
                     "the body must be {\"input\": {...}} or the input object itself");
}

/* The input object in a body: under "input", the body itself, or null where there is none. */
static int
find_input(mc_json_t body, mc_json_t *ret_input, mc_refusal_t *refusal)
{
    *ret_input = body;
    if (mc_json_kind(body) == MC_JSON_NULL)
        return 0;
    if (mc_json_kind(body) != MC_JSON_OBJECT)
        return refuse_body(refusal);
    mc_json_t inner;
    if (mc_json_find(body, "input", &inner))
        *ret_input = inner;
    if (mc_json_kind(*ret_input) != MC_JSON_OBJECT && mc_json_kind(*ret_input) != MC_JSON_NULL)
        return refuse_body(refusal);
    return 0;
}

int
gateway_command_read(gateway_ask_t *ask, mc_refusal_t *refusal)
{
    mc_text_t body = mc_http_body(ask->request);
    const mc_shape_t *shape = ask->command->input;
    mc_json_t root, input;
    if (body.size == 0)
        return mc_record_complete(shape, ask->input, refusal);
    if (mc_json_parse(ask->gateway->json, body, &root, refusal))
        return MC_REFUSED;
    if (find_input(root, &input, refusal))
        return MC_REFUSED;
    if (mc_json_kind(input) == MC_JSON_NULL)
        return mc_record_complete(shape, ask->input, refusal);
    /* The front end of before may send names that are not in the table: they are ignored. */
    return mc_json_read(shape, input, ask->arena, false, ask->input, refusal);
}

/* What the parser holds of a secret goes with it. */
static void
forget_body(gateway_ask_t *ask)
{
    const mc_shape_t *shape = ask->command->input;
    for (size_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].rule != MC_SECRET)
            continue;
        mc_json_parser_destroy(&ask->gateway->json);
        ask->gateway->json = mc_json_parser_new();
        return;
    }
}

void
gateway_on_command(void *state, mc_http_request_t *request)
{
    mc_text_t name = mc_http_param(request, "name");
    const mc_command_t *command = mc_command_find(name);
    if (!command) {
        int shown = name.size > 64 ? 64 : (int)name.size;
        mc_http_refuse_with(request, MC_UNKNOWN_ROUTE_ERROR, "there is no command %.*s", shown,
                            name.data);
        return;
    }
    gateway_ask_t *ask = gateway_ask_new(state, request);
    mc_refusal_t refusal;
    gateway_command_begin(ask, command);
    int outcome = gateway_command_read(ask, &refusal);
    forget_body(ask);
    if (outcome)
        gateway_ask_refuse(ask, &refusal);
    else
        gateway_command_run(ask);
}
