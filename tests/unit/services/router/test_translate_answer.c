/*
 *  test_translate_answer - whole answers, in each other's words
 */
#include "translate_flow.h"

TestSuite(answer, .init = open_case, .fini = close_case);

#define ASK_CHAT "{'messages':[{'role':'user','content':'hi'}]}"
#define ASK_JSON                                                                                   \
    "{'messages':[{'role':'user','content':'hi'}],'response_format':{'type':'json_schema',"        \
    "'json_schema':{'name':'city','schema':{'type':'object'}}}}"
#define MESSAGE(content, stop)                                                                     \
    "{'id':'msg_1','type':'message','role':'assistant','model':'m','content':[" content            \
    "],'stop_reason':'" stop                                                                       \
    "','stop_sequence':null,'usage':{'input_tokens':10,'cache_creation_input_tokens':3,"           \
    "'cache_read_input_tokens':5,'output_tokens':7}}"
#define TEXT "{'type':'text','text':'hello'}"
#define USE(id, name, json) "{'type':'tool_use','id':'" id "','name':'" name "','input':" json "}"
#define CALL(id, name, json)                                                                       \
    "{'id':'" id "','type':'function','function':{'name':'" name "','arguments':'" json "'}}"

static const answer_row_t of_messages[] = {
    {"a whole answer", NULL, MESSAGE(TEXT, "end_turn"), "",
     "{'id':'msg_1','object':'chat.completion','created':1750000000,'model':'asked-model',"
     "'choices':[{'index':0,'message':{'role':'assistant','content':'hello','refusal':null},"
     "'logprobs':null,'finish_reason':'stop'}],'usage':{'prompt_tokens':18,'completion_tokens':7,"
     "'total_tokens':25,'prompt_tokens_details':{'cached_tokens':5,'audio_tokens':0,"
     "'cache_write_tokens':3},'completion_tokens_details':{'reasoning_tokens':0,'audio_tokens':0}}"
     "}"},
    {"texts are joined", NULL, MESSAGE(TEXT "," TEXT, "end_turn"), "choices.0.message.content",
     "'hellohello'"},
    {"an empty answer has an empty text", NULL, MESSAGE("", "end_turn"),
     "choices.0.message.content", "''"},
    {"calls", NULL, MESSAGE(USE("a", "f", "{'x':1}") "," USE("b", "g", "{}"), "tool_use"),
     "choices.0.message",
     "{'role':'assistant','content':null,'refusal':null,'tool_calls':[" CALL(
         "a", "f", "{\\'x\\':1}") "," CALL("b", "g", "{}") "]}"},
    {"their finish", NULL, MESSAGE(USE("a", "f", "{}"), "tool_use"), "choices.0.finish_reason",
     "'tool_calls'"},
    {"thinking with its signature", NULL,
     MESSAGE("{'type':'thinking','thinking':'hm','signature':'S='},{'type':'redacted_thinking',"
             "'data':'D'}," TEXT,
             "end_turn"),
     "choices.0.message",
     "{'role':'assistant','content':'hello','refusal':null,'reasoning_content':'hm',"
     "'thinking_blocks':[{'type':'thinking','thinking':'hm','signature':'S='},{'type':"
     "'redacted_thinking','data':'D'}]}"},
    {"the forced tool is the text", ASK_JSON, MESSAGE(USE("a", "city", "{'x':1}"), "tool_use"),
     "choices.0",
     "{'index':0,'message':{'role':'assistant','content':'{\\'x\\':1}','refusal':null},"
     "'logprobs':null,'finish_reason':'stop'}"},
    {"max_tokens", NULL, MESSAGE(TEXT, "max_tokens"), "choices.0.finish_reason", "'length'"},
    {"stop_sequence", NULL, MESSAGE(TEXT, "stop_sequence"), "choices.0.finish_reason", "'stop'"},
    {"pause_turn", NULL, MESSAGE(TEXT, "pause_turn"), "choices.0.finish_reason", "'stop'"},
    {"refusal", NULL, MESSAGE(TEXT, "refusal"), "choices.0.finish_reason", "'content_filter'"},
    {"the window is full", NULL, MESSAGE(TEXT, "model_context_window_exceeded"),
     "choices.0.finish_reason", "'length'"},
    {"no usage is no usage", NULL, "{'id':'m','content':[],'stop_reason':'end_turn'}", "usage",
     NULL},
};

Test(answer, of_messages_suits_a_chat)
{
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    options.has_structured_output = false;
    for (size_t i = 0; i < MC_COUNT(of_messages); i++)
        expect_answer(&options, ASK_CHAT, &of_messages[i]);
}

