/*
 *  translate_responses_answer - a chat server's answer as a response object
 */
#include "translate_responses.h"
#include "translate_turns.h"

const char *
router_response_status(const char *finish)
{
    bool is_cut = strcmp(finish, "length") == 0 || strcmp(finish, "content_filter") == 0;
    return is_cut ? "incomplete" : "completed";
}

void
router_response_open(router_translation_t *self, const char *status, router_put_t *put)
{
    const char *finish = self->stream.finish;
    bool is_incomplete = strcmp(status, "incomplete") == 0;
    router_put_open_text(put, "id");
    router_put_piece(put, MC_TEXT("resp_"));
    router_put_piece(put, mc_text(self->stream.id));
    router_put_close_text(put);
    router_put_string(put, "object", "response");
    router_put_i64(put, "created_at", self->options.now_s);
    router_put_string(put, "status", status);
    router_put_bool(put, "background", false);
    router_put_null(put, "error");
    if (is_incomplete) {
        router_put_object(put, "incomplete_details");
        router_put_string(put, "reason",
                          strcmp(finish, "length") == 0 ? "max_output_tokens" : "content_filter");
        router_put_end_object(put);
    } else {
        router_put_null(put, "incomplete_details");
    }
    router_put_text(put, "model", self->options.client_model);
    router_put_null(put, "previous_response_id");
    router_put_bool(put, "store", false);
}

void
router_response_close(router_translation_t *self, bool has_usage, router_put_t *put)
{
    router_put_raw(put, NULL, mc_buffer_content(&self->echo));
    if (has_usage)
        router_put_responses_usage(&self->stream.usage, put);
    else
        router_put_null(put, "usage");
}

static void
put_inside(router_put_t *put, const char *key, mc_text_t inside)
{
    router_put_open_text(put, key);
    mc_buffer_text(put->out, inside);
    router_put_close_text(put);
}

void
router_put_reasoning(router_put_t *put, const char *key, const char *id, mc_text_t summary,
                     mc_text_t blocks)
{
    router_put_object(put, key);
    router_put_string(put, "id", id);
    router_put_string(put, "type", "reasoning");
    router_put_array(put, "summary");
    if (summary.size > 0) {
        router_put_object(put, NULL);
        router_put_string(put, "type", "summary_text");
        put_inside(put, "text", summary);
        router_put_end_object(put);
    }
    router_put_end_array(put);
    if (blocks.size > 0) {
        router_put_open_text(put, "encrypted_content");
        router_put_piece(put, MC_TEXT(ROUTER_THINKING_MARK "["));
        router_put_piece(put, blocks);
        router_put_piece(put, MC_TEXT("]"));
        router_put_close_text(put);
    }
    router_put_end_object(put);
}

void
router_put_part(router_put_t *put, const char *key, const char *kind, mc_text_t text)
{
    bool is_text = strcmp(kind, "output_text") == 0;
    router_put_object(put, key);
    router_put_string(put, "type", kind);
    put_inside(put, is_text ? "text" : "refusal", text);
    if (is_text) {
        router_put_raw(put, "annotations", MC_TEXT("[]"));
        router_put_raw(put, "logprobs", MC_TEXT("[]"));
    }
    router_put_end_object(put);
}

void
router_put_message(router_put_t *put, const char *key, const char *id, const char *status,
                   const char *kind, mc_text_t text)
{
    router_put_object(put, key);
    router_put_string(put, "id", id);
    router_put_string(put, "type", "message");
    router_put_string(put, "status", status);
    router_put_string(put, "role", "assistant");
    router_put_array(put, "content");
    if (kind)
        router_put_part(put, NULL, kind, text);
    router_put_end_array(put);
    router_put_end_object(put);
}

void
router_put_call(router_put_t *put, const char *key, const char *id, const char *status,
                const char *call, const char *name, mc_text_t arguments)
{
    router_put_object(put, key);
    router_put_string(put, "id", id);
    router_put_string(put, "type", "function_call");
    router_put_string(put, "status", status);
    put_inside(put, "arguments", arguments);
    router_put_string(put, "call_id", call);
    router_put_string(put, "name", name);
    router_put_end_object(put);
}

