/*
 *  translate - a call in one dialect, served by a provider that speaks another
 *
 *  Rows stand for the pairs that are translated directly. Everything that reaches
 *  messages goes by way of chat: two translations, of which each sees only whole
 *  documents and whole events of the other.
 */
#include "translate_state.h"

#include <stdio.h>
#include <stdlib.h>

static const router_pair_t pairs[] = {
    {ROUTER_CHAT, ROUTER_MESSAGES, false, router_chat_request, router_messages_answer,
     router_messages_event, router_messages_end},
    {ROUTER_MESSAGES, ROUTER_CHAT, false, router_messages_request, router_chat_answer,
     router_chat_event, router_chat_end},
    {ROUTER_RESPONSES, ROUTER_CHAT, false, router_responses_request, router_responses_answer,
     router_responses_event, router_responses_end},
    {ROUTER_COMPLETIONS, ROUTER_CHAT, false, router_completions_request, router_completions_answer,
     router_completions_event, router_completions_end},
    {ROUTER_COUNT_TOKENS, ROUTER_CHAT, true, router_count_request, NULL, NULL, NULL},
};

static const router_pair_t *
find_pair(router_dialect_t client, router_dialect_t upstream)
{
    for (size_t i = 0; i < MC_COUNT(pairs); i++)
        if (pairs[i].client == client && pairs[i].upstream == upstream)
            return &pairs[i];
    return NULL;
}

/* By way of chat: nobody reaches it but those who speak with whole conversations. */
static bool
is_chained(router_dialect_t client, router_dialect_t upstream)
{
    const router_pair_t *near = find_pair(client, ROUTER_CHAT);
    return near && !near->is_local && find_pair(ROUTER_CHAT, upstream);
}

bool
router_translation_exists(router_dialect_t client, router_dialect_t upstream)
{
    return find_pair(client, upstream) || is_chained(client, upstream);
}

bool
router_translation_is_local(router_dialect_t client, router_dialect_t upstream)
{
    const router_pair_t *pair = find_pair(client, upstream);
    return pair && pair->is_local;
}

static void
open_chain(router_translation_t *self)
{
    router_translation_options_t near = self->options, far = self->options;
    near.upstream = ROUTER_CHAT;
    near.takes_completion_limit = true;
    near.takes_extensions = true;
    near.lacks_temperature = false;
    near.lacks_reasoning = false;
    near.lacks_usage_option = false;
    far.client = ROUTER_CHAT;
    self->near = router_translation_new(&near);
    self->far = router_translation_new(&far);
    self->far->is_inner = true;
}

router_translation_t *
router_translation_new(const router_translation_options_t *options)
{
    assert(router_translation_exists(options->client, options->upstream));
    router_translation_t *self = calloc(1, sizeof *self);
    assert(self);
    self->options = *options;
    self->pair = find_pair(options->client, options->upstream);
    mc_buffer_init(&self->warnings, ROUTER_TRANSLATE_WARNINGS_BYTES);
    mc_buffer_t *kept[] = {&self->stream.thinking, &self->stream.piece, &self->stream.sign,
                           &self->stream.items};
    for (size_t i = 0; i < MC_COUNT(kept); i++)
        mc_buffer_init(kept[i], ROUTER_STREAM_BYTES_MAX);
    if (!self->pair)
        open_chain(self);
    return self;
}

void
router_translation_destroy(router_translation_t **address)
{
    router_translation_t *self = mc_take(address);
    if (!self)
        return;
    router_translation_destroy(&self->near);
    router_translation_destroy(&self->far);
    mc_json_parser_destroy(&self->inner);
    mc_buffer_t *kept[] = {&self->warnings,        &self->between,      &self->echo,
                           &self->stream.thinking, &self->stream.piece, &self->stream.sign,
                           &self->stream.items};
    for (size_t i = 0; i < MC_COUNT(kept); i++)
        mc_buffer_clear(kept[i]);
    free(self);
}

static mc_json_parser_t *
require_inner(router_translation_t *self)
{
    if (!self->inner)
        self->inner = mc_json_parser_new();
    return self->inner;
}

int
router_inner_object(router_translation_t *self, mc_text_t text, mc_json_t *ret_root)
{
    mc_json_t root;
    if (mc_json_parse(require_inner(self), text, &root, NULL) != 0 ||
        mc_json_kind(root) != MC_JSON_OBJECT)
        return MC_REFUSED;
    *ret_root = root;
    return 0;
}

static int
check_size(const mc_buffer_t *out, mc_refusal_t *refusal)
{
    if (!out->is_full)
        return 0;
    return mc_refuse(refusal, MC_TOO_LARGE_ERROR, NULL, "the translated body is over the limit");
}

int
router_translation_request(router_translation_t *self, mc_json_parser_t *parser, mc_text_t body,
                           mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t root;
    if (self->near) {
        mc_buffer_reset(&self->between);
        if (router_translation_request(self->near, parser, body, &self->between, refusal) != 0)
            return MC_REFUSED;
        return router_translation_request(self->far, require_inner(self),
                                          mc_buffer_content(&self->between), out, refusal);
    }
    if (mc_json_parse(parser, body, &root, refusal) != 0 ||
        self->pair->request(self, root, out, refusal) != 0)
        return MC_REFUSED;
    return check_size(out, refusal);
}

