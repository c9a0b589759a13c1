/*
 *  test_translate_messages_request - Anthropic's messages as a chat completion
 */
#include "translate_case.h"

TestSuite(messages_request, .init = open_case, .fini = close_case);

#define MAX "'max_tokens':100"
#define HI "'messages':[{'role':'user','content':'hi'}]"
#define ASK(members) "{" MAX "," HI "," members "}"
#define SAY(messages) "{" MAX ",'messages':[" messages "]}"

static const translate_row_t wholes[] = {
    {"the least that can be asked", "{'model':'x'," MAX "," HI "}", "",
     "{'model':'real-model','messages':[{'role':'user','content':'hi'}],'max_completion_tokens':"
     "100}",
     NULL},
    {"a stream asks for its usage", ASK("'stream':true,'system':'s','temperature':0.5"), "",
     "{'model':'real-model','messages':[{'role':'system','content':'s'},{'role':'user','content':"
     "'hi'}],'max_completion_tokens':100,'temperature':0.5,'stream':true,'stream_options':"
     "{'include_usage':true}}",
     NULL},
    {"a limit over the model's is lowered", "{'max_tokens':99999," HI "}", "max_completion_tokens",
     "32000", "max_tokens: lowered"},
    {"stop sequences", ASK("'stop_sequences':['a','b']"), "stop", "['a','b']", NULL},
    {"no more than four", ASK("'stop_sequences':['a','b','c','d','e']"), "stop",
     "['a','b','c','d']", "stop_sequences: a chat takes four"},
    {"no stop sequences", ASK("'stop_sequences':[]"), "stop", NULL, NULL},
    {"the user", ASK("'metadata':{'user_id':'u'}"), "user", "'u'", NULL},
    {"is cut to what OpenAI takes",
     ASK("'metadata':{'user_id':'0123456789012345678901234567890123456789012345678901234567890123"
         "45'}"),
     "user", "'0123456789012345678901234567890123456789012345678901234567890123'",
     "metadata.user_id: cut"},
    {"standard_only", ASK("'service_tier':'standard_only'"), "service_tier", "'default'", NULL},
    {"top_k is left out", ASK("'top_k':5"), "top_k", NULL, "top_k: a chat"},
    {"what nobody knows", ASK("'frobnicate':1"), "frobnicate", NULL, "frobnicate: not known"},
    {"cache_control goes without a word", ASK("'cache_control':{'type':'ephemeral'}"),
     "cache_control", NULL, NULL},
    {"thinking is an effort", ASK("'thinking':{'type':'enabled','budget_tokens':2048}"),
     "reasoning_effort", "'low'", NULL},
    {"more of it", ASK("'thinking':{'type':'enabled','budget_tokens':10000}"), "reasoning_effort",
     "'medium'", NULL},
    {"much of it", ASK("'thinking':{'type':'enabled','budget_tokens':31999}"), "reasoning_effort",
     "'high'", NULL},
    {"adaptive thinking leaves it to the model", ASK("'thinking':{'type':'adaptive'}"),
     "reasoning_effort", NULL, NULL},
    {"an effort by name", ASK("'output_config':{'effort':'medium'}"), "reasoning_effort",
     "'medium'", NULL},
    {"disabled thinking is none", ASK("'thinking':{'type':'disabled'}"), "reasoning_effort", NULL,
     NULL},
    {"a schema",
     ASK("'output_config':{'format':{'type':'json_schema','schema':{'type':'object'}}}"),
     "response_format",
     "{'type':'json_schema','json_schema':{'name':'answer','schema':{'type':'object'},'strict':"
     "false}}",
     NULL},
    {"a closed schema is strict",
     ASK("'output_format':{'type':'json_schema','schema':{'type':'object','properties':{'a':{"
         "'type':'string'}},'required':['a'],'additionalProperties':false}}"),
     "response_format.json_schema.strict", "true", NULL},
};

Test(messages_request, makes_a_chat)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    EXPECT_REQUESTS(&options, wholes);
}

#define TOOL "'tools':[{'name':'f','description':'d','input_schema':{'type':'object'}}]"

static const translate_row_t tools[] = {
    {"a tool", ASK(TOOL), "tools",
     "[{'type':'function','function':{'name':'f','description':'d','parameters':{'type':'object'}}"
     "}]",
     NULL},
    {"of type custom", ASK("'tools':[{'type':'custom','name':'f','input_schema':{}}]"),
     "tools.0.function", "{'name':'f','parameters':{}}", NULL},
    {"any is required", ASK(TOOL ",'tool_choice':{'type':'any'}"), "tool_choice", "'required'",
     NULL},
    {"auto", ASK(TOOL ",'tool_choice':{'type':'auto'}"), "tool_choice", "'auto'", NULL},
    {"none", ASK(TOOL ",'tool_choice':{'type':'none'}"), "tool_choice", "'none'", NULL},
    {"by name", ASK(TOOL ",'tool_choice':{'type':'tool','name':'f'}"), "tool_choice",
     "{'type':'function','function':{'name':'f'}}", NULL},
    {"one call at a time",
     ASK(TOOL ",'tool_choice':{'type':'auto','disable_parallel_tool_use':true}"),
     "parallel_tool_calls", "false", NULL},
    {"a choice without tools says nothing", ASK("'tool_choice':{'type':'auto'}"), "tool_choice",
     NULL, NULL},
};

