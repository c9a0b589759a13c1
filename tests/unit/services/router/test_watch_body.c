/*
 *  test_watch_body - whole answers, and what is estimated where nothing was said
 */
#include "watch_bench.h"

static mc_json_parser_t *parser;

static void
open_parser(void)
{
    parser = mc_json_parser_new();
}

static void
close_parser(void)
{
    mc_json_parser_destroy(&parser);
}

TestSuite(watch_body, .init = open_parser, .fini = close_parser);

static const stream_t bodies[] = {
    {"chat",
     ROUTER_CHAT,
     {CHAT(
         "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\",\"refusal\":null"
         "},\"finish_reason\":\"stop\"}]")},
     "cefw",
     "stop",
     5},
    {"chat with a tool call",
     ROUTER_CHAT,
     {CHAT("[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
           "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}"
           "]")},
     "cefw",
     "tool_calls",
     3},
    {"chat: an error with status 200",
     ROUTER_CHAT,
     {"{\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\"}}"},
     "t",
     "server_error",
     0},
    {"chat: no choices", ROUTER_CHAT, {CHAT("[]")}, "t", "no_answer", 0},
    {"chat: nothing known", ROUTER_CHAT, {"{}"}, "t", "no_answer", 0},
    {"chat: a list with an error",
     ROUTER_CHAT,
     {"[{\"error\":{\"code\":400,\"message\":\"API key not valid\",\"status\":"
      "\"INVALID_ARGUMENT\"}}]"},
     "t",
     "INVALID_ARGUMENT",
     0},
    {"completion",
     ROUTER_COMPLETIONS,
     {"{\"choices\":[{\"text\":\"abc\",\"finish_reason\":\"length\"}]}"},
     "cefw",
     "length",
     3},
    {"embeddings",
     ROUTER_EMBEDDINGS,
     {"{\"object\":\"list\",\"data\":[{\"embedding\":[0.1]}]}"},
     "cew",
     "",
     0},
    {"embeddings: none",
     ROUTER_EMBEDDINGS,
     {"{\"object\":\"list\",\"data\":[]}"},
     "t",
     "no_answer",
     0},
    {"response",
     ROUTER_RESPONSES,
     {"{\"id\":\"resp_1\",\"status\":\"completed\",\"error\":null,\"output\":[{\"type\":"
      "\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}]},{\"type\":"
      "\"function_call\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":\"message\",\"content\":[{"
      "\"type\":\"output_text\",\"text\":\"Hello\"},{\"type\":\"refusal\",\"refusal\":\"no\"}]}]}"},
     "cefw",
     "completed",
     12},
    {"response that failed",
     ROUTER_RESPONSES,
     {"{\"id\":\"resp_1\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":"
      "\"x\"},\"output\":[]}"},
     "efti",
     "server_error",
     0},
    {"response in the background",
     ROUTER_RESPONSES,
     {"{\"id\":\"resp_1\",\"status\":\"queued\",\"error\":null,\"output\":[]}"},
     "efw",
     "queued",
     0},
    {"message",
     ROUTER_MESSAGES,
     {"{\"type\":\"message\",\"id\":\"msg_1\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"},{"
      "\"type\":\"tool_use\",\"name\":\"f\",\"input\":{\"a\":1}}],\"stop_reason\":\"tool_use\"}"},
     "cefw",
     "tool_use",
     10},
    {"message: an error with status 200",
     ROUTER_MESSAGES,
     {"{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}"},
     "t",
     "api_error",
     0},
    {"message: no content", ROUTER_MESSAGES, {"{\"type\":\"message\"}"}, "t", "no_answer", 0},
    {"count of tokens", ROUTER_COUNT_TOKENS, {"{\"input_tokens\":12}"}, "cew", "", 0},
    {"count of tokens: none",
     ROUTER_COUNT_TOKENS,
     {"{\"input_tokens\":\"12\"}"},
     "t",
     "no_answer",
     0},
};

Test(watch_body, sees_each_whole_answer)
{
    for (size_t i = 0; i < MC_COUNT(bodies); i++) {
        router_watch_t watch;
        mc_refusal_t refusal;
        router_watch_init(&watch, bodies[i].dialect);
        int result = router_watch_body(&watch, parser, mc_text(bodies[i].events[0]), &refusal);
        cr_expect_eq(result, 0, "%s", bodies[i].name);
        check(&bodies[i], &watch, "whole");
    }
}