int
router_translation_answer(router_translation_t *self, mc_json_parser_t *parser, mc_text_t body,
                          mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t root;
    if (self->near) {
        mc_buffer_reset(&self->between);
        if (router_translation_answer(self->far, parser, body, &self->between, refusal) != 0)
            return MC_REFUSED;
        return router_translation_answer(self->near, require_inner(self),
                                         mc_buffer_content(&self->between), out, refusal);
    }
    if (mc_json_parse(parser, body, &root, refusal) != 0)
        return MC_REFUSED;
    if (mc_json_kind(root) != MC_JSON_OBJECT)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "the answer is not an object");
    if (self->pair->answer(self, root, out, refusal) != 0)
        return MC_REFUSED;
    return check_size(out, refusal);
}

/* Gives the frames that far wrote to near: "data: {...}" and comments, an empty line after each. */
static int
hand_over(router_translation_t *self, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_text_t rest = mc_buffer_content(&self->between);
    while (rest.size > 0) {
        const char *end = memmem(rest.data, rest.size, "\n\n", 2);
        assert(end);
        mc_text_t frame = {rest.data, (size_t)(end - rest.data)};
        rest = (mc_text_t){end + 2, rest.size - frame.size - 2};
        if (!router_text_starts(frame, "data: ")) {
            mc_buffer_text(out, frame);
            mc_buffer_text(out, MC_TEXT("\n\n"));
            continue;
        }
        mc_text_t data = {frame.data + 6, frame.size - 6};
        if (router_translation_event(self->near, require_inner(self), (mc_text_t){0}, data, out,
                                     refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}

static int
translate_event(router_translation_t *self, mc_json_parser_t *parser, mc_text_t data,
                mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_json_t root;
    if (self->stream.has_failed)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "the stream has failed already");
    if (mc_text_is(data, "[DONE]")) {
        self->stream.has_end = true;
        return 0;
    }
    if (mc_json_parse(parser, data, &root, refusal) != 0)
        return MC_REFUSED;
    if (mc_json_kind(root) != MC_JSON_OBJECT)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "an event is not an object");
    if (self->pair->event(self, root, out, refusal) != 0)
        return MC_REFUSED;
    const mc_buffer_t *kept[] = {out, &self->stream.thinking, &self->stream.piece,
                                 &self->stream.sign, &self->stream.items};
    for (size_t i = 0; i < MC_COUNT(kept); i++)
        if (check_size(kept[i], refusal) != 0)
            return MC_REFUSED;
    return 0;
}

int
router_translation_event(router_translation_t *self, mc_json_parser_t *parser, mc_text_t type,
                         mc_text_t data, mc_buffer_t *out, mc_refusal_t *refusal)
{
    if (self->near) {
        mc_buffer_reset(&self->between);
        if (router_translation_event(self->far, parser, type, data, &self->between, refusal) != 0)
            return MC_REFUSED;
        return hand_over(self, out, refusal);
    }
    int outcome = translate_event(self, parser, data, out, refusal);
    if (outcome != 0)
        self->stream.has_failed = true;
    return outcome;
}

static bool
end_with_failure(router_translation_t *self, const char *message, mc_buffer_t *out)
{
    router_error_t error = {
        .status = 502,
        .message = mc_text(message),
        .sequence = router_translation_sequence(self),
    };
    router_error_frames(self->options.client, &error, out);
    return false;
}

static bool
end_chain(router_translation_t *self, mc_buffer_t *out)
{
    mc_refusal_t refusal;
    mc_buffer_reset(&self->between);
    router_translation_end(self->far, &self->between);
    if (hand_over(self, out, &refusal) != 0)
        return end_with_failure(self, refusal.message, out);
    return router_translation_end(self->near, out);
}

bool
router_translation_end(router_translation_t *self, mc_buffer_t *out)
{
    const router_translation_t *first = self->near ? self->far : self;
    if (first->stream.has_failed || !first->stream.has_finish)
        return end_with_failure(self, "the stream of the provider ended before its answer did",
                                out);
    if (self->near)
        return end_chain(self, out);
    self->pair->end(self, out);
    return true;
}

int64_t
router_translation_sequence(const router_translation_t *self)
{
    return self->near ? self->near->stream.sequence : self->stream.sequence;
}

mc_text_t
router_translation_warnings(const router_translation_t *self)
{
    if (!self->near)
        return mc_buffer_content(&self->warnings);
    mc_buffer_t *both = (mc_buffer_t *)&self->warnings;
    mc_text_t near = mc_buffer_content(&self->near->warnings);
    mc_text_t far = mc_buffer_content(&self->far->warnings);
    mc_buffer_reset(both);
    mc_buffer_text(both, near);
    if (near.size > 0 && far.size > 0)
        mc_buffer_text(both, MC_TEXT("; "));
    mc_buffer_text(both, far);
    return mc_buffer_content(both);
}

/* A header holds printable ASCII. */
static void
make_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || *text == ';')
            *text = '?';
}

/* Each is noted once; what does not fit any more is left out whole. */
void
router_warn(router_translation_t *self, const char *field, const char *why)
{
    mc_buffer_t *out = &self->warnings;
    char line[256];
    if (self->warned++ >= ROUTER_TRANSLATE_WARNINGS_MAX)
        return;
    snprintf(line, sizeof line, "%s: %s", field, why);
    make_printable(line);
    size_t size = strlen(line);
    bool is_known = out->size > 0 && memmem(out->data, out->size, line, size);
    if (is_known || out->size + size + 2 > ROUTER_TRANSLATE_WARNINGS_BYTES)
        return;
    if (out->size > 0)
        mc_buffer_text(out, MC_TEXT("; "));
    mc_buffer_append(out, line, size);
}
