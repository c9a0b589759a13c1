/*
 *  translate_history - turns of Anthropic's as the messages of a chat
 */
#include "translate_history.h"

#define ERROR_MARK "Error: " /* a chat has no other sign that a tool has failed */

/* One turn while it is read. */
typedef struct {
    router_translation_t *translation;
    router_parts_t parts;
    mc_buffer_t results; /* tool messages: elements of an array, as are the next two */
    mc_buffer_t calls;
    mc_buffer_t thinking;
    mc_buffer_t thoughts; /* inside of a JSON string */
    size_t results_count;
    size_t calls_count;
} turn_t;

static void
init_turn(turn_t *turn, router_translation_t *translation)
{
    *turn = (turn_t){.translation = translation};
    router_parts_init(&turn->parts, translation);
    mc_buffer_t *all[] = {&turn->results, &turn->calls, &turn->thinking, &turn->thoughts};
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_init(all[i], ROUTER_TRANSLATE_BYTES_MAX);
}

static void
clear_turn(turn_t *turn)
{
    router_parts_clear(&turn->parts);
    mc_buffer_t *all[] = {&turn->results, &turn->calls, &turn->thinking, &turn->thoughts};
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_clear(all[i]);
}

/* What a tool gave: text stays with it; a chat's tool messages hold no more, so what else there is
 * goes to the user message behind. */
