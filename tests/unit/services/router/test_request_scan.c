/*
 *  test_request_scan - what is read of a request
 */
#include <criterion/criterion.h>

#include "services/router/registry.h"
#include "services/router/request_scan.h"

static router_scan_tools_t tools;
static router_request_scan_t scan;
static mc_refusal_t refusal;

static void
open_tools(void)
{
    tools = (router_scan_tools_t){mc_json_scanner_new(), mc_json_parser_new(), mc_arena_new()};
}

static void
close_tools(void)
{
    mc_json_scanner_destroy(&tools.scanner);
    mc_json_parser_destroy(&tools.parser);
    mc_arena_destroy(&tools.arena);
}

TestSuite(request_scan, .init = open_tools, .fini = close_tools);

static int
read(const char *body)
{
    return router_request_scan(&tools, ROUTER_CHAT, mc_text(body), &scan, &refusal);
}

Test(request_scan, finds_what_a_model_must_be_able_to_do)
{
    static const struct {
        const char *body;
        uint32_t needs;
    } cases[] = {
        {"{\"model\":\"m\"}", 0},
        {"{\"model\":\"m\",\"stream\":true}", ROUTER_CAN_STREAM},
        {"{\"model\":\"m\",\"stream\":null}", 0},
        {"{\"model\":\"m\",\"tools\":[ ]}", 0},
        {"{\"model\":\"m\",\"tools\":[{}]}", ROUTER_CAN_TOOLS},
        {"{\"model\":\"m\",\"messages\":[{\"content\":[{\"type\":\"image_url\"}]}]}",
         ROUTER_CAN_VISION},
        {"{\"model\":\"m\",\"messages\":[{\"content\":\"say \\\"image\\\"\"}]}", 0},
        {"{\"model\":\"m\",\"response_format\":{\"type\":\"json_schema\"}}", ROUTER_CAN_STRUCTURED},
        {"{\"model\":\"m\",\"response_format\":{\"type\":\"json_object\"}}", 0},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        cr_assert_eq(read(cases[i].body), 0, "%s: %s", cases[i].body, refusal.message);
        cr_expect_eq(scan.needs, cases[i].needs | ROUTER_CAN_CHAT, "%s", cases[i].body);
    }
}

Test(request_scan, refuses_what_cannot_be_a_call)
{
    static const struct {
        const char *body;
        const char *words;
    } cases[] = {
        {"", "empty"},
        {"{\"model\":\"m\"", "not JSON"},
        {"{\"model\":\"m\"} x", "not JSON"},
        {"[]", "not a JSON object"},
        {"{}", "model is missing"},
        {"{\"model\":7}", "model must be a string"},
        {"{\"model\":\"m\",\"stream\":1}", "stream must be true or false"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        cr_assert_eq(read(cases[i].body), MC_REFUSED, "%s", cases[i].body);
        cr_expect(strstr(refusal.message, cases[i].words), "%s: %s", cases[i].body,
                  refusal.message);
    }
}

Test(request_scan, counts_a_picture_as_a_picture)
{
    mc_buffer_t body = {0};
    mc_buffer_string(&body, "{\"model\":\"m\",\"messages\":[{\"type\":\"image_url\",\"url\":\"");
    for (int i = 0; i < 1 << 20; i++)
        mc_buffer_byte(&body, 'A');
    mc_buffer_string(&body, "\"}]}");
    cr_assert_eq(
        router_request_scan(&tools, ROUTER_CHAT, mc_buffer_content(&body), &scan, &refusal), 0);
    cr_expect_lt(scan.input_tokens, 3000);
    mc_buffer_clear(&body);
}

Test(request_scan, counts_the_choices_that_are_asked_for)
{
    cr_assert_eq(read("{\"model\":\"m\"}"), 0);
    cr_expect_eq(scan.choices, 1);
    cr_assert_eq(read("{\"model\":\"m\",\"n\":3,\"best_of\":5}"), 0);
    cr_expect_eq(scan.choices, 5);
    cr_assert_eq(read("{\"model\":\"m\",\"n\":1e9}"), 0);
    cr_expect_eq(scan.choices, 1);
}
