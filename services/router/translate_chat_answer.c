/*
 *  translate_chat_answer - an answer of a chat server, for a client of Anthropic's messages
 */
#include "translate_chat.h"
#include "translate_turns.h"

#define ANSWER_TAIL 24 /* bytes of an answer's id in an id of a call: OpenAI takes 40 in all */

int
router_chat_choice(mc_json_t root, mc_json_t *ret_choice, mc_refusal_t *refusal)
{
    mc_json_t choices, error;
    mc_text_t key;
    if (mc_json_find(root, "error", &error) && mc_json_kind(error) != MC_JSON_NULL) {
        (void)router_refuse_error(error, refusal);
        return MC_REFUSED;
    }
    if (!router_member_is(root, "choices", MC_JSON_ARRAY, &choices))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "choices",
                         "the provider's answer has no choices");
    mc_json_iter_t iter = mc_json_iter(choices);
    if (!mc_json_next(&iter, &key, ret_choice) || mc_json_kind(*ret_choice) != MC_JSON_OBJECT)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "choices",
                         "the provider's answer has no choice");
    return 0;
}

mc_text_t
router_chat_reasoning(mc_json_t message)
{
    mc_text_t text = router_member_text(message, "reasoning_content");
    return text.size > 0 ? text : router_member_text(message, "reasoning");
}

void
router_put_message_id(router_put_t *put, const char *key, mc_text_t id)
{
    if (router_text_starts(id, "msg_")) {
        router_put_text(put, key, id);
        return;
    }
    router_put_open_text(put, key);
    router_put_piece(put, MC_TEXT("msg_"));
    router_put_piece(put, id);
    router_put_close_text(put);
}

void
router_put_tool_id(router_put_t *put, const char *key, mc_text_t id, const char *answer,
                   int64_t index)
{
    char made[ROUTER_TRANSLATE_ID_BYTES + 32];
    if (id.size > 0) {
        router_put_text(put, key, id);
        return;
    }
    size_t size = strlen(answer);
    const char *tail = size > ANSWER_TAIL ? answer + size - ANSWER_TAIL : answer;
    snprintf(made, sizeof made, "toolu_%s_%lld", tail, (long long)index);
    router_put_id(put, key, mc_text(made));
}

/* Shown when the client asked to see it, or when it is signed and must come back. */
static void
put_thinking(router_translation_t *self, mc_json_t message, router_put_t *put)
{
    mc_json_t blocks;
    mc_buffer_t thinking = {.max = ROUTER_TRANSLATE_BYTES_MAX};
    size_t count = 0;
    if (router_member_is(message, "thinking_blocks", MC_JSON_ARRAY, &blocks))
        count = router_thinking_read(blocks, &thinking);
    router_put_raw(put, NULL, mc_buffer_content(&thinking));
    mc_buffer_clear(&thinking);
    mc_text_t text = router_chat_reasoning(message);
    if (count > 0 || !self->wants_thinking || text.size == 0)
        return;
    router_put_object(put, NULL);
    router_put_string(put, "type", "thinking");
    router_put_text(put, "thinking", text);
    router_put_string(put, "signature", "");
    router_put_end_object(put);
}

static void
put_text(mc_text_t text, router_put_t *put)
{
    if (text.size == 0)
        return;
    router_put_object(put, NULL);
    router_put_string(put, "type", "text");
    router_put_text(put, "text", text);
    router_put_end_object(put);
}

static int
put_calls(router_translation_t *self, mc_json_t message, mc_text_t id, router_put_t *put,
          mc_refusal_t *refusal)
{
    mc_json_t calls, call, function;
    mc_text_t key;
    if (!router_member_is(message, "tool_calls", MC_JSON_ARRAY, &calls))
        return 0;
    mc_json_iter_t iter = mc_json_iter(calls);
    ROUTER_KEEP(self->stream.id, id);
    for (self->stream.tools = 0; mc_json_next(&iter, &key, &call); self->stream.tools++) {
        if (self->stream.tools == ROUTER_TRANSLATE_CALLS_MAX)
            return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "tool_calls",
                             "more than %d tool calls in one answer", ROUTER_TRANSLATE_CALLS_MAX);
        if (!router_member_is(call, "function", MC_JSON_OBJECT, &function))
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_calls",
                             "the provider's answer has a tool call without a function");
        router_put_object(put, NULL);
        router_put_string(put, "type", "tool_use");
        router_put_tool_id(put, "id", router_member_text(call, "id"), self->stream.id,
                           self->stream.tools);
        router_put_text(put, "name", router_member_text(function, "name"));
        router_put_arguments(self, put, "input", router_member_text(function, "arguments"));
        router_put_end_object(put);
    }
    return 0;
}

const char *
router_chat_stop(mc_text_t finish, bool has_tools, bool has_refusal, bool has_stop)
{
    if (has_refusal)
        return "refusal";
    if (has_tools && (mc_text_is(finish, "stop") || finish.size == 0))
        return "tool_use"; /* some servers say stop beside calls */
    if (!has_tools && mc_text_is(finish, "tool_calls"))
        return "end_turn";
    if (has_stop && mc_text_is(finish, "stop"))
        return "stop_sequence";
    return router_stop_of_finish(finish);
}

static void
put_stop(router_translation_t *self, mc_json_t choice, bool has_refusal, router_put_t *put)
{
    mc_text_t finish = router_member_text(choice, "finish_reason");
    mc_text_t stop = router_member_text(choice, "stop_reason"); /* vLLM: the sequence met */
    const char *reason =
        router_chat_stop(finish, self->stream.tools > 0, has_refusal, stop.size > 0);
    router_put_string(put, "stop_reason", reason);
    if (strcmp(reason, "stop_sequence") == 0)
        router_put_text(put, "stop_sequence", stop);
    else
        router_put_null(put, "stop_sequence");
}

int
router_chat_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                   mc_refusal_t *refusal)
{
    mc_json_t choice, message;
    router_usage_t usage = {0};
    router_put_t put = router_put(out);
    if (router_chat_choice(root, &choice, refusal) != 0)
        return MC_REFUSED;
    if (!router_member_is(choice, "message", MC_JSON_OBJECT, &message))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "choices.0.message",
                         "the provider's answer has no message");
    mc_text_t id = router_member_text(root, "id");
    mc_text_t refused = router_member_text(message, "refusal");
    router_put_object(&put, NULL);
    router_put_message_id(&put, "id", id);
    router_put_string(&put, "type", "message");
    router_put_string(&put, "role", "assistant");
    router_put_text(&put, "model", self->options.client_model);
    router_put_array(&put, "content");
    put_thinking(self, message, &put);
    put_text(router_member_text(message, "content"), &put);
    put_text(refused, &put);
    if (put_calls(self, message, id, &put, refusal) != 0)
        return MC_REFUSED;
    router_put_end_array(&put);
    put_stop(self, choice, refused.size > 0, &put);
    router_take_usage(&usage, ROUTER_CHAT, root);
    router_put_messages_usage(&usage, &put);
    router_put_end_object(&put);
    return 0;
}
