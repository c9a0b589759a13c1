/*
 *  translate_tools_chat - tools of Anthropic's messages, for a chat
 */
#include "translate_tools.h"

static int
read_tool(router_translation_t *self, mc_json_t tool, const char *path, router_put_t *put,
          mc_refusal_t *refusal)
{
    static const char *const known[] = {
        "type",   "name",          "description",           "input_schema",
        "strict", "cache_control", "eager_input_streaming", NULL, /* a hint */
    };
    mc_json_t value;
    mc_text_t type = router_member_text(tool, "type");
    if (type.size > 0 && !mc_text_is(type, "custom")) {
        router_path_t field = router_path(path, "type", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is \"%.*s\", a tool of Anthropic's own that this model has not",
                         field.text, MC_FMT(type));
    }
    if (router_member_text(tool, "name").size == 0) {
        router_path_t field = router_path(path, "name", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_warn_others(self, "tools.", tool, known);
    router_put_object(put, NULL);
    router_put_string(put, "type", "function");
    router_put_object(put, "function");
    router_put_text(put, "name", router_member_text(tool, "name"));
    if (router_member_text(tool, "description").size > 0)
        router_put_text(put, "description", router_member_text(tool, "description"));
    if (router_member_is(tool, "input_schema", MC_JSON_OBJECT, &value)) {
        router_put_json(put, "parameters", value);
        mc_json_t strict;
        if (router_member_is(tool, "strict", MC_JSON_BOOL, &strict) && mc_json_bool(strict) &&
            router_schema_is_strict(value))
            router_put_bool(put, "strict", true);
    }
    router_put_end_object(put);
    if (self->options.takes_extensions &&
        router_member_is(tool, "cache_control", MC_JSON_OBJECT, &value))
        router_put_json(put, "cache_control", value);
    router_put_end_object(put);
    return 0;
}

static int
put_choice(mc_json_t choice, router_put_t *put, mc_refusal_t *refusal)
{
    static const struct {
        const char *messages, *chat;
    } words[] = {{"auto", "auto"}, {"any", "required"}, {"none", "none"}};
    mc_json_t single;
    mc_text_t type = router_member_text(choice, "type");
    mc_text_t name = router_member_text(choice, "name");
    bool is_known = false;
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (mc_text_is(type, words[i].messages)) {
            router_put_string(put, "tool_choice", words[i].chat);
            is_known = true;
        }
    if (mc_text_is(type, "tool") && name.size > 0) {
        router_put_object(put, "tool_choice");
        router_put_string(put, "type", "function");
        router_put_object(put, "function");
        router_put_text(put, "name", name);
        router_put_end_object(put);
        router_put_end_object(put);
        is_known = true;
    }
    if (!is_known)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_choice.type",
                         "tool_choice.type must be auto, any, none, or tool with its name");
    if (router_member_is(choice, "disable_parallel_tool_use", MC_JSON_BOOL, &single) &&
        mc_json_bool(single) && !mc_text_is(type, "none"))
        router_put_bool(put, "parallel_tool_calls", false);
    return 0;
}

int
router_tools_to_chat(router_translation_t *self, mc_json_t tools, mc_json_t choice,
                     router_put_t *put, mc_refusal_t *refusal)
{
    if (!router_has(tools) || mc_json_count(tools) == 0)
        return 0;
    mc_json_iter_t iter = mc_json_iter(tools);
    mc_text_t key;
    mc_json_t tool;
    router_put_array(put, "tools");
    for (size_t i = 0; mc_json_next(&iter, &key, &tool); i++) {
        router_path_t path = router_path("", "tools", i);
        if (i == ROUTER_TRANSLATE_TOOLS_MAX)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tools", "tools holds more than %d",
                             ROUTER_TRANSLATE_TOOLS_MAX);
        if (read_tool(self, tool, path.text, put, refusal) != 0)
            return MC_REFUSED;
    }
    router_put_end_array(put);
    return router_has(choice) ? put_choice(choice, put, refusal) : 0;
}

/* An object schema itself; what it holds is looked at by the walk. */
static bool
is_closed(mc_json_t schema)
{
    mc_json_t properties, required, open;
    if (!router_member_is(schema, "properties", MC_JSON_OBJECT, &properties))
        return !mc_text_is(router_member_text(schema, "type"), "object");
    size_t count = mc_json_count(properties);
    size_t needed = 0;
    if (router_member_is(schema, "required", MC_JSON_ARRAY, &required))
        needed = mc_json_count(required);
    return needed == count &&
           router_member_is(schema, "additionalProperties", MC_JSON_BOOL, &open) &&
           !mc_json_bool(open);
}

/* Goes no deeper than the parser let pass. */
bool
router_schema_is_strict(mc_json_t schema)
{
    mc_json_kind_t kind = mc_json_kind(schema);
    if (kind != MC_JSON_OBJECT && kind != MC_JSON_ARRAY)
        return true;
    if (kind == MC_JSON_OBJECT && !is_closed(schema))
        return false;
    mc_json_iter_t iter = mc_json_iter(schema);
    mc_text_t key;
    for (mc_json_t value; mc_json_next(&iter, &key, &value);)
        if (!router_schema_is_strict(value))
            return false;
    return true;
}
