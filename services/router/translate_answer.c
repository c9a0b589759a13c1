/*
 *  translate_answer - what answers and streams of both dialects have in common
 */
#include "translate_answer.h"

#include <stdio.h>

#include "proto/utf8.h"

static const struct {
    const char *stop;
    const char *finish;
} reasons[] = {
    {"end_turn", "stop"},
    {"max_tokens", "length"},
    {"tool_use", "tool_calls"},
    {"refusal", "content_filter"},
    {"stop_sequence", "stop"},
    {"pause_turn", "stop"},
    {"model_context_window_exceeded", "length"},
    {"tool_use", "function_call"},
};

const char *
router_finish_of_stop(mc_text_t stop_reason)
{
    for (size_t i = 0; i < MC_COUNT(reasons); i++)
        if (mc_text_is(stop_reason, reasons[i].stop))
            return reasons[i].finish;
    return "stop";
}

const char *
router_stop_of_finish(mc_text_t finish_reason)
{
    for (size_t i = 0; i < MC_COUNT(reasons); i++)
        if (mc_text_is(finish_reason, reasons[i].finish))
            return reasons[i].stop;
    return "end_turn";
}

static int64_t
cache_written(const router_usage_t *usage)
{
    return usage->cache_write_5m + usage->cache_write_1h;
}

void
router_put_chat_usage(const router_usage_t *usage, router_put_t *put)
{
    router_put_object(put, "usage");
    router_put_i64(put, "prompt_tokens", usage->input);
    router_put_i64(put, "completion_tokens", usage->output);
    router_put_i64(put, "total_tokens", usage->input + usage->output);
    router_put_object(put, "prompt_tokens_details");
    router_put_i64(put, "cached_tokens", usage->cache_read);
    router_put_i64(put, "audio_tokens", usage->audio_input);
    if (cache_written(usage) > 0)
        router_put_i64(put, "cache_write_tokens", cache_written(usage));
    router_put_end_object(put);
    router_put_object(put, "completion_tokens_details");
    router_put_i64(put, "reasoning_tokens", usage->reasoning);
    router_put_i64(put, "audio_tokens", usage->audio_output);
    router_put_end_object(put);
    router_put_end_object(put);
}

/* Anthropic's input is what the cache had no part in. */
void
router_put_messages_usage(const router_usage_t *usage, router_put_t *put)
{
    int64_t input = usage->input - usage->cache_read - cache_written(usage);
    router_put_object(put, "usage");
    router_put_i64(put, "input_tokens", input > 0 ? input : 0);
    router_put_i64(put, "cache_creation_input_tokens", cache_written(usage));
    router_put_i64(put, "cache_read_input_tokens", usage->cache_read);
    router_put_i64(put, "output_tokens", usage->output);
    if (usage->reasoning > 0) {
        router_put_object(put, "output_tokens_details");
        router_put_i64(put, "thinking_tokens", usage->reasoning);
        router_put_end_object(put);
    }
    router_put_end_object(put);
}

void
router_put_responses_usage(const router_usage_t *usage, router_put_t *put)
{
    router_put_object(put, "usage");
    router_put_i64(put, "input_tokens", usage->input);
    router_put_object(put, "input_tokens_details");
    router_put_i64(put, "cached_tokens", usage->cache_read);
    if (cache_written(usage) > 0)
        router_put_i64(put, "cache_write_tokens", cache_written(usage));
    router_put_end_object(put);
    router_put_i64(put, "output_tokens", usage->output);
    router_put_object(put, "output_tokens_details");
    router_put_i64(put, "reasoning_tokens", usage->reasoning);
    router_put_end_object(put);
    router_put_i64(put, "total_tokens", usage->input + usage->output);
    router_put_end_object(put);
}

void
router_take_usage(router_usage_t *usage, router_dialect_t dialect, mc_json_t object)
{
    mc_json_t value;
    if (router_member_is(object, "usage", MC_JSON_OBJECT, &value))
        router_usage_take(usage, dialect, value);
}

int
router_refuse_error(mc_json_t error, mc_refusal_t *refusal)
{
    mc_text_t message = router_member_text(error, "message");
    mc_text_t type = router_member_text(error, "type");
    if (mc_json_kind(error) == MC_JSON_STRING)
        message = mc_json_text(error);
    if (message.size == 0)
        message = type.size > 0 ? type : MC_TEXT("the provider gave no reason");
    message = mc_utf8_cut(message, 200);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "error", "%.*s", MC_FMT(message));
}

void
router_keep(char *target, size_t size, mc_text_t text)
{
    text = mc_utf8_cut(text, size - 1);
    snprintf(target, size, "%.*s", MC_FMT(text));
}

void
router_frame_open(mc_buffer_t *out, const char *type)
{
    if (type) {
        mc_buffer_text(out, MC_TEXT("event: "));
        mc_buffer_string(out, type);
        mc_buffer_byte(out, '\n');
    }
    mc_buffer_text(out, MC_TEXT("data: "));
}

void
router_frame_close(mc_buffer_t *out)
{
    mc_buffer_text(out, MC_TEXT("\n\n"));
}
