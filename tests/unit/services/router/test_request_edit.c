/*
 *  test_request_edit - what is put into its place in a request, and not a byte more
 */
#include <criterion/criterion.h>

#include "services/router/request_edit.h"

static void
expect_edit(const char *body, const router_request_edit_t *edit, const char *wanted)
{
    router_scan_tools_t tools = {mc_json_scanner_new(), mc_json_parser_new(), mc_arena_new()};
    router_request_scan_t scan;
    mc_refusal_t refusal;
    mc_buffer_t out = {0};
    cr_assert_eq(router_request_scan(&tools, ROUTER_CHAT, mc_text(body), &scan, &refusal), 0, "%s",
                 refusal.message);
    router_request_edit(&scan, edit, &out);
    mc_buffer_byte(&out, '\0');
    cr_expect_str_eq(out.data, wanted);
    mc_buffer_clear(&out);
    mc_json_scanner_destroy(&tools.scanner);
    mc_json_parser_destroy(&tools.parser);
    mc_arena_destroy(&tools.arena);
}

Test(request_edit, changes_the_model_and_the_option_and_not_a_byte_more)
{
    static const struct {
        const char *body;
        bool must_have_usage;
        const char *wanted;
    } cases[] = {
        {"{ \"model\" : \"new\" , \"a\":1e0}", false, "{ \"model\" : \"new\" , \"a\":1e0}"},
        {"{\"a\":[1, 2],\n\"model\":\"old\"}", false, "{\"a\":[1, 2],\n\"model\":\"new\"}"},
        {"{\"model\":\"old\"} \n", true,
         "{\"model\":\"new\",\"stream_options\":{\"include_usage\":true}} \n"},
        {"{\"stream_options\":{},\"model\":\"old\"}", true,
         "{\"stream_options\":{\"include_usage\":true},\"model\":\"new\"}"},
        {"{\"model\":\"new\",\"stream_options\":{\"include_usage\":false}}", true,
         "{\"model\":\"new\",\"stream_options\":{\"include_usage\":false,\"include_usage\":true}}"},
        {"{\"stream_options\":null,\"model\":\"n\\u0065w\"}", true,
         "{\"stream_options\":{\"include_usage\":true},\"model\":\"n\\u0065w\"}"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        router_request_edit_t edit = {MC_TEXT("new"), cases[i].must_have_usage,
                                      ROUTER_LIMIT_EITHER};
        expect_edit(cases[i].body, &edit, cases[i].wanted);
    }
}

Test(request_edit, names_the_limit_as_the_model_knows_it)
{
    static const struct {
        router_limit_t limit;
        const char *body;
        const char *wanted;
    } cases[] = {
        {ROUTER_LIMIT_EITHER, "{\"model\":\"m\",\"max_tokens\":7}",
         "{\"model\":\"m\",\"max_tokens\":7}"},
        {ROUTER_LIMIT_EITHER, "{\"model\":\"m\",\"max_tokens\":7,\"max_completion_tokens\":8}",
         "{\"model\":\"m\",\"max_tokens\":7,\"max_completion_tokens\":8}"},
        {ROUTER_LIMIT_NEW, "{\"model\":\"m\",\"max_completion_tokens\":7}",
         "{\"model\":\"m\",\"max_completion_tokens\":7}"},
        {ROUTER_LIMIT_NEW, "{ \"max_tokens\" : 7 , \"model\":\"m\"}",
         "{ \"max_completion_tokens\" : 7 , \"model\":\"m\"}"},
        {ROUTER_LIMIT_NEW, "{\"model\":\"m\",\n \"max\\u005ftokens\"\t:\n7\n}",
         "{\"model\":\"m\",\n \"max_completion_tokens\"\t:\n7\n}"},
        {ROUTER_LIMIT_OLD, "{\"model\":\"m\",\"max_completion_tokens\":7,\"a\":\"\\\"\"}",
         "{\"model\":\"m\",\"max_tokens\":7,\"a\":\"\\\"\"}"},
        /* Both: the one that is known counts. */
        {ROUTER_LIMIT_NEW, "{\"model\":\"m\",\"max_tokens\":7, \"max_completion_tokens\":8}",
         "{\"model\":\"m\",\"max_completion_tokens\":8}"},
        {ROUTER_LIMIT_OLD, "{\"model\":\"m\", \"max_tokens\":7 ,\n\"max_completion_tokens\":8 }",
         "{\"model\":\"m\", \"max_tokens\":7  }"},
        {ROUTER_LIMIT_OLD, "{\"max_completion_tokens\":8,\"max_tokens\":7,\"model\":\"m\"}",
         "{\"max_tokens\":7,\"model\":\"m\"}"},
        {ROUTER_LIMIT_NEW, "{\"max_completion_tokens\":null,\"model\":\"m\",\"max_tokens\":7}",
         "{\"max_completion_tokens\":7,\"model\":\"m\"}"},
        {ROUTER_LIMIT_NEW, "{\"max_completion_tokens\":8,\"model\":\"m\",\"max_tokens\":null}",
         "{\"max_completion_tokens\":8,\"model\":\"m\"}"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        router_request_edit_t edit = {MC_TEXT("m"), false, cases[i].limit};
        expect_edit(cases[i].body, &edit, cases[i].wanted);
    }
}

Test(request_edit, puts_everything_into_its_place_at_once)
{
    router_request_edit_t edit = {MC_TEXT("new"), true, ROUTER_LIMIT_NEW};
    expect_edit("{\"max_tokens\":7,\"model\":\"old\",\"stream\":true,\"max_completion_tokens\":8}",
                &edit,
                "{\"model\":\"new\",\"stream\":true,\"max_completion_tokens\":8,"
                "\"stream_options\":{\"include_usage\":true}}");
    expect_edit("{\"stream_options\":{\"x\":1},\"max_tokens\":7,\"model\":\"old\"}", &edit,
                "{\"stream_options\":{\"x\":1,\"include_usage\":true},"
                "\"max_completion_tokens\":7,\"model\":\"new\"}");
    expect_edit("{\"max_completion_tokens\":null,\"model\":\"old\",\"max_tokens\":7}", &edit,
                "{\"max_completion_tokens\":7,\"model\":\"new\","
                "\"stream_options\":{\"include_usage\":true}}");
}

Test(request_edit, knows_which_name_a_model_takes)
{
    static const router_card_t reasons = {.can = ROUTER_CAN_CHAT | ROUTER_CAN_REASON};
    static const router_card_t plain = {.can = ROUTER_CAN_CHAT};
    static const router_card_t old = {.can = ROUTER_CAN_CHAT, .limit = ROUTER_LIMIT_OLD};
    static const router_card_t new = {.can = ROUTER_CAN_CHAT, .limit = ROUTER_LIMIT_NEW};
    static const struct {
        const char *adapter;
        const router_card_t *card;
        router_limit_t wanted;
    } cases[] = {
        {"openai", &reasons, ROUTER_LIMIT_NEW},
        {"openai", &plain, ROUTER_LIMIT_EITHER},
        {"openai", NULL, ROUTER_LIMIT_NEW},
        {"openai", &old, ROUTER_LIMIT_OLD},
        {"azure-openai", &reasons, ROUTER_LIMIT_NEW},
        {"vllm", NULL, ROUTER_LIMIT_EITHER},
        {"vllm", &reasons, ROUTER_LIMIT_EITHER},
        {"vllm", &new, ROUTER_LIMIT_NEW},
        {"mistral", &reasons, ROUTER_LIMIT_OLD},
        {"openai-compatible", NULL, ROUTER_LIMIT_OLD},
        {"openai-compatible", &new, ROUTER_LIMIT_NEW},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        router_provider_t provider = {.adapter = router_adapter_find(mc_text(cases[i].adapter))};
        router_model_t model = {.provider = &provider, .card = cases[i].card};
        cr_expect_eq(router_model_limit(&model), cases[i].wanted, "%zu: %s", i, cases[i].adapter);
    }
}

Test(request_edit, puts_a_smaller_limit_over_every_one_that_is_there)
{
    static const struct {
        router_dialect_t dialect;
        const char *body;
        const char *wanted;
    } cases[] = {
        {ROUTER_CHAT, "{\"model\":\"m\"}", "{\"model\":\"m\",\"max_completion_tokens\":9}"},
        {ROUTER_COMPLETIONS, "{\"model\":\"m\" }\n", "{\"model\":\"m\" ,\"max_tokens\":9}\n"},
        {ROUTER_RESPONSES, "{\"model\":\"m\"}", "{\"model\":\"m\",\"max_output_tokens\":9}"},
        {ROUTER_MESSAGES, "{\"max_tokens\": 4096,\"model\":\"m\"}",
         "{\"max_tokens\": 9,\"model\":\"m\"}"},
        {ROUTER_CHAT, "{\"max_completion_tokens\":50,\"model\":\"m\",\"max_tokens\":null}",
         "{\"max_completion_tokens\":9,\"model\":\"m\",\"max_tokens\":9}"},
    };
    router_scan_tools_t tools = {mc_json_scanner_new(), mc_json_parser_new(), mc_arena_new()};
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        router_request_scan_t scan;
        mc_refusal_t refusal;
        mc_buffer_t out = {0};
        cr_assert_eq(
            router_request_scan(&tools, cases[i].dialect, mc_text(cases[i].body), &scan, &refusal),
            0);
        router_request_cap(&scan, cases[i].dialect, 9, &out);
        mc_buffer_byte(&out, '\0');
        cr_expect_str_eq(out.data, cases[i].wanted);
        mc_buffer_clear(&out);
    }
    mc_json_scanner_destroy(&tools.scanner);
    mc_json_parser_destroy(&tools.parser);
    mc_arena_destroy(&tools.arena);
}
