/*
 *  test_translate_chat_stream - the chunks of a chat as a stream of Anthropic's messages
 */
#include "translate_flow.h"

TestSuite(chat_stream, .init = open_case, .fini = close_case);

#define ASK "{'max_tokens':9,'messages':[{'role':'user','content':'hi'}],'stream':true}"
#define ASK_THINKING                                                                               \
    "{'max_tokens':9,'messages':[{'role':'user','content':'hi'}],'stream':true,"                   \
    "'thinking':{'type':'enabled','budget_tokens':5000}}"

#define CHUNK(delta, finish)                                                                       \
    "{'id':'chatcmpl-1','object':'chat.completion.chunk','created':1,'model':'m','choices':[{"     \
    "'index':0,'delta':{" delta "},'finish_reason':" finish "}],'usage':null}\n"
#define ROLE CHUNK("'role':'assistant','content':''", "null")
#define TEXT(text) CHUNK("'content':'" text "'", "null")
#define FINISH(reason) CHUNK("", "'" reason "'")
#define USAGE                                                                                      \
    "{'id':'chatcmpl-1','object':'chat.completion.chunk','created':1,'model':'m','choices':[],"    \
    "'usage':{'prompt_tokens':20,'completion_tokens':7,'total_tokens':27,"                         \
    "'prompt_tokens_details':{'cached_tokens':12}}}\n"
#define DONE "[DONE]\n."
#define CALL(index, id, name, json)                                                                \
    CHUNK("'tool_calls':[{'index':" #index ",'id':'" id                                            \
          "','type':'function','function':{'name':'" name "','arguments':'" json "'}}]",           \
          "null")
