/*
 *  translate_responses_request - the responses API asked of a chat server
 *
 *  What needs a thread that is kept somewhere is refused: nothing is kept here.
 */
#include "translate_responses.h"
#include "translate_reason.h"

#define NOT_KEPT "this model keeps no conversations; send the whole input each time"

enum {
    MODEL,
    INPUT,
    INSTRUCTIONS,
    TOOLS,
    TOOL_CHOICE,
    PARALLEL_TOOL_CALLS,
    TEXT,
    REASONING,
    MAX_OUTPUT_TOKENS,
    TEMPERATURE,
    TOP_P,
    STREAM,
    USER,
    SAFETY_IDENTIFIER,
    METADATA,
    SERVICE_TIER,
    TRUNCATION,
    TAKEN, /* rows from here on are left out or refused */
};

static const router_field_t fields[] = {
    [MODEL] = {"model", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    [INPUT] = {"input", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, ROUTER_NEED, NULL},
    [INSTRUCTIONS] = {"instructions", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [TOOLS] = {"tools", ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [TOOL_CHOICE] = {"tool_choice", ROUTER_IS_TEXT | ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [PARALLEL_TOOL_CALLS] = {"parallel_tool_calls", ROUTER_IS_BOOL, ROUTER_TAKE, NULL},
    [TEXT] = {"text", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [REASONING] = {"reasoning", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [MAX_OUTPUT_TOKENS] = {"max_output_tokens", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [TEMPERATURE] = {"temperature", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [TOP_P] = {"top_p", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [STREAM] = {"stream", ROUTER_IS_BOOL, ROUTER_TAKE, NULL},
    [USER] = {"user", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [SAFETY_IDENTIFIER] = {"safety_identifier", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [METADATA] = {"metadata", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [SERVICE_TIER] = {"service_tier", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [TRUNCATION] = {"truncation", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    {"previous_response_id", ROUTER_IS_ANY, ROUTER_FORBID, NOT_KEPT},
    {"conversation", ROUTER_IS_ANY, ROUTER_FORBID, NOT_KEPT},
    {"store", ROUTER_IS_ANY, ROUTER_FORBID, "this model stores no responses; send store false"},
    {"background", ROUTER_IS_ANY, ROUTER_FORBID, "this model answers only while it is asked"},
    {"prompt", ROUTER_IS_ANY, ROUTER_FORBID, "prompts stored with OpenAI are not known here"},
    {"top_logprobs", ROUTER_IS_ANY, ROUTER_FORBID, "log probabilities cannot be translated"},
    {"max_tool_calls", ROUTER_IS_ANY, ROUTER_LEAVE, "it counts OpenAI's own tools"},
    {"moderation", ROUTER_IS_ANY, ROUTER_LEAVE, "a chat has no counterpart"},
    {"context_management", ROUTER_IS_ANY, ROUTER_LEAVE, "a chat has no counterpart"},
    {"include", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    {"stream_options", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    {"prompt_cache_key", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    {"prompt_cache_options", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    {"prompt_cache_retention", ROUTER_IS_ANY, ROUTER_PASS, NULL},
};

#define FIELD_COUNT MC_COUNT(fields)

typedef struct {
    router_translation_t *translation;
    mc_json_t values[FIELD_COUNT];
} call_t;

static int
put_tool(router_translation_t *self, mc_json_t tool, const char *path, router_put_t *put,
         mc_refusal_t *refusal)
{
    static const char *const taken[] = {"name", "description", "parameters"};
    static const char *const known[] = {"type",       "name",   "description",
                                        "parameters", "strict", NULL};
    mc_json_t value;
    mc_text_t type = router_member_text(tool, "type");
    if (!mc_text_is(type, "function") || router_member_text(tool, "name").size == 0) {
        bool is_function = mc_text_is(type, "function");
        router_path_t field = router_path(path, is_function ? "name" : "type", SIZE_MAX);
        if (is_function)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is \"%.*s\", this model takes only tools of type \"function\"",
                         field.text, MC_FMT(type));
    }
    router_warn_others(self, "tools.", tool, known);
    router_put_object(put, NULL);
    router_put_string(put, "type", "function");
    router_put_object(put, "function");
    for (size_t i = 0; i < MC_COUNT(taken); i++)
        if (mc_json_find(tool, taken[i], &value) && mc_json_kind(value) != MC_JSON_NULL)
            router_put_json(put, taken[i], value);
    if (router_member_is(tool, "strict", MC_JSON_BOOL, &value) && mc_json_bool(value))
        router_put_bool(put, "strict", true);
    router_put_end_object(put);
    router_put_end_object(put);
    return 0;
}

static int
put_choice(mc_json_t choice, router_put_t *put, mc_refusal_t *refusal)
{
    if (mc_json_kind(choice) == MC_JSON_STRING) {
        router_put_json(put, "tool_choice", choice);
        return 0;
    }
    if (!mc_text_is(router_member_text(choice, "type"), "function"))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tool_choice.type",
                         "tool_choice.type is \"%.*s\", only a function can be chosen",
                         MC_FMT(router_member_text(choice, "type")));
    router_put_object(put, "tool_choice");
    router_put_string(put, "type", "function");
    router_put_object(put, "function");
    router_put_text(put, "name", router_member_text(choice, "name"));
    router_put_end_object(put);
    router_put_end_object(put);
    return 0;
}

static int
put_tools(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t tools = call->values[TOOLS], tool;
    if (!router_has(tools) || mc_json_count(tools) == 0)
        return 0;
    mc_json_iter_t iter = mc_json_iter(tools);
    mc_text_t key;
    router_put_array(put, "tools");
    for (size_t i = 0; mc_json_next(&iter, &key, &tool); i++) {
        router_path_t path = router_path("", "tools", i);
        if (i == ROUTER_TRANSLATE_TOOLS_MAX)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tools", "tools holds more than %d",
                             ROUTER_TRANSLATE_TOOLS_MAX);
        if (put_tool(call->translation, tool, path.text, put, refusal) != 0)
            return MC_REFUSED;
    }
    router_put_end_array(put);
    if (router_has(call->values[PARALLEL_TOOL_CALLS]))
        router_put_json(put, "parallel_tool_calls", call->values[PARALLEL_TOOL_CALLS]);
    return router_has(call->values[TOOL_CHOICE])
               ? put_choice(call->values[TOOL_CHOICE], put, refusal)
               : 0;
}

static int
put_format(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    static const char *const taken[] = {"name", "description", "schema", "strict"};
    mc_json_t text = call->values[TEXT], format, value;
    if (router_has(text) && router_member_text(text, "verbosity").size > 0)
        router_warn(call->translation, "text.verbosity", "a chat has no counterpart");
    if (!router_has(text) || !router_member_is(text, "format", MC_JSON_OBJECT, &format))
        return 0;
    mc_text_t type = router_member_text(format, "type");
    if (mc_text_is(type, "text"))
        return 0;
    bool is_schema = mc_text_is(type, "json_schema");
    if (!is_schema && !mc_text_is(type, "json_object"))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "text.format.type",
                         "text.format.type must be text, json_object or json_schema");
    router_put_object(put, "response_format");
    router_put_text(put, "type", type);
    if (is_schema) {
        router_put_object(put, "json_schema");
        for (size_t i = 0; i < MC_COUNT(taken); i++)
            if (mc_json_find(format, taken[i], &value) && mc_json_kind(value) != MC_JSON_NULL)
                router_put_json(put, taken[i], value);
        router_put_end_object(put);
    }
    router_put_end_object(put);
    return 0;
}

static int
put_reasoning(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t reasoning = call->values[REASONING];
    mc_text_t effort = {0};
    if (router_has(reasoning))
        effort = router_member_text(reasoning, "effort");
    if (effort.size == 0)
        return 0;
    if (router_reason_budget(effort) == -1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "reasoning.effort",
                         "reasoning.effort is %.*s, which is not known", MC_FMT(effort));
    if (call->translation->options.lacks_reasoning)
        router_warn(call->translation, "reasoning.effort", "the model does not think");
    else
        router_put_text(put, "reasoning_effort", effort);
    return 0;
}

static int
put_limit(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    const router_translation_options_t *options = &call->translation->options;
    if (!router_has(call->values[MAX_OUTPUT_TOKENS]))
        return 0;
    int64_t limit = mc_json_i64(call->values[MAX_OUTPUT_TOKENS]);
    if (limit < 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "max_output_tokens",
                         "max_output_tokens is %lld, must be at least 1", (long long)limit);
    if (options->output_tokens_max > 0 && limit > options->output_tokens_max) {
        router_warn(call->translation, "max_output_tokens", "lowered to what the model gives");
        limit = options->output_tokens_max;
    }
    router_put_i64(put, options->takes_completion_limit ? "max_completion_tokens" : "max_tokens",
                   limit);
    return 0;
}

static void
put_rest(call_t *call, router_put_t *put)
{
    router_translation_t *self = call->translation;
    static const int sampling[] = {TEMPERATURE, TOP_P};
    for (size_t i = 0; i < MC_COUNT(sampling); i++) {
        mc_json_t value = call->values[sampling[i]];
        if (router_has(value) && !self->options.lacks_temperature)
            router_put_json(put, fields[sampling[i]].name, value);
        else if (router_has(value) && mc_json_f64(value) != 1)
            router_warn(self, fields[sampling[i]].name, "cannot be set for this model");
    }
    mc_json_t user = call->values[router_has(call->values[USER]) ? USER : SAFETY_IDENTIFIER];
    if (router_has(user))
        router_put_json(put, "user", user);
    if (router_has(call->values[SERVICE_TIER]))
        router_put_json(put, "service_tier", call->values[SERVICE_TIER]);
    if (router_has(call->values[TRUNCATION]) &&
        mc_text_is(mc_json_text(call->values[TRUNCATION]), "auto"))
        router_warn(self, "truncation", "the model cuts no input");
    self->is_stream = router_has(call->values[STREAM]) && mc_json_bool(call->values[STREAM]);
    if (!self->is_stream)
        return;
    router_put_bool(put, "stream", true);
    if (self->options.lacks_usage_option)
        return;
    router_put_object(put, "stream_options");
    router_put_bool(put, "include_usage", true);
    router_put_end_object(put);
}

/* A response repeats what was asked. */
static void
keep_echo(call_t *call)
{
    static const struct {
        int which;
        const char *otherwise;
    } rows[] = {
        {INSTRUCTIONS, "null"},
        {MAX_OUTPUT_TOKENS, "null"},
        {METADATA, "{}"},
        {PARALLEL_TOOL_CALLS, "true"},
        {REASONING, "{\"effort\":null,\"summary\":null}"},
        {TEMPERATURE, "null"},
        {TEXT, "{\"format\":{\"type\":\"text\"}}"},
        {TOOL_CHOICE, "\"auto\""},
        {TOOLS, "[]"},
        {TOP_P, "null"},
        {TRUNCATION, "\"disabled\""},
        {USER, "null"},
    };
    router_put_t put = router_put(&call->translation->echo);
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_json_t value = call->values[rows[i].which];
        if (router_has(value))
            router_put_json(&put, fields[rows[i].which].name, value);
        else
            router_put_raw(&put, fields[rows[i].which].name, mc_text(rows[i].otherwise));
    }
}

int
router_responses_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                         mc_refusal_t *refusal)
{
    call_t call = {.translation = self};
    if (router_fields_read(self, ROUTER_FIELDS(fields), "", root, call.values, refusal) != 0)
        return MC_REFUSED;
    router_put_t put = router_put(out);
    router_put_object(&put, NULL);
    router_put_text(&put, "model", self->options.model);
    router_put_array(&put, "messages");
    if (router_input_put(self, call.values[INSTRUCTIONS], call.values[INPUT], &put, refusal) != 0)
        return MC_REFUSED;
    router_put_end_array(&put);
    if (put_tools(&call, &put, refusal) != 0 || put_limit(&call, &put, refusal) != 0 ||
        put_reasoning(&call, &put, refusal) != 0 || put_format(&call, &put, refusal) != 0)
        return MC_REFUSED;
    put_rest(&call, &put);
    router_put_end_object(&put);
    keep_echo(&call);
    return 0;
}
