/*
 *  translate_chat_request - a chat completion asked of Anthropic
 *
 *  The table says what becomes of each member. Members are written in one order,
 *  whatever the order they came in.
 */
#include "translate_reason.h"
#include "translate_tools.h"
#include "translate_turns.h"

#define NO_COUNTERPART "Anthropic has no counterpart"
#define JSON_WISH "Answer with one valid JSON object and nothing else: no prose, no code fence."

enum {
    MODEL,
    MESSAGES,
    MAX_TOKENS,
    MAX_COMPLETION_TOKENS,
    TEMPERATURE,
    TOP_P,
    TOP_K,
    STOP,
    STREAM,
    STREAM_OPTIONS,
    TOOLS,
    TOOL_CHOICE,
    PARALLEL_TOOL_CALLS,
    RESPONSE_FORMAT,
    REASONING_EFFORT,
    THINKING,
    USER,
    SAFETY_IDENTIFIER,
    SERVICE_TIER,
    CACHE_CONTROL,
    N,
    TAKEN, /* rows from here on are left out or refused */
};

static const router_field_t fields[] = {
    [MODEL] = {"model", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    [MESSAGES] = {"messages", ROUTER_IS_ARRAY, ROUTER_NEED, NULL},
    [MAX_TOKENS] = {"max_tokens", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [MAX_COMPLETION_TOKENS] = {"max_completion_tokens", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [TEMPERATURE] = {"temperature", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [TOP_P] = {"top_p", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [TOP_K] = {"top_k", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [STOP] = {"stop", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [STREAM] = {"stream", ROUTER_IS_BOOL, ROUTER_TAKE, NULL},
    [STREAM_OPTIONS] = {"stream_options", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [TOOLS] = {"tools", ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [TOOL_CHOICE] = {"tool_choice", ROUTER_IS_TEXT | ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [PARALLEL_TOOL_CALLS] = {"parallel_tool_calls", ROUTER_IS_BOOL, ROUTER_TAKE, NULL},
    [RESPONSE_FORMAT] = {"response_format", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [REASONING_EFFORT] = {"reasoning_effort", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [THINKING] = {"thinking", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [USER] = {"user", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [SAFETY_IDENTIFIER] = {"safety_identifier", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [SERVICE_TIER] = {"service_tier", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [CACHE_CONTROL] = {"cache_control", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [N] = {"n", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    {"logprobs", ROUTER_IS_ANY, ROUTER_FORBID, "Anthropic's models give no log probabilities"},
    {"top_logprobs", ROUTER_IS_ANY, ROUTER_FORBID, "Anthropic's models give no log probabilities"},
    {"audio", ROUTER_IS_ANY, ROUTER_FORBID, "Anthropic's models make no audio"},
    {"functions", ROUTER_IS_ANY, ROUTER_FORBID, "the old form cannot be translated, use tools"},
    {"function_call", ROUTER_IS_ANY, ROUTER_FORBID,
     "the old form cannot be translated, use tool_choice"},
    {"web_search_options", ROUTER_IS_ANY, ROUTER_FORBID, "the search is OpenAI's own"},
    {"modalities", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    {"seed", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"frequency_penalty", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"presence_penalty", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"logit_bias", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"metadata", ROUTER_IS_ANY, ROUTER_LEAVE, "Anthropic keeps none but user"},
    {"store", ROUTER_IS_ANY, ROUTER_LEAVE, "Anthropic stores no completions"},
    {"prediction", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"verbosity", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"moderation", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"prompt_cache_key", ROUTER_IS_ANY, ROUTER_LEAVE, "Anthropic's cache needs none"},
    {"prompt_cache_retention", ROUTER_IS_ANY, ROUTER_LEAVE, "cache_control says it here"},
    {"prompt_cache_options", ROUTER_IS_ANY, ROUTER_LEAVE, "cache_control says it here"},
};

#define FIELD_COUNT MC_COUNT(fields)

/* How an answer in JSON is asked for. */
typedef enum { FORMAT_TEXT, FORMAT_WISH, FORMAT_NATIVE, FORMAT_TOOL } format_t;

typedef struct {
    router_translation_t *translation;
    mc_json_t values[FIELD_COUNT];
    router_turns_t turns;
    format_t format;
    mc_json_t schema; /* the json_schema member */
    router_reason_t reason;
    bool is_forced; /* to call a tool */
} call_t;

static int
read_format(call_t *call, mc_refusal_t *refusal)
{
    mc_json_t format = call->values[RESPONSE_FORMAT], strict;
    if (!router_has(format))
        return 0;
    mc_text_t type = router_member_text(format, "type");
    if (mc_text_is(type, "text"))
        return 0;
    if (mc_text_is(type, "json_object")) {
        call->format = FORMAT_WISH;
        router_warn(call->translation, "response_format",
                    "json_object is asked for in the system prompt");
        return 0;
    }
    if (!mc_text_is(type, "json_schema") ||
        !router_member_is(format, "json_schema", MC_JSON_OBJECT, &call->schema))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "response_format.type",
                         "response_format.type must be text, json_object or json_schema with its "
                         "schema");
    bool is_strict =
        router_member_is(call->schema, "strict", MC_JSON_BOOL, &strict) && mc_json_bool(strict);
    bool is_native = call->translation->options.has_structured_output && is_strict;
    call->format = is_native ? FORMAT_NATIVE : FORMAT_TOOL;
    return 0;
}

static int
read_limit(call_t *call, int64_t *ret_limit, mc_refusal_t *refusal)
{
    int which =
        router_has(call->values[MAX_COMPLETION_TOKENS]) ? MAX_COMPLETION_TOKENS : MAX_TOKENS;
    int64_t most = call->translation->options.output_tokens_max;
    *ret_limit = 0;
    if (!router_has(call->values[which]))
        return 0;
    int64_t limit = mc_json_i64(call->values[which]);
    if (limit < 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, fields[which].name,
                         "%s is %lld, must be at least 1", fields[which].name, (long long)limit);
    if (most > 0 && limit > most) {
        router_warn(call->translation, fields[which].name, "lowered to what the model gives");
        limit = most;
    }
    *ret_limit = limit;
    return 0;
}

/* Whether Anthropic would refuse to think; the choice of a tool wins over thinking. */
static void
find_obstacle(call_t *call)
{
    router_reason_t *reason = &call->reason;
    if (call->is_forced)
        reason->why = "no thinking when a tool must be called";
    else if (call->turns.lacks_thinking)
        reason->why = "no thinking after tool calls that lost their thinking_blocks";
    else if (call->translation->options.lacks_reasoning)
        reason->why = "the model does not think";
    reason->is_impossible = reason->why != NULL;
}

static int
decide_reason(call_t *call, mc_refusal_t *refusal)
{
    call->reason.effort = call->values[REASONING_EFFORT];
    call->reason.thinking = call->values[THINKING];
    call->reason.output_tokens_max = call->translation->options.output_tokens_max;
    if (read_limit(call, &call->reason.output_tokens, refusal) != 0)
        return MC_REFUSED;
    find_obstacle(call);
    if (router_reason_decide(call->translation, &call->reason, refusal) != 0)
        return MC_REFUSED;
    call->translation->wants_thinking = call->reason.is_on;
    return 0;
}

/* Anthropic's range is 0 to 1; with thinking on only 1 is allowed. */
static void
put_temperature(call_t *call, router_put_t *put)
{
    mc_json_t value = call->values[TEMPERATURE];
    if (!router_has(value))
        return;
    double temperature = mc_json_f64(value);
    if (call->reason.is_on || call->translation->options.lacks_temperature) {
        if (temperature != 1)
            router_warn(call->translation, "temperature", "cannot be set for this model or call");
        return;
    }
    if (temperature > 1 || temperature < 0)
        router_warn(call->translation, "temperature", "moved into 0 to 1");
    router_put_f64(put, "temperature", temperature > 1 ? 1 : temperature < 0 ? 0 : temperature);
}

/* Newer models refuse both temperature and top_p. */
static void
put_sampling(call_t *call, router_put_t *put)
{
    mc_json_t top_p = call->values[TOP_P], top_k = call->values[TOP_K];
    put_temperature(call, put);
    if (router_has(top_p) && mc_json_f64(top_p) != 1) {
        bool is_low = call->reason.is_on && mc_json_f64(top_p) < 0.95;
        if (router_has(call->values[TEMPERATURE]) || is_low)
            router_warn(call->translation, "top_p", "not together with temperature or thinking");
        else
            router_put_f64(put, "top_p", mc_json_f64(top_p));
    }
    if (router_has(top_k) && call->reason.is_on)
        router_warn(call->translation, "top_k", "not together with thinking");
    else if (router_has(top_k))
        router_put_i64(put, "top_k", mc_json_i64(top_k));
}

static void
put_stop(call_t *call, router_put_t *put, mc_text_t text, bool *is_open)
{
    if (router_text_is_blank(text)) {
        router_warn(call->translation, "stop", "Anthropic takes none of only white space");
        return;
    }
    if (!*is_open)
        router_put_array(put, "stop_sequences");
    *is_open = true;
    router_put_text(put, NULL, text);
}

static int
put_stops(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t stop = call->values[STOP], item;
    mc_text_t key;
    bool is_open = false;
    if (!router_has(stop))
        return 0;
    if (mc_json_kind(stop) == MC_JSON_STRING) {
        put_stop(call, put, mc_json_text(stop), &is_open);
    } else {
        mc_json_iter_t iter = mc_json_iter(stop);
        while (mc_json_next(&iter, &key, &item)) {
            if (mc_json_kind(item) != MC_JSON_STRING)
                return router_refuse_kind("stop.", "", ROUTER_IS_TEXT, refusal);
            put_stop(call, put, mc_json_text(item), &is_open);
        }
    }
    if (is_open)
        router_put_end_array(put);
    return 0;
}

static void
put_system(call_t *call, router_put_t *put)
{
    if (call->format == FORMAT_WISH) {
        router_put_t more = router_put_more(&call->turns.system);
        router_put_object(&more, NULL);
        router_put_string(&more, "type", "text");
        router_put_string(&more, "text", JSON_WISH);
        router_put_end_object(&more);
    }
    if (call->turns.system.size == 0)
        return;
    router_put_array(put, "system");
    router_put_raw(put, NULL, mc_buffer_content(&call->turns.system));
    router_put_end_array(put);
}

static int
put_output_config(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t schema;
    bool has_effort = call->reason.is_on && call->translation->options.has_adaptive_thinking &&
                      router_has(call->values[REASONING_EFFORT]);
    if (!has_effort && call->format != FORMAT_NATIVE)
        return 0;
    router_put_object(put, "output_config");
    if (has_effort)
        router_put_string(put, "effort",
                          router_reason_level(mc_json_text(call->values[REASONING_EFFORT])));
    if (call->format == FORMAT_NATIVE) {
        if (!router_member_is(call->schema, "schema", MC_JSON_OBJECT, &schema))
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "response_format.json_schema.schema",
                             "response_format.json_schema.schema is missing");
        router_put_object(put, "format");
        router_put_string(put, "type", "json_schema");
        router_put_json(put, "schema", schema);
        router_put_end_object(put);
    }
    router_put_end_object(put);
    return 0;
}

static void
put_service(call_t *call, router_put_t *put)
{
    mc_json_t user = call->values[USER], tier = call->values[SERVICE_TIER];
    if (!router_has(user))
        user = call->values[SAFETY_IDENTIFIER];
    if (router_has(user) && mc_json_text(user).size > 0) {
        router_put_object(put, "metadata");
        router_put_json(put, "user_id", user);
        router_put_end_object(put);
    }
    if (!router_has(tier))
        return;
    mc_text_t word = mc_json_text(tier);
    if (mc_text_is(word, "auto") || mc_text_is(word, "default"))
        router_put_string(put, "service_tier", mc_text_is(word, "auto") ? "auto" : "standard_only");
    else
        router_warn(call->translation, "service_tier", "Anthropic has no such tier");
}

static void
read_stream(call_t *call)
{
    router_translation_t *self = call->translation;
    mc_json_t option;
    self->is_stream = router_has(call->values[STREAM]) && mc_json_bool(call->values[STREAM]);
    self->wants_usage =
        router_has(call->values[STREAM_OPTIONS]) &&
        router_member_is(call->values[STREAM_OPTIONS], "include_usage", MC_JSON_BOOL, &option) &&
        mc_json_bool(option);
}

/* tools comes before the rest: whether one must be called decides about thinking. */
static int
put_body(call_t *call, mc_buffer_t *tools, router_put_t *put, mc_refusal_t *refusal)
{
    router_put_object(put, NULL);
    router_put_text(put, "model", call->translation->options.model);
    router_put_i64(put, "max_tokens", call->reason.output_tokens);
    put_system(call, put);
    router_put_raw(put, NULL, mc_buffer_content(tools));
    router_put_array(put, "messages");
    router_put_raw(put, NULL, mc_buffer_content(&call->turns.messages));
    router_put_end_array(put);
    put_sampling(call, put);
    router_reason_put(call->translation, &call->reason, put);
    if (put_output_config(call, put, refusal) != 0 || put_stops(call, put, refusal) != 0)
        return MC_REFUSED;
    put_service(call, put);
    if (router_has(call->values[CACHE_CONTROL]))
        router_put_json(put, "cache_control", call->values[CACHE_CONTROL]);
    if (call->translation->is_stream)
        router_put_bool(put, "stream", true);
    router_put_end_object(put);
    return 0;
}

static int
read_call(call_t *call, mc_buffer_t *tools, mc_refusal_t *refusal)
{
    router_put_t put = router_put(tools);
    if (router_has(call->values[N]) && mc_json_i64(call->values[N]) != 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "n", "n is %lld, Anthropic gives one answer",
                         (long long)mc_json_i64(call->values[N]));
    if (router_turns_read(&call->turns, call->values[MESSAGES], refusal) != 0 ||
        read_format(call, refusal) != 0)
        return MC_REFUSED;
    router_chat_tools_t chat = {
        .tools = call->values[TOOLS],
        .choice = call->values[TOOL_CHOICE],
        .parallel = call->values[PARALLEL_TOOL_CALLS],
        .format = call->format == FORMAT_TOOL ? call->schema : (mc_json_t){0},
    };
    if (router_tools_to_messages(call->translation, &chat, &put, &call->is_forced, refusal) != 0)
        return MC_REFUSED;
    read_stream(call);
    return decide_reason(call, refusal);
}

int
router_chat_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                    mc_refusal_t *refusal)
{
    call_t call = {.translation = self};
    if (router_fields_read(self, ROUTER_FIELDS(fields), "", root, call.values, refusal) != 0)
        return MC_REFUSED;
    mc_buffer_t tools = {.max = ROUTER_TRANSLATE_BYTES_MAX};
    router_put_t put = router_put(out);
    router_turns_init(&call.turns, self);
    int outcome = read_call(&call, &tools, refusal);
    if (outcome == 0)
        outcome = put_body(&call, &tools, &put, refusal);
    router_turns_clear(&call.turns);
    mc_buffer_clear(&tools);
    return outcome;
}
