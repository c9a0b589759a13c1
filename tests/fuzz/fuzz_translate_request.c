/*
 *  fuzz_translate_request - any request through any pair of dialects
 *
 *  What is taken becomes JSON, the same bytes each time, and warnings that a
 *  header can hold; what is refused has its reason.
 */
#include "fuzz_translate.h"

static int
translate(const uint8_t *data, size_t size, mc_json_parser_t *parser, mc_buffer_t *out)
{
    size_t pair = data[0] % MC_COUNT(fuzz_pairs);
    mc_text_t body = {(const char *)data + 2, size - 2};
    mc_refusal_t refusal = {0};
    router_translation_t *translation = fuzz_translation(pair, data[1]);
    int outcome = router_translation_request(translation, parser, body, out, &refusal);
    mc_text_t warnings = router_translation_warnings(translation);
    for (size_t i = 0; i < warnings.size; i++)
        require(warnings.data[i] >= ' ' && warnings.data[i] <= '~');
    if (outcome != 0)
        require_refusal(&refusal);
    router_translation_destroy(&translation);
    return outcome;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    mc_buffer_t once = {0}, twice = {0};
    int outcome = translate(data, size, parser, &once);
    require(translate(data, size, parser, &twice) == outcome);
    if (outcome == 0) {
        require(mc_text_equals(mc_buffer_content(&once), mc_buffer_content(&twice)));
        require_json(parser, mc_buffer_content(&once));
    }
    mc_buffer_clear(&once);
    mc_buffer_clear(&twice);
    return 0;
}
