/*
 *  test_translate_responses - requests of the responses and the completions API, and of counts
 */
#include "translate_flow.h"

TestSuite(responses, .init = open_case, .fini = close_case);

#define INPUT(items) "{'input':[" items "]}"
#define ASK(members) "{'input':'hi'," members "}"

static const translate_row_t rows[] = {
    {"a text", "{'model':'x','input':'hi'}", "",
     "{'model':'real-model','messages':[{'role':'user','content':'hi'}]}", NULL},
    {"instructions come first", ASK("'instructions':'s'"), "messages",
     "[{'role':'system','content':'s'},{'role':'user','content':'hi'}]", NULL},
    {"a message", INPUT("{'role':'user','content':[{'type':'input_text','text':'a'}]}"),
     "messages.0", "{'role':'user','content':'a'}", NULL},
    {"a developer is the system", INPUT("{'type':'message','role':'developer','content':'a'}"),
     "messages.0", "{'role':'system','content':'a'}", NULL},
    {"members of an item that nobody knows", INPUT("{'role':'user','content':'a','x':1}"),
     "messages.0", "{'role':'user','content':'a'}", "input.x: not known"},
    {"an image",
     INPUT("{'role':'user','content':[{'type':'input_text','text':'a'},{'type':'input_image',"
           "'image_url':'https://x','detail':'auto'}]}"),
     "messages.0.content",
     "[{'type':'text','text':'a'},{'type':'image_url','image_url':{'url':'https://x'}}]", NULL},
    {"a file",
     INPUT("{'role':'user','content':[{'type':'input_file','filename':'a.pdf','file_data':"
           "'data:application/pdf;base64,QQ'}]}"),
     "messages.0.content.0",
     "{'type':'file','file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,QQ'}}",
     NULL},
    {"what the assistant said and called is one message",
     INPUT("{'role':'user','content':'a'},{'id':'rs','type':'reasoning','summary':[]},{'type':"
           "'message','role':'assistant','content':[{'type':'output_text','text':'b'}]},{'type':"
           "'function_call','call_id':'c1','name':'f','arguments':'{}'},{'type':'function_call',"
           "'call_id':'c2','name':'g','arguments':'{}'},{'type':'function_call_output','call_id':"
           "'c1','output':'1'},{'type':'function_call_output','call_id':'c2','output':[{'type':"
           "'input_text','text':'2'}]}"),
     "messages",
     "[{'role':'user','content':'a'},{'role':'assistant','content':'b','tool_calls':[{'id':'c1',"
     "'type':'function','function':{'name':'f','arguments':'{}'}},{'id':'c2','type':'function',"
     "'function':{'name':'g','arguments':'{}'}}]},{'role':'tool','tool_call_id':'c1','content':"
     "'1'},{'role':'tool','tool_call_id':'c2','content':'2'}]",
     NULL},
    {"only a call", INPUT("{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}"),
     "messages.0.content", "null", NULL},
    {"a tool",
     ASK("'tools':[{'type':'function','name':'f','description':'d','parameters':{'type':'object'},"
         "'strict':true}]"),
     "tools",
     "[{'type':'function','function':{'name':'f','description':'d','parameters':{'type':'object'},"
     "'strict':true}}]",
     NULL},
    {"a chosen tool",
     ASK("'tools':[{'type':'function','name':'f'}],'tool_choice':{'type':'function','name':'f'}"),
     "tool_choice", "{'type':'function','function':{'name':'f'}}", NULL},
    {"a choice in a word", ASK("'tools':[{'type':'function','name':'f'}],'tool_choice':'required'"),
     "tool_choice", "'required'", NULL},
    {"a format",
     ASK("'text':{'format':{'type':'json_schema','name':'n','schema':{'type':'object'},'strict':"
         "true}}"),
     "response_format",
     "{'type':'json_schema','json_schema':{'name':'n','schema':{'type':'object'},'strict':true}}",
     NULL},
    {"an effort", ASK("'reasoning':{'effort':'low','summary':'auto'}"), "reasoning_effort", "'low'",
     NULL},
    {"a limit", ASK("'max_output_tokens':50"), "max_completion_tokens", "50", NULL},
    {"a stream", ASK("'stream':true"), "stream_options", "{'include_usage':true}", NULL},
    {"store false says nothing", ASK("'store':false,'background':false,'include':['x']"), "store",
     NULL, NULL},
    {"verbosity", ASK("'text':{'verbosity':'low'}"), "verbosity", NULL, "text.verbosity:"},
    {"the user", ASK("'safety_identifier':'s'"), "user", "'s'", NULL},
};

Test(responses, become_chats)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_CHAT);
    EXPECT_REQUESTS(&options, rows);
}

