/*
 *  translate_responses_stream - the chunks of a chat as typed events of a response
 *
 *  Items come one after the other; each is added, filled and done. Every event
 *  has the next sequence number, and exactly one of response.completed and
 *  response.incomplete ends the stream, or an error that others write.
 */
#include "translate_responses.h"
#include "translate_turns.h"

static router_put_t
open_event(router_translation_t *self, const char *type, mc_buffer_t *out)
{
    router_put_t put = router_put(out);
    router_frame_open(out, type);
    router_put_object(&put, NULL);
    router_put_string(&put, "type", type);
    router_put_i64(&put, "sequence_number", self->stream.sequence++);
    return put;
}

static void
close_event(router_put_t *put)
{
    router_put_end_object(put);
    router_frame_close(put->out);
}

static void
write_response(router_translation_t *self, const char *type, const char *status, mc_buffer_t *out)
{
    router_put_t put = open_event(self, type, out);
    router_put_object(&put, "response");
    router_response_open(self, status, &put);
    router_put_array(&put, "output");
    router_put_raw(&put, NULL, mc_buffer_content(&self->stream.items));
    router_put_end_array(&put);
    router_response_close(self, strcmp(status, "in_progress") != 0 && self->stream.usage.is_known,
                          &put);
    router_put_end_object(&put);
    close_event(&put);
}

static void
start_response(router_translation_t *self, mc_json_t root, mc_buffer_t *out)
{
    if (self->stream.has_started)
        return;
    self->stream.has_started = true;
    ROUTER_KEEP(self->stream.id, router_member_text(root, "id"));
    write_response(self, "response.created", "in_progress", out);
    write_response(self, "response.in_progress", "in_progress", out);
}

static const char *
kind_of(const router_translation_t *self)
{
    return self->stream.open == ROUTER_OPEN_REFUSAL ? "refusal" : "output_text";
}

/* The open item, as it is at its beginning or at its end. */
static void
put_item(router_translation_t *self, bool is_done, const char *key, router_put_t *put)
{
    router_stream_t *stream = &self->stream;
    mc_text_t text = is_done ? mc_buffer_content(&stream->piece) : (mc_text_t){0};
    const char *status = is_done ? "completed" : "in_progress";
    if (stream->open == ROUTER_OPEN_THINKING)
        router_put_reasoning(put, key, stream->item, text,
                             is_done ? mc_buffer_content(&stream->sign) : (mc_text_t){0});
    else if (stream->open == ROUTER_OPEN_TOOL)
        router_put_call(put, key, stream->item, status, stream->call, stream->name, text);
    else
        router_put_message(put, key, stream->item, status, is_done ? kind_of(self) : NULL, text);
}

static void
write_item(router_translation_t *self, bool is_done, mc_buffer_t *out)
{
    router_put_t put =
        open_event(self, is_done ? "response.output_item.done" : "response.output_item.added", out);
    router_put_i64(&put, "output_index", self->stream.block);
    put_item(self, is_done, "item", &put);
    close_event(&put);
}

/* Where in the response something happens. */
static router_put_t
open_inner(router_translation_t *self, const char *type, const char *index, mc_buffer_t *out)
{
    router_put_t put = open_event(self, type, out);
    router_put_string(&put, "item_id", self->stream.item);
    router_put_i64(&put, "output_index", self->stream.block);
    if (index)
        router_put_i64(&put, index, 0);
    return put;
}

static void
write_part(router_translation_t *self, bool is_done, mc_buffer_t *out)
{
    mc_text_t text = is_done ? mc_buffer_content(&self->stream.piece) : (mc_text_t){0};
    router_put_t put;
    if (self->stream.open == ROUTER_OPEN_THINKING) {
        put = open_inner(self,
                         is_done ? "response.reasoning_summary_part.done"
                                 : "response.reasoning_summary_part.added",
                         "summary_index", out);
        router_put_object(&put, "part");
        router_put_string(&put, "type", "summary_text");
        router_put_open_text(&put, "text");
        mc_buffer_text(out, text);
        router_put_close_text(&put);
        router_put_end_object(&put);
    } else {
        put =
            open_inner(self, is_done ? "response.content_part.done" : "response.content_part.added",
                       "content_index", out);
        router_put_part(&put, "part", kind_of(self), text);
    }
    close_event(&put);
}

