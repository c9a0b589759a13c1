/*
 *  test_translate_chat_request - a chat completion as a request of Anthropic's messages
 */
#include "translate_case.h"

TestSuite(chat_request, .init = open_case, .fini = close_case);

#define HI "'messages':[{'role':'user','content':'hi'}]"
#define TOOL "'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object'}}}]"

Test(chat_request, makes_a_whole_request)
{
    static const translate_row_t rows[] = {
        {"the least that can be asked", "{'model':'x'," HI "}", "",
         "{'model':'real-model','max_tokens':32000,'messages':[{'role':'user','content':"
         "[{'type':'text','text':'hi'}]}]}",
         NULL},
        {"members come in one order whatever their own",
         "{'stream':true,'user':'u','stop':'END','temperature':0.5," HI
         ",'max_tokens':9,'model':'x'}",
         "",
         "{'model':'real-model','max_tokens':9,'messages':[{'role':'user','content':"
         "[{'type':'text','text':'hi'}]}],'temperature':0.5,'stop_sequences':['END'],'metadata':"
         "{'user_id':'u'},'stream':true}",
         NULL},
    };
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, rows);
}

Test(chat_request, sets_limits_and_sampling)
{
    static const translate_row_t rows[] = {
        {"max_completion_tokens is the limit", "{" HI ",'max_completion_tokens':7}", "max_tokens",
         "7", NULL},
        {"and wins over the old name", "{" HI ",'max_tokens':5,'max_completion_tokens':7}",
         "max_tokens", "7", NULL},
        {"a limit over the model's is lowered", "{" HI ",'max_tokens':99999}", "max_tokens",
         "32000", "max_tokens: lowered"},
        {"temperature is clamped to 1", "{" HI ",'temperature':1.7}", "temperature", "1.0",
         "temperature: moved"},
        {"temperature 0 stays", "{" HI ",'temperature':0}", "temperature", "0.0", NULL},
        {"top_p alone is passed", "{" HI ",'top_p':0.9}", "top_p", "0.9", NULL},
        {"top_p beside temperature is not", "{" HI ",'top_p':0.9,'temperature':0.2}", "top_p", NULL,
         "top_p: not together"},
        {"top_p 1 says nothing", "{" HI ",'top_p':1,'temperature':0.2}", "top_p", NULL, NULL},
        {"top_k is passed", "{" HI ",'top_k':40}", "top_k", "40", NULL},
        {"null counts as absent", "{" HI ",'temperature':null,'stop':null,'tools':null}", "stop",
         NULL, NULL},
        {"stop is a string", "{" HI ",'stop':'a'}", "stop_sequences", "['a']", NULL},
        {"stop is a list", "{" HI ",'stop':['a','b']}", "stop_sequences", "['a','b']", NULL},
        {"a stop of white space goes", "{" HI ",'stop':['\\n','b']}", "stop_sequences", "['b']",
         "stop: Anthropic"},
        {"a stop of only white space leaves none", "{" HI ",'stop':' '}", "stop_sequences", NULL,
         "stop: Anthropic"},
        {"the user is metadata.user_id", "{" HI ",'user':'u-1'}", "metadata", "{'user_id':'u-1'}",
         NULL},
        {"safety_identifier stands in", "{" HI ",'safety_identifier':'s'}", "metadata",
         "{'user_id':'s'}", NULL},
        {"service_tier default", "{" HI ",'service_tier':'default'}", "service_tier",
         "'standard_only'", NULL},
        {"service_tier flex is not known", "{" HI ",'service_tier':'flex'}", "service_tier", NULL,
         "service_tier:"},
    };
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, rows);
}

Test(chat_request, leaves_out_what_has_no_counterpart)
{
    static const translate_row_t rows[] = {
        {"seed", "{" HI ",'seed':7}", "seed", NULL, "seed: Anthropic has no counterpart"},
        {"penalties of 0 go without a word",
         "{" HI ",'presence_penalty':0,'frequency_penalty':0.0}", "presence_penalty", NULL, NULL},
        {"a penalty", "{" HI ",'presence_penalty':0.5}", "presence_penalty", NULL,
         "presence_penalty:"},
        {"what nobody knows", "{" HI ",'frobnicate':{'a':1}}", "frobnicate", NULL,
         "frobnicate: not known"},
        {"a name that no header may hold", "{" HI ",'a\\nb;c':1}", "a", NULL, "a?b?c: not known"},
        {"store false says nothing", "{" HI ",'store':false,'n':1,'logprobs':false}", "store", NULL,
         NULL},
        {"the name of a message", "{'messages':[{'role':'user','name':'bo','content':'x'}]}",
         "messages.0.name", NULL, "messages.0.name:"},
    };
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, rows);
}

