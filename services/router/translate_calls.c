/*
 *  translate_calls - what an assistant of a chat did besides speaking: tool calls and thinking
 *
 *  Arguments are a string in a chat and an object in Anthropic's messages. They
 *  are put in place as they are, byte for byte, once they are known to be an
 *  object. What a model broke off in the middle is kept as text.
 */
#include "translate_turns.h"

static mc_text_t
trim(mc_text_t text)
{
    while (text.size > 0 && router_text_is_blank((mc_text_t){text.data, 1}))
        text = (mc_text_t){text.data + 1, text.size - 1};
    while (text.size > 0 && router_text_is_blank((mc_text_t){text.data + text.size - 1, 1}))
        text.size--;
    return text;
}

void
router_put_arguments(router_translation_t *self, router_put_t *put, const char *key,
                     mc_text_t arguments)
{
    mc_json_t root;
    mc_text_t text = trim(arguments);
    if (text.size == 0) {
        router_put_raw(put, key, MC_TEXT("{}"));
        return;
    }
    if (router_inner_object(self, text, &root) == 0) {
        router_put_raw(put, key, text);
        return;
    }
    router_warn(self, "tool_calls", "arguments that are no JSON object stand in invalid_arguments");
    router_put_object(put, key);
    router_put_text(put, "invalid_arguments", arguments);
    router_put_end_object(put);
}

static int
read_call(router_translation_t *self, mc_json_t call, const char *path, router_put_t *put,
          mc_refusal_t *refusal)
{
    mc_json_t function, cache_control;
    mc_text_t id = router_member_text(call, "id");
    if (!router_member_is(call, "function", MC_JSON_OBJECT, &function)) {
        router_path_t field = router_path(path, "function", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is missing: only calls of functions can be translated", field.text);
    }
    mc_text_t name = router_member_text(function, "name");
    if (id.size == 0 || name.size == 0) {
        router_path_t field = router_path(path, id.size ? "function.name" : "id", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_put_object(put, NULL);
    router_put_string(put, "type", "tool_use");
    router_put_id(put, "id", id);
    router_put_text(put, "name", name);
    router_put_arguments(self, put, "input", router_member_text(function, "arguments"));
    if (router_member_is(call, "cache_control", MC_JSON_OBJECT, &cache_control))
        router_put_json(put, "cache_control", cache_control);
    router_put_end_object(put);
    return 0;
}

int
router_calls_read(router_translation_t *self, mc_json_t calls, const char *path, mc_buffer_t *out,
                  mc_refusal_t *refusal)
{
    router_put_t put = router_put_more(out);
    mc_json_iter_t iter = mc_json_iter(calls);
    mc_text_t key;
    mc_json_t call;
    for (size_t i = 0; mc_json_next(&iter, &key, &call); i++) {
        router_path_t place = router_path(path, "tool_calls", i);
        if (read_call(self, call, place.text, &put, refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}

/* Anthropic checks the signature: a block without one is of another model and would be refused. */
static bool
is_replayable(mc_json_t block)
{
    mc_text_t type = router_member_text(block, "type");
    if (mc_text_is(type, "redacted_thinking"))
        return router_member_text(block, "data").size > 0;
    return mc_text_is(type, "thinking") && router_member_text(block, "signature").size > 0;
}

size_t
router_thinking_read(mc_json_t thinking_blocks, mc_buffer_t *out)
{
    router_put_t put = router_put_more(out);
    mc_json_iter_t iter = mc_json_iter(thinking_blocks);
    mc_text_t key;
    mc_json_t block;
    size_t count = 0;
    while (mc_json_next(&iter, &key, &block)) {
        if (!is_replayable(block))
            continue;
        bool is_redacted = mc_text_is(router_member_text(block, "type"), "redacted_thinking");
        router_put_object(&put, NULL);
        router_put_text(&put, "type", router_member_text(block, "type"));
        if (is_redacted) {
            router_put_text(&put, "data", router_member_text(block, "data"));
        } else {
            router_put_text(&put, "thinking", router_member_text(block, "thinking"));
            router_put_text(&put, "signature", router_member_text(block, "signature"));
        }
        router_put_end_object(&put);
        count++;
    }
    return count;
}
