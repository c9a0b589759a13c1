/*
 *  test_watch - what is seen of streams, case by case
 *
 *  Each is fed twice: as it is, and with the pattern forgotten before each event,
 *  so that the quick way and the parser must see the same.
 */
#include "watch_bench.h"

#define TEXT(text)                                                                                 \
    "content_block_delta|{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"       \
    "\"text_delta\",\"text\":\"" text "\"}}"
#define START                                                                                      \
    "message_start|{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-"  \
    "x\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}" \
    "}"
#define STOP "message_stop|{\"type\":\"message_stop\"}"
#define MESSAGE_DELTA(reason)                                                                      \
    "message_delta|{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason               \
    "\"},\"usage\":{\"output_tokens\":15}}"
#define OUTPUT(number, text)                                                                       \
    "response.output_text.delta|{\"type\":\"response.output_text.delta\",\"sequence_number\":"     \
    "" number ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"" text    \
    "\",\"logprobs\":[],\"obfuscation\":\"x" number "\"}"
#define ENDED(status, rest)                                                                        \
    "response." status "|{\"type\":\"response." status                                             \
    "\",\"sequence_number\":9,\"response\":{\"id\":\"resp_1\",\"status\":\"" status "\"" rest "}}"

static const stream_t streams[] = {
    {"chat",
     ROUTER_CHAT,
     {DELTA("{\"role\":\"assistant\",\"content\":\"\"}"), DELTA("{\"content\":\"Hel\"}"),
      DELTA("{\"content\":\"lo!\"}"), DELTA("{\"content\":\"\\n\\u00e9\"}"), FINISH("stop"),
      "[DONE]"},
     "cefw",
     "stop",
     9},
    {"chat with other spacing",
     ROUTER_CHAT,
     {"{\"choices\": [{\"delta\": {\"content\": \"ab\"}}]}",
      "{\"choices\": [{\"delta\": {\"content\": \"cde\"}}]}", "[DONE]"},
     "cew",
     "",
     5},
    {"chat with blanks and CR around the data",
     ROUTER_CHAT,
     {" " DELTA("{\"content\":\"ab\"}") "\r", FINISH("stop") " \r", "", "\r", " [DONE] \r"},
     "cefw",
     "stop",
     2},
    {"chat with obfuscation of any length",
     ROUTER_CHAT,
     {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"obfuscation\":\"xyz\"}",
      "{\"choices\":[{\"delta\":{\"content\":\"bc\"}}],\"obfuscation\":\"\"}",
      "{\"choices\":[{\"delta\":{\"content\":\"def\"}}],\"obfuscation\":\"1\\\"2\"}"},
     "c",
     "",
     6},
    {"chat without [DONE] is cut",
     ROUTER_CHAT,
     {DELTA("{\"content\":\"Hel\"}"), FINISH("stop")},
     "cf",
     "stop",
     3},
    {"chat cut before anything", ROUTER_CHAT, {NULL}, "", "", 0},
    {"the end alone is an end", ROUTER_CHAT, {"[DONE]"}, "ew", "", 0},
    {"choices null, and usage alone",
     ROUTER_CHAT,
     {CHAT("null"),
      "{\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
      "\"completion_tokens\":1}}",
      "[DONE]"},
     "ew",
     "",
     0},
    {"choices of no objects", ROUTER_CHAT, {CHAT("[null,1,\"x\",[]]"), "[DONE]"}, "ew", "", 0},
    {"Azure's first chunk, and filters without a delta",
     ROUTER_CHAT,
     {"{\"id\":\"\",\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]"
      "}",
      "{\"choices\":[{\"index\":0,\"content_filter_results\":{},\"content_filter_offsets\":{}}]}",
      FINISH("content_filter"), "[DONE]"},
     "efw",
     "content_filter",
     0},
    {"a refusal is content",
     ROUTER_CHAT,
     {DELTA("{\"refusal\":\"No\"}"), DELTA("{\"refusal\":\".\"}"), FINISH("stop"), "[DONE]"},
     "cefw",
     "stop",
     3},
    {"two choices: the first reason is kept",
     ROUTER_CHAT,
     {CHAT("[{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":"
           "\"bb\"}}]"),
      CHAT("[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]"), FINISH("stop"), "[DONE]"},
     "cefw",
     "length",
     3},
    {"an empty reason is none", ROUTER_CHAT, {FINISH(""), "[DONE]"}, "ew", "", 0},
    {"tool calls: name once, arguments in pieces",
     ROUTER_CHAT,
     {DELTA("{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{"
            "\"name\":\"look\",\"arguments\":\"\"}}]}"),
      DELTA("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]}"),
      DELTA("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}"),
      FINISH("tool_calls"), "[DONE]"},
     "cefw",
     "tool_calls",
     11},
    {"the old function_call",
     ROUTER_CHAT,
     {DELTA("{\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}}"), FINISH("function_call"),
      "[DONE]"},
     "cefw",
     "function_call",
     3},
    {"reasoning under either name, under both once",
     ROUTER_CHAT,
     {DELTA("{\"reasoning_content\":\"abc\"}"), DELTA("{\"reasoning\":\"de\"}"),
      DELTA("{\"reasoning\":\"fghi\",\"reasoning_content\":\"fghi\"}"),
      DELTA("{\"reasoning\":\"jk\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":"
            "\"jk\"}]}")},
     "c",
     "",
     11},
    {"Mistral's parts",
     ROUTER_CHAT,
     {DELTA("{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}"
            "]},{\"type\":\"text\",\"text\":\"yes\"}]}")},
     "c",
     "",
     5},
    {"audio is content that is not counted",
     ROUTER_CHAT,
     {DELTA("{\"audio\":{\"id\":\"a\",\"data\":\"UklGRg==\"}}"),
      DELTA("{\"audio\":{\"transcript\":\"hi\"}}")},
     "c",
     "",
     2},
    {"an error in the data",
     ROUTER_CHAT,
     {DELTA("{\"content\":\"a\"}"),
      "{\"error\":{\"message\":\"The server had an error\",\"type\":"
      "\"server_error\",\"param\":null,\"code\":null}}",
      "[DONE]"},
     "cet",
     "server_error",
     1},
    {"an error event",
     ROUTER_CHAT,
     {"error|{\"message\":\"gone\",\"code\":\"upstream\"}"},
     "t",
     "upstream",
     0},
    {"an error event of nothing known", ROUTER_CHAT, {"error|{\"x\":1}"}, "t", "error", 0},
    {"an error that is text",
     ROUTER_CHAT,
     {"{\"error\":\"model runner stopped\"}"},
     "t",
     "error",
     0},
    {"error null is none",
     ROUTER_CHAT,
     {"{\"error\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
      "{\"error\":null,\"choices\":[{\"delta\":{\"content\":\"b\"}}]}", "[DONE]"},
     "cew",
     "",
     2},
    {"vLLM's error object",
     ROUTER_CHAT,
     {"{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\",\"code\":400}"},
     "t",
     "BadRequestError",
     0},
    {"OpenRouter: error beside choices",
     ROUTER_CHAT,
     {"{\"id\":\"g\",\"error\":{\"code\":\"server_error\",\"message\":\"Provider disconnected\"},"
      "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}",
      "[DONE]"},
     "eft",
     "server_error",
     0},
    {"finished with an error", ROUTER_CHAT, {FINISH("error"), "[DONE]"}, "eft", "error", 0},
    {"a list with an error",
     ROUTER_CHAT,
     {"[{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}]"},
     "t",
     "UNAVAILABLE",
     0},
    {"a bare detail", ROUTER_CHAT, {"{\"detail\":\"Not Found\"}"}, "t", "error", 0},
    {"completions",
     ROUTER_COMPLETIONS,
     {"{\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"ab\",\"index\":0,\"finish_reason\":null}]}",
      "{\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"c\",\"index\":0,\"finish_reason\":null}]}",
      "{\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"length\"}]}",
      "[DONE]"},
     "cefw",
     "length",
     3},
    {"messages",
     ROUTER_MESSAGES,
     {START,
      "content_block_start|{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
      "\"type\":\"text\",\"text\":\"\"}}",
      "ping|{\"type\": \"ping\"}", TEXT("Hel"), TEXT("lo"), TEXT("!\\\\"),
      "content_block_stop|{\"type\":\"content_block_stop\",\"index\":0}", MESSAGE_DELTA("end_turn"),
      STOP},
     "cefw",
     "end_turn",
     7},
    {"messages without types of events",
     ROUTER_MESSAGES,
     {"{\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}",
      "{\"type\":\"message_stop\"}"},
     "cew",
     "",
     1},
    {"messages: a tool, its arguments, thinking and a signature",
     ROUTER_MESSAGES,
     {START,
      "content_block_start|{\"type\":\"content_block_start\",\"content_block\":{\"type\":"
      "\"tool_use\",\"id\":\"t1\",\"name\":\"look\",\"input\":{}}}",
      "content_block_delta|{\"type\":\"content_block_delta\",\"delta\":{\"type\":"
      "\"input_json_delta\",\"partial_json\":\"{}\"}}",
      "content_block_delta|{\"type\":\"content_block_delta\",\"delta\":{\"type\":"
      "\"thinking_delta\",\"thinking\":\"hm\"}}",
      "content_block_delta|{\"type\":\"content_block_delta\",\"delta\":{\"type\":"
      "\"signature_delta\",\"signature\":\"EqQBCg\"}}",
      MESSAGE_DELTA("tool_use"), STOP},
     "cefw",
     "tool_use",
     8},
    {"messages: an error after a 200",
     ROUTER_MESSAGES,
     {START, TEXT("a"),
      "error|{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
      "\"message\":\"Overloaded\"}}"},
     "ct",
     "overloaded_error",
     1},
    {"messages without message_stop are cut",
     ROUTER_MESSAGES,
     {START, TEXT("a"), MESSAGE_DELTA("end_turn")},
     "cf",
     "end_turn",
     1},
    {"[DONE] ends no messages", ROUTER_MESSAGES, {START, "[DONE]"}, "", "", 0},
    {"responses",
     ROUTER_RESPONSES,
     {"response.created|{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":"
      "\"resp_1\",\"model\":\"gpt-x\",\"status\":\"in_progress\",\"error\":null}}",
      OUTPUT("1", "Hel"), OUTPUT("2", "lo"), OUTPUT("10", "!"),
      "response.output_text.done|{\"type\":\"response.output_text.done\",\"text\":\"Hello!\"}",
      ENDED("completed", ",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}")},
     "cefw",
     "completed",
     6},
    {"responses: a function, its arguments, a refusal",
     ROUTER_RESPONSES,
     {"{\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\",\"name\":"
      "\"look\",\"arguments\":\"\"}}",
      "{\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{}\"}",
      "{\"type\":\"response.refusal.delta\",\"delta\":\"no\"}"},
     "c",
     "",
     8},
    {"responses: audio is not counted",
     ROUTER_RESPONSES,
     {"{\"type\":\"response.audio.delta\",\"delta\":\"UklGRg==\"}"},
     "c",
     "",
     0},
    {"responses: incomplete",
     ROUTER_RESPONSES,
     {OUTPUT("1", "a"),
      ENDED("incomplete", ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}")},
     "cefiw",
     "max_output_tokens",
     1},
    {"responses: failed",
     ROUTER_RESPONSES,
     {ENDED("failed", ",\"error\":{\"code\":\"server_error\",\"message\":\"Sorry\"}")},
     "efti",
     "server_error",
     0},
    {"responses: failed without a reason",
     ROUTER_RESPONSES,
     {"{\"type\":\"response.failed\",\"response\":{}}"},
     "eti",
     "failed",
     0},
    {"responses: an error event",
     ROUTER_RESPONSES,
     {"error|{\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\",\"param\":"
      "null,\"sequence_number\":1}"},
     "t",
     "rate_limit_exceeded",
     0},
    {"responses cut", ROUTER_RESPONSES, {OUTPUT("1", "a"), OUTPUT("2", "b")}, "c", "", 2},
};

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

TestSuite(watch, .init = open_parser, .fini = close_parser);

Test(watch, sees_each_stream_the_same_by_pattern_and_by_parser)
{
    for (size_t i = 0; i < MC_COUNT(streams); i++) {
        router_watch_t quick, slow;
        router_watch_init(&quick, streams[i].dialect);
        router_watch_init(&slow, streams[i].dialect);
        for (size_t k = 0; k < EVENTS_MAX && streams[i].events[k]; k++) {
            slow.pattern.hole_count = 0;
            cr_expect_eq(feed(parser, &quick, streams[i].events[k]), 0, "%s", streams[i].name);
            cr_expect_eq(feed(parser, &slow, streams[i].events[k]), 0, "%s", streams[i].name);
        }
        check(&streams[i], &quick, "by pattern");
        check(&streams[i], &slow, "by parser");
    }
}

Test(watch, keeps_the_first_id_model_and_counts_events)
{
    router_watch_t watch;
    router_watch_init(&watch, ROUTER_CHAT);
    feed(parser, &watch, DELTA("{\"content\":\"a\"}"));
    feed(parser, &watch, "{\"id\":\"other\",\"model\":\"other\",\"choices\":[]}");
    feed(parser, &watch, "");
    feed(parser, &watch, "[DONE]");
    cr_expect_str_eq(watch.response_id, "chatcmpl-1");
    cr_expect_str_eq(watch.model, "gpt-x");
    cr_expect_eq(watch.frames, 3);
}

Test(watch, cuts_each_event_at_every_byte_without_taking_it_for_whole)
{
    for (size_t i = 0; i < MC_COUNT(streams); i++)
        for (size_t k = 0; k < EVENTS_MAX && streams[i].events[k]; k++) {
            const char *event = strpbrk(streams[i].events[k], "{[");
            size_t size = event ? strlen(event) : 0;
            for (size_t cut = 1; cut < size; cut++) {
                char part[1024];
                router_watch_t watch;
                mc_refusal_t refusal;
                router_watch_init(&watch, streams[i].dialect);
                memcpy(part, event, cut);
                part[cut] = '\0';
                if (strspn(event + cut, " \r\n") == size - cut)
                    continue; /* only blanks are missing */
                cr_expect_eq(
                    router_watch_event(&watch, parser, MC_TEXT(""), mc_text(part), &refusal),
                    MC_REFUSED, "%s", part);
                cr_expect_not(router_watch_is_whole(&watch), "%s", part);
            }
        }
}
