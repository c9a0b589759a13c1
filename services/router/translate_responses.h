/*
 *  translate_responses - the responses API, spoken by way of a chat
 *
 *  Signed thinking blocks travel in encrypted_content of reasoning items, which
 *  clients send back as they are: the mark, then the blocks as a JSON array.
 */
#ifndef ROUTER_TRANSLATE_RESPONSES_H
#define ROUTER_TRANSLATE_RESPONSES_H

#include "translate_chat.h"

#define ROUTER_THINKING_MARK "mc1:"

/* Writes the elements of a chat's "messages": instructions (may be absent), then the input. */
MC_CHECKED int router_input_put(router_translation_t *self, mc_json_t instructions, mc_json_t input,
                                router_put_t *put, mc_refusal_t *refusal);

/* Content of a message or of a tool's output, as the member "content" of a chat message. */
MC_CHECKED int router_input_content(mc_json_t content, const char *name, const char *path,
                                    router_put_t *put, mc_refusal_t *refusal);

/* The response object up to its output, and from there on. status: in_progress, completed, ... */
void router_response_open(router_translation_t *self, const char *status, router_put_t *put);
void router_response_close(router_translation_t *self, bool has_usage, router_put_t *put);

/* The state that a chat's finish reason leaves a response in. */
const char *router_response_status(const char *finish);

/* Output items, each whole; text and arguments are the inside of a JSON string. */
void router_put_reasoning(router_put_t *put, const char *key, const char *id, mc_text_t summary,
                          mc_text_t blocks);
void router_put_message(router_put_t *put, const char *key, const char *id, const char *status,
                        const char *kind, mc_text_t text);
void router_put_call(router_put_t *put, const char *key, const char *id, const char *status,
                     const char *call, const char *name, mc_text_t arguments);
/* A part of a message: kind is output_text or refusal. */
void router_put_part(router_put_t *put, const char *key, const char *kind, mc_text_t text);

#endif
