/*
 *  translate_history - turns of Anthropic's as the messages of a chat
 *
 *  A user turn becomes the tool messages of its results, then a user message of
 *  the rest; an assistant turn becomes one message with its calls.
 */
#ifndef ROUTER_TRANSLATE_HISTORY_H
#define ROUTER_TRANSLATE_HISTORY_H

#include "translate_fields.h"

/* Writes the elements of "messages": the system prompt (may be absent), then the turns. */
MC_CHECKED int router_history_put(router_translation_t *self, mc_json_t system, mc_json_t messages,
                                  router_put_t *put, mc_refusal_t *refusal);

/* Parts of one message of a chat, gathered before it is known whether they are only text. */
typedef struct {
    router_translation_t *translation;
    mc_buffer_t parts; /* elements of an array */
    mc_buffer_t text;  /* the inside of a JSON string: the same when all is text, joined */
    size_t count;
    bool is_plain; /* nothing but text without cache_control */
    bool has_gaps; /* an empty line between joined texts */
} router_parts_t;

void router_parts_init(router_parts_t *self, router_translation_t *translation);
void router_parts_clear(router_parts_t *self);
/* Adds a block of content: text, image, document or search result. */
MC_CHECKED int router_parts_add(router_parts_t *self, mc_json_t block, const char *path,
                                mc_refusal_t *refusal);
/* Writes "content": a string where there is but one text, or is_joined; else an array. */
void router_parts_put(const router_parts_t *self, bool is_joined, router_put_t *put);

#endif
