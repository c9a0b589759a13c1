/*
 *  test_translate_chat_turns - the messages and tools of a chat as Anthropic wants them
 */
#include "translate_case.h"

TestSuite(chat_turns, .init = open_case, .fini = close_case);

#define USER(text) "{'role':'user','content':'" text "'}"
#define TEXT(text) "{'type':'text','text':'" text "'}"
#define TURN(role, blocks) "{'role':'" role "','content':[" blocks "]}"
#define CALLS(calls) "{'role':'assistant','content':null,'tool_calls':[" calls "]}"
#define CALL(id, json)                                                                             \
    "{'id':'" id "','type':'function','function':{'name':'f','arguments':'" json "'}}"
#define RESULT(id, text) "{'role':'tool','tool_call_id':'" id "','content':'" text "'}"
#define USE(id, json) "{'type':'tool_use','id':'" id "','name':'f','input':" json "}"
#define RESULT_BLOCK(id, text)                                                                     \
    "{'type':'tool_result','tool_use_id':'" id "','content':[" TEXT(text) "]}"
#define ASK(messages) "{'messages':[" messages "]}"

static const translate_row_t turns[] = {
    {"the system prompt is hoisted",
     ASK("{'role':'system','content':'a'}," USER("x") ",{'role':'developer','content':'b'}"),
     "system", "[" TEXT("a") "," TEXT("b") "]", NULL},
    {"and leaves the turns", ASK("{'role':'system','content':'a'}," USER("x")), "messages",
     "[" TURN("user", TEXT("x")) "]", NULL},
    {"turns of one role are merged", ASK(USER("a") "," USER("b")), "messages",
     "[" TURN("user", TEXT("a") "," TEXT("b")) "]", NULL},
    {"a system prompt between them does not part them",
     ASK(USER("a") ",{'role':'system','content':'s'}," USER("b")), "messages",
     "[" TURN("user", TEXT("a") "," TEXT("b")) "]", NULL},
    {"an assistant that begins gets a user before it",
     ASK("{'role':'assistant','content':'hi'}," USER("x")), "messages",
     "[" TURN("user", TEXT("(no message)")) "," TURN("assistant",
                                                     TEXT("hi")) "," TURN("user", TEXT("x")) "]",
     "messages.0: the assistant begins"},
    {"blank text is left out",
     ASK(USER("a") ",{'role':'assistant','content':' \\n'}," USER("b") "," USER("")), "messages",
     "[" TURN("user", TEXT("a") "," TEXT("b")) "]", NULL},
    {"white space at the end of the last assistant turn goes",
     ASK(USER("a") ",{'role':'assistant','content':'so \\n'}"), "messages.1.content",
     "[" TEXT("so") "]", NULL},
    {"and stays elsewhere", ASK(USER("a") ",{'role':'assistant','content':'so '}," USER("b")),
     "messages.1.content", "[" TEXT("so ") "]", NULL},
    {"calls become tool_use with an object",
     ASK(USER("a") "," CALLS(CALL("c1", "{\\'x\\': 1.50}"))), "messages.1.content",
     "[" USE("c1", "{'x':1.5}") "]", NULL},
    {"empty arguments are an empty object", ASK(USER("a") "," CALLS(CALL("c1", " "))),
     "messages.1.content", "[" USE("c1", "{}") "]", NULL},
    {"broken arguments are kept as text", ASK(USER("a") "," CALLS(CALL("c1", "{\\'x"))),
     "messages.1.content.0.input", "{'invalid_arguments':'{\\'x'}", "tool_calls: arguments"},
    {"arguments that are no object too", ASK(USER("a") "," CALLS(CALL("c1", "[1]"))),
     "messages.1.content.0.input", "{'invalid_arguments':'[1]'}", "tool_calls: arguments"},
    {"ids that Anthropic refuses are made fit, in call and result alike",
     ASK(USER("a") "," CALLS(CALL("f:0.1", "{}")) "," RESULT("f:0.1", "r")), "messages.2.content.0",
     RESULT_BLOCK("f_0_1", "r"), NULL},
    {"results are merged into one user turn, before the user's words",
     ASK(USER("a") "," CALLS(CALL("c1", "{}") "," CALL("c2", "{}")) "," RESULT(
         "c1", "1") "," RESULT("c2", "2") "," USER("go on")),
     "messages",
     "[" TURN("user", TEXT("a")) "," TURN(
         "assistant",
         USE("c1", "{}") "," USE("c2", "{}")) "," TURN("user",
                                                       RESULT_BLOCK("c1", "1") "," RESULT_BLOCK(
                                                           "c2", "2") "," TEXT("go on")) "]",
     NULL},
    {"even when the user spoke between them",
     ASK(USER("a") "," CALLS(CALL("c1", "{}") "," CALL("c2", "{}")) "," RESULT("c1", "1") "," USER(
         "well") "," RESULT("c2", "2")),
     "messages.2.content",
     "[" RESULT_BLOCK("c1", "1") "," RESULT_BLOCK("c2", "2") "," TEXT("well") "]", NULL},
    {"an empty result has no content",
     ASK(USER("a") "," CALLS(CALL("c1", "{}")) "," RESULT("c1", "")), "messages.2.content.0",
     "{'type':'tool_result','tool_use_id':'c1'}", NULL},
    {"a result in parts, with an image",
     ASK(USER("a") "," CALLS(
         CALL("c1", "{}")) ",{'role':'tool','tool_call_id':'c1','content':[{'type':'text','text':"
                           "'r'},{'type':'image_url','image_url':{'url':'https://x/y.png'}}]}"),
     "messages.2.content.0.content",
     "[" TEXT("r") ",{'type':'image','source':{'type':'url','url':'https://x/y.png'}}]", NULL},
    {"an image as data",
     ASK("{'role':'user','content':[{'type':'image_url','image_url':{'url':"
         "'data:image/jpg;base64,QUJD','detail':'high'}}]}"),
     "messages.0.content.0",
     "{'type':'image','source':{'type':'base64','media_type':'image/jpeg','data':'QUJD'}}", NULL},
    {"a document as data",
     ASK("{'role':'user','content':[{'type':'file','file':{'filename':'a.pdf','file_data':"
         "'data:application/pdf;base64,QUJD'}}]}"),
     "messages.0.content.0",
     "{'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'QUJD'},"
     "'title':'a.pdf'}",
     NULL},
    {"cache_control of a part survives",
     ASK("{'role':'user','content':[{'type':'text','text':'a','cache_control':{'type':'ephemeral',"
         "'ttl':'1h'}}]}"),
     "messages.0.content.0",
     "{'type':'text','text':'a','cache_control':{'type':'ephemeral','ttl':'1h'}}", NULL},
    {"of a system prompt too",
     ASK("{'role':'system','content':[{'type':'text','text':'a','cache_control':{'type':"
         "'ephemeral'}}]}," USER("x")),
     "system.0.cache_control", "{'type':'ephemeral'}", NULL},
    {"of a message it goes to its last block",
     ASK("{'role':'user','content':[" TEXT("a") "," TEXT(
         "b") "],'cache_control':{'type':'ephemeral'}}"),
     "messages.0.content",
     "[" TEXT("a") ",{'type':'text','text':'b','cache_control':{'type':'ephemeral'}}]", NULL},
    {"of a result",
     ASK(USER("a") "," CALLS(
         CALL("c", "{}")) ",{'role':'tool','tool_call_id':'c','content':'r','cache_control':"
                          "{'type':'ephemeral'}}"),
     "messages.2.content.0.cache_control", "{'type':'ephemeral'}", NULL},
    {"thinking blocks come back unchanged, before text and calls",
     ASK(USER("a") ",{'role':'assistant','content':'t','reasoning_content':'hm','thinking_blocks':"
                   "[{'type':'thinking','thinking':'hm','signature':'S+/='},{'type':"
                   "'redacted_thinking','data':'D'}],'tool_calls':[" CALL("c", "{}") "]}"),
     "messages.1.content",
     "[{'type':'thinking','thinking':'hm','signature':'S+/='},{'type':'redacted_thinking','data':"
     "'D'}," TEXT("t") "," USE("c", "{}") "]",
     NULL},
    {"an empty thought with a signature is a thought",
     ASK(USER("a") ",{'role':'assistant','content':'t','thinking_blocks':[{'type':'thinking',"
                   "'thinking':'','signature':'S'}]}"),
     "messages.1.content.0", "{'type':'thinking','thinking':'','signature':'S'}", NULL},
    {"thoughts without a signature are not replayed",
     ASK(USER("a") ",{'role':'assistant','content':'t','thinking_blocks':[{'type':'thinking',"
                   "'thinking':'hm','signature':''}]}"),
     "messages.1.content", "[" TEXT("t") "]", NULL},
    {"a refusal in the history is text",
     ASK(USER("a") ",{'role':'assistant','content':null,'refusal':'no'}," USER("b")),
     "messages.1.content", "[" TEXT("no") "]", NULL},
};

