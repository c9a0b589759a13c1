/*
 *  translate_messages_stream - a stream of Anthropic's, as the chunks of a chat
 *
 *  What says "this is all" (finish_reason, usage, [DONE]) is held back until the
 *  provider's own end has come. Thinking goes out as it comes in
 *  reasoning_content; the whole blocks go out once, before the end, because
 *  clients that put chunks together replace, join or index lists, and once is
 *  the only form that suits them all.
 */
#include "translate_answer.h"

static router_put_t
open_chunk(router_translation_t *self, mc_buffer_t *out)
{
    router_put_t put = router_put(out);
    router_frame_open(out, NULL);
    router_put_object(&put, NULL);
    router_put_string(&put, "id", self->stream.id);
    router_put_string(&put, "object", "chat.completion.chunk");
    router_put_i64(&put, "created", self->options.now_s);
    router_put_text(&put, "model", self->options.client_model);
    return put;
}

static void
close_chunk(router_translation_t *self, router_put_t *put, bool has_usage)
{
    if (self->wants_usage && !has_usage)
        router_put_null(put, "usage");
    router_put_end_object(put);
    router_frame_close(put->out);
}

static router_put_t
open_delta(router_translation_t *self, mc_buffer_t *out)
{
    router_put_t put = open_chunk(self, out);
    router_put_array(&put, "choices");
    router_put_object(&put, NULL);
    router_put_i64(&put, "index", 0);
    router_put_object(&put, "delta");
    return put;
}

static void
close_delta(router_translation_t *self, router_put_t *put, const char *finish)
{
    router_put_end_object(put);
    router_put_null(put, "logprobs");
    if (finish)
        router_put_string(put, "finish_reason", finish);
    else
        router_put_null(put, "finish_reason");
    router_put_end_object(put);
    router_put_end_array(put);
    close_chunk(self, put, false);
}

static void
write_delta(router_translation_t *self, const char *key, mc_text_t text, mc_buffer_t *out)
{
    if (text.size == 0)
        return;
    router_put_t put = open_delta(self, out);
    router_put_text(&put, key, text);
    close_delta(self, &put, NULL);
}

static void
write_arguments(router_translation_t *self, mc_text_t text, mc_buffer_t *out)
{
    if (text.size == 0)
        return;
    self->stream.has_tool_text = true;
    if (self->stream.open == ROUTER_OPEN_ANSWER) {
        write_delta(self, "content", text, out);
        return;
    }
    router_put_t put = open_delta(self, out);
    router_put_array(&put, "tool_calls");
    router_put_object(&put, NULL);
    router_put_i64(&put, "index", self->stream.tool);
    router_put_object(&put, "function");
    router_put_text(&put, "arguments", text);
    router_put_end_object(&put);
    router_put_end_object(&put);
    router_put_end_array(&put);
    close_delta(self, &put, NULL);
}

static void
start_message(router_translation_t *self, mc_json_t root, mc_buffer_t *out)
{
    mc_json_t message;
    if (self->stream.has_started || !router_member_is(root, "message", MC_JSON_OBJECT, &message))
        return;
    self->stream.has_started = true;
    ROUTER_KEEP(self->stream.id, router_member_text(message, "id"));
    router_take_usage(&self->stream.usage, ROUTER_MESSAGES, message);
    router_put_t put = open_delta(self, out);
    router_put_string(&put, "role", "assistant");
    router_put_string(&put, "content", "");
    router_put_null(&put, "refusal");
    close_delta(self, &put, NULL);
}

static int
start_tool(router_translation_t *self, mc_json_t block, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_text_t name = router_member_text(block, "name");
    mc_json_t input;
    mc_buffer_reset(&self->stream.piece);
    if (router_member_is(block, "input", MC_JSON_OBJECT, &input) && mc_json_count(input) > 0)
        mc_json_write(input, &self->stream.piece);
    self->stream.has_tool_text = false;
    self->stream.open = ROUTER_OPEN_ANSWER;
    if (self->has_answer_tool && mc_text_is(name, self->answer_tool))
        return 0;
    if (self->stream.tools == ROUTER_TRANSLATE_CALLS_MAX)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "content",
                         "more than %d tool calls in one "
                         "answer",
                         ROUTER_TRANSLATE_CALLS_MAX);
    self->stream.open = ROUTER_OPEN_TOOL;
    self->stream.tool = self->stream.tools++;
    router_put_t put = open_delta(self, out);
    router_put_array(&put, "tool_calls");
    router_put_object(&put, NULL);
    router_put_i64(&put, "index", self->stream.tool);
    router_put_text(&put, "id", router_member_text(block, "id"));
    router_put_string(&put, "type", "function");
    router_put_object(&put, "function");
    router_put_text(&put, "name", name);
    router_put_string(&put, "arguments", "");
    router_put_end_object(&put);
    router_put_end_object(&put);
    router_put_end_array(&put);
    close_delta(self, &put, NULL);
    return 0;
}

static void
keep_thinking(router_translation_t *self, mc_text_t text, mc_buffer_t *out)
{
    router_put_t put = router_put(&self->stream.piece);
    router_put_piece(&put, text);
    write_delta(self, "reasoning_content", text, out);
}

