/*
 *  command_forms - plain routes that stand for a command of another service
 */
#ifndef GATEWAY_COMMAND_FORMS_H
#define GATEWAY_COMMAND_FORMS_H

#include "ask.h"

/* Begins that command with an empty input. The answer is the record, or the list as a page. */
gateway_ask_t *gateway_form_begin(void *state, mc_http_request_t *request, const char *command);

/* Puts a part of the path into a field of the input: 0 or MC_REFUSED. */
MC_CHECKED int gateway_form_param(gateway_ask_t *ask, const char *param, const char *field,
                                  mc_refusal_t *refusal);

/* Runs the command, or refuses where result is not 0. Takes the ask. */
void gateway_form_run(gateway_ask_t *ask, int result, const mc_refusal_t *refusal);

#endif
