/*
 *  budgets - hard limits over HTTP: forms of commands that the budget service answers
 */
#include "budgets.h"

#include "ask.h"
#include "commands.h"

static gateway_ask_t *
begin(void *state, mc_http_request_t *request, const char *name)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    const mc_command_t *command = mc_command_find(mc_text(name));
    assert(command);
    gateway_command_begin(ask, command);
    return ask;
}

static void
run_or_refuse(gateway_ask_t *ask, int result, const mc_refusal_t *refusal)
{
    if (result)
        gateway_ask_refuse(ask, refusal);
    else
        gateway_command_run(ask);
}

void
gateway_on_budget_set(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = begin(state, request, "set_budget");
    mc_refusal_t refusal;
    run_or_refuse(ask, gateway_command_read(ask, &refusal), &refusal);
}

void
gateway_on_budget_remove(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = begin(state, request, "remove_budget");
    mc_text_t id = mc_arena_text(ask->arena, mc_http_param(request, "id"));
    const mc_field_t *field = mc_shape_find_name(ask->command->input, MC_TEXT("id"));
    mc_refusal_t refusal;
    run_or_refuse(ask, mc_field_set_text(ask->command->input, field, ask->input, id, &refusal),
                  &refusal);
}
