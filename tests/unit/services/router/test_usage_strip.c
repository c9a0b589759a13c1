/*
 *  test_usage_strip - usage taken out of a stream whose client did not ask for it
 */
#include <criterion/criterion.h>

#include "services/router/usage_strip.h"

static mc_json_scanner_t *scanner;

static void
strip(void *arg, const mc_sse_frame_t *frame)
{
    router_usage_strip(scanner, frame, arg);
}

Test(usage_strip, leaves_what_the_client_would_have_got)
{
    static const struct {
        const char *frame;
        const char *wanted;
    } cases[] = {
        {"data: {\"choices\":[{}],\"usage\":null}\n\n", "data: {\"choices\":[{}]}\n\n"},
        {"data: {\"usage\" : null , \"choices\":[{}]}\r\n\r\n",
         "data: { \"choices\":[{}]}\r\n\r\n"},
        {"data: {\"a\":1, \"usage\":null,\"b\":2,\"choices\":[{}]}\n\n",
         "data: {\"a\":1,\"b\":2,\"choices\":[{}]}\n\n"},
        {"data: {\"usage\":null}\n\n", "data: {}\n\n"},
        {"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n", ""},
        {"data: {\"choices\":null,\"usage\":{\"prompt_tokens\":1}}\n\n", ""},
        {"data: {\"choices\":[{}],\"usage\":{\"a\":1}}\n\n",
         "data: {\"choices\":[{}],\"usage\":{\"a\":1}}\n\n"},
        {"data: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}]}\n\n",
         "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}]}\n\n"},
        {"data: [DONE]\n\n", "data: [DONE]\n\n"},
    };
    scanner = mc_json_scanner_new();
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_buffer_t out = {0};
        mc_sse_t sse;
        mc_sse_init(&sse, strip, &out);
        cr_assert(mc_sse_feed(&sse, mc_text(cases[i].frame)));
        mc_buffer_byte(&out, '\0');
        cr_expect_str_eq(out.data, cases[i].wanted, "of %s", cases[i].frame);
        mc_sse_clear(&sse);
        mc_buffer_clear(&out);
    }
    mc_json_scanner_destroy(&scanner);
}