Test(messages_request, brings_its_tools)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    EXPECT_REQUESTS(&options, tools);
}

static const translate_row_t turns[] = {
    {"citations are left out",
     SAY("{'role':'user','content':[{'type':'text','text':'a','citations':[{'type':'x'}]}]}"),
     "messages.0.content", "'a'", "messages.content.citations: not known"},
    {"a tool that is loaded late is loaded at once",
     ASK("'tools':[{'name':'f','input_schema':{},'defer_loading':true,'eager_input_streaming':true}"
         "]"),
     "tools.0.function", "{'name':'f','parameters':{}}", "tools.defer_loading: not known"},
    {"system blocks are joined",
     "{" MAX "," HI ",'system':[{'type':'text','text':'a','cache_control':{'type':'ephemeral'}},"
     "{'type':'text','text':'b'}]}",
     "messages.0", "{'role':'system','content':'a\\n\\nb'}", NULL},
    {"a single text is a string", SAY("{'role':'user','content':[{'type':'text','text':'a'}]}"),
     "messages.0.content", "'a'", NULL},
    {"several are parts",
     SAY("{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}"),
     "messages.0.content", "[{'type':'text','text':'a'},{'type':'text','text':'b'}]", NULL},
    {"an image as data",
     SAY("{'role':'user','content':[{'type':'image','source':{'type':'base64','media_type':"
         "'image/png','data':'QUJD'}}]}"),
     "messages.0.content",
     "[{'type':'image_url','image_url':{'url':'data:image/png;base64,QUJD'}}]", NULL},
    {"an image by address",
     SAY("{'role':'user','content':[{'type':'image','source':{'type':'url','url':'https://x/"
         "y'}}]}"),
     "messages.0.content.0.image_url.url", "'https://x/y'", NULL},
    {"a document",
     SAY("{'role':'user','content':[{'type':'document','title':'t.pdf','source':{'type':'base64',"
         "'media_type':'application/pdf','data':'QUJD'}}]}"),
     "messages.0.content.0",
     "{'type':'file','file':{'filename':'t.pdf','file_data':'data:application/pdf;base64,QUJD'}}",
     NULL},
    {"a document of text",
     SAY("{'role':'user','content':[{'type':'document','source':{'type':'text','media_type':"
         "'text/plain','data':'abc'}}]}"),
     "messages.0.content", "'abc'", NULL},
    {"a search result",
     SAY("{'role':'user','content':[{'type':'search_result','source':'s','title':'t','content':[{"
         "'type':'text','text':'abc'}]}]}"),
     "messages.0.content", "'abc'", NULL},
    {"an assistant's texts are joined, its calls follow",
     SAY("{'role':'assistant','content':[{'type':'text','text':'a'},{'type':'text','text':'b'},"
         "{'type':'tool_use','id':'t','name':'f','input':{'x':1.5,'a':[]}}]}"),
     "messages.0",
     "{'role':'assistant','content':'ab','tool_calls':[{'id':'t','type':'function','function':{"
     "'name':'f','arguments':'{\\'x\\':1.5,\\'a\\':[]}'}}]}",
     NULL},
    {"only calls have content null",
     SAY("{'role':'assistant','content':[{'type':'tool_use','id':'t','name':'f','input':{}}]}"),
     "messages.0.content", "null", NULL},
    {"thinking is not sent to a server that would refuse it",
     SAY("{'role':'assistant','content':[{'type':'thinking','thinking':'hm','signature':'S'},"
         "{'type':'text','text':'a'}]}"),
     "messages.0", "{'role':'assistant','content':'a'}", NULL},
    {"results come before the user's words",
     SAY("{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':'1'},"
         "{'type':'tool_result','tool_use_id':'b','content':[{'type':'text','text':'2'},{'type':"
         "'text','text':'3'}]},{'type':'text','text':'go'}]}"),
     "messages",
     "[{'role':'tool','tool_call_id':'a','content':'1'},{'role':'tool','tool_call_id':'b',"
     "'content':'23'},{'role':'user','content':'go'}]",
     NULL},
    {"a failed one says so",
     SAY("{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','is_error':true,"
         "'content':'no such file'}]}"),
     "messages.0.content", "'Error: no such file'", NULL},
    {"one without content is empty",
     SAY("{'role':'user','content':[{'type':'tool_result','tool_use_id':'a'}]}"),
     "messages.0.content", "''", NULL},
    {"an image in a result follows it",
     SAY("{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':[{'type':"
         "'text','text':'see'},{'type':'image','source':{'type':'url','url':'https://x'}}]}]}"),
     "messages",
     "[{'role':'tool','tool_call_id':'a','content':'see'},{'role':'user','content':[{'type':"
     "'image_url','image_url':{'url':'https://x'}}]}]",
     NULL},
    {"a tool that ran at Anthropic's is left out",
     SAY("{'role':'assistant','content':[{'type':'server_tool_use','id':'s','name':'web_search',"
         "'input':{}},{'type':'text','text':'a'}]}"),
     "messages.0", "{'role':'assistant','content':'a'}", "messages.0.content.0.type: a tool"},
};