static int
split_result(turn_t *turn, mc_json_t content, router_parts_t *texts, const char *path,
             mc_refusal_t *refusal)
{
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    mc_json_t block;
    for (size_t i = 0; mc_json_next(&iter, &key, &block); i++) {
        router_path_t place = router_path(path, "content", i);
        bool is_image = mc_text_is(router_member_text(block, "type"), "image");
        if (router_parts_add(is_image ? &turn->parts : texts, block, place.text, refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}

static void
put_result(turn_t *turn, mc_json_t block, mc_json_t content, const router_parts_t *texts)
{
    mc_json_t value;
    router_put_t put = {.out = &turn->results, .needs_comma = turn->results_count++ > 0};
    router_put_object(&put, NULL);
    router_put_string(&put, "role", "tool");
    router_put_text(&put, "tool_call_id", router_member_text(block, "tool_use_id"));
    router_put_open_text(&put, "content");
    if (router_member_is(block, "is_error", MC_JSON_BOOL, &value) && mc_json_bool(value))
        mc_buffer_text(put.out, MC_TEXT(ERROR_MARK));
    if (router_has(content) && mc_json_kind(content) == MC_JSON_STRING)
        router_put_piece(&put, mc_json_text(content));
    else
        mc_buffer_text(put.out, mc_buffer_content(&texts->text));
    router_put_close_text(&put);
    if (turn->translation->options.takes_extensions &&
        router_member_is(block, "cache_control", MC_JSON_OBJECT, &value))
        router_put_json(&put, "cache_control", value);
    router_put_end_object(&put);
}

static int
add_result(turn_t *turn, mc_json_t block, const char *path, mc_refusal_t *refusal)
{
    mc_json_t content = {0};
    if (router_member_text(block, "tool_use_id").size == 0) {
        router_path_t field = router_path(path, "tool_use_id", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_parts_t texts;
    router_parts_init(&texts, turn->translation);
    int outcome = 0;
    if (router_member_is(block, "content", MC_JSON_ARRAY, &content))
        outcome = split_result(turn, content, &texts, path, refusal);
    else
        (void)router_member_is(block, "content", MC_JSON_STRING, &content);
    if (outcome == 0)
        put_result(turn, block, content, &texts);
    router_parts_clear(&texts);
    return outcome;
}

static int
add_call(turn_t *turn, mc_json_t block, const char *path, mc_refusal_t *refusal)
{
    mc_json_t input;
    if (router_member_text(block, "id").size == 0 || router_member_text(block, "name").size == 0) {
        router_path_t field = router_path(path, "id", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s or name is missing",
                         field.text);
    }
    mc_buffer_t arguments = {.max = ROUTER_TRANSLATE_BYTES_MAX};
    if (router_member_is(block, "input", MC_JSON_OBJECT, &input))
        mc_json_write(input, &arguments);
    else
        mc_buffer_text(&arguments, MC_TEXT("{}"));
    router_put_t put = {.out = &turn->calls, .needs_comma = turn->calls_count++ > 0};
    router_put_object(&put, NULL);
    router_put_text(&put, "id", router_member_text(block, "id"));
    router_put_string(&put, "type", "function");
    router_put_object(&put, "function");
    router_put_text(&put, "name", router_member_text(block, "name"));
    router_put_text(&put, "arguments", mc_buffer_content(&arguments));
    router_put_end_object(&put);
    router_put_end_object(&put);
    mc_buffer_clear(&arguments);
    return 0;
}

static void
add_thinking(turn_t *turn, mc_json_t block)
{
    router_put_t put = {.out = &turn->thinking, .needs_comma = turn->thinking.size > 0};
    router_put_json(&put, NULL, block);
    router_put_t thoughts = router_put(&turn->thoughts);
    router_put_piece(&thoughts, router_member_text(block, "thinking"));
}

/* Blocks of tools that ran at Anthropic's: their outcome is in the text that follows. */
static bool
is_foreign(mc_text_t type)
{
    return mc_text_is(type, "server_tool_use") || mc_text_is(type, "container_upload") ||
           (type.size > 12 && memcmp(type.data + type.size - 12, "_tool_result", 12) == 0);
}

/* What blocks of all types hold. */
static const char *const block_members[] = {
    "type", "text", "cache_control", "source", "title",    "content",   "tool_use_id", "is_error",
    "id",   "name", "input",         "caller", "thinking", "signature", "data",        NULL,
};
static const char *const message_members[] = {"role", "content", NULL};

static int
add_block(turn_t *turn, bool is_user, mc_json_t block, const char *path, mc_refusal_t *refusal)
{
    mc_text_t type = router_member_text(block, "type");
    if (!is_foreign(type))
        router_warn_others(turn->translation, "messages.content.", block, block_members);
    if (is_user && mc_text_is(type, "tool_result"))
        return add_result(turn, block, path, refusal);
    if (!is_user && mc_text_is(type, "tool_use"))
        return add_call(turn, block, path, refusal);
    if (!is_user && (mc_text_is(type, "thinking") || mc_text_is(type, "redacted_thinking"))) {
        add_thinking(turn, block);
        return 0;
    }
    if (is_foreign(type)) {
        router_path_t field = router_path(path, "type", SIZE_MAX);
        router_warn(turn->translation, field.text, "a tool of Anthropic's own, left out");
        return 0;
    }
    return router_parts_add(&turn->parts, block, path, refusal);
}

static void
put_thinking(const turn_t *turn, router_put_t *put)
{
    if (!turn->translation->options.takes_extensions || turn->thinking.size == 0)
        return;
    router_put_open_text(put, "reasoning_content");
    mc_buffer_text(put->out, mc_buffer_content(&turn->thoughts));
    router_put_close_text(put);
    router_put_array(put, "thinking_blocks");
    router_put_raw(put, NULL, mc_buffer_content(&turn->thinking));
    router_put_end_array(put);
}

static void
put_assistant(const turn_t *turn, router_put_t *put)
{
    if (turn->parts.count == 0 && turn->calls_count == 0)
        return;
    router_put_object(put, NULL);
    router_put_string(put, "role", "assistant");
    if (turn->parts.count > 0)
        router_parts_put(&turn->parts, true, put);
    else
        router_put_null(put, "content");
    put_thinking(turn, put);
    if (turn->calls_count > 0) {
        router_put_array(put, "tool_calls");
        router_put_raw(put, NULL, mc_buffer_content(&turn->calls));
        router_put_end_array(put);
    }
    router_put_end_object(put);
}

static void
put_user(const turn_t *turn, const char *role, router_put_t *put)
{
    router_put_raw(put, NULL, mc_buffer_content(&turn->results));
    if (turn->parts.count == 0)
        return;
    router_put_object(put, NULL);
    router_put_string(put, "role", role);
    router_parts_put(&turn->parts, turn->parts.has_gaps, put);
    router_put_end_object(put);
}

static int
read_blocks(turn_t *turn, bool is_user, mc_json_t content, const char *path, mc_refusal_t *refusal)
{
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    mc_json_t block;
    for (size_t i = 0; mc_json_next(&iter, &key, &block); i++) {
        router_path_t place = router_path(path, "content", i);
        if (mc_json_kind(block) != MC_JSON_OBJECT)
            return router_refuse_kind(place.text, "", ROUTER_IS_OBJECT, refusal);
        if (add_block(turn, is_user, block, place.text, refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}

static void
put_plain(mc_text_t role, mc_json_t content, router_put_t *put)
{
    router_put_object(put, NULL);
    router_put_text(put, "role", role);
    router_put_json(put, "content", content);
    router_put_end_object(put);
}

static int
read_turn(router_translation_t *self, const char *role, mc_json_t content, const char *path,
          router_put_t *put, mc_refusal_t *refusal)
{
    if (mc_json_kind(content) == MC_JSON_STRING) {
        put_plain(mc_text(role), content, put);
        return 0;
    }
    if (mc_json_kind(content) != MC_JSON_ARRAY)
        return router_refuse_kind(path, "content", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, refusal);
    turn_t turn;
    bool is_assistant = strcmp(role, "assistant") == 0;
    init_turn(&turn, self);
    turn.parts.has_gaps = strcmp(role, "system") == 0;
    int outcome = read_blocks(&turn, !is_assistant, content, path, refusal);
    if (outcome == 0 && is_assistant)
        put_assistant(&turn, put);
    else if (outcome == 0)
        put_user(&turn, role, put);
    clear_turn(&turn);
    return outcome;
}

static int
read_message(router_translation_t *self, mc_json_t message, const char *path, router_put_t *put,
             mc_refusal_t *refusal)
{
    static const char *const roles[] = {"user", "assistant", "system"};
    mc_json_t content;
    mc_text_t role = router_member_text(message, "role");
    if (mc_json_kind(message) != MC_JSON_OBJECT || !mc_json_find(message, "content", &content)) {
        router_path_t field = router_path(path, "content", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_warn_others(self, "messages.", message, message_members);
    for (size_t i = 0; i < MC_COUNT(roles); i++)
        if (mc_text_is(role, roles[i]))
            return read_turn(self, roles[i], content, path, put, refusal);
    router_path_t field = router_path(path, "role", SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s must be \"user\" or \"assistant\"", field.text);
}

int
router_history_put(router_translation_t *self, mc_json_t system, mc_json_t messages,
                   router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_iter_t iter = mc_json_iter(messages);
    mc_text_t key;
    mc_json_t message;
    if (router_has(system) && read_turn(self, "system", system, "system.", put, refusal) != 0)
        return MC_REFUSED;
    for (size_t i = 0; mc_json_next(&iter, &key, &message); i++) {
        router_path_t path = router_path("", "messages", i);
        if (read_message(self, message, path.text, put, refusal) != 0)
            return MC_REFUSED;
    }
    if (mc_json_count(messages) == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "messages", "messages is empty");
    return 0;
}
