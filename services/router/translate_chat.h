/*
 *  translate_chat - what is read of a chat server's answers, whole or streamed
 */
#ifndef ROUTER_TRANSLATE_CHAT_H
#define ROUTER_TRANSLATE_CHAT_H

#include <stdio.h>

#include "translate_answer.h"

/* The first choice of a whole answer; refuses an error in its place. */
MC_CHECKED int router_chat_choice(mc_json_t root, mc_json_t *ret_choice, mc_refusal_t *refusal);

/* What a message or a delta shows of its thinking: servers have two names for it. */
mc_text_t router_chat_reasoning(mc_json_t message);

/* Ids as Anthropic's clients know them. A call without an id gets one made of the answer's. */
void router_put_message_id(router_put_t *put, const char *key, mc_text_t id);
void router_put_tool_id(router_put_t *put, const char *key, mc_text_t id, const char *answer,
                        int64_t index);

/* Anthropic's stop reason for a finish reason and what came before it. */
const char *router_chat_stop(mc_text_t finish, bool has_tools, bool has_refusal, bool has_stop);

#endif