Test(chat_turns, are_made_of_messages)
{
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, turns);
}

#define FUNCTION(name)                                                                             \
    "{'type':'function','function':{'name':'" name "','description':'d','parameters':{'type':"     \
    "'object','properties':{'b':{},'a':{}}}}}"
#define TOOLS(more) "{'messages':[" USER("x") "],'tools':[" FUNCTION("f") "]" more "}"

static const translate_row_t tools[] = {
    {"members of a tool that nobody knows are named once",
     "{'messages':[" USER("x") "],'tools':[{'type':'function','function':{'name':'f','x':1}},"
                               "{'type':'function','function':{'name':'g','x':1,'y':null}}]}",
     "tools.1.name", "'g'", "tools.function.x: not known to the other API, left out"},
    {"members of a part too",
     "{'messages':[{'role':'user','content':[{'type':'text','text':'a','x':1}]}]}",
     "messages.0.content", "[{'type':'text','text':'a'}]", "messages.content.x: not known"},
    {"tools keep their order and that of their keys",
     "{'messages':[" USER("x") "],'tools':[" FUNCTION("z") "," FUNCTION("a") "]}", "tools",
     "[{'name':'z','description':'d','input_schema':{'type':'object','properties':{'b':{},'a':{}}}}"
     ",{'name':'a','description':'d','input_schema':{'type':'object','properties':{'b':{},'a':{}}}}"
     "]",
     NULL},
    {"a tool without parameters takes an empty object",
     "{'messages':[" USER("x") "],'tools':[{'type':'function','function':{'name':'f'}}]}",
     "tools.0.input_schema", "{'type':'object','properties':{}}", NULL},
    {"strict and cache_control stay",
     "{'messages':[" USER("x") "],'tools':[{'type':'function','function':{'name':'f','strict':true,"
                               "'parameters':{'type':'object'}},'cache_control':{'type':"
                               "'ephemeral'}}]}",
     "tools.0",
     "{'name':'f','input_schema':{'type':'object'},'strict':true,'cache_control':{'type':"
     "'ephemeral'}}",
     NULL},
    {"no choice is no choice", TOOLS(""), "tool_choice", NULL, NULL},
    {"auto", TOOLS(",'tool_choice':'auto'"), "tool_choice", "{'type':'auto'}", NULL},
    {"none", TOOLS(",'tool_choice':'none'"), "tool_choice", "{'type':'none'}", NULL},
    {"required is any", TOOLS(",'tool_choice':'required'"), "tool_choice", "{'type':'any'}", NULL},
    {"a function by name", TOOLS(",'tool_choice':{'type':'function','function':{'name':'f'}}"),
     "tool_choice", "{'type':'tool','name':'f'}", NULL},
    {"one call at a time", TOOLS(",'parallel_tool_calls':false"), "tool_choice",
     "{'type':'auto','disable_parallel_tool_use':true}", NULL},
    {"one call at a time, and one must be",
     TOOLS(",'tool_choice':'required','parallel_tool_calls':false"), "tool_choice",
     "{'type':'any','disable_parallel_tool_use':true}", NULL},
    {"none has nothing to be single", TOOLS(",'tool_choice':'none','parallel_tool_calls':false"),
     "tool_choice", "{'type':'none'}", NULL},
    {"a choice without tools says nothing",
     "{'messages':[" USER("x") "],'tool_choice':'auto','parallel_tool_calls':false,'tools':[]}",
     "tool_choice", NULL, NULL},
};