#define ASK_MESSAGES "{'max_tokens':9,'messages':[{'role':'user','content':'hi'}]}"
#define ASK_THINKING                                                                               \
    "{'max_tokens':9,'messages':[{'role':'user','content':'hi'}],'thinking':{'type':'enabled',"    \
    "'budget_tokens':1024}}"
#define COMPLETION(message, finish)                                                                \
    "{'id':'chatcmpl-1','object':'chat.completion','created':1,'model':'m','choices':[{'index':0," \
    "'message':{'role':'assistant'," message "},'finish_reason':'" finish                          \
    "'}],'usage':{'prompt_tokens':20,'completion_tokens':7,'total_tokens':27,"                     \
    "'prompt_tokens_details':{'cached_tokens':12},'completion_tokens_details':"                    \
    "{'reasoning_tokens':4}}}"
#define SAID "'content':'hello'"

static const answer_row_t of_chats[] = {
    {"a whole answer", NULL, COMPLETION(SAID, "stop"), "",
     "{'id':'msg_chatcmpl-1','type':'message','role':'assistant','model':'asked-model','content':["
     "{'type':'text','text':'hello'}],'stop_reason':'end_turn','stop_sequence':null,'usage':"
     "{'input_tokens':8,'cache_creation_input_tokens':0,'cache_read_input_tokens':12,"
     "'output_tokens':7,'output_tokens_details':{'thinking_tokens':4}}}"},
    {"nothing said", NULL, COMPLETION("'content':null", "stop"), "content", "[]"},
    {"calls", NULL,
     COMPLETION(SAID ",'tool_calls':[" CALL("a", "f", "{\\'x\\': 1}") "," CALL("b", "g", "") "]",
                "tool_calls"),
     "content",
     "[{'type':'text','text':'hello'}," USE("a", "f", "{'x':1}") "," USE("b", "g", "{}") "]"},
    {"their stop reason", NULL,
     COMPLETION("'content':null,'tool_calls':[" CALL("a", "f", "{}") "]", "tool_calls"),
     "stop_reason", "'tool_use'"},
    {"which some servers call stop", NULL,
     COMPLETION("'content':null,'tool_calls':[" CALL("a", "f", "{}") "]", "stop"), "stop_reason",
     "'tool_use'"},
    {"calls that were cut off", NULL,
     COMPLETION("'content':null,'tool_calls':[" CALL("a", "f", "{\\'x") "]", "length"),
     "content.0.input", "{'invalid_arguments':'{\\'x'}"},
    {"a call without an id", NULL,
     COMPLETION("'content':null,'tool_calls':[" CALL("", "f", "{}") "]", "tool_calls"),
     "content.0.id", "'toolu_chatcmpl-1_0'"},
    {"length", NULL, COMPLETION(SAID, "length"), "stop_reason", "'max_tokens'"},
    {"content_filter", NULL, COMPLETION(SAID, "content_filter"), "stop_reason", "'refusal'"},
    {"a refusal in words", NULL, COMPLETION("'content':null,'refusal':'no'", "stop"), "content",
     "[{'type':'text','text':'no'}]"},
    {"the sequence that was met", NULL,
     "{'id':'c','choices':[{'message':{'content':'x'},'finish_reason':'stop','stop_reason':'END'}]"
     "}",
     "stop_sequence", "'END'"},
    {"but not beside a refusal", NULL,
     "{'id':'c','choices':[{'message':{'refusal':'x'},'finish_reason':'stop','stop_reason':'END'}]"
     "}",
     "stop_sequence", "null"},
    {"is one", NULL, COMPLETION("'content':null,'refusal':'no'", "stop"), "stop_reason",
     "'refusal'"},
    {"tool_calls without a call is an end", NULL, COMPLETION(SAID, "tool_calls"), "stop_reason",
     "'end_turn'"},
    {"thinking that was asked for", ASK_THINKING,
     COMPLETION(SAID ",'reasoning_content':'hm'", "stop"), "content.0",
     "{'type':'thinking','thinking':'hm','signature':''}"},
    {"under its other name", ASK_THINKING, COMPLETION(SAID ",'reasoning':'hm'", "stop"),
     "content.0.thinking", "'hm'"},
    {"thinking that was not", NULL, COMPLETION(SAID ",'reasoning_content':'hm'", "stop"), "content",
     "[{'type':'text','text':'hello'}]"},
    {"signed thinking always", NULL,
     COMPLETION(SAID ",'reasoning_content':'hm','thinking_blocks':[{'type':'thinking','thinking':"
                     "'hm','signature':'S'}]",
                "stop"),
     "content.0", "{'type':'thinking','thinking':'hm','signature':'S'}"},
};