static void
make_item_id(router_translation_t *self, const char *prefix)
{
    snprintf(self->stream.item, sizeof self->stream.item, "%s_%.120s_%lld", prefix, self->stream.id,
             (long long)self->stream.blocks++);
}

/* The text as the inside of a JSON string, lent until the next. */
static mc_text_t
inside_of(router_translation_t *self, mc_text_t text)
{
    router_put_t piece = router_put(&self->stream.piece);
    mc_buffer_reset(&self->stream.piece);
    router_put_piece(&piece, text);
    return mc_buffer_content(&self->stream.piece);
}

static void
put_thoughts(router_translation_t *self, mc_json_t message, router_put_t *put)
{
    mc_json_t blocks;
    mc_text_t text = router_chat_reasoning(message);
    mc_buffer_reset(&self->stream.sign);
    if (router_member_is(message, "thinking_blocks", MC_JSON_ARRAY, &blocks))
        (void)router_thinking_read(blocks, &self->stream.sign);
    if (text.size == 0 && self->stream.sign.size == 0)
        return;
    make_item_id(self, "rs");
    router_put_reasoning(put, NULL, self->stream.item, inside_of(self, text),
                         mc_buffer_content(&self->stream.sign));
}

static void
put_said(router_translation_t *self, mc_json_t message, const char *status, router_put_t *put)
{
    static const struct {
        const char *name, *kind;
    } rows[] = {{"content", "output_text"}, {"refusal", "refusal"}};
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_text_t text = router_member_text(message, rows[i].name);
        if (text.size == 0)
            continue;
        make_item_id(self, "msg");
        router_put_message(put, NULL, self->stream.item, status, rows[i].kind,
                           inside_of(self, text));
    }
}

static int
put_calls(router_translation_t *self, mc_json_t message, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t calls, call, function;
    mc_text_t key;
    if (!router_member_is(message, "tool_calls", MC_JSON_ARRAY, &calls))
        return 0;
    mc_json_iter_t iter = mc_json_iter(calls);
    for (int count = 0; mc_json_next(&iter, &key, &call); count++) {
        if (count == ROUTER_TRANSLATE_CALLS_MAX)
            return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "tool_calls",
                             "more than %d tool calls in one answer", ROUTER_TRANSLATE_CALLS_MAX);
        if (!router_member_is(call, "function", MC_JSON_OBJECT, &function))
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_calls",
                             "the provider's answer has a tool call without a function");
        make_item_id(self, "fc");
        mc_text_t id = router_member_text(call, "id");
        ROUTER_KEEP(self->stream.call, id.size > 0 ? id : mc_text(self->stream.item));
        ROUTER_KEEP(self->stream.name, router_member_text(function, "name"));
        router_put_call(put, NULL, self->stream.item, "completed", self->stream.call,
                        self->stream.name,
                        inside_of(self, router_member_text(function, "arguments")));
    }
    return 0;
}

int
router_responses_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                        mc_refusal_t *refusal)
{
    mc_json_t choice, message;
    router_put_t put = router_put(out);
    if (router_chat_choice(root, &choice, refusal) != 0)
        return MC_REFUSED;
    if (!router_member_is(choice, "message", MC_JSON_OBJECT, &message))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "choices.0.message",
                         "the provider's answer has no message");
    ROUTER_KEEP(self->stream.id, router_member_text(root, "id"));
    ROUTER_KEEP(self->stream.finish, router_member_text(choice, "finish_reason"));
    router_take_usage(&self->stream.usage, ROUTER_CHAT, root);
    const char *status = router_response_status(self->stream.finish);
    router_put_object(&put, NULL);
    router_response_open(self, status, &put);
    router_put_array(&put, "output");
    put_thoughts(self, message, &put);
    put_said(self, message, status, &put);
    if (put_calls(self, message, &put, refusal) != 0)
        return MC_REFUSED;
    router_put_end_array(&put);
    router_response_close(self, self->stream.usage.is_known, &put);
    router_put_end_object(&put);
    return 0;
}