/* The events of each kind of item: of a piece, of the whole, and the names within. */
static const struct {
    const char *delta;
    const char *done;
    const char *index;
    const char *whole;
} words[] = {
    [ROUTER_OPEN_TEXT] = {"response.output_text.delta", "response.output_text.done",
                          "content_index", "text"},
    [ROUTER_OPEN_REFUSAL] = {"response.refusal.delta", "response.refusal.done", "content_index",
                             "refusal"},
    [ROUTER_OPEN_THINKING] = {"response.reasoning_summary_text.delta",
                              "response.reasoning_summary_text.done", "summary_index", "text"},
    [ROUTER_OPEN_TOOL] = {"response.function_call_arguments.delta",
                          "response.function_call_arguments.done", NULL, "arguments"},
};

static void
write_piece(router_translation_t *self, mc_text_t text, mc_buffer_t *out)
{
    if (text.size == 0)
        return;
    router_put_t piece = router_put(&self->stream.piece);
    router_put_piece(&piece, text);
    router_put_t put =
        open_inner(self, words[self->stream.open].delta, words[self->stream.open].index, out);
    router_put_text(&put, "delta", text);
    if (self->stream.open == ROUTER_OPEN_TEXT)
        router_put_raw(&put, "logprobs", MC_TEXT("[]"));
    close_event(&put);
}

static void
write_whole(router_translation_t *self, mc_buffer_t *out)
{
    router_put_t put =
        open_inner(self, words[self->stream.open].done, words[self->stream.open].index, out);
    if (self->stream.open == ROUTER_OPEN_TOOL)
        router_put_string(&put, "name", self->stream.name);
    router_put_open_text(&put, words[self->stream.open].whole);
    mc_buffer_text(out, mc_buffer_content(&self->stream.piece));
    router_put_close_text(&put);
    if (self->stream.open == ROUTER_OPEN_TEXT)
        router_put_raw(&put, "logprobs", MC_TEXT("[]"));
    close_event(&put);
}

static bool
has_part(const router_translation_t *self)
{
    bool is_silent = self->stream.open == ROUTER_OPEN_THINKING && self->stream.piece.size == 0;
    return self->stream.open != ROUTER_OPEN_TOOL && !is_silent;
}

static void
close_item(router_translation_t *self, mc_buffer_t *out)
{
    router_stream_t *stream = &self->stream;
    if (stream->open == ROUTER_OPEN_NOTHING)
        return;
    if (stream->open == ROUTER_OPEN_TOOL || has_part(self))
        write_whole(self, out);
    if (has_part(self))
        write_part(self, true, out);
    write_item(self, true, out);
    router_put_t put = {.out = &stream->items, .needs_comma = stream->items.size > 0};
    put_item(self, true, NULL, &put);
    stream->open = ROUTER_OPEN_NOTHING;
}

static void
open_item(router_translation_t *self, router_open_t open, const char *prefix, mc_buffer_t *out)
{
    router_stream_t *stream = &self->stream;
    close_item(self, out);
    mc_buffer_reset(&stream->piece);
    mc_buffer_reset(&stream->sign);
    stream->open = open;
    stream->block = stream->blocks++;
    snprintf(stream->item, sizeof stream->item, "%s_%.120s_%lld", prefix, stream->id,
             (long long)stream->block);
}

static void
take_text(router_translation_t *self, router_open_t open, mc_text_t text, mc_buffer_t *out)
{
    if (text.size == 0)
        return;
    if (self->stream.open != open) {
        open_item(self, open, open == ROUTER_OPEN_THINKING ? "rs" : "msg", out);
        write_item(self, false, out);
        write_part(self, false, out);
    }
    write_piece(self, text, out);
}

