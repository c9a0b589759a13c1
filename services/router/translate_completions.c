/*
 *  translate_completions - the completions API of old, spoken by way of a chat
 *
 *  The prompt is the user's message, the answer its completion. What a chat model
 *  cannot do, going on with a text in the middle, is refused.
 */
#include "translate_chat.h"

#define OLD_ONLY "only models of the completions API do that"

enum {
    MODEL,
    PROMPT,
    MAX_TOKENS,
    TEMPERATURE,
    TOP_P,
    STOP,
    SEED,
    PRESENCE_PENALTY,
    FREQUENCY_PENALTY,
    USER,
    STREAM,
    STREAM_OPTIONS,
    N,
    BEST_OF,
    TAKEN, /* rows from here on are left out or refused */
};

static const router_field_t fields[] = {
    [MODEL] = {"model", ROUTER_IS_ANY, ROUTER_PASS, NULL},
    [PROMPT] = {"prompt", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, ROUTER_NEED, NULL},
    [MAX_TOKENS] = {"max_tokens", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [TEMPERATURE] = {"temperature", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [TOP_P] = {"top_p", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [STOP] = {"stop", ROUTER_IS_TEXT | ROUTER_IS_ARRAY, ROUTER_TAKE, NULL},
    [SEED] = {"seed", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [PRESENCE_PENALTY] = {"presence_penalty", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [FREQUENCY_PENALTY] = {"frequency_penalty", ROUTER_IS_NUMBER, ROUTER_TAKE, NULL},
    [USER] = {"user", ROUTER_IS_TEXT, ROUTER_TAKE, NULL},
    [STREAM] = {"stream", ROUTER_IS_BOOL, ROUTER_TAKE, NULL},
    [STREAM_OPTIONS] = {"stream_options", ROUTER_IS_OBJECT, ROUTER_TAKE, NULL},
    [N] = {"n", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    [BEST_OF] = {"best_of", ROUTER_IS_INTEGER, ROUTER_TAKE, NULL},
    {"suffix", ROUTER_IS_ANY, ROUTER_FORBID, OLD_ONLY},
    {"echo", ROUTER_IS_ANY, ROUTER_FORBID, OLD_ONLY},
    {"logprobs", ROUTER_IS_ANY, ROUTER_FORBID, "log probabilities cannot be translated"},
    {"logit_bias", ROUTER_IS_ANY, ROUTER_LEAVE, "the tokens of another model"},
};

#define FIELD_COUNT MC_COUNT(fields)

/* A list of one text is that text; token numbers and several prompts are refused. */
static int
read_prompt(mc_json_t prompt, mc_json_t *ret_text, mc_refusal_t *refusal)
{
    mc_text_t key;
    *ret_text = prompt;
    if (mc_json_kind(prompt) == MC_JSON_STRING)
        return 0;
    mc_json_iter_t iter = mc_json_iter(prompt);
    if (mc_json_count(prompt) == 1 && mc_json_next(&iter, &key, ret_text) &&
        mc_json_kind(*ret_text) == MC_JSON_STRING)
        return 0;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "prompt",
                     "prompt must be one text: this model takes neither tokens nor several");
}

static int
check_single(const mc_json_t *values, mc_refusal_t *refusal)
{
    static const int which[] = {N, BEST_OF};
    for (size_t i = 0; i < MC_COUNT(which); i++)
        if (router_has(values[which[i]]) && mc_json_i64(values[which[i]]) != 1)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, fields[which[i]].name,
                             "%s must be 1, this model gives one answer", fields[which[i]].name);
    return 0;
}

static void
put_stream(router_translation_t *self, const mc_json_t *values, router_put_t *put)
{
    mc_json_t option;
    self->is_stream = router_has(values[STREAM]) && mc_json_bool(values[STREAM]);
    if (!self->is_stream)
        return;
    router_put_bool(put, "stream", true);
    self->wants_usage =
        router_has(values[STREAM_OPTIONS]) &&
        router_member_is(values[STREAM_OPTIONS], "include_usage", MC_JSON_BOOL, &option) &&
        mc_json_bool(option);
    if (self->options.lacks_usage_option)
        return;
    router_put_object(put, "stream_options");
    router_put_bool(put, "include_usage", true);
    router_put_end_object(put);
}

int
router_completions_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                           mc_refusal_t *refusal)
{
    mc_json_t values[FIELD_COUNT], prompt;
    router_put_t put = router_put(out);
    if (router_fields_read(self, ROUTER_FIELDS(fields), "", root, values, refusal) != 0 ||
        read_prompt(values[PROMPT], &prompt, refusal) != 0 || check_single(values, refusal) != 0)
        return MC_REFUSED;
    router_put_object(&put, NULL);
    router_put_text(&put, "model", self->options.model);
    router_put_array(&put, "messages");
    router_put_object(&put, NULL);
    router_put_string(&put, "role", "user");
    router_put_json(&put, "content", prompt);
    router_put_end_object(&put);
    router_put_end_array(&put);
    if (router_has(values[MAX_TOKENS]))
        router_put_json(
            &put, self->options.takes_completion_limit ? "max_completion_tokens" : "max_tokens",
            values[MAX_TOKENS]);
    for (size_t i = TEMPERATURE; i <= USER; i++)
        if (router_has(values[i]))
            router_put_json(&put, fields[i].name, values[i]);
    put_stream(self, values, &put);
    router_put_end_object(&put);
    return 0;
}

static void
open_completion(router_translation_t *self, mc_text_t id, router_put_t *put)
{
    router_put_object(put, NULL);
    router_put_text(put, "id", id);
    router_put_string(put, "object", "text_completion");
    router_put_i64(put, "created", self->options.now_s);
    router_put_text(put, "model", self->options.client_model);
}

static void
put_choice(mc_text_t text, mc_text_t finish, router_put_t *put)
{
    router_put_array(put, "choices");
    router_put_object(put, NULL);
    router_put_text(put, "text", text);
    router_put_i64(put, "index", 0);
    router_put_null(put, "logprobs");
    if (finish.size > 0)
        router_put_text(put, "finish_reason", finish);
    else
        router_put_null(put, "finish_reason");
    router_put_end_object(put);
    router_put_end_array(put);
}

int
router_completions_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                          mc_refusal_t *refusal)
{
    mc_json_t choice, message;
    router_usage_t usage = {0};
    router_put_t put = router_put(out);
    if (router_chat_choice(root, &choice, refusal) != 0)
        return MC_REFUSED;
    if (!router_member_is(choice, "message", MC_JSON_OBJECT, &message))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "choices.0.message",
                         "the provider's answer has no message");
    open_completion(self, router_member_text(root, "id"), &put);
    put_choice(router_member_text(message, "content"), router_member_text(choice, "finish_reason"),
               &put);
    router_take_usage(&usage, ROUTER_CHAT, root);
    if (usage.is_known)
        router_put_chat_usage(&usage, &put);
    router_put_end_object(&put);
    return 0;
}

static void
write_text(router_translation_t *self, mc_text_t text, mc_text_t finish, mc_buffer_t *out)
{
    router_put_t put = router_put(out);
    router_frame_open(out, NULL);
    open_completion(self, mc_text(self->stream.id), &put);
    put_choice(text, finish, &put);
    router_put_end_object(&put);
    router_frame_close(out);
}

int
router_completions_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                         mc_refusal_t *refusal)
{
    mc_json_t choices, choice, delta, error;
    mc_text_t key;
    if (mc_json_find(root, "error", &error) && mc_json_kind(error) != MC_JSON_NULL)
        return router_refuse_error(error, refusal);
    router_take_usage(&self->stream.usage, ROUTER_CHAT, root);
    if (!*self->stream.id)
        ROUTER_KEEP(self->stream.id, router_member_text(root, "id"));
    if (!router_member_is(root, "choices", MC_JSON_ARRAY, &choices))
        return 0;
    mc_json_iter_t iter = mc_json_iter(choices);
    while (mc_json_next(&iter, &key, &choice)) {
        if (router_member_is(choice, "delta", MC_JSON_OBJECT, &delta) &&
            router_member_text(delta, "content").size > 0)
            write_text(self, router_member_text(delta, "content"), (mc_text_t){0}, out);
        if (router_member_text(choice, "finish_reason").size > 0) {
            ROUTER_KEEP(self->stream.finish, router_member_text(choice, "finish_reason"));
            self->stream.has_finish = true;
        }
    }
    return 0;
}

void
router_completions_end(router_translation_t *self, mc_buffer_t *out)
{
    write_text(self, (mc_text_t){0}, mc_text(self->stream.finish), out);
    if (self->wants_usage) {
        router_put_t put = router_put(out);
        router_frame_open(out, NULL);
        open_completion(self, mc_text(self->stream.id), &put);
        router_put_array(&put, "choices");
        router_put_end_array(&put);
        router_put_chat_usage(&self->stream.usage, &put);
        router_put_end_object(&put);
        router_frame_close(out);
    }
    mc_buffer_text(out, MC_TEXT("data: [DONE]\n\n"));
}