Test(chat_turns, come_with_tools)
{
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, tools);
}

#define SCHEMA(strict)                                                                             \
    ",'response_format':{'type':'json_schema','json_schema':{'name':'city','strict':" strict       \
    ",'schema':{'type':'object'}}}"
#define CITY                                                                                       \
    "{'name':'city','description':'Gives the final answer in the form that was asked for.',"       \
    "'input_schema':{'type':'object'}}"
#define X "{'messages':[" USER("x") "]"

Test(chat_turns, come_with_the_form_of_the_answer)
{
    static const translate_row_t native[] = {
        {"natively where the model can", X SCHEMA("true") "}", "output_config",
         "{'format':{'type':'json_schema','schema':{'type':'object'}}}", NULL},
        {"by a tool where the schema is not strict", X SCHEMA("false") "}", "tools", "[" CITY "]",
         NULL},
        {"which must be called", X SCHEMA("false") "}", "tool_choice",
         "{'type':'tool','name':'city'}", NULL},
        {"any JSON is a wish", X ",'response_format':{'type':'json_object'}}", "system.0.type",
         "'text'", "response_format: json_object"},
        {"text is nothing", X ",'response_format':{'type':'text'}}", "output_config", NULL, NULL},
    };
    static const translate_row_t forced[] = {
        {"by a tool where the model cannot", X SCHEMA("true") "}", "tools", "[" CITY "]", NULL},
        {"beside other tools any of them", TOOLS(SCHEMA("true")), "tool_choice", "{'type':'any'}",
         NULL},
        {"a chosen tool stays chosen",
         TOOLS(SCHEMA("true") ",'tool_choice':{'type':'function','function':{'name':'f'}}"),
         "tool_choice", "{'type':'tool','name':'f'}", NULL},
        {"no tool at all is the answer's", TOOLS(SCHEMA("true") ",'tool_choice':'none'"),
         "tool_choice", "{'type':'tool','name':'city'}", NULL},
        {"and rules out thinking", X SCHEMA("true") ",'reasoning_effort':'high'}", "thinking", NULL,
         "reasoning_effort: no thinking when a tool"},
    };
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, native);
    options.has_structured_output = false;
    EXPECT_REQUESTS(&options, forced);
}

