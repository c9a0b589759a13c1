/*
 *  fuzz_translate_answer - any answer of a provider, and any error, for any client
 *
 *  What is taken becomes JSON, as does every error body.
 */
#include "fuzz_translate.h"

static void
check_error(mc_json_parser_t *parser, router_dialect_t client, router_dialect_t upstream,
            mc_text_t body)
{
    MC_AUTO(mc_json_parser) other = mc_json_parser_new();
    router_error_t error = {.status = 400 + body.data[0] % 200};
    mc_buffer_t out = {0};
    router_error_read(upstream, parser, body, &error);
    router_error_map(upstream, client, &error);
    require(error.status >= 200 && error.status < 600);
    router_error_body(client, &error, &out);
    mc_json_t root;
    mc_refusal_t refusal;
    int outcome = mc_json_parse(other, mc_buffer_content(&out), &root, &refusal);
    require(outcome == 0 || refusal.code == MC_BAD_ENCODING_ERROR); /* a page may be no UTF-8 */
    mc_buffer_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    size_t pair = data[0] % (MC_COUNT(fuzz_pairs) - 1);
    mc_text_t body = {(const char *)data + 2, size - 2};
    mc_refusal_t refusal = {0};
    mc_buffer_t out = {0};
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    router_translation_t *translation = fuzz_translation(pair, data[1]);
    require(router_translation_request(translation, parser, mc_text(fuzz_pairs[pair].request), &out,
                                       &refusal) == 0);
    mc_buffer_reset(&out);
    if (router_translation_answer(translation, parser, body, &out, &refusal) == 0)
        require_json(parser, mc_buffer_content(&out));
    else
        require_refusal(&refusal);
    router_translation_destroy(&translation);
    check_error(parser, fuzz_pairs[pair].client, fuzz_pairs[pair].upstream, body);
    mc_buffer_clear(&out);
    return 0;
}
