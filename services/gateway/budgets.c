/*
 *  budgets - hard limits over HTTP: forms of commands that the budget service answers
 */
#include "budgets.h"

#include "command_forms.h"
#include "commands.h"

void
gateway_on_budget_set(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "set_budget");
    mc_refusal_t refusal;
    gateway_form_run(ask, gateway_command_read(ask, &refusal), &refusal);
}

void
gateway_on_budget_remove(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "remove_budget");
    mc_refusal_t refusal;
    gateway_form_run(ask, gateway_form_param(ask, "id", "id", &refusal), &refusal);
}
