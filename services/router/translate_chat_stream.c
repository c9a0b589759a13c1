/*
 *  translate_chat_stream - the chunks of a chat, as a stream of Anthropic's messages
 *
 *  Anthropic's blocks come one after the other, so a block is closed when another
 *  begins. A fragment for a tool call that is closed already cannot be said any
 *  more and ends the stream as failed. Some servers number parallel calls all
 *  alike; a new id with a name is a new call.
 */
#include "translate_chat.h"

static router_put_t
open_event(mc_buffer_t *out, const char *type)
{
    router_put_t put = router_put(out);
    router_frame_open(out, type);
    router_put_object(&put, NULL);
    router_put_string(&put, "type", type);
    return put;
}

static void
close_event(router_put_t *put)
{
    router_put_end_object(put);
    router_frame_close(put->out);
}

static void
start_message(router_translation_t *self, mc_text_t id, mc_buffer_t *out)
{
    if (self->stream.has_started)
        return;
    self->stream.has_started = true;
    ROUTER_KEEP(self->stream.id, id);
    router_put_t put = open_event(out, "message_start");
    router_put_object(&put, "message");
    router_put_message_id(&put, "id", id);
    router_put_string(&put, "type", "message");
    router_put_string(&put, "role", "assistant");
    router_put_text(&put, "model", self->options.client_model);
    router_put_array(&put, "content");
    router_put_end_array(&put);
    router_put_null(&put, "stop_reason");
    router_put_null(&put, "stop_sequence");
    router_put_messages_usage(&self->stream.usage, &put);
    router_put_end_object(&put);
    close_event(&put);
}

static void
close_block(router_translation_t *self, mc_buffer_t *out)
{
    if (self->stream.open == ROUTER_OPEN_NOTHING)
        return;
    self->stream.open = ROUTER_OPEN_NOTHING;
    router_put_t put = open_event(out, "content_block_stop");
    router_put_i64(&put, "index", self->stream.block);
    close_event(&put);
}

static router_put_t
open_block(router_translation_t *self, router_open_t open, const char *type, mc_buffer_t *out)
{
    close_block(self, out);
    self->stream.open = open;
    self->stream.block = self->stream.blocks++;
    router_put_t put = open_event(out, "content_block_start");
    router_put_i64(&put, "index", self->stream.block);
    router_put_object(&put, "content_block");
    router_put_string(&put, "type", type);
    return put;
}

static void
close_start(router_put_t *put)
{
    router_put_end_object(put);
    close_event(put);
}

static void
write_delta(router_translation_t *self, const char *type, const char *key, mc_text_t text,
            mc_buffer_t *out)
{
    router_put_t put = open_event(out, "content_block_delta");
    router_put_i64(&put, "index", self->stream.block);
    router_put_object(&put, "delta");
    router_put_string(&put, "type", type);
    router_put_text(&put, key, text);
    close_start(&put);
}

static void
take_thinking(router_translation_t *self, mc_text_t text, mc_buffer_t *out)
{
    if (text.size == 0 || !self->wants_thinking)
        return;
    if (self->stream.open != ROUTER_OPEN_THINKING) {
        router_put_t put = open_block(self, ROUTER_OPEN_THINKING, "thinking", out);
        router_put_string(&put, "thinking", "");
        router_put_string(&put, "signature", "");
        close_start(&put);
    }
    write_delta(self, "thinking_delta", "thinking", text, out);
}

static void
take_text(router_translation_t *self, mc_text_t text, mc_buffer_t *out)
{
    if (text.size == 0)
        return;
    if (self->stream.open != ROUTER_OPEN_TEXT) {
        router_put_t put = open_block(self, ROUTER_OPEN_TEXT, "text", out);
        router_put_string(&put, "text", "");
        close_start(&put);
    }
    write_delta(self, "text_delta", "text", text, out);
}

/* Whether the fragment belongs to the call whose block is open. */
static bool
is_same_call(const router_translation_t *self, int64_t index, mc_text_t id, mc_text_t name)
{
    if (self->stream.open != ROUTER_OPEN_TOOL || index != self->stream.tool)
        return false;
    bool has_other_id =
        id.size > 0 && name.size > 0 && *self->stream.call && !mc_text_is(id, self->stream.call);
    return !has_other_id;
}

