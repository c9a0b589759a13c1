/*
 *  command_forms - plain routes that stand for a command of another service
 */
#include "command_forms.h"

#include "commands.h"

gateway_ask_t *
gateway_form_begin(void *state, mc_http_request_t *request, const char *command_name)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    const mc_command_t *command = mc_command_find(mc_text(command_name));
    assert(command);
    gateway_command_begin(ask, command);
    ask->form = command->is_many ? GATEWAY_PAGE : GATEWAY_BARE;
    return ask;
}

int
gateway_form_param(gateway_ask_t *ask, const char *param, const char *field, mc_refusal_t *refusal)
{
    const mc_shape_t *shape = ask->command->input;
    mc_text_t value = mc_arena_text(ask->arena, mc_http_param(ask->request, param));
    return mc_field_set_text(shape, mc_shape_find_name(shape, mc_text(field)), ask->input, value,
                             refusal);
}

void
gateway_form_run(gateway_ask_t *ask, int result, const mc_refusal_t *refusal)
{
    if (result)
        gateway_ask_refuse(ask, refusal);
    else
        gateway_command_run(ask);
}
