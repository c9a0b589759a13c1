/*
 *  commands - POST /api/v1/commands/<name>, by the table of commands.def
 *
 *  A command that the gateway owns goes to its handler; any other goes over the
 *  bus to its service, with who asks put in.
 */
#ifndef GATEWAY_COMMANDS_H
#define GATEWAY_COMMANDS_H

#include "ask.h"

#define GATEWAY_COMMAND_BYTES_MAX ((size_t)1 << 20)

void gateway_on_command(void *state, mc_http_request_t *request);

/* Runs the command of the ask, whose input is filled. Checks the caller's role. Takes the ask. */
void gateway_command_run(gateway_ask_t *ask);

/* Reads the input of the command from the body: the input object itself, or under "input", or
 * nothing. Returns 0 or MC_REFUSED. */
MC_CHECKED int gateway_command_read(gateway_ask_t *ask, mc_refusal_t *refusal);

/* An empty input for the command, in the arena of the ask. */
void gateway_command_begin(gateway_ask_t *ask, const mc_command_t *command);

#endif
