/*
 *  fuzz_translate - what the fuzz programs of translations share
 *
 *  The first byte of the input chooses the pair, the second the options.
 */
#ifndef FUZZ_TRANSLATE_H
#define FUZZ_TRANSLATE_H

#include <stdlib.h>

#include "services/router/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    router_dialect_t client, upstream;
    const char *request; /* a plain one, for answers and streams */
} fuzz_pairs[] = {
    {ROUTER_CHAT, ROUTER_MESSAGES,
     "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true,\"stream_options\":"
     "{\"include_usage\":true},\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
     "{\"name\":\"f\",\"schema\":{}}}}"},
    {ROUTER_MESSAGES, ROUTER_CHAT,
     "{\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true,"
     "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}"},
    {ROUTER_RESPONSES, ROUTER_CHAT, "{\"input\":\"x\",\"stream\":true}"},
    {ROUTER_RESPONSES, ROUTER_MESSAGES, "{\"input\":\"x\",\"stream\":true}"},
    {ROUTER_COMPLETIONS, ROUTER_CHAT, "{\"prompt\":\"x\",\"stream\":true}"},
    {ROUTER_COMPLETIONS, ROUTER_MESSAGES, "{\"prompt\":\"x\",\"stream\":true}"},
    {ROUTER_COUNT_TOKENS, ROUTER_CHAT, NULL},
};

static inline void
require(bool is_true)
{
    if (!is_true)
        abort();
}

static inline router_translation_t *
fuzz_translation(size_t pair, uint8_t options)
{
    return router_translation_new(&(router_translation_options_t){
        .client = fuzz_pairs[pair].client,
        .upstream = fuzz_pairs[pair].upstream,
        .model = MC_TEXT("model"),
        .client_model = MC_TEXT("asked"),
        .output_tokens_max = options & 1 ? 8000 : 0,
        .has_structured_output = options & 2,
        .takes_completion_limit = options & 4,
        .takes_extensions = options & 8,
        .has_adaptive_thinking = options & 16,
        .lacks_reasoning = options & 32,
        .lacks_temperature = options & 64,
        .lacks_usage_option = options & 128,
    });
}

static inline void
require_json(mc_json_parser_t *parser, mc_text_t text)
{
    mc_json_t root;
    mc_refusal_t refusal;
    int outcome = mc_json_parse(parser, text, &root, &refusal);
    require(outcome == 0 || refusal.code == MC_TOO_DEEP_ERROR);
}

static inline void
require_refusal(const mc_refusal_t *refusal)
{
    require(refusal->code != MC_NO_ERROR && *refusal->message);
}

#endif
