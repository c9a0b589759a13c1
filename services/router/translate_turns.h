/*
 *  translate_turns - the messages of a chat as turns of Anthropic's
 *
 *  Anthropic wants turns of user and assistant by turns, the user's first, results
 *  of tools at the head of the turn that follows their calls, no empty text, and
 *  the system prompt apart. Blocks are gathered until the role changes.
 */
#ifndef ROUTER_TRANSLATE_TURNS_H
#define ROUTER_TRANSLATE_TURNS_H

#include "translate_fields.h"

typedef struct {
    router_translation_t *translation;
    mc_buffer_t system;   /* text blocks: elements of an array, as are the next three */
    mc_buffer_t messages; /* finished turns */
    mc_buffer_t results;  /* tool_result blocks of the open turn */
    mc_buffer_t blocks;   /* its other blocks */
    bool is_user;         /* whose turn is open */
    bool was_user;        /* whose turn was finished last */
    bool lacks_thinking;  /* it goes on after tool calls that have lost their thinking blocks */
} router_turns_t;

void router_turns_init(router_turns_t *self, router_translation_t *translation);
void router_turns_clear(router_turns_t *self);

/* Reads all messages of a chat. Returns 0, or MC_REFUSED with the place. */
MC_CHECKED int router_turns_read(router_turns_t *self, mc_json_t messages, mc_refusal_t *refusal);

/* Blocks of a message's content, a string or parts, appended as elements. Blank text is left out;
 * is_last trims white space at the end, which Anthropic refuses behind the last assistant turn. */
typedef struct {
    router_translation_t *translation;
    mc_buffer_t *out;
    mc_json_t cache_control; /* of the whole message, put on its last block; may be absent */
    bool is_text_only;       /* parts other than text are refused */
    bool is_trimmed;         /* white space at the end of the text goes */
} router_blocks_t;
MC_CHECKED int router_blocks_read(router_blocks_t *self, mc_json_t content, const char *path,
                                  mc_refusal_t *refusal);

/* The calls of an assistant message, as tool_use blocks. */
MC_CHECKED int router_calls_read(router_translation_t *self, mc_json_t calls, const char *path,
                                 mc_buffer_t *out, mc_refusal_t *refusal);
/* Its thinking_blocks that are signed, unchanged; returns how many. */
size_t router_thinking_read(mc_json_t thinking_blocks, mc_buffer_t *out);

/* Arguments of a call, a string that holds an object, as that object. */
void router_put_arguments(router_translation_t *self, router_put_t *put, const char *key,
                          mc_text_t arguments);

/* An id as Anthropic allows it: letters, digits, _ and -; others become _. */
void router_put_id(router_put_t *put, const char *key, mc_text_t id);

/* Continues an array whose elements are gathered in the buffer. */
static inline router_put_t
router_put_more(mc_buffer_t *elements)
{
    return (router_put_t){.out = elements, .needs_comma = elements->size > 0};
}

#endif