static const refuse_row_t refused[] = {
    {"no input", "{}", "input", "missing"},
    {"a thread", ASK("'previous_response_id':'r'"), "previous_response_id", "no conversations"},
    {"a conversation", ASK("'conversation':'c'"), "conversation", "no conversations"},
    {"to be stored", ASK("'store':true"), "store", "stores no responses"},
    {"in the background", ASK("'background':true"), "background", "only while it is asked"},
    {"a stored prompt", ASK("'prompt':{'id':'p'}"), "prompt", "not known"},
    {"a search", ASK("'tools':[{'type':'web_search'}]"), "tools.0.type", "web_search"},
    {"a tool without a name", ASK("'tools':[{'type':'function'}]"), "tools.0.name", "missing"},
    {"a choice of OpenAI's",
     ASK("'tools':[{'type':'function','name':'f'}],'tool_choice':{'type':"
         "'web_search'}"),
     "tool_choice.type", "web_search"},
    {"a reference", INPUT("{'type':'item_reference','id':'x'}"), "input.0.type",
     "send the item itself"},
    {"a call of OpenAI's own tools", INPUT("{'type':'web_search_call','id':'x'}"), "input.0.type",
     "web_search_call"},
    {"an item that is a number", INPUT("1"), "input.0", "object"},
    {"a role that is none", INPUT("{'role':'tool','content':'x'}"), "input.0.role", "tool"},
    {"a call without an id", INPUT("{'type':'function_call','name':'f'}"), "input.0.call_id",
     "missing"},
    {"an output for nobody", INPUT("{'type':'function_call_output','output':'x'}"),
     "input.0.call_id", "missing"},
    {"an output without one", INPUT("{'type':'function_call_output','call_id':'x'}"),
     "input.0.output", "missing"},
    {"a stored image", INPUT("{'role':'user','content':[{'type':'input_image','file_id':'f'}]}"),
     "input.0.content.0.image_url", "missing"},
    {"a stored file", INPUT("{'role':'user','content':[{'type':'input_file','file_id':'f'}]}"),
     "input.0.content.0.file_data", "missing"},
    {"audio", INPUT("{'role':'user','content':[{'type':'input_audio'},{'type':'input_text'}]}"),
     "input.0.content.0.type", "input_audio"},
    {"an effort that is not known", ASK("'reasoning':{'effort':'huge'}"), "reasoning.effort",
     "huge"},
    {"a format that is not known", ASK("'text':{'format':{'type':'grammar'}}"), "text.format.type",
     "json_schema"},
    {"a limit of 0", ASK("'max_output_tokens':0"), "max_output_tokens", "at least 1"},
};

Test(responses, refuse_what_needs_a_thread_or_a_tool_of_openai)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_CHAT);
    EXPECT_REFUSALS(&options, refused);
    options = options_of(ROUTER_RESPONSES, ROUTER_MESSAGES);
    EXPECT_REFUSALS(&options, refused);
}

Test(responses, reach_anthropic_by_way_of_a_chat)
{
    static const translate_row_t chained[] = {
        {"all of it", ASK("'instructions':'s','max_output_tokens':50,'stream':true"), "",
         "{'model':'real-model','max_tokens':50,'system':[{'type':'text','text':'s'}],'messages':["
         "{'role':'user','content':[{'type':'text','text':'hi'}]}],'stream':true}",
         NULL},
        {"sealed thinking is opened and stands before what followed it",
         INPUT("{'role':'user','content':'a'},{'type':'reasoning','id':'rs','summary':[],"
               "'encrypted_content':'mc1:[{\\'type\\':\\'thinking\\',\\'thinking\\':\\'hm\\',"
               "\\'signature\\':\\'S\\'}]'},{'type':'function_call','call_id':'c','name':'f',"
               "'arguments':'{}'},{'type':'function_call_output','call_id':'c','output':'1'}"),
         "messages.1.content",
         "[{'type':'thinking','thinking':'hm','signature':'S'},{'type':'tool_use','id':'c','name':"
         "'f','input':{}}]",
         NULL},
        {"another provider's seal is left",
         INPUT("{'role':'user','content':'a'},{'type':'reasoning','encrypted_content':'gAAAA'},"
               "{'role':'assistant','content':'b'},{'role':'user','content':'c'}"),
         "messages.1.content", "[{'type':'text','text':'b'}]", NULL},
        {"a broken seal too",
         INPUT("{'role':'user','content':'a'},{'type':'reasoning','encrypted_content':'mc1:[{'},"
               "{'role':'assistant','content':'b'},{'role':'user','content':'c'}"),
         "messages.1.content", "[{'type':'text','text':'b'}]", NULL},
        {"warnings of both ways", ASK("'text':{'verbosity':'low'},'temperature':1.5"),
         "temperature", "1.0", "text.verbosity: a chat has no counterpart; temperature: moved"},
    };
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_MESSAGES);
    EXPECT_REQUESTS(&options, chained);
}

