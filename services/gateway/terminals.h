/*
 *  terminals - what actors wrote, by actor and task
 */
#ifndef GATEWAY_TERMINALS_H
#define GATEWAY_TERMINALS_H

#include "ask.h"

/* Answers list_agent_terminals: one session for each actor of a task, latest first. */
void gateway_terminals_list(gateway_ask_t *ask);

/* Answers list_terminal_events: of one actor on one task, newest first. */
void gateway_terminal_events_list(gateway_ask_t *ask);

/* Turns events into lines of a terminal, in the arena: the details are the output of a terminal,
 * or else the message. */
mc_list_t gateway_terminal_lines(mc_json_parser_t *json, mc_list_t events, mc_arena_t *arena);

#endif
