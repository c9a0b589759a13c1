/*
 *  translate_messages_answer - an answer of Anthropic's, for the client of a chat
 *
 *  Blocks become one message: texts are joined, tool_use blocks are its calls,
 *  thinking is shown as reasoning_content and kept whole, with its signatures, in
 *  thinking_blocks, which the client sends back with the next turn.
 */
#include "translate_answer.h"

typedef struct {
    router_translation_t *translation;
    mc_buffer_t text; /* inside of a JSON string, as is the next */
    mc_buffer_t thoughts;
    mc_buffer_t thinking; /* blocks: elements of an array, as is the next */
    mc_buffer_t calls;
    size_t calls_count;
    bool is_answer; /* the forced tool was called: its input is the text */
} message_t;

static void
add_text(mc_buffer_t *out, mc_text_t text)
{
    router_put_t put = router_put(out);
    router_put_piece(&put, text);
}

static void
add_call(message_t *message, mc_json_t block)
{
    mc_json_t input;
    mc_buffer_t arguments = {.max = ROUTER_TRANSLATE_BYTES_MAX};
    if (router_member_is(block, "input", MC_JSON_OBJECT, &input))
        mc_json_write(input, &arguments);
    else
        mc_buffer_text(&arguments, MC_TEXT("{}"));

    const router_translation_t *self = message->translation;
    if (self->has_answer_tool && mc_text_is(router_member_text(block, "name"), self->answer_tool)) {
        add_text(&message->text, mc_buffer_content(&arguments));
        message->is_answer = true;
    } else {
        router_put_t put = {.out = &message->calls, .needs_comma = message->calls_count++ > 0};
        router_put_object(&put, NULL);
        router_put_text(&put, "id", router_member_text(block, "id"));
        router_put_string(&put, "type", "function");
        router_put_object(&put, "function");
        router_put_text(&put, "name", router_member_text(block, "name"));
        router_put_text(&put, "arguments", mc_buffer_content(&arguments));
        router_put_end_object(&put);
        router_put_end_object(&put);
    }
    mc_buffer_clear(&arguments);
}

static void
add_block(message_t *message, mc_json_t block)
{
    mc_text_t type = router_member_text(block, "type");
    if (mc_text_is(type, "text")) {
        add_text(&message->text, router_member_text(block, "text"));
    } else if (mc_text_is(type, "tool_use")) {
        add_call(message, block);
    } else if (mc_text_is(type, "thinking") || mc_text_is(type, "redacted_thinking")) {
        router_put_t put = {.out = &message->thinking, .needs_comma = message->thinking.size > 0};
        router_put_json(&put, NULL, block);
        add_text(&message->thoughts, router_member_text(block, "thinking"));
    }
}

static void
put_inside(router_put_t *put, const char *key, const mc_buffer_t *inside)
{
    router_put_open_text(put, key);
    mc_buffer_text(put->out, mc_buffer_content(inside));
    router_put_close_text(put);
}

static void
put_message(const message_t *message, router_put_t *put)
{
    router_put_object(put, "message");
    router_put_string(put, "role", "assistant");
    if (message->text.size > 0 || message->calls_count == 0)
        put_inside(put, "content", &message->text);
    else
        router_put_null(put, "content");
    router_put_null(put, "refusal");
    if (message->thoughts.size > 0)
        put_inside(put, "reasoning_content", &message->thoughts);
    if (message->thinking.size > 0) {
        router_put_array(put, "thinking_blocks");
        router_put_raw(put, NULL, mc_buffer_content(&message->thinking));
        router_put_end_array(put);
    }
    if (message->calls_count > 0) {
        router_put_array(put, "tool_calls");
        router_put_raw(put, NULL, mc_buffer_content(&message->calls));
        router_put_end_array(put);
    }
    router_put_end_object(put);
}

static const char *
finish_of(const message_t *message, mc_json_t root)
{
    mc_text_t stop = router_member_text(root, "stop_reason");
    if (message->is_answer && message->calls_count == 0 && mc_text_is(stop, "tool_use"))
        return "stop";
    return router_finish_of_stop(stop);
}

static void
put_completion(router_translation_t *self, mc_json_t root, const message_t *message,
               mc_buffer_t *out)
{
    router_put_t put = router_put(out);
    router_usage_t usage = {0};
    router_put_object(&put, NULL);
    router_put_text(&put, "id", router_member_text(root, "id"));
    router_put_string(&put, "object", "chat.completion");
    router_put_i64(&put, "created", self->options.now_s);
    router_put_text(&put, "model", self->options.client_model);
    router_put_array(&put, "choices");
    router_put_object(&put, NULL);
    router_put_i64(&put, "index", 0);
    put_message(message, &put);
    router_put_null(&put, "logprobs");
    router_put_string(&put, "finish_reason", finish_of(message, root));
    router_put_end_object(&put);
    router_put_end_array(&put);
    router_take_usage(&usage, ROUTER_MESSAGES, root);
    if (usage.is_known)
        router_put_chat_usage(&usage, &put);
    router_put_end_object(&put);
}

int
router_messages_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                       mc_refusal_t *refusal)
{
    mc_json_t content, error;
    if (router_member_is(root, "error", MC_JSON_OBJECT, &error))
        return router_refuse_error(error, refusal);
    if (!router_member_is(root, "content", MC_JSON_ARRAY, &content))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "content",
                         "the provider's answer has no content");

    message_t message = {.translation = self};
    mc_buffer_t *all[] = {&message.text, &message.thoughts, &message.thinking, &message.calls};
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_init(all[i], ROUTER_TRANSLATE_BYTES_MAX);
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    for (mc_json_t block; mc_json_next(&iter, &key, &block);)
        add_block(&message, block);
    put_completion(self, root, &message, out);
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_clear(all[i]);
    return 0;
}
