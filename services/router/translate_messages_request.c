/*
 *  translate_messages_request - Anthropic's messages asked of a chat server
 */
#include "translate_history.h"
#include "translate_reason.h"
#include "translate_tools.h"

#include "proto/utf8.h"

#define NO_COUNTERPART "a chat has no counterpart"
#define STOPS_MAX 4       /* OpenAI's */
#define USER_BYTES_MAX 64 /* OpenAI's */

enum {
    MODEL,
    MAX_TOKENS,
    MESSAGES,
    SYSTEM,
    TEMPERATURE,
    TOP_P,
    STOP_SEQUENCES,
    STREAM,
    TOOLS,
    TOOL_CHOICE,
    THINKING,
    OUTPUT_CONFIG,
    OUTPUT_FORMAT,
    METADATA,
    SERVICE_TIER,
    TAKEN, /* rows from here on are left out or refused */
};

static const router_field_t fields[] = {
    [MODEL] = {"model", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    [MAX_TOKENS] = {"max_tokens", ROUTER_IS_INTEGER, ROUTER_NEED, NULL},
    [MESSAGES] = {"messages", ROUTER_IS_ARRAY, ROUTER_NEED, NULL},
    [SYSTEM] = {"system", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [TEMPERATURE] = {"temperature", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [TOP_P] = {"top_p", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [STOP_SEQUENCES] = {"stop_sequences", ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [STREAM] = {"stream", ROUTER_IS_BOOL, ROUTER_TAKE, NULL},
    [TOOLS] = {"tools", ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [TOOL_CHOICE] = {"tool_choice", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [THINKING] = {"thinking", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [OUTPUT_CONFIG] = {"output_config", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [OUTPUT_FORMAT] = {"output_format", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [METADATA] = {"metadata", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [SERVICE_TIER] = {"service_tier", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    {"mcp_servers", ROUTER_IS_ANY, ROUTER_FORBID, "only Anthropic calls them for the model"},
    {"container", ROUTER_IS_ANY, ROUTER_FORBID, "only Anthropic has containers"},
    {"cache_control", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    {"top_k", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"context_management", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"inference_geo", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"speed", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"diagnostics", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
    {"betas", ROUTER_IS_ANY, ROUTER_LEAVE, NO_COUNTERPART},
};

#define FIELD_COUNT MC_COUNT(fields)

typedef struct {
    router_translation_t *translation;
    mc_json_t values[FIELD_COUNT];
} call_t;

static int
put_limit(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    const router_translation_options_t *options = &call->translation->options;
    int64_t limit = mc_json_i64(call->values[MAX_TOKENS]);
    if (limit < 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "max_tokens",
                         "max_tokens is %lld, must be at least 1", (long long)limit);
    if (options->output_tokens_max > 0 && limit > options->output_tokens_max) {
        router_warn(call->translation, "max_tokens", "lowered to what the model gives");
        limit = options->output_tokens_max;
    }
    router_put_i64(put, options->takes_completion_limit ? "max_completion_tokens" : "max_tokens",
                   limit);
    return 0;
}

static void
put_sampling(call_t *call, router_put_t *put)
{
    static const int which[] = {TEMPERATURE, TOP_P};
    for (size_t i = 0; i < MC_COUNT(which); i++) {
        mc_json_t value = call->values[which[i]];
        if (!router_has(value))
            continue;
        if (!call->translation->options.lacks_temperature)
            router_put_json(put, fields[which[i]].name, value);
        else if (mc_json_f64(value) != 1)
            router_warn(call->translation, fields[which[i]].name, "cannot be set for this model");
    }
}

static int
put_stops(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t stops = call->values[STOP_SEQUENCES], item;
    if (!router_has(stops) || mc_json_count(stops) == 0)
        return 0;
    mc_json_iter_t iter = mc_json_iter(stops);
    mc_text_t key;
    router_put_array(put, "stop");
    for (size_t i = 0; mc_json_next(&iter, &key, &item); i++) {
        if (mc_json_kind(item) != MC_JSON_STRING)
            return router_refuse_kind("stop_sequences.", "", ROUTER_IS_TEXT, refusal);
        if (i < STOPS_MAX)
            router_put_json(put, NULL, item);
        else
            router_warn(call->translation, "stop_sequences",
                        "a chat takes four, the rest left out");
    }
    router_put_end_array(put);
    return 0;
}

static const char *
effort_of(call_t *call)
{
    mc_json_t config = call->values[OUTPUT_CONFIG], thinking = call->values[THINKING];
    mc_text_t effort = {0};
    if (router_has(config))
        effort = router_member_text(config, "effort");
    if (effort.size > 0)
        return router_reason_effort(router_reason_budget(effort));
    if (!router_has(thinking) || !mc_text_is(router_member_text(thinking, "type"), "enabled"))
        return NULL;
    return router_reason_effort(router_member_i64(thinking, "budget_tokens", 0));
}

static void
put_reasoning(call_t *call, router_put_t *put)
{
    router_translation_t *self = call->translation;
    mc_text_t type = {0};
    if (router_has(call->values[THINKING]))
        type = router_member_text(call->values[THINKING], "type");
    self->wants_thinking = mc_text_is(type, "enabled") || mc_text_is(type, "adaptive");
    const char *effort = effort_of(call);
    if (!effort)
        return;
    if (self->options.lacks_reasoning)
        router_warn(self, "thinking", "the model does not think");
    else
        router_put_string(put, "reasoning_effort", effort);
}

static int
put_format(call_t *call, router_put_t *put, mc_refusal_t *refusal)
{
    mc_json_t format = call->values[OUTPUT_FORMAT], config = call->values[OUTPUT_CONFIG], schema;
    if (router_has(config))
        (void)router_member_is(config, "format", MC_JSON_OBJECT, &format);
    if (!router_has(format))
        return 0;
    if (!mc_text_is(router_member_text(format, "type"), "json_schema") ||
        !router_member_is(format, "schema", MC_JSON_OBJECT, &schema))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "output_config.format",
                         "output_config.format must be of type json_schema with a schema");
    router_put_object(put, "response_format");
    router_put_string(put, "type", "json_schema");
    router_put_object(put, "json_schema");
    router_put_string(put, "name", "answer");
    router_put_json(put, "schema", schema);
    router_put_bool(put, "strict", router_schema_is_strict(schema));
    router_put_end_object(put);
    router_put_end_object(put);
    return 0;
}

static void
put_service(call_t *call, router_put_t *put)
{
    mc_json_t metadata = call->values[METADATA], tier = call->values[SERVICE_TIER];
    mc_text_t user = {0};
    if (router_has(metadata))
        user = router_member_text(metadata, "user_id");
    if (user.size > USER_BYTES_MAX)
        router_warn(call->translation, "metadata.user_id", "cut to 64 bytes");
    if (user.size > 0)
        router_put_text(put, "user", mc_utf8_cut(user, USER_BYTES_MAX));
    if (!router_has(tier))
        return;
    if (mc_text_is(mc_json_text(tier), "standard_only"))
        router_put_string(put, "service_tier", "default");
    else
        router_put_string(put, "service_tier", "auto");
}

static void
put_stream(call_t *call, router_put_t *put)
{
    router_translation_t *self = call->translation;
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

int
router_messages_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                        mc_refusal_t *refusal)
{
    call_t call = {.translation = self};
    if (router_fields_read(self, ROUTER_FIELDS(fields), "", root, call.values, refusal) != 0)
        return MC_REFUSED;
    router_put_t put = router_put(out);
    router_put_object(&put, NULL);
    router_put_text(&put, "model", self->options.model);
    router_put_array(&put, "messages");
    if (router_history_put(self, call.values[SYSTEM], call.values[MESSAGES], &put, refusal) != 0)
        return MC_REFUSED;
    router_put_end_array(&put);
    if (router_tools_to_chat(self, call.values[TOOLS], call.values[TOOL_CHOICE], &put, refusal) !=
            0 ||
        put_limit(&call, &put, refusal) != 0)
        return MC_REFUSED;
    put_sampling(&call, &put);
    put_reasoning(&call, &put);
    if (put_stops(&call, &put, refusal) != 0 || put_format(&call, &put, refusal) != 0)
        return MC_REFUSED;
    put_service(&call, &put);
    put_stream(&call, &put);
    router_put_end_object(&put);
    return 0;
}