static int
start_call(router_translation_t *self, int64_t index, mc_json_t call, mc_text_t name,
           mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_text_t id = router_member_text(call, "id");
    if (name.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_calls",
                         "the provider sent arguments of a tool call that is not open");
    if (self->stream.tools == ROUTER_TRANSLATE_CALLS_MAX)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "tool_calls",
                         "more than %d tool calls in one answer", ROUTER_TRANSLATE_CALLS_MAX);
    self->stream.tool = index;
    ROUTER_KEEP(self->stream.call, id);
    router_put_t put = open_block(self, ROUTER_OPEN_TOOL, "tool_use", out);
    router_put_tool_id(&put, "id", id, self->stream.id, self->stream.tools++);
    router_put_text(&put, "name", name);
    router_put_object(&put, "input");
    router_put_end_object(&put);
    close_start(&put);
    return 0;
}

static int
take_call(router_translation_t *self, mc_json_t call, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t function = call;
    int64_t index = router_member_i64(call, "index", 0);
    (void)router_member_is(call, "function", MC_JSON_OBJECT, &function);
    mc_text_t name = router_member_text(function, "name");
    mc_text_t arguments = router_member_text(function, "arguments");
    if (!is_same_call(self, index, router_member_text(call, "id"), name)) {
        if (name.size == 0 && arguments.size == 0)
            return 0;
        if (start_call(self, index, call, name, out, refusal) != 0)
            return MC_REFUSED;
    }
    if (arguments.size > 0)
        write_delta(self, "input_json_delta", "partial_json", arguments, out);
    return 0;
}

static int
take_calls(router_translation_t *self, mc_json_t delta, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t calls, call;
    mc_text_t key;
    if (!router_member_is(delta, "tool_calls", MC_JSON_ARRAY, &calls))
        return 0;
    mc_json_iter_t iter = mc_json_iter(calls);
    while (mc_json_next(&iter, &key, &call))
        if (take_call(self, call, out, refusal) != 0)
            return MC_REFUSED;
    return 0;
}

static void
take_finish(router_translation_t *self, mc_json_t choice)
{
    mc_text_t finish = router_member_text(choice, "finish_reason");
    if (finish.size == 0)
        return;
    ROUTER_KEEP(self->stream.finish, finish);
    ROUTER_KEEP(self->stream.stop, router_member_text(choice, "stop_reason"));
    self->stream.has_finish = true;
}

static int
take_choice(router_translation_t *self, mc_json_t choice, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t delta;
    if (router_member_i64(choice, "index", 0) != 0)
        return 0;
    if (router_member_is(choice, "delta", MC_JSON_OBJECT, &delta)) {
        mc_text_t refused = router_member_text(delta, "refusal");
        take_thinking(self, router_chat_reasoning(delta), out);
        take_text(self, router_member_text(delta, "content"), out);
        take_text(self, refused, out);
        self->stream.has_refusal |= refused.size > 0;
        if (take_calls(self, delta, out, refusal) != 0)
            return MC_REFUSED;
    }
    take_finish(self, choice);
    return 0;
}

int
router_chat_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                  mc_refusal_t *refusal)
{
    mc_json_t choices, choice, error;
    mc_text_t key;
    if (mc_json_find(root, "error", &error) && mc_json_kind(error) != MC_JSON_NULL)
        return router_refuse_error(error, refusal);
    router_take_usage(&self->stream.usage, ROUTER_CHAT, root);
    start_message(self, router_member_text(root, "id"), out);
    if (!router_member_is(root, "choices", MC_JSON_ARRAY, &choices))
        return 0;
    mc_json_iter_t iter = mc_json_iter(choices);
    while (mc_json_next(&iter, &key, &choice))
        if (take_choice(self, choice, out, refusal) != 0)
            return MC_REFUSED;
    return 0;
}

void
router_chat_end(router_translation_t *self, mc_buffer_t *out)
{
    const router_stream_t *stream = &self->stream;
    bool has_stop = *stream->stop != '\0';
    const char *reason =
        router_chat_stop(mc_text(stream->finish), stream->tools > 0, stream->has_refusal, has_stop);
    close_block(self, out);
    router_put_t put = open_event(out, "message_delta");
    router_put_object(&put, "delta");
    router_put_string(&put, "stop_reason", reason);
    if (strcmp(reason, "stop_sequence") == 0)
        router_put_string(&put, "stop_sequence", stream->stop);
    else
        router_put_null(&put, "stop_sequence");
    router_put_end_object(&put);
    router_put_messages_usage(&stream->usage, &put);
    close_event(&put);
    put = open_event(out, "message_stop");
    close_event(&put);
}
