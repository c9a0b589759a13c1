/*
 *  translate_responses_input - input items of the responses API as the messages of a chat
 *
 *  What one turn of the assistant said stands in several items there: reasoning,
 *  a message, calls. They are gathered into one message.
 */
#include "translate_responses.h"
#include "translate_turns.h"

/* The assistant's message while its items are read. */
typedef struct {
    router_translation_t *translation;
    router_put_t *put;
    mc_buffer_t text;     /* inside of a JSON string */
    mc_buffer_t thinking; /* elements of an array, as are the calls */
    mc_buffer_t calls;
    size_t calls_count;
} turn_t;

static void
close_turn(turn_t *turn)
{
    bool is_empty = turn->text.size == 0 && turn->calls_count == 0;
    if (!is_empty) {
        router_put_object(turn->put, NULL);
        router_put_string(turn->put, "role", "assistant");
        if (turn->text.size > 0) {
            router_put_open_text(turn->put, "content");
            mc_buffer_text(turn->put->out, mc_buffer_content(&turn->text));
            router_put_close_text(turn->put);
        } else {
            router_put_null(turn->put, "content");
        }
        if (turn->thinking.size > 0 && turn->translation->options.takes_extensions) {
            router_put_array(turn->put, "thinking_blocks");
            router_put_raw(turn->put, NULL, mc_buffer_content(&turn->thinking));
            router_put_end_array(turn->put);
        }
        if (turn->calls_count > 0) {
            router_put_array(turn->put, "tool_calls");
            router_put_raw(turn->put, NULL, mc_buffer_content(&turn->calls));
            router_put_end_array(turn->put);
        }
        router_put_end_object(turn->put);
    }
    mc_buffer_reset(&turn->text);
    mc_buffer_reset(&turn->thinking);
    mc_buffer_reset(&turn->calls);
    turn->calls_count = 0;
}

static void
add_text(turn_t *turn, mc_text_t text)
{
    router_put_t put = router_put(&turn->text);
    router_put_piece(&put, text);
}

static void
add_said(turn_t *turn, mc_json_t content)
{
    if (mc_json_kind(content) == MC_JSON_STRING) {
        add_text(turn, mc_json_text(content));
        return;
    }
    if (mc_json_kind(content) != MC_JSON_ARRAY)
        return;
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    for (mc_json_t part; mc_json_next(&iter, &key, &part);) {
        bool is_refusal = mc_text_is(router_member_text(part, "type"), "refusal");
        add_text(turn, router_member_text(part, is_refusal ? "refusal" : "text"));
    }
}