static const refuse_row_t refused[] = {
    {"no messages", "{}", "messages", "messages is missing"},
    {"messages of another kind", "{'messages':'x'}", "messages", "must be an array"},
    {"an empty conversation", "{'messages':[]}", "messages", "nothing but"},
    {"only a system prompt", "{'messages':[{'role':'system','content':'x'}]}", "messages",
     "nothing but"},
    {"a body that is a list", "[]", "", "the body must be an object"},
    {"more than one answer", "{" HI ",'n':2}", "n", "n is 2"},
    {"log probabilities", "{" HI ",'logprobs':true}", "logprobs", "log probabilities"},
    {"audio", "{" HI ",'audio':{'voice':'x'}}", "audio", "audio"},
    {"old functions", "{" HI ",'functions':[{'name':'f'}]}", "functions", "use tools"},
    {"web search", "{" HI ",'web_search_options':{'a':1}}", "web_search_options", "OpenAI"},
    {"a limit of nothing", "{" HI ",'max_tokens':0}", "max_tokens", "at least 1"},
    {"a limit in words", "{" HI ",'max_tokens':'9'}", "max_tokens", "must be an integer"},
    {"a stop that is a number", "{" HI ",'stop':[1]}", "stop", "must be a string"},
    {"a message without a role", "{'messages':[{'content':'x'}]}", "messages.0.role", "missing"},
    {"a role of old", "{'messages':[{'role':'function','content':'x'}]}", "messages.0.role",
     "function"},
    {"a message that is a text", "{'messages':['x']}", "messages.0", "must be an object"},
    {"audio in a message",
     "{'messages':[{'role':'user','content':[{'type':'input_audio','input_audio':{}}]}]}",
     "messages.0.content.0.type", "input_audio"},
    {"a file of another provider",
     "{'messages':[{'role':'user','content':[{'type':'file','file':{'file_id':'f'}}]}]}",
     "messages.0.content.0.file.file_data", "missing"},
    {"an image in a system prompt",
     "{'messages':[{'role':'system','content':[{'type':'image_url','image_url':{'url':'x'}}]}]"
     "}",
     "messages.0.content.0.type", "must be \"text\""},
    {"an image by a strange address",
     "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'ftp://x'}}"
     "]}]}",
     "messages.0.content.0.image_url.url", "http"},
    {"an image of a strange type",
     "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':"
     "'data:image/bmp;base64,AA'}}]}]}",
     "messages.0.content.0.image_url.url", "image/bmp"},
    {"a result for nobody", "{'messages':[{'role':'tool','content':'x'}]}",
     "messages.0.tool_call_id", "missing"},
    {"a call without an id",
     "{'messages':[{'role':'assistant','tool_calls':[{'type':'function','function':{'name':'f',"
     "'arguments':''}}]}]}",
     "messages.0.tool_calls.0.id", "missing"},
    {"a tool of another kind", "{" HI ",'tools':[{'type':'custom','custom':{'name':'x'}}]}",
     "tools.0.type", "custom"},
    {"a tool without a name", "{" HI ",'tools':[{'type':'function','function':{}}]}",
     "tools.0.function.name", "missing"},
    {"a choice that is not known", "{" HI "," TOOL ",'tool_choice':'some'}", "tool_choice", "auto"},
    {"an effort that is not known", "{" HI ",'reasoning_effort':'huge'}", "reasoning_effort",
     "huge"},
    {"a format that is not known", "{" HI ",'response_format':{'type':'yaml'}}",
     "response_format.type", "json_schema"},
    {"a format without its schema",
     "{" HI ",'response_format':{'type':'json_schema','json_schema':{'name':'a'}}}",
     "response_format.json_schema.schema", "missing"},
};

Test(chat_request, refuses_what_would_change_the_meaning)
{
    router_translation_options_t options = options_of(ROUTER_CHAT, ROUTER_MESSAGES);
    EXPECT_REFUSALS(&options, refused);
}
