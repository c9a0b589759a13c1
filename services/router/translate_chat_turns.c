/*
 *  translate_chat_turns - the messages of a chat as turns of Anthropic's
 */
#include "translate_turns.h"

/* Anthropic refuses a conversation that the assistant begins. */
#define FIRST_TURN "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"(no message)\"}]}"

#define TURN_END "]}"

enum {
    ROLE,
    CONTENT,
    TOOL_CALLS,
    TOOL_CALL_ID,
    REFUSAL,
    THINKING_BLOCKS,
    CACHE_CONTROL,
    NAME,
    REASONING_CONTENT,
    REASONING,
    FUNCTION_CALL,
    AUDIO,
    ANNOTATIONS,
    FIELD_COUNT,
};

static const router_field_t fields[FIELD_COUNT] = {
    [ROLE] = {"role", ROUTER_IS_TEXT, ROUTER_NEED, NULL},
    [CONTENT] = {"content", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [TOOL_CALLS] = {"tool_calls", ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [TOOL_CALL_ID] = {"tool_call_id", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [REFUSAL] = {"refusal", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [THINKING_BLOCKS] = {"thinking_blocks", ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [CACHE_CONTROL] = {"cache_control", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [NAME] = {"name", ROUTER_IS_ANY, ROUTER_LEAVE, "Anthropic's messages have no names"},
    [REASONING_CONTENT] = {"reasoning_content", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    [REASONING] = {"reasoning", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    [FUNCTION_CALL] = {"function_call", ROUTER_IS_ANY, ROUTER_FORBID,
                       "the old form of tool calls cannot be translated, use tool_calls"},
    [AUDIO] = {"audio", ROUTER_IS_ANY, ROUTER_FORBID, "Anthropic's models take no audio"},
    [ANNOTATIONS] = {"annotations", ROUTER_IS_ANY, ROUTER_PASS, NULL},
};

void
router_turns_init(router_turns_t *self, router_translation_t *translation)
{
    *self = (router_turns_t){.translation = translation, .is_user = true};
    mc_buffer_t *all[] = {&self->system, &self->messages, &self->results, &self->blocks};
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_init(all[i], ROUTER_TRANSLATE_BYTES_MAX);
}

void
router_turns_clear(router_turns_t *self)
{
    mc_buffer_t *all[] = {&self->system, &self->messages, &self->results, &self->blocks};
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_clear(all[i]);
}

/* What lay between two turns of one role was blank: the second goes on with the first. */
static router_put_t
open_turn(router_turns_t *self)
{
    router_put_t put = router_put_more(&self->messages);
    if (put.needs_comma && self->is_user == self->was_user) {
        self->messages.size -= sizeof TURN_END - 1;
        return put;
    }
    if (!put.needs_comma && !self->is_user) {
        router_put_raw(&put, NULL, MC_TEXT(FIRST_TURN));
        router_warn(self->translation, "messages.0",
                    "the assistant begins, a user turn was put before it");
    }
    router_put_object(&put, NULL);
    router_put_string(&put, "role", self->is_user ? "user" : "assistant");
    router_put_array(&put, "content");
    return put;
}

static void
close_turn(router_turns_t *self)
{
    if (self->results.size == 0 && self->blocks.size == 0)
        return;
    router_put_t put = open_turn(self);
    router_put_raw(&put, NULL, mc_buffer_content(&self->results));
    router_put_raw(&put, NULL, mc_buffer_content(&self->blocks));
    mc_buffer_text(put.out, MC_TEXT(TURN_END));
    mc_buffer_reset(&self->results);
    mc_buffer_reset(&self->blocks);
    self->was_user = self->is_user;
}

static void
turn_to(router_turns_t *self, bool is_user)
{
    if (self->is_user != is_user)
        close_turn(self);
    self->is_user = is_user;
}

static int
read_content(router_turns_t *self, mc_json_t *values, mc_buffer_t *out, const char *path,
             mc_refusal_t *refusal)
{
    if (!router_has(values[CONTENT]))
        return 0;
    router_blocks_t blocks = {
        .translation = self->translation,
        .out = out,
        .cache_control = values[CACHE_CONTROL],
        .is_text_only = out == &self->system,
    };
    return router_blocks_read(&blocks, values[CONTENT], path, refusal);
}

static int
read_user(router_turns_t *self, mc_json_t *values, const char *path, mc_refusal_t *refusal)
{
    turn_to(self, true);
    self->lacks_thinking = false;
    return read_content(self, values, &self->blocks, path, refusal);
}

static int
read_assistant(router_turns_t *self, mc_json_t *values, bool is_last, const char *path,
               mc_refusal_t *refusal)
{
    turn_to(self, false);
    size_t thoughts = 0;
    if (router_has(values[THINKING_BLOCKS]))
        thoughts = router_thinking_read(values[THINKING_BLOCKS], &self->blocks);
    router_blocks_t blocks = {
        .translation = self->translation,
        .out = &self->blocks,
        .cache_control = values[CACHE_CONTROL],
        .is_text_only = true,
        .is_trimmed = is_last,
    };
    mc_json_t texts[] = {values[CONTENT], values[REFUSAL]};
    for (size_t i = 0; i < MC_COUNT(texts); i++)
        if (router_has(texts[i]) && router_blocks_read(&blocks, texts[i], path, refusal) != 0)
            return MC_REFUSED;
    if (!router_has(values[TOOL_CALLS]) || mc_json_count(values[TOOL_CALLS]) == 0)
        return 0;
    self->lacks_thinking = thoughts == 0;
    return router_calls_read(self->translation, values[TOOL_CALLS], path, &self->blocks, refusal);
}

static int
read_result(router_turns_t *self, mc_json_t *values, const char *path, mc_refusal_t *refusal)
{
    if (!router_has(values[TOOL_CALL_ID]) || mc_json_text(values[TOOL_CALL_ID]).size == 0) {
        router_path_t field = router_path(path, "tool_call_id", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    turn_to(self, true);
    router_put_t put = router_put_more(&self->results);
    router_put_object(&put, NULL);
    router_put_string(&put, "type", "tool_result");
    router_put_id(&put, "tool_use_id", mc_json_text(values[TOOL_CALL_ID]));
    if (router_has(values[CONTENT])) {
        mc_buffer_t content = {.max = ROUTER_TRANSLATE_BYTES_MAX};
        router_blocks_t blocks = {.translation = self->translation, .out = &content};
        int outcome = router_blocks_read(&blocks, values[CONTENT], path, refusal);
        if (outcome == 0 && content.size > 0) {
            router_put_array(&put, "content");
            router_put_raw(&put, NULL, mc_buffer_content(&content));
            router_put_end_array(&put);
        }
        mc_buffer_clear(&content);
        if (outcome != 0)
            return outcome;
    }
    if (router_has(values[CACHE_CONTROL]))
        router_put_json(&put, "cache_control", values[CACHE_CONTROL]);
    router_put_end_object(&put);
    return 0;
}

static int
read_message(router_turns_t *self, mc_json_t message, bool is_last, const char *path,
             mc_refusal_t *refusal)
{
    mc_json_t values[FIELD_COUNT];
    if (router_fields_read(self->translation, ROUTER_FIELDS(fields), path, message, values,
                           refusal) != 0)
        return MC_REFUSED;
    mc_text_t role = mc_json_text(values[ROLE]);
    if (mc_text_is(role, "user"))
        return read_user(self, values, path, refusal);
    if (mc_text_is(role, "assistant"))
        return read_assistant(self, values, is_last, path, refusal);
    if (mc_text_is(role, "tool"))
        return read_result(self, values, path, refusal);
    if (mc_text_is(role, "system") || mc_text_is(role, "developer"))
        return read_content(self, values, &self->system, path, refusal);
    router_path_t field = router_path(path, "role", SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s is %.*s, which has no place in "
                     "Anthropic's messages",
                     field.text, MC_FMT(role));
}

int
router_turns_read(router_turns_t *self, mc_json_t messages, mc_refusal_t *refusal)
{
    size_t count = mc_json_count(messages);
    mc_json_iter_t iter = mc_json_iter(messages);
    mc_text_t key;
    mc_json_t message;
    for (size_t i = 0; mc_json_next(&iter, &key, &message); i++) {
        router_path_t path = router_path("", "messages", i);
        if (read_message(self, message, i + 1 == count, path.text, refusal) != 0)
            return MC_REFUSED;
    }
    close_turn(self);
    if (self->messages.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "messages",
                         "messages holds nothing but system prompts or blank text");
    return 0;
}