Test(chat_turns, come_with_thinking)
{
    static const translate_row_t rows[] = {
        {"low", X ",'reasoning_effort':'low'}", "thinking",
         "{'type':'enabled','budget_tokens':2048}", NULL},
        {"medium", X ",'reasoning_effort':'medium'}", "thinking",
         "{'type':'enabled','budget_tokens':8192}", NULL},
        {"high", X ",'reasoning_effort':'high'}", "thinking",
         "{'type':'enabled','budget_tokens':16384}", NULL},
        {"none", X ",'reasoning_effort':'none'}", "thinking", NULL, NULL},
        {"the budget is below the limit", X ",'reasoning_effort':'high','max_tokens':8000}",
         "thinking", "{'type':'enabled','budget_tokens':4000}", NULL},
        {"and not below the least", X ",'reasoning_effort':'high','max_tokens':1200}", "thinking",
         "{'type':'enabled','budget_tokens':1024}", NULL},
        {"or it goes", X ",'reasoning_effort':'high','max_tokens':1000}", "thinking", NULL,
         "reasoning_effort: the limit"},
        {"Anthropic's own member is passed",
         X ",'thinking':{'type':'enabled','budget_tokens':3000}}", "thinking",
         "{'type':'enabled','budget_tokens':3000}", NULL},
        {"temperature goes when it thinks", X ",'reasoning_effort':'low','temperature':0.2}",
         "temperature", NULL, "temperature: cannot"},
        {"a forced tool wins", TOOLS(",'tool_choice':'required','reasoning_effort':'low'"),
         "thinking", NULL, "reasoning_effort: no thinking when"},
        {"calls that lost their thoughts turn it off",
         "{'messages':[" USER("a") "," CALLS(CALL("c", "{}")) "," RESULT(
             "c", "r") "],'reasoning_effort':'low'}",
         "thinking", NULL, "reasoning_effort: no thinking after"},
        {"but not once the user has spoken",
         "{'messages':[" USER("a") "," CALLS(CALL("c", "{}")) "," RESULT("c", "r") "," USER(
             "b") "],'reasoning_effort':'low'}",
         "thinking.type", "'enabled'", NULL},
    };
    static const translate_row_t adaptive[] = {
        {"a model that thinks by effort", X ",'reasoning_effort':'high'}", "thinking",
         "{'type':'adaptive'}", NULL},
        {"is told the effort", X ",'reasoning_effort':'minimal'}", "output_config",
         "{'effort':'low'}", NULL},
    };
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, rows);
    options.has_adaptive_thinking = true;
    EXPECT_REQUESTS(&options, adaptive);
    options.output_tokens_max = 0;
    options.has_adaptive_thinking = false;
    static const translate_row_t unknown = {"a model of which nothing is known",
                                            X ",'reasoning_effort':'low'}", "max_tokens", "6144",
                                            NULL};
    expect_request(&options, &unknown);
}
