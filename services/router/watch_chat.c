/*
 *  watch_chat - chat completions, completions and embeddings, of OpenAI and its like
 *
 *  Chunks and whole answers differ in "delta" and "message" only. Servers of the
 *  kind leave out, null or repeat what they like: nothing here is required.
 */
#include "services/router/watch_reading.h"

/* Mistral gives content as parts: {"type":"text","text"} and {"type":"thinking","thinking":[...]}.
 */
static void
read_parts(router_reading_t *self, mc_json_t parts)
{
    mc_json_iter_t iter = mc_json_iter(parts), inner;
    mc_text_t key;
    for (mc_json_t part, thinking; mc_json_next(&iter, &key, &part);) {
        if (mc_json_kind(part) != MC_JSON_OBJECT)
            continue;
        router_reading_content(self, part, "text");
        if (!router_reading_find(part, "thinking", MC_JSON_ARRAY, &thinking))
            continue;
        inner = mc_json_iter(thinking);
        while (mc_json_next(&inner, &key, &part))
            if (mc_json_kind(part) == MC_JSON_OBJECT)
                router_reading_content(self, part, "text");
    }
}

/* A function, or a custom tool, whose arguments are its input. */
static void
read_function(router_reading_t *self, mc_json_t function)
{
    mc_text_t name = router_reading_text(function, "name");
    if (name.size)
        router_reading_thing(self, name);
    router_reading_content(self, function, "arguments");
    router_reading_content(self, function, "input");
}

static void
read_tool_calls(router_reading_t *self, mc_json_t calls)
{
    mc_json_iter_t iter = mc_json_iter(calls);
    mc_text_t key;
    for (mc_json_t call, function; mc_json_next(&iter, &key, &call);)
        if (mc_json_kind(call) == MC_JSON_OBJECT &&
            (router_reading_find(call, "function", MC_JSON_OBJECT, &function) ||
             router_reading_find(call, "custom", MC_JSON_OBJECT, &function)))
            read_function(self, function);
}

static void
read_audio(router_reading_t *self, mc_json_t audio)
{
    if (router_reading_text(audio, "data").size)
        router_reading_thing(self, MC_TEXT(""));
    router_reading_content(self, audio, "transcript");
}

/* A delta or a message. Reasoning comes under either of two names, or under both. */
static void
read_message(router_reading_t *self, mc_json_t message)
{
    mc_json_t value;
    if (router_reading_find(message, "content", MC_JSON_ARRAY, &value))
        read_parts(self, value);
    else
        router_reading_content(self, message, "content");
    router_reading_content(self, message, "refusal");
    bool has_both = router_reading_text(message, "reasoning_content").size > 0;
    router_reading_content(self, message, has_both ? "reasoning_content" : "reasoning");
    if (router_reading_find(message, "tool_calls", MC_JSON_ARRAY, &value))
        read_tool_calls(self, value);
    if (router_reading_find(message, "function_call", MC_JSON_OBJECT, &value))
        read_function(self, value);
    if (router_reading_find(message, "audio", MC_JSON_OBJECT, &value))
        read_audio(self, value);
}

static void
read_choice(router_reading_t *self, mc_json_t choice)
{
    mc_json_t message;
    if (router_reading_find(choice, "delta", MC_JSON_OBJECT, &message) ||
        router_reading_find(choice, "message", MC_JSON_OBJECT, &message))
        read_message(self, message);
    else
        router_reading_content(self, choice, "text");
    mc_text_t finish = router_reading_text(choice, "finish_reason");
    router_reading_finish(self, finish);
    if (mc_text_is(finish, "error"))
        router_reading_error(self, finish, MC_TEXT("the provider finished with an error"));
    router_reading_usage(self, choice); /* Moonshot */
}

void
router_watch_read_chat(router_reading_t *self, mc_json_t event)
{
    mc_json_t choices, choice, groq;
    mc_text_t key;
    router_reading_find_error(self, event);
    router_reading_identity(self, event);
    if (router_reading_find(event, "choices", MC_JSON_ARRAY, &choices)) {
        mc_json_iter_t iter = mc_json_iter(choices);
        while (mc_json_next(&iter, &key, &choice))
            if (mc_json_kind(choice) == MC_JSON_OBJECT)
                read_choice(self, choice);
    }
    router_reading_usage(self, event);
    if (router_reading_find(event, "x_groq", MC_JSON_OBJECT, &groq)) {
        router_reading_find_error(self, groq);
        router_reading_usage(self, groq);
    }
}

static bool
has_items(mc_json_t body, const char *key)
{
    mc_json_t items;
    return router_reading_find(body, key, MC_JSON_ARRAY, &items) && mc_json_count(items) > 0;
}

void
router_watch_read_chat_body(router_reading_t *self, mc_json_t body)
{
    router_watch_read_chat(self, body);
    if (has_items(body, "choices"))
        router_reading_end(self);
    else
        router_reading_error(self, MC_TEXT("no_answer"), MC_TEXT("the answer has no choices"));
}

void
router_watch_read_embeddings_body(router_reading_t *self, mc_json_t body)
{
    router_reading_find_error(self, body);
    router_reading_identity(self, body);
    router_reading_usage(self, body);
    if (!has_items(body, "data")) {
        router_reading_error(self, MC_TEXT("no_answer"), MC_TEXT("the answer has no data"));
        return;
    }
    router_reading_thing(self, MC_TEXT(""));
    router_reading_end(self);
}