static int
start_block(router_translation_t *self, mc_json_t root, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t block;
    if (!router_member_is(root, "content_block", MC_JSON_OBJECT, &block))
        return 0;
    mc_text_t type = router_member_text(block, "type");
    self->stream.block = router_member_i64(root, "index", 0);
    self->stream.open = ROUTER_OPEN_OTHER;
    if (mc_text_is(type, "tool_use"))
        return start_tool(self, block, out, refusal);
    if (mc_text_is(type, "text")) {
        self->stream.open = ROUTER_OPEN_TEXT;
        write_delta(self, "content", router_member_text(block, "text"), out);
    } else if (mc_text_is(type, "thinking")) {
        self->stream.open = ROUTER_OPEN_THINKING;
        mc_buffer_reset(&self->stream.piece);
        mc_buffer_reset(&self->stream.sign);
        keep_thinking(self, router_member_text(block, "thinking"), out);
        mc_buffer_text(&self->stream.sign, router_member_text(block, "signature"));
    } else if (mc_text_is(type, "redacted_thinking")) {
        router_put_t put = {.out = &self->stream.thinking,
                            .needs_comma = self->stream.thinking.size > 0};
        router_put_json(&put, NULL, block);
    }
    return 0;
}

static void
take_delta(router_translation_t *self, mc_json_t root, mc_buffer_t *out)
{
    mc_json_t delta;
    if (!router_member_is(root, "delta", MC_JSON_OBJECT, &delta))
        return;
    mc_text_t type = router_member_text(delta, "type");
    router_open_t open = self->stream.open;
    if (mc_text_is(type, "text_delta") && open == ROUTER_OPEN_TEXT)
        write_delta(self, "content", router_member_text(delta, "text"), out);
    else if (mc_text_is(type, "input_json_delta") &&
             (open == ROUTER_OPEN_TOOL || open == ROUTER_OPEN_ANSWER))
        write_arguments(self, router_member_text(delta, "partial_json"), out);
    else if (mc_text_is(type, "thinking_delta") && open == ROUTER_OPEN_THINKING)
        keep_thinking(self, router_member_text(delta, "thinking"), out);
    else if (mc_text_is(type, "signature_delta") && open == ROUTER_OPEN_THINKING)
        mc_buffer_text(&self->stream.sign, router_member_text(delta, "signature"));
}

/* Of a chat's client once, before the end; near takes them where they stand. */
static void
write_thinking(router_translation_t *self, mc_buffer_t *out)
{
    if (self->stream.thinking.size == 0)
        return;
    router_put_t put = open_delta(self, out);
    router_put_array(&put, "thinking_blocks");
    router_put_raw(&put, NULL, mc_buffer_content(&self->stream.thinking));
    router_put_end_array(&put);
    close_delta(self, &put, NULL);
    mc_buffer_reset(&self->stream.thinking);
}

/* A tool without arguments is called with "{}": clients parse what they get. */
static void
stop_block(router_translation_t *self, mc_buffer_t *out)
{
    router_stream_t *stream = &self->stream;
    bool is_tool = stream->open == ROUTER_OPEN_TOOL || stream->open == ROUTER_OPEN_ANSWER;
    if (is_tool && !stream->has_tool_text)
        write_arguments(
            self, stream->piece.size > 0 ? mc_buffer_content(&stream->piece) : MC_TEXT("{}"), out);
    if (stream->open == ROUTER_OPEN_THINKING) {
        router_put_t put = {.out = &stream->thinking, .needs_comma = stream->thinking.size > 0};
        router_put_object(&put, NULL);
        router_put_string(&put, "type", "thinking");
        router_put_open_text(&put, "thinking");
        mc_buffer_text(put.out, mc_buffer_content(&stream->piece));
        router_put_close_text(&put);
        router_put_text(&put, "signature", mc_buffer_content(&stream->sign));
        router_put_end_object(&put);
    }
    stream->open = ROUTER_OPEN_NOTHING;
    if (self->is_inner)
        write_thinking(self, out);
}

static void
take_finish(router_translation_t *self, mc_json_t root)
{
    mc_json_t delta;
    router_take_usage(&self->stream.usage, ROUTER_MESSAGES, root);
    if (!router_member_is(root, "delta", MC_JSON_OBJECT, &delta) ||
        router_member_text(delta, "stop_reason").size == 0)
        return;
    ROUTER_KEEP(self->stream.finish, router_member_text(delta, "stop_reason"));
}

int
router_messages_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                      mc_refusal_t *refusal)
{
    mc_text_t type = router_member_text(root, "type");
    mc_json_t error;
    if (mc_text_is(type, "error") || router_member_is(root, "error", MC_JSON_OBJECT, &error)) {
        if (!router_member_is(root, "error", MC_JSON_OBJECT, &error))
            error = root;
        return router_refuse_error(error, refusal);
    }
    if (mc_text_is(type, "message_start"))
        start_message(self, root, out);
    else if (mc_text_is(type, "content_block_start"))
        return start_block(self, root, out, refusal);
    else if (mc_text_is(type, "content_block_delta"))
        take_delta(self, root, out);
    else if (mc_text_is(type, "content_block_stop"))
        stop_block(self, out);
    else if (mc_text_is(type, "message_delta"))
        take_finish(self, root);
    else if (mc_text_is(type, "ping"))
        mc_buffer_text(out, MC_TEXT(": ping\n\n"));
    else if (mc_text_is(type, "message_stop"))
        self->stream.has_finish = self->stream.has_end = *self->stream.finish != '\0';
    return 0;
}

static const char *
finish_of(const router_translation_t *self)
{
    mc_text_t stop = mc_text(self->stream.finish);
    if (self->has_answer_tool && self->stream.tools == 0 && mc_text_is(stop, "tool_use"))
        return "stop";
    return router_finish_of_stop(stop);
}

void
router_messages_end(router_translation_t *self, mc_buffer_t *out)
{
    write_thinking(self, out);
    router_put_t put = open_delta(self, out);
    close_delta(self, &put, finish_of(self));
    if (self->wants_usage) {
        put = open_chunk(self, out);
        router_put_array(&put, "choices");
        router_put_end_array(&put);
        router_put_chat_usage(&self->stream.usage, &put);
        close_chunk(self, &put, true);
    }
    mc_buffer_text(out, MC_TEXT("data: [DONE]\n\n"));
}
