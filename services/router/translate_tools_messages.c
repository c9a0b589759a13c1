/*
 *  translate_tools_messages - tools of a chat, for Anthropic
 */
#include "translate_tools.h"

#include <stdio.h>

#define ANSWER_TOOL "answer" /* where the schema has no name */

static int
read_tool(router_translation_t *self, mc_json_t tool, const char *path, router_put_t *put,
          mc_refusal_t *refusal)
{
    static const char *const outer[] = {"type", "function", "cache_control", NULL};
    static const char *const inner[] = {"name",   "description",   "parameters",
                                        "strict", "cache_control", NULL};
    mc_json_t function, value;
    mc_text_t type = router_member_text(tool, "type");
    if (!mc_text_is(type, "function") ||
        !router_member_is(tool, "function", MC_JSON_OBJECT, &function)) {
        router_path_t field = router_path(path, "type", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is \"%.*s\", only tools of type \"function\" can be translated",
                         field.text, MC_FMT(type));
    }
    if (router_member_text(function, "name").size == 0) {
        router_path_t field = router_path(path, "function.name", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
    }
    router_warn_others(self, "tools.", tool, outer);
    router_warn_others(self, "tools.function.", function, inner);
    router_put_object(put, NULL);
    router_put_text(put, "name", router_member_text(function, "name"));
    if (router_member_text(function, "description").size > 0)
        router_put_text(put, "description", router_member_text(function, "description"));
    if (router_member_is(function, "parameters", MC_JSON_OBJECT, &value) &&
        mc_json_count(value) > 0)
        router_put_json(put, "input_schema", value);
    else
        router_put_raw(put, "input_schema", MC_TEXT("{\"type\":\"object\",\"properties\":{}}"));
    if (router_member_is(function, "strict", MC_JSON_BOOL, &value) && mc_json_bool(value))
        router_put_bool(put, "strict", true);
    if (router_member_is(tool, "cache_control", MC_JSON_OBJECT, &value) ||
        router_member_is(function, "cache_control", MC_JSON_OBJECT, &value))
        router_put_json(put, "cache_control", value);
    router_put_end_object(put);
    return 0;
}

static int
read_tools(router_translation_t *self, mc_json_t tools, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_iter_t iter = mc_json_iter(tools);
    mc_text_t key;
    mc_json_t tool;
    for (size_t i = 0; mc_json_next(&iter, &key, &tool); i++) {
        router_path_t path = router_path("", "tools", i);
        if (i == ROUTER_TRANSLATE_TOOLS_MAX)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tools", "tools holds more than %d",
                             ROUTER_TRANSLATE_TOOLS_MAX);
        if (read_tool(self, tool, path.text, put, refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}

/* The model answers by calling a tool whose input is what the schema asks for. */
static int
put_answer_tool(router_translation_t *self, mc_json_t format, router_put_t *put,
                mc_refusal_t *refusal)
{
    mc_json_t schema;
    mc_text_t name = router_member_text(format, "name");
    if (name.size == 0)
        name = MC_TEXT(ANSWER_TOOL);
    if (!router_member_is(format, "schema", MC_JSON_OBJECT, &schema))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "response_format.json_schema.schema",
                         "response_format.json_schema.schema is missing");
    snprintf(self->answer_tool, sizeof self->answer_tool, "%.*s", MC_FMT(name));
    self->has_answer_tool = true;
    router_put_object(put, NULL);
    router_put_string(put, "name", self->answer_tool);
    if (router_member_text(format, "description").size > 0)
        router_put_text(put, "description", router_member_text(format, "description"));
    else
        router_put_string(put, "description",
                          "Gives the final answer in the form that was asked for.");
    router_put_json(put, "input_schema", schema);
    router_put_end_object(put);
    return 0;
}

typedef struct {
    const char *type; /* NULL: nothing need be said */
    mc_text_t name;
} choice_t;

static int
read_choice(mc_json_t choice, choice_t *ret_choice, mc_refusal_t *refusal)
{
    static const struct {
        const char *chat, *messages;
    } words[] = {{"auto", "auto"}, {"none", "none"}, {"required", "any"}};
    mc_json_t function;
    if (!router_has(choice))
        return 0;
    if (mc_json_kind(choice) == MC_JSON_STRING)
        for (size_t i = 0; i < MC_COUNT(words); i++)
            if (mc_text_is(mc_json_text(choice), words[i].chat)) {
                *ret_choice = (choice_t){.type = words[i].messages};
                return 0;
            }
    if (mc_text_is(router_member_text(choice, "type"), "function") &&
        router_member_is(choice, "function", MC_JSON_OBJECT, &function) &&
        router_member_text(function, "name").size > 0) {
        *ret_choice = (choice_t){"tool", router_member_text(function, "name")};
        return 0;
    }
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_choice",
                     "tool_choice must be \"auto\", \"none\", \"required\" or name a function");
}

/* A client that chose a tool itself gets that one; else the answer, or another tool before it. */
static void
force_answer(const router_translation_t *self, bool has_others, choice_t *choice)
{
    bool is_free = !choice->type || strcmp(choice->type, "auto") == 0;
    if (!has_others || (choice->type && strcmp(choice->type, "none") == 0))
        *choice = (choice_t){"tool", mc_text(self->answer_tool)};
    else if (is_free)
        *choice = (choice_t){.type = "any"};
}

static void
put_choice(const choice_t *choice, bool is_single, router_put_t *put)
{
    if (!choice->type && !is_single)
        return;
    const char *type = choice->type ? choice->type : "auto";
    router_put_object(put, "tool_choice");
    router_put_string(put, "type", type);
    if (choice->name.size > 0)
        router_put_text(put, "name", choice->name);
    if (is_single && strcmp(type, "none") != 0)
        router_put_bool(put, "disable_parallel_tool_use", true);
    router_put_end_object(put);
}

int
router_tools_to_messages(router_translation_t *self, const router_chat_tools_t *chat,
                         router_put_t *put, bool *ret_is_forced, mc_refusal_t *refusal)
{
    bool has_tools = router_has(chat->tools) && mc_json_count(chat->tools) > 0;
    bool is_single = router_has(chat->parallel) && !mc_json_bool(chat->parallel);
    choice_t choice = {0};
    *ret_is_forced = false;
    if (!has_tools && !router_has(chat->format))
        return 0;
    if (read_choice(chat->choice, &choice, refusal) != 0)
        return MC_REFUSED;

    router_put_array(put, "tools");
    if (has_tools && read_tools(self, chat->tools, put, refusal) != 0)
        return MC_REFUSED;
    if (router_has(chat->format)) {
        if (put_answer_tool(self, chat->format, put, refusal) != 0)
            return MC_REFUSED;
        force_answer(self, has_tools, &choice);
    }
    router_put_end_array(put);
    put_choice(&choice, is_single, put);
    *ret_is_forced = choice.type && (strcmp(choice.type, "any") == 0 || choice.name.size > 0);
    return 0;
}
