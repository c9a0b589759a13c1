/*
 *  translate_tools - tools and the choice among them, in both directions
 */
#ifndef ROUTER_TRANSLATE_TOOLS_H
#define ROUTER_TRANSLATE_TOOLS_H

#include "translate_fields.h"

/* What a chat says of tools; what it does not say has no document. */
typedef struct {
    mc_json_t tools;
    mc_json_t choice;   /* tool_choice */
    mc_json_t parallel; /* parallel_tool_calls */
    mc_json_t format; /* the json_schema member of response_format, where a forced tool stands in */
} router_chat_tools_t;

/* Writes tools and tool_choice for Anthropic, in the order they came; sets ret_is_forced when the
 * model must call one, which rules out thinking. */
MC_CHECKED int router_tools_to_messages(router_translation_t *self, const router_chat_tools_t *chat,
                                        router_put_t *put, bool *ret_is_forced,
                                        mc_refusal_t *refusal);

/* What Anthropic's messages say of them, for a chat. */
MC_CHECKED int router_tools_to_chat(router_translation_t *self, mc_json_t tools, mc_json_t choice,
                                    router_put_t *put, mc_refusal_t *refusal);

/* True for a schema that OpenAI's strict mode takes: every object closed, every property required.
 */
bool router_schema_is_strict(mc_json_t schema);

#endif