#define PART(index, json)                                                                          \
    CHUNK("'tool_calls':[{'index':" #index ",'function':{'arguments':'" json "'}}]", "null")

#define START                                                                                      \
    "message_start {'type':'message_start','message':{'id':'msg_chatcmpl-1','type':'message',"     \
    "'role':'assistant','model':'asked-model','content':[],'stop_reason':null,"                    \
    "'stop_sequence':null,'usage':{'input_tokens':0,'cache_creation_input_tokens':0,"              \
    "'cache_read_input_tokens':0,'output_tokens':0}}}\n"
#define BLOCK(index, block)                                                                        \
    "content_block_start {'type':'content_block_start','index':" #index ",'content_block':{" block \
    "}}\n"
#define TEXT_BLOCK(index) BLOCK(index, "'type':'text','text':''")
#define TOOL_BLOCK(index, id, name)                                                                \
    BLOCK(index, "'type':'tool_use','id':'" id "','name':'" name "','input':{}")
#define DELTA(index, delta)                                                                        \
    "content_block_delta {'type':'content_block_delta','index':" #index ",'delta':{" delta "}}\n"
#define TEXT_DELTA(index, text) DELTA(index, "'type':'text_delta','text':'" text "'")
#define JSON_DELTA(index, json) DELTA(index, "'type':'input_json_delta','partial_json':'" json "'")
#define STOP(index) "content_block_stop {'type':'content_block_stop','index':" #index "}\n"
#define LAST_WITH(stop, input, read, output)                                                       \
    "message_delta {'type':'message_delta','delta':{" stop "},'usage':{'input_tokens':" #input     \
    ",'cache_creation_input_tokens':0,'cache_read_input_tokens':" #read                            \
    ",'output_tokens':" #output "}}\nmessage_stop {'type':'message_stop'}\n"
#define LAST(reason) LAST_WITH("'stop_reason':'" reason "','stop_sequence':null", 0, 0, 0)

static const stream_row_t streams[] = {
    {"text with usage behind it", NULL, ROLE TEXT("Hel") TEXT("lo") FINISH("stop") USAGE DONE,
     START TEXT_BLOCK(0) TEXT_DELTA(0, "Hel") TEXT_DELTA(0, "lo") STOP(0)
         LAST_WITH("'stop_reason':'end_turn','stop_sequence':null", 8, 12, 7),
     NULL},
    {"nothing said", NULL, ROLE FINISH("stop") DONE, START LAST("end_turn"), NULL},
    {"a server that sends no [DONE] but did finish", NULL, ROLE TEXT("x") FINISH("length") ".",
     START TEXT_BLOCK(0) TEXT_DELTA(0, "x") STOP(0) LAST("max_tokens"), NULL},
    {"filtered", NULL, ROLE FINISH("content_filter") DONE, START LAST("refusal"), NULL},
    {"two calls after text", NULL,
     ROLE TEXT("see") CALL(0, "call_a", "f", "") PART(0, "{\\'a\\'") PART(0, ":1}")
         CALL(1, "call_b", "g", "{}") FINISH("tool_calls") DONE,
     START TEXT_BLOCK(0) TEXT_DELTA(0, "see") STOP(0) TOOL_BLOCK(1, "call_a", "f")
         JSON_DELTA(1, "{\\'a\\'") JSON_DELTA(1, ":1}") STOP(1) TOOL_BLOCK(2, "call_b", "g")
             JSON_DELTA(2, "{}") STOP(2) LAST("tool_use"),
     NULL},
    {"two calls that share an index and have ids of their own", NULL,
     ROLE CALL(0, "a", "f", "{}") CALL(0, "b", "g", "{}") FINISH("tool_calls") DONE,
     START TOOL_BLOCK(0, "a", "f") JSON_DELTA(0, "{}") STOP(0) TOOL_BLOCK(1, "b", "g")
         JSON_DELTA(1, "{}") STOP(1) LAST("tool_use"),
     NULL},
    {"a server that repeats id and name in each fragment", NULL,
     ROLE CALL(0, "a", "f", "{") CALL(0, "a", "f", "}") FINISH("tool_calls") DONE,
     START TOOL_BLOCK(0, "a", "f") JSON_DELTA(0, "{") JSON_DELTA(0, "}") STOP(0) LAST("tool_use"),
     NULL},
    {"calls without ids get some", NULL,
     ROLE CALL(0, "", "f", "{}") CALL(1, "", "g", "{}") FINISH("tool_calls") DONE,
     START TOOL_BLOCK(0, "toolu_chatcmpl-1_0", "f") JSON_DELTA(0, "{}") STOP(0)
         TOOL_BLOCK(1, "toolu_chatcmpl-1_1", "g") JSON_DELTA(1, "{}") STOP(1) LAST("tool_use"),
     NULL},
    {"calls that the server ends with stop", NULL, ROLE CALL(0, "a", "f", "{}") FINISH("stop") DONE,
     START TOOL_BLOCK(0, "a", "f") JSON_DELTA(0, "{}") STOP(0) LAST("tool_use"), NULL},
    {"text behind a call is a block of its own", NULL,
     ROLE CALL(0, "a", "f", "{}") TEXT("x") FINISH("tool_calls") DONE,
     START TOOL_BLOCK(0, "a", "f") JSON_DELTA(0, "{}") STOP(0) TEXT_BLOCK(1) TEXT_DELTA(1, "x")
         STOP(1) LAST("tool_use"),
     NULL},
    {"thinking that the client asked for", ASK_THINKING,
     ROLE CHUNK("'reasoning_content':'hm'", "null") CHUNK("'reasoning':'m'", "null") TEXT("x")
         FINISH("stop") DONE,
     START BLOCK(0, "'type':'thinking','thinking':'','signature':''")
         DELTA(0, "'type':'thinking_delta','thinking':'hm'")
             DELTA(0, "'type':'thinking_delta','thinking':'m'") STOP(0) TEXT_BLOCK(1)
                 TEXT_DELTA(1, "x") STOP(1) LAST("end_turn"),
     NULL},
    {"thinking that it did not ask for", NULL,
     ROLE CHUNK("'reasoning_content':'hm'", "null") TEXT("x") FINISH("stop") DONE,
     START TEXT_BLOCK(0) TEXT_DELTA(0, "x") STOP(0) LAST("end_turn"), NULL},
    {"a refusal in words", NULL, ROLE CHUNK("'refusal':'no'", "null") FINISH("stop") DONE,
     START TEXT_BLOCK(0) TEXT_DELTA(0, "no") STOP(0) LAST("refusal"), NULL},
    {"choices of null and other choices are passed over", NULL,
     ROLE "{'id':'chatcmpl-1','choices':null}\n"
          "{'id':'chatcmpl-1','choices':[{'index':1,'delta':{'content':'y'}}]}\n" TEXT("x")
              FINISH("stop") DONE,
     START TEXT_BLOCK(0) TEXT_DELTA(0, "x") STOP(0) LAST("end_turn"), NULL},
    {"the stop sequence that vLLM names", NULL,
     ROLE "{'id':'chatcmpl-1','choices':[{'index':0,'delta':{},'finish_reason':'stop',"
          "'stop_reason':'END'}]}\n" DONE,
     START LAST_WITH("'stop_reason':'stop_sequence','stop_sequence':'END'", 0, 0, 0), NULL},
    {"a late fragment of a closed call fails it", NULL,
     ROLE CALL(0, "a", "f", "{") CALL(1, "b", "g", "{}") PART(0, "}"),
     START TOOL_BLOCK(0, "a", "f") JSON_DELTA(0, "{") STOP(0) TOOL_BLOCK(1, "b", "g")
         JSON_DELTA(1, "{}"),
     "not open"},
    {"an error inside fails it", NULL,
     ROLE TEXT("x") "{'error':{'message':'boom','type':'server_error'}}",
     START TEXT_BLOCK(0) TEXT_DELTA(0, "x"), "boom"},
    {"an error that is a string", NULL, "{'error':'boom'}", "", "boom"},
    {"[DONE] without a finish is no end", NULL, ROLE TEXT("x") DONE,
     START TEXT_BLOCK(0) TEXT_DELTA(
         0, "x") "error {'type':'error','error':{'type':'api_error','message':'the stream of the "
                 "provider ended before its answer did'}}\n",
     NULL},
};

Test(chat_stream, becomes_events)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    for (size_t i = 0; i < MC_COUNT(streams); i++)
        expect_stream(&options, ASK, &streams[i]);
}