Test(answer, of_a_chat_suits_messages)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    for (size_t i = 0; i < MC_COUNT(of_chats); i++)
        expect_answer(&options, ASK_MESSAGES, &of_chats[i]);
}

#define ASK_RESPONSE "{'input':'hi'}"

static const answer_row_t of_responses[] = {
    {"its status", NULL, COMPLETION(SAID, "stop"), "status", "'completed'"},
    {"its text", NULL, COMPLETION(SAID, "stop"), "output",
     "[{'id':'msg_chatcmpl-1_0','type':'message','status':'completed','role':'assistant','content':"
     "[{'type':'output_text','text':'hello','annotations':[],'logprobs':[]}]}]"},
    {"its usage", NULL, COMPLETION(SAID, "stop"), "usage",
     "{'input_tokens':20,'input_tokens_details':{'cached_tokens':12},'output_tokens':7,"
     "'output_tokens_details':{'reasoning_tokens':4},'total_tokens':27}"},
    {"calls", NULL,
     COMPLETION("'content':null,'tool_calls':[" CALL("a", "f", "{\\'x\\': 1}") "]", "tool_calls"),
     "output",
     "[{'id':'fc_chatcmpl-1_0','type':'function_call','status':'completed','arguments':"
     "'{\\'x\\': 1}','call_id':'a','name':'f'}]"},
    {"out of tokens", NULL, COMPLETION(SAID, "length"), "incomplete_details",
     "{'reason':'max_output_tokens'}"},
    {"filtered", NULL, COMPLETION(SAID, "content_filter"), "incomplete_details",
     "{'reason':'content_filter'}"},
    {"reasoning", NULL, COMPLETION(SAID ",'reasoning':'hm'", "stop"), "output.0",
     "{'id':'rs_chatcmpl-1_0','type':'reasoning','summary':[{'type':'summary_text','text':'hm'}]}"},
    {"a refusal", NULL, COMPLETION("'content':null,'refusal':'no'", "stop"), "output.0.content",
     "[{'type':'refusal','refusal':'no'}]"},
};

Test(answer, of_a_chat_suits_responses)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_CHAT);
    for (size_t i = 0; i < MC_COUNT(of_responses); i++)
        expect_answer(&options, ASK_RESPONSE, &of_responses[i]);
}

Test(answer, of_messages_suits_responses)
{
    static const answer_row_t rows[] = {
        {"thinking is sealed", NULL,
         MESSAGE("{'type':'thinking','thinking':'hm','signature':'S'}," TEXT, "end_turn"),
         "output.0",
         "{'id':'rs_msg_1_0','type':'reasoning','summary':[{'type':'summary_text','text':'hm'}],"
         "'encrypted_content':'mc1:[{\\'type\\':\\'thinking\\',\\'thinking\\':\\'hm\\',"
         "\\'signature\\':\\'S\\'}]'}"},
        {"usage counts the cache in", NULL, MESSAGE(TEXT, "end_turn"), "usage",
         "{'input_tokens':18,'input_tokens_details':{'cached_tokens':5,'cache_write_tokens':3},"
         "'output_tokens':7,'output_tokens_details':{'reasoning_tokens':0},'total_tokens':25}"},
    };
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_MESSAGES);
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        expect_answer(&options, ASK_RESPONSE, &rows[i]);
}

Test(answer, that_is_none_is_refused)
{
    static const struct {
        const char *answer, *words;
    } chats[] = {{"{}", "no choices"},
                 {"{'choices':[]}", "no choice"},
                 {"{'choices':[{'finish_reason':'stop'}]}", "no message"},
                 {"{'error':{'message':'boom'}}", "boom"},
                 {"{'error':'boom'}", "boom"},
                 {"<html>", ""},
                 {"6", "not an object"},
                 {"{'choices':[{'message':{'tool_calls':[{'id':'x'}]}}]}", "without a function"}};
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    for (size_t i = 0; i < MC_COUNT(chats); i++)
        expect_bad_answer(&options, ASK_MESSAGES, chats[i].answer, chats[i].words);
    options = options_of(ROUTER_RESPONSES, ROUTER_CHAT);
    for (size_t i = 0; i < MC_COUNT(chats); i++)
        expect_bad_answer(&options, ASK_RESPONSE, chats[i].answer, chats[i].words);
    options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    expect_bad_answer(&options, ASK_CHAT, "{}", "no content");
    expect_bad_answer(&options, ASK_CHAT, "{'type':'error','error':{'message':'boom'}}", "boom");
}