/* Signed blocks close the reasoning that they belong to. */
static void
take_blocks(router_translation_t *self, mc_json_t delta, mc_buffer_t *out)
{
    mc_json_t blocks;
    if (!router_member_is(delta, "thinking_blocks", MC_JSON_ARRAY, &blocks))
        return;
    if (self->stream.open != ROUTER_OPEN_THINKING) {
        open_item(self, ROUTER_OPEN_THINKING, "rs", out);
        write_item(self, false, out);
    }
    (void)router_thinking_read(blocks, &self->stream.sign);
    close_item(self, out);
}

static bool
is_same_call(const router_translation_t *self, int64_t index, mc_text_t id, mc_text_t name)
{
    if (self->stream.open != ROUTER_OPEN_TOOL || index != self->stream.tool)
        return false;
    return id.size == 0 || name.size == 0 || mc_text_is(id, self->stream.call);
}

static int
take_call(router_translation_t *self, mc_json_t call, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t function = call;
    int64_t index = router_member_i64(call, "index", 0);
    (void)router_member_is(call, "function", MC_JSON_OBJECT, &function);
    mc_text_t id = router_member_text(call, "id"), name = router_member_text(function, "name");
    mc_text_t arguments = router_member_text(function, "arguments");
    if (!is_same_call(self, index, id, name)) {
        if (name.size == 0 && arguments.size == 0)
            return 0;
        if (name.size == 0)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_calls",
                             "the provider sent arguments of a tool call that is not open");
        if (self->stream.tools++ == ROUTER_TRANSLATE_CALLS_MAX)
            return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "tool_calls",
                             "more than %d tool calls in one answer", ROUTER_TRANSLATE_CALLS_MAX);
        open_item(self, ROUTER_OPEN_TOOL, "fc", out);
        self->stream.tool = index;
        ROUTER_KEEP(self->stream.call, id.size > 0 ? id : mc_text(self->stream.item));
        ROUTER_KEEP(self->stream.name, name);
        write_item(self, false, out);
    }
    write_piece(self, arguments, out);
    return 0;
}

static int
take_delta(router_translation_t *self, mc_json_t delta, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t calls, call;
    mc_text_t key;
    take_text(self, ROUTER_OPEN_THINKING, router_chat_reasoning(delta), out);
    take_blocks(self, delta, out);
    take_text(self, ROUTER_OPEN_TEXT, router_member_text(delta, "content"), out);
    take_text(self, ROUTER_OPEN_REFUSAL, router_member_text(delta, "refusal"), out);
    if (!router_member_is(delta, "tool_calls", MC_JSON_ARRAY, &calls))
        return 0;
    mc_json_iter_t iter = mc_json_iter(calls);
    while (mc_json_next(&iter, &key, &call))
        if (take_call(self, call, out, refusal) != 0)
            return MC_REFUSED;
    return 0;
}

int
router_responses_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                       mc_refusal_t *refusal)
{
    mc_json_t choices, choice, delta, error;
    mc_text_t key;
    if (mc_json_find(root, "error", &error) && mc_json_kind(error) != MC_JSON_NULL)
        return router_refuse_error(error, refusal);
    router_take_usage(&self->stream.usage, ROUTER_CHAT, root);
    start_response(self, root, out);
    if (!router_member_is(root, "choices", MC_JSON_ARRAY, &choices))
        return 0;
    mc_json_iter_t iter = mc_json_iter(choices);
    while (mc_json_next(&iter, &key, &choice)) {
        if (router_member_i64(choice, "index", 0) != 0)
            continue;
        if (router_member_is(choice, "delta", MC_JSON_OBJECT, &delta) &&
            take_delta(self, delta, out, refusal) != 0)
            return MC_REFUSED;
        mc_text_t finish = router_member_text(choice, "finish_reason");
        if (finish.size > 0) {
            ROUTER_KEEP(self->stream.finish, finish);
            self->stream.has_finish = true;
        }
    }
    return 0;
}

void
router_responses_end(router_translation_t *self, mc_buffer_t *out)
{
    close_item(self, out);
    const char *status = router_response_status(self->stream.finish);
    bool is_whole = strcmp(status, "completed") == 0;
    write_response(self, is_whole ? "response.completed" : "response.incomplete", status, out);
}