/* After a failure nothing more is taken, and the end is an error. */
Test(chat_stream, stays_failed)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    MC_AUTO(router_translation) translation = router_translation_new(&options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    ask(translation, ASK);
    cr_expect_eq(run_stream(translation, "{'error':{'message':'boom'}}", &out, &refusal),
                 MC_REFUSED);
    cr_expect_eq(run_stream(translation, ROLE FINISH("stop"), &out, &refusal), MC_REFUSED);
    router_translation_end(translation, &out);
    mc_buffer_byte(&out, '\0');
    cr_expect(strstr(out.data, "event: error\n"), "%s", out.data);
    cr_expect_not(strstr(out.data, "message_stop"), "%s", out.data);
    mc_buffer_clear(&out);
}

Test(chat_stream, gives_up_on_too_many_calls)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    MC_AUTO(router_translation) translation = router_translation_new(&options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    int outcome = 0;
    ask(translation, ASK);
    int calls = 0;
    for (; outcome == 0 && calls < 1000; calls++) {
        char event[200];
        snprintf(event, sizeof event,
                 "{'id':'c','choices':[{'index':0,'delta':{'tool_calls':[{'index':%d,'id':'i%d',"
                 "'function':{'name':'f','arguments':''}}]}}]}",
                 calls, calls);
        outcome = run_stream(translation, event, &out, &refusal);
    }
    cr_expect_eq(outcome, MC_REFUSED);
    cr_expect_eq(calls, 129);
    cr_expect(strstr(refusal.message, "128"), "%s", refusal.message);
    mc_buffer_clear(&out);
}
