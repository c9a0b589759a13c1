/*
 *  translate_answer - what answers and streams of both dialects have in common
 */
#ifndef ROUTER_TRANSLATE_ANSWER_H
#define ROUTER_TRANSLATE_ANSWER_H

#include "translate_fields.h"

/* Usage as each dialect counts it, as the member "usage". */
void router_put_chat_usage(const router_usage_t *usage, router_put_t *put);
void router_put_messages_usage(const router_usage_t *usage, router_put_t *put);
void router_put_responses_usage(const router_usage_t *usage, router_put_t *put);
/* Takes the member "usage" of the object, where there is one. */
void router_take_usage(router_usage_t *usage, router_dialect_t dialect, mc_json_t object);

/* Why an answer ended, in the other dialect's words; a word that is not known ends it normally. */
const char *router_finish_of_stop(mc_text_t stop_reason);
const char *router_stop_of_finish(mc_text_t finish_reason);

/* A provider's error inside an answer or a stream: its message in the refusal. Always MC_REFUSED.
 */
int router_refuse_error(mc_json_t error, mc_refusal_t *refusal);

/* The type that the dialect's protocol has for a status. */
const char *router_error_type(router_dialect_t dialect, int status);

/* Copies an id or a word, cut at its end. */
void router_keep(char *target, size_t size, mc_text_t text);
#define ROUTER_KEEP(target, text) router_keep((target), sizeof(target), (text))

/* Begins and ends a frame of the client's stream: "event: TYPE" where there is a type. */
void router_frame_open(mc_buffer_t *out, const char *type);
void router_frame_close(mc_buffer_t *out);

#endif
