/*
 *  test_translate_messages_stream - a stream of Anthropic's as the chunks of a chat
 */
#include "translate_flow.h"

TestSuite(messages_stream, .init = open_case, .fini = close_case);

#define ASK "{'messages':[{'role':'user','content':'hi'}],'stream':true}"
#define ASK_USAGE                                                                                  \
    "{'messages':[{'role':'user','content':'hi'}],'stream':true,'stream_options':"                 \
    "{'include_usage':true}}"
#define ASK_JSON                                                                                   \
    "{'messages':[{'role':'user','content':'hi'}],'stream':true,'response_format':{'type':"        \
    "'json_schema','json_schema':{'name':'city','schema':{'type':'object'}}}}"

#define START                                                                                      \
    "{'type':'message_start','message':{'id':'msg_1','type':'message','role':'assistant',"         \
    "'model':'m','content':[],'stop_reason':null,'stop_sequence':null,'usage':{'input_tokens':10," \
    "'cache_creation_input_tokens':3,'cache_read_input_tokens':5,'output_tokens':1}}}\n"
#define TEXT_START                                                                                 \
    "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}\n"
#define TEXT(text)                                                                                 \
    "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'" text "'}}\n"
#define STOP(index) "{'type':'content_block_stop','index':" #index "}\n"
#define FINISH(reason, tokens)                                                                     \
    "{'type':'message_delta','delta':{'stop_reason':'" reason "','stop_sequence':null},"           \
    "'usage':{'output_tokens':" #tokens "}}\n{'type':'message_stop'}\n"
#define TOOL_START(index, id, name)                                                                \
    "{'type':'content_block_start','index':" #index                                                \
    ",'content_block':{'type':'tool_use','id':'" id "','name':'" name "','input':{}}}\n"
#define TOOL_PART(index, json)                                                                     \
    "{'type':'content_block_delta','index':" #index                                                \
    ",'delta':{'type':'input_json_delta','partial_json':'" json "'}}\n"

#define HEAD                                                                                       \
    "{'id':'msg_1','object':'chat.completion.chunk','created':1750000000,'model':'asked-model',"
#define CHUNK(delta)                                                                               \
    HEAD "'choices':[{'index':0,'delta':{" delta "},'logprobs':null,'finish_reason':null}]}\n"
#define LAST(reason)                                                                               \
    HEAD "'choices':[{'index':0,'delta':{},'logprobs':null,'finish_reason':'" reason "'}]}\n"
#define ROLE CHUNK("'role':'assistant','content':'','refusal':null")
#define DONE "[DONE]\n"
#define CALL(index, id, name)                                                                      \
    CHUNK("'tool_calls':[{'index':" #index ",'id':'" id                                            \
          "','type':'function','function':{'name':'" name "','arguments':''}}]")
