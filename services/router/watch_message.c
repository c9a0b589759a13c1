/*
 *  watch_message - Anthropic's messages, streamed and whole
 *
 *  message_start has the input's usage, message_delta the sums so far and the
 *  reason to stop, message_stop ends it. A ping may come at any time.
 */
#include "services/router/watch_reading.h"

static bool
is_tool(mc_json_t block)
{
    mc_text_t type = router_reading_text(block, "type");
    return mc_text_is(type, "tool_use") || mc_text_is(type, "server_tool_use") ||
           mc_text_is(type, "mcp_tool_use");
}

static void
read_block(router_reading_t *self, mc_json_t block)
{
    self->is_plain = false;
    if (is_tool(block))
        router_reading_thing(self, router_reading_text(block, "name"));
    router_reading_content(self, block, "text");
    router_reading_content(self, block, "thinking");
}

static void
read_message(router_reading_t *self, mc_json_t message)
{
    router_reading_identity(self, message);
    router_reading_finish(self, router_reading_text(message, "stop_reason"));
    router_reading_usage(self, message);
}

/* Signatures and citations are nothing that a person reads. */
static void
read_delta(router_reading_t *self, mc_json_t delta)
{
    router_reading_content(self, delta, "text");
    router_reading_content(self, delta, "partial_json");
    router_reading_content(self, delta, "thinking");
    router_reading_content(self, delta, "content"); /* of a compaction */
}

void
router_watch_read_message_event(router_reading_t *self, mc_text_t type, mc_json_t event)
{
    mc_json_t value;
    mc_text_t said = router_reading_text(event, "type");
    type = said.size ? said : type;
    if (mc_text_is(type, "content_block_delta")) {
        if (router_reading_find(event, "delta", MC_JSON_OBJECT, &value))
            read_delta(self, value);
        return;
    }

    self->is_plain = false;
    if (mc_text_is(type, "message_start")) {
        if (router_reading_find(event, "message", MC_JSON_OBJECT, &value))
            read_message(self, value);
    } else if (mc_text_is(type, "content_block_start")) {
        if (router_reading_find(event, "content_block", MC_JSON_OBJECT, &value))
            read_block(self, value);
    } else if (mc_text_is(type, "message_delta")) {
        if (router_reading_find(event, "delta", MC_JSON_OBJECT, &value))
            router_reading_finish(self, router_reading_text(value, "stop_reason"));
        router_reading_usage(self, event);
    } else if (mc_text_is(type, "message_stop")) {
        router_reading_end(self);
    } else {
        router_reading_find_error(self, event);
    }
}

/* Arguments of a tool are an object here: as many bytes as it has as text. */
static void
read_whole_block(router_reading_t *self, mc_json_t block)
{
    mc_json_t input;
    read_block(self, block);
    if (!is_tool(block) || !mc_json_find(block, "input", &input))
        return;
    mc_buffer_t text = {0};
    mc_json_write(input, &text);
    self->watch->content_bytes += (int64_t)text.size;
    mc_buffer_clear(&text);
}

void
router_watch_read_message_body(router_reading_t *self, mc_json_t body)
{
    mc_json_t content, block;
    mc_text_t key;
    router_reading_find_error(self, body);
    read_message(self, body);
    if (!router_reading_find(body, "content", MC_JSON_ARRAY, &content)) {
        router_reading_error(self, MC_TEXT("no_answer"), MC_TEXT("the answer has no content"));
        return;
    }
    mc_json_iter_t iter = mc_json_iter(content);
    while (mc_json_next(&iter, &key, &block))
        if (mc_json_kind(block) == MC_JSON_OBJECT)
            read_whole_block(self, block);
    router_reading_end(self);
}

/* Counting is free. */
void
router_watch_read_count_body(router_reading_t *self, mc_json_t body)
{
    mc_json_t count;
    router_reading_find_error(self, body);
    if (!router_reading_find(body, "input_tokens", MC_JSON_INTEGER, &count)) {
        router_reading_error(self, MC_TEXT("no_answer"), MC_TEXT("the answer has no input_tokens"));
        return;
    }
    self->watch->usage.has_cost = true;
    router_reading_thing(self, MC_TEXT(""));
    router_reading_end(self);
}