Test(responses, have_old_relatives)
{
    static const translate_row_t asked[] = {
        {"a prompt", "{'prompt':'p','max_tokens':5,'temperature':0.5,'stop':['a'],'echo':false}",
         "",
         "{'model':'real-model','messages':[{'role':'user','content':'p'}],"
         "'max_completion_tokens':5,'temperature':0.5,'stop':['a']}",
         NULL},
        {"a prompt in a list", "{'prompt':['p']}", "messages.0.content", "'p'", NULL},
    };
    static const refuse_row_t not_asked[] = {
        {"no prompt", "{}", "prompt", "missing"},
        {"tokens", "{'prompt':[1,2]}", "prompt", "one text"},
        {"several prompts", "{'prompt':['a','b']}", "prompt", "one text"},
        {"a suffix", "{'prompt':'p','suffix':'s'}", "suffix", "completions API"},
        {"several answers", "{'prompt':'p','best_of':3}", "best_of", "one answer"},
    };
    static const stream_row_t stream = {
        "a stream", "{'prompt':'p','stream':true}",
        "{'id':'c1','choices':[{'index':0,'delta':{'role':'assistant','content':'a'}}]}\n"
        "{'id':'c1','choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n[DONE]\n.",
        "{'id':'c1','object':'text_completion','created':1750000000,'model':'asked-model',"
        "'choices':[{'text':'a','index':0,'logprobs':null,'finish_reason':null}]}\n"
        "{'id':'c1','object':'text_completion','created':1750000000,'model':'asked-model',"
        "'choices':[{'text':'','index':0,'logprobs':null,'finish_reason':'stop'}]}\n[DONE]\n",
        NULL};
    static const answer_row_t answer = {
        "an answer", "{'prompt':'p'}",
        "{'id':'c1','choices':[{'message':{'content':'a'},'finish_reason':'stop'}]}", "",
        "{'id':'c1','object':'text_completion','created':1750000000,'model':'asked-model',"
        "'choices':[{'text':'a','index':0,'logprobs':null,'finish_reason':'stop'}]}"};
    router_translation_options_t options = options_of(ROUTER_COMPLETIONS, ROUTER_CHAT);
    EXPECT_REQUESTS(&options, asked);
    EXPECT_REFUSALS(&options, not_asked);
    expect_stream(&options, NULL, &stream);
    expect_answer(&options, NULL, &answer);
    options.upstream = ROUTER_MESSAGES;
    static const translate_row_t chained = {"by way of a chat", "{'prompt':'p'}", "messages",
                                            "[{'role':'user','content':[{'type':'text','text':'p'}"
                                            "]}]",
                                            NULL};
    expect_request(&options, &chained);
}

Test(responses, and_counts_are_estimated)
{
    static const translate_row_t counts[] = {
        {"a message", "{'messages':[{'role':'user','content':'12345678'}]}", "",
         "{'input_tokens':10}", "input_tokens: an estimate"},
        {"an image",
         "{'messages':[{'role':'user','content':[{'type':'image','source':{'data':'x'}}]}]}",
         "input_tokens", "1608", "*"},
    };
    static const refuse_row_t none = {"no messages", "{}", "messages", "array"};
    router_translation_options_t options = options_of(ROUTER_COUNT_TOKENS, ROUTER_CHAT);
    EXPECT_REQUESTS(&options, counts);
    expect_refusal(&options, &none);
    cr_expect(router_translation_is_local(ROUTER_COUNT_TOKENS, ROUTER_CHAT));
    cr_expect_not(router_translation_is_local(ROUTER_CHAT, ROUTER_MESSAGES));
}

Test(responses, exist_for_these_pairs_only)
{
    static const struct {
        router_dialect_t client, upstream;
        bool exists;
    } pairs[] = {
        {ROUTER_CHAT, ROUTER_MESSAGES, true},     {ROUTER_MESSAGES, ROUTER_CHAT, true},
        {ROUTER_RESPONSES, ROUTER_CHAT, true},    {ROUTER_RESPONSES, ROUTER_MESSAGES, true},
        {ROUTER_COMPLETIONS, ROUTER_CHAT, true},  {ROUTER_COMPLETIONS, ROUTER_MESSAGES, true},
        {ROUTER_COUNT_TOKENS, ROUTER_CHAT, true}, {ROUTER_COUNT_TOKENS, ROUTER_MESSAGES, false},
        {ROUTER_EMBEDDINGS, ROUTER_CHAT, false},  {ROUTER_EMBEDDINGS, ROUTER_MESSAGES, false},
        {ROUTER_CHAT, ROUTER_RESPONSES, false},   {ROUTER_MESSAGES, ROUTER_RESPONSES, false},
        {ROUTER_CHAT, ROUTER_EMBEDDINGS, false},  {ROUTER_MESSAGES, ROUTER_COUNT_TOKENS, false},
    };
    for (size_t i = 0; i < MC_COUNT(pairs); i++)
        cr_expect_eq(router_translation_exists(pairs[i].client, pairs[i].upstream), pairs[i].exists,
                     "%d to %d", pairs[i].client, pairs[i].upstream);
}