Test(watch_body, refuses_a_body_that_is_no_object)
{
    static const char *const texts[] = {"", "<html>", "null", "\"x\"", "[]", "{\"a\":"};
    for (size_t i = 0; i < MC_COUNT(texts); i++) {
        router_watch_t watch;
        mc_refusal_t refusal = {0};
        router_watch_init(&watch, ROUTER_CHAT);
        int result = router_watch_body(&watch, parser, mc_text(texts[i]), &refusal);
        cr_expect_eq(result, MC_REFUSED, "%s", texts[i]);
        cr_expect(*refusal.message, "%s", texts[i]);
        cr_expect_str_eq(watch.error_type, "malformed", "%s", texts[i]);
    }
}

Test(watch_body, cuts_long_words_and_shows_no_control_characters)
{
    char body[2048];
    memset(body, 'x', sizeof body);
    memcpy(body, "{\"error\":{\"type\":\"a\\u0000b\\nc\",\"message\":\"", 42);
    memcpy(body + sizeof body - 4, "\"}}", 4);
    router_watch_t watch;
    mc_refusal_t refusal;
    router_watch_init(&watch, ROUTER_CHAT);
    cr_expect_eq(router_watch_body(&watch, parser, mc_text(body), &refusal), 0);
    cr_expect_str_eq(watch.error_type, "a b c");
    cr_expect_eq(strlen(watch.error_message), sizeof watch.error_message - 1);
}

typedef struct {
    const char *name;
    router_usage_t said;
    int64_t content_bytes;
    bool is_whole;
    int64_t input; /* after the estimate, of a request of 100 tokens */
    int64_t output;
    bool is_estimated;
} estimate_t;

static const estimate_t estimates[] = {
    {"nothing said, whole", {0}, 401, true, 100, 101, true},
    {"nothing said, cut", {0}, 400, false, 100, 100, true},
    {"nothing said, nothing delivered", {0}, 0, false, 100, 0, true},
    {"all said", {.is_known = true, .input = 25, .output = 7}, 400, true, 25, 7, false},
    {"cut after the start: what was delivered counts",
     {.is_known = true, .input = 25, .output = 1},
     400,
     false,
     25,
     100,
     true},
    {"cut, and more was said than delivered",
     {.is_known = true, .input = 25, .output = 300},
     400,
     false,
     25,
     300,
     false},
    {"whole, output forgotten", {.is_known = true, .input = 25}, 400, true, 25, 100, true},
    {"whole, input forgotten", {.is_known = true, .output = 9}, 400, true, 100, 9, true},
    {"whole, and nothing was written", {.is_known = true, .input = 25}, 0, true, 25, 0, false},
    {"what the provider charges is not guessed", {.has_cost = true}, 400, true, 0, 0, false},
};

Test(watch_body, estimates_what_the_provider_did_not_say)
{
    for (size_t i = 0; i < MC_COUNT(estimates); i++) {
        router_watch_t watch;
        router_watch_init(&watch, ROUTER_CHAT);
        watch.usage = estimates[i].said;
        watch.content_bytes = estimates[i].content_bytes;
        watch.has_end = estimates[i].is_whole;
        router_watch_estimate(&watch, 100);
        cr_expect_eq(watch.usage.input, estimates[i].input, "%s", estimates[i].name);
        cr_expect_eq(watch.usage.output, estimates[i].output, "%s", estimates[i].name);
        cr_expect_eq(watch.usage.is_estimated, estimates[i].is_estimated, "%s", estimates[i].name);
    }
}

#define RESPONSE(output)                                                                           \
    "{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[" output "],"                         \
    "\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2}}"

Test(watch_body, counts_the_searches_of_a_response_that_are_paid)
{
    static const struct {
        const char *body;
        int64_t searches;
    } rows[] = {
        {RESPONSE(""), 0},
        {RESPONSE("{\"type\":\"message\",\"content\":[]}"), 0},
        {RESPONSE("{\"type\":\"web_search_call\",\"status\":\"completed\"}"), 1},
        {RESPONSE("{\"type\":\"web_search_call\",\"status\":\"completed\",\"action\":"
                  "{\"type\":\"search\"}},{\"type\":\"web_search_call\",\"status\":\"completed\","
                  "\"action\":{\"type\":\"open_page\"}},{\"type\":\"web_search_call\",\"status\":"
                  "\"completed\",\"action\":{\"type\":\"search\"}}"),
         2},
        {RESPONSE("{\"type\":\"web_search_call\",\"status\":\"failed\"}"), 0},
        {RESPONSE("{\"type\":\"file_search_call\",\"status\":\"completed\"}"), 0},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_watch_t watch;
        mc_refusal_t refusal;
        router_watch_init(&watch, ROUTER_RESPONSES);
        cr_assert_eq(router_watch_body(&watch, parser, mc_text(rows[i].body), &refusal), 0);
        cr_expect_eq(watch.usage.web_searches, rows[i].searches, "%s", rows[i].body);
        cr_expect(watch.usage.is_known);
    }
}