static int
add_call(turn_t *turn, mc_json_t item, const char *path, mc_refusal_t *refusal)
{
    mc_text_t id = router_member_text(item, "call_id"), name = router_member_text(item, "name");
    if (id.size == 0 || name.size == 0) {
        router_path_t field = router_path(path, id.size ? "name" : "call_id", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_put_t put = {.out = &turn->calls, .needs_comma = turn->calls_count++ > 0};
    router_put_object(&put, NULL);
    router_put_text(&put, "id", id);
    router_put_string(&put, "type", "function");
    router_put_object(&put, "function");
    router_put_text(&put, "name", name);
    router_put_text(&put, "arguments", router_member_text(item, "arguments"));
    router_put_end_object(&put);
    router_put_end_object(&put);
    return 0;
}

/* Only what was made here can be read again; other providers' reasoning is of no use elsewhere. */
static void
add_reasoning(turn_t *turn, mc_json_t item)
{
    mc_json_t wrapped;
    mc_text_t sealed = router_member_text(item, "encrypted_content");
    if (!router_text_starts(sealed, ROUTER_THINKING_MARK))
        return;
    size_t mark = sizeof ROUTER_THINKING_MARK - 1;
    mc_buffer_t object = {.max = ROUTER_TRANSLATE_BYTES_MAX};
    mc_buffer_text(&object, MC_TEXT("{\"blocks\":"));
    mc_buffer_append(&object, sealed.data + mark, sealed.size - mark);
    mc_buffer_byte(&object, '}');
    if (router_inner_object(turn->translation, mc_buffer_content(&object), &wrapped) == 0) {
        mc_json_t blocks;
        if (router_member_is(wrapped, "blocks", MC_JSON_ARRAY, &blocks))
            (void)router_thinking_read(blocks, &turn->thinking);
    }
    mc_buffer_clear(&object);
}

static int
put_output(turn_t *turn, mc_json_t item, const char *path, mc_refusal_t *refusal)
{
    mc_json_t output;
    if (router_member_text(item, "call_id").size == 0 || !mc_json_find(item, "output", &output)) {
        bool has_id = router_member_text(item, "call_id").size > 0;
        router_path_t field = router_path(path, has_id ? "output" : "call_id", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_put_object(turn->put, NULL);
    router_put_string(turn->put, "role", "tool");
    router_put_text(turn->put, "tool_call_id", router_member_text(item, "call_id"));
    if (router_input_content(output, "output", path, turn->put, refusal) != 0)
        return MC_REFUSED;
    router_put_end_object(turn->put);
    return 0;
}

static int
put_message(turn_t *turn, mc_json_t item, mc_text_t role, const char *path, mc_refusal_t *refusal)
{
    mc_json_t content;
    if (!mc_json_find(item, "content", &content))
        return router_refuse_kind(path, "content", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, refusal);
    bool is_developer = mc_text_is(role, "developer");
    if (!is_developer && !mc_text_is(role, "user") && !mc_text_is(role, "system")) {
        router_path_t field = router_path(path, "role", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is \"%.*s\", which is not "
                         "known",
                         field.text, MC_FMT(role));
    }
    router_put_object(turn->put, NULL);
    router_put_text(turn->put, "role", is_developer ? MC_TEXT("system") : role);
    if (router_input_content(content, "content", path, turn->put, refusal) != 0)
        return MC_REFUSED;
    router_put_end_object(turn->put);
    return 0;
}

static int
refuse_item(mc_text_t type, const char *path, mc_refusal_t *refusal)
{
    router_path_t field = router_path(path, "type", SIZE_MAX);
    bool is_reference = mc_text_is(type, "item_reference");
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is \"%.*s\", %s", field.text,
                     MC_FMT(type),
                     is_reference ? "but this model keeps no items; send the item itself"
                                  : "which this model cannot be told");
}

static int
read_item(turn_t *turn, mc_json_t item, const char *path, mc_refusal_t *refusal)
{
    if (mc_json_kind(item) != MC_JSON_OBJECT)
        return router_refuse_kind(path, "", ROUTER_IS_OBJECT, refusal);
    static const char *const known[] = {
        "type",   "role",    "content",           "id",    "status", "call_id", "name", "arguments",
        "output", "summary", "encrypted_content", "phase", NULL,
    };
    mc_text_t type = router_member_text(item, "type"), role = router_member_text(item, "role");
    mc_json_t content;
    router_warn_others(turn->translation, "input.", item, known);
    if (mc_text_is(type, "reasoning")) {
        add_reasoning(turn, item);
        return 0;
    }
    if (mc_text_is(type, "function_call"))
        return add_call(turn, item, path, refusal);
    if (type.size > 0 && !mc_text_is(type, "message") && !mc_text_is(type, "function_call_output"))
        return refuse_item(type, path, refusal);
    if (mc_text_is(role, "assistant") && mc_json_find(item, "content", &content)) {
        add_said(turn, content);
        return 0;
    }
    close_turn(turn);
    if (mc_text_is(type, "function_call_output"))
        return put_output(turn, item, path, refusal);
    return put_message(turn, item, role, path, refusal);
}

static void
put_plain(const char *role, mc_json_t text, router_put_t *put)
{
    router_put_object(put, NULL);
    router_put_string(put, "role", role);
    router_put_json(put, "content", text);
    router_put_end_object(put);
}

int
router_input_put(router_translation_t *self, mc_json_t instructions, mc_json_t input,
                 router_put_t *put, mc_refusal_t *refusal)
{
    if (router_has(instructions) && mc_json_text(instructions).size > 0)
        put_plain("system", instructions, put);
    if (mc_json_kind(input) == MC_JSON_STRING) {
        put_plain("user", input, put);
        return 0;
    }
    turn_t turn = {.translation = self, .put = put};
    mc_buffer_t *all[] = {&turn.text, &turn.thinking, &turn.calls};
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_init(all[i], ROUTER_TRANSLATE_BYTES_MAX);
    mc_json_iter_t iter = mc_json_iter(input);
    mc_text_t key;
    mc_json_t item;
    int outcome = 0;
    for (size_t i = 0; outcome == 0 && mc_json_next(&iter, &key, &item); i++) {
        router_path_t path = router_path("", "input", i);
        outcome = read_item(&turn, item, path.text, refusal);
    }
    if (outcome == 0)
        close_turn(&turn);
    for (size_t i = 0; i < MC_COUNT(all); i++)
        mc_buffer_clear(all[i]);
    return outcome;
}