#define PART(index, json)                                                                          \
    CHUNK("'tool_calls':[{'index':" #index ",'function':{'arguments':'" json "'}}]")

static const stream_row_t streams[] = {
    {"text", NULL,
     START TEXT_START "{'type':'ping'}\n" TEXT("Hel") TEXT("lo") STOP(0) FINISH("end_turn", 5) ".",
     ROLE ": ping\n" CHUNK("'content':'Hel'") CHUNK("'content':'lo'") LAST("stop") DONE, NULL},
    {"nothing said", NULL, START FINISH("end_turn", 1) ".", ROLE LAST("stop") DONE, NULL},
    {"out of tokens", NULL, START TEXT_START TEXT("x") STOP(0) FINISH("max_tokens", 5) ".",
     ROLE CHUNK("'content':'x'") LAST("length") DONE, NULL},
    {"refused", NULL, START FINISH("refusal", 1) ".", ROLE LAST("content_filter") DONE, NULL},
    {"a finish that nobody knows is an end", NULL, START FINISH("whatever", 1) ".",
     ROLE LAST("stop") DONE, NULL},
    {"two tools after text: blocks 1 and 2 are calls 0 and 1", NULL,
     START TEXT_START TEXT("see") STOP(0) TOOL_START(1, "toolu_a", "f") TOOL_PART(1, "")
         TOOL_PART(1, "{\\'a\\'") TOOL_PART(1, ":1}") STOP(1) TOOL_START(2, "toolu_b", "g")
             TOOL_PART(2, "{}") STOP(2) FINISH("tool_use", 9) ".",
     ROLE CHUNK("'content':'see'") CALL(0, "toolu_a", "f") PART(0, "{\\'a\\'") PART(0, ":1}")
         CALL(1, "toolu_b", "g") PART(1, "{}") LAST("tool_calls") DONE,
     NULL},
    {"a tool without arguments is called with an empty object", NULL,
     START TOOL_START(0, "t", "f") TOOL_PART(0, "") STOP(0) FINISH("tool_use", 2) ".",
     ROLE CALL(0, "t", "f") PART(0, "{}") LAST("tool_calls") DONE, NULL},
    {"input that stands in the start", NULL,
     START "{'type':'content_block_start','index':0,'content_block':{'type':'tool_use','id':'t',"
           "'name':'f','input':{'a':1}}}\n" STOP(0) FINISH("tool_use", 2) ".",
     ROLE CALL(0, "t", "f") PART(0, "{\\'a\\':1}") LAST("tool_calls") DONE, NULL},
    {"thinking is shown as it comes and kept whole with its signature", NULL,
     START
     "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':'',"
     "'signature':''}}\n"
     "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'a'}}\n"
     "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'b\\n'}}"
     "\n{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta','signature':"
     "'Sig='}}\n" STOP(
         0) "{'type':'content_block_start','index':1,'content_block':{'type':'redacted_thinking',"
            "'data':'Xy'}}\n" STOP(1) FINISH("end_turn", 5) ".",
     ROLE CHUNK("'reasoning_content':'a'") CHUNK("'reasoning_content':'b\\n'")
         CHUNK("'thinking_blocks':[{'type':'thinking','thinking':'ab\\n','signature':'Sig='},"
               "{'type':'redacted_thinking','data':'Xy'}]") LAST("stop") DONE,
     NULL},
    {"usage is asked for: null in each chunk, then one of its own", ASK_USAGE,
     START TEXT_START TEXT("x") STOP(0) FINISH("end_turn", 5) ".",
     HEAD "'choices':[{'index':0,'delta':{'role':'assistant','content':'','refusal':null},"
          "'logprobs':null,'finish_reason':null}],'usage':null}\n" HEAD
          "'choices':[{'index':0,'delta':{'content':'x'},'logprobs':null,'finish_reason':null}],"
          "'usage':null}\n" HEAD
          "'choices':[{'index':0,'delta':{},'logprobs':null,'finish_reason':'stop'}],'usage':null}"
          "\n" HEAD
          "'choices':[],'usage':{'prompt_tokens':18,'completion_tokens':5,'total_tokens':23,"
          "'prompt_tokens_details':{'cached_tokens':5,'audio_tokens':0,'cache_write_tokens':3},"
          "'completion_tokens_details':{'reasoning_tokens':0,'audio_tokens':0}}}\n" DONE,
     NULL},
    {"the forced tool is the text", ASK_JSON,
     START TOOL_START(0, "t", "city") TOOL_PART(0, "{\\'a\\'") TOOL_PART(0, ":1}") STOP(0)
         FINISH("tool_use", 5) ".",
     ROLE CHUNK("'content':'{\\'a\\''") CHUNK("'content':':1}'") LAST("stop") DONE, NULL},
    {"blocks of other kinds are passed over", NULL,
     START "{'type':'content_block_start','index':0,'content_block':{'type':'server_tool_use',"
           "'id':'s','name':'web_search','input':{}}}\n" TOOL_PART(0, "{}") STOP(0)
               FINISH("end_turn", 1) ".",
     ROLE LAST("stop") DONE, NULL},
    {"an error ends it and says what the provider said", NULL,
     START TEXT_START TEXT(
         "x") "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}",
     ROLE CHUNK("'content':'x'"), "Overloaded"},
    {"data that is no JSON ends it", NULL, START "{'type':", ROLE, ""},
    {"an event that is no object ends it", NULL, START "7", ROLE, "not an object"},
    {"an end that was none is an error, never a success", NULL, START TEXT_START TEXT("x") ".",
     ROLE CHUNK("'content':'x'") "{'error':{'message':'the stream of the provider ended before its "
                                 "answer did','type':'server_error','param':null,'code':null}}\n",
     NULL},
};

Test(messages_stream, becomes_chunks)
{
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    options.has_structured_output = false;
    for (size_t i = 0; i < MC_COUNT(streams); i++)
        expect_stream(&options, ASK, &streams[i]);
}

/* Whatever the place it is cut at: neither a finish reason nor [DONE] has gone out. */
Test(messages_stream, never_ends_well_when_it_is_cut)
{
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    static const char whole[] = START TEXT_START TEXT("x") STOP(0) FINISH("end_turn", 5);
    for (const char *cut = strchr(whole, '\n'); cut && cut[1]; cut = strchr(cut + 1, '\n')) {
        MC_AUTO(router_translation) translation = router_translation_new(&options);
        mc_buffer_t out = {0};
        mc_refusal_t refusal = {0};
        char *events = strndup(whole, (size_t)(cut - whole));
        ask(translation, ASK);
        cr_expect_eq(run_stream(translation, events, &out, &refusal), 0);
        router_translation_end(translation, &out);
        mc_buffer_byte(&out, '\0');
        cr_expect(strstr(out.data, "\"error\""), "%s", out.data);
        cr_expect_not(strstr(out.data, "[DONE]"), "%s", out.data);
        cr_expect_not(strstr(out.data, "\"finish_reason\":\"stop\""), "%s", out.data);
        mc_buffer_clear(&out);
        free(events);
    }
}