Test(messages_request, brings_its_turns)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    EXPECT_REQUESTS(&options, turns);
}

Test(messages_request, suits_the_server)
{
    static const translate_row_t extended[] = {
        {"cache_control goes to a server that takes it",
         "{" MAX "," HI ",'system':[{'type':'text','text':'a','cache_control':{'type':"
         "'ephemeral'}}]}",
         "messages.0.content", "[{'type':'text','text':'a','cache_control':{'type':'ephemeral'}}]",
         NULL},
        {"thinking too",
         SAY("{'role':'assistant','content':[{'type':'thinking','thinking':'hm','signature':'S'},"
             "{'type':'text','text':'a'}]}"),
         "messages.0",
         "{'role':'assistant','content':'a','reasoning_content':'hm','thinking_blocks':[{'type':"
         "'thinking','thinking':'hm','signature':'S'}]}",
         NULL},
    };
    static const translate_row_t plain[] = {
        {"the old name of the limit", "{" MAX "," HI "}", "max_tokens", "100", NULL},
        {"no thinking", ASK("'thinking':{'type':'enabled','budget_tokens':2048}"),
         "reasoning_effort", NULL, "thinking: the model does not think"},
        {"no temperature", ASK("'temperature':0.5"), "temperature", NULL, "temperature: cannot"},
        {"no options of streams", ASK("'stream':true"), "stream_options", NULL, NULL},
    };
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    options.takes_extensions = true;
    EXPECT_REQUESTS(&options, extended);
    options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    options.takes_completion_limit = false;
    options.lacks_reasoning = options.lacks_temperature = options.lacks_usage_option = true;
    EXPECT_REQUESTS(&options, plain);
}

static const refuse_row_t refused[] = {
    {"no limit", "{" HI "}", "max_tokens", "missing"},
    {"a limit of 0", "{'max_tokens':0," HI "}", "max_tokens", "at least 1"},
    {"no messages", "{" MAX "}", "messages", "missing"},
    {"an empty conversation", SAY(""), "messages", "empty"},
    {"a role that is none", SAY("{'role':'tool','content':'x'}"), "messages.0.role", "user"},
    {"a message without content", SAY("{'role':'user'}"), "messages.0.content", "missing"},
    {"content that is a number", SAY("{'role':'user','content':7}"), "messages.0.content",
     "must be a string or an array"},
    {"a block that is a text", SAY("{'role':'user','content':['x']}"), "messages.0.content.0",
     "object"},
    {"an image in a file",
     SAY("{'role':'user','content':[{'type':'image','source':{'type':'file','file_id':'f'}}]}"),
     "messages.0.content.0.source.type", "file"},
    {"a document by address",
     SAY("{'role':'user','content':[{'type':'document','source':{'type':'url','url':'u'}}]}"),
     "messages.0.content.0.source.type", "url"},
    {"a block that is not known", SAY("{'role':'user','content':[{'type':'hologram'}]}"),
     "messages.0.content.0.type", "hologram"},
    {"a result for nobody", SAY("{'role':'user','content':[{'type':'tool_result'}]}"),
     "messages.0.content.0.tool_use_id", "missing"},
    {"Anthropic's own tools", ASK("'tools':[{'type':'web_search_20250305','name':'web_search'}]"),
     "tools.0.type", "web_search_20250305"},
    {"servers of MCP", ASK("'mcp_servers':[{'url':'x'}]"), "mcp_servers", "only Anthropic"},
    {"a choice that is not known",
     ASK("'tools':[{'name':'f','input_schema':{}}],'tool_choice':{'type':'x'}"), "tool_choice.type",
     "auto"},
    {"stop sequences that are numbers", ASK("'stop_sequences':[1]"), "stop_sequences", "string"},
};

Test(messages_request, refuses_what_would_change_the_meaning)
{
    router_translation_options_t options = options_of(ROUTER_MESSAGES, ROUTER_CHAT);
    EXPECT_REFUSALS(&options, refused);
}
