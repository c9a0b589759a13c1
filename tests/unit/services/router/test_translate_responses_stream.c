/*
 *  test_translate_responses_stream - chunks of a chat, and Anthropic's events, as typed events
 */
#include "translate_flow.h"

TestSuite(responses_stream, .init = open_case, .fini = close_case);

#define ASK "{'input':'hi','stream':true}"
#define CHUNK(delta, finish)                                                                       \
    "{'id':'c1','choices':[{'index':0,'delta':{" delta "},'finish_reason':" finish "}]}\n"
#define FINISH(reason) CHUNK("", "'" reason "'")
#define USAGE                                                                                      \
    "{'id':'c1','choices':[],'usage':{'prompt_tokens':20,'completion_tokens':7,'total_tokens':27," \
    "'prompt_tokens_details':{'cached_tokens':12},'completion_tokens_details':"                    \
    "{'reasoning_tokens':3}}}\n"

/* The stream as the types of its events and one member of each; numbers must count up. */
static char *
outline_of(const mc_buffer_t *out)
{
    char *lines = lines_of(out), *rest = lines;
    mc_buffer_t outline = {0};
    long long wanted = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char *data = strchr(line, ' ');
        cr_assert(data, "%s", line);
        *data++ = '\0';
        char *number = written_at(mc_text(data), "sequence_number");
        cr_expect(number && atoll(number) == wanted++, "%s %s", line, data);
        char *type = written_at(mc_text(data), "type");
        cr_expect(type && strncmp(type + 1, line, strlen(line)) == 0, "%s %s", line, data);
        static const char *const shown[] = {
            "delta", "text", "arguments", "item", "part", "response.status", "message"};
        char *value = NULL;
        for (size_t i = 0; i < MC_COUNT(shown) && !value; i++)
            value = written_at(mc_text(data), shown[i]);
        mc_buffer_printf(&outline, "%s %s\n", line, value ? value : "");
        free(number);
        free(type);
        free(value);
    }
    char *text = strndup(outline.data ? outline.data : "", outline.size);
    mc_buffer_clear(&outline);
    free(lines);
    return text;
}

static void
expect_outline(const router_translation_options_t *options, const stream_row_t *row)
{
    MC_AUTO(router_translation) translation = router_translation_new(options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    ask(translation, row->request ? row->request : ASK);
    int outcome = run_stream(translation, row->events, &out, &refusal);
    cr_expect_eq(outcome, row->refusal ? MC_REFUSED : 0, "%s: %s", row->sentence, refusal.message);
    char *made = outline_of(&out);
    char *wanted = quoted(row->frames);
    cr_expect_str_eq(made, wanted, "%s\nmade\n%s\nwanted\n%s", row->sentence, made, wanted);
    free(made);
    free(wanted);
    mc_buffer_clear(&out);
}

#define HEAD "response.created 'in_progress'\nresponse.in_progress 'in_progress'\n"
#define PART(text) "{'type':'output_text','text':'" text "','annotations':[],'logprobs':[]}"
#define MESSAGE(id, status, part)                                                                  \
    "{'id':'" id "','type':'message','status':'" status "','role':'assistant','content':[" part    \
    "]}\n"
#define SAID(id, text)                                                                             \
    "response.output_text.done '" text "'\nresponse.content_part.done " PART(                      \
        text) "\nresponse.output_item.done " MESSAGE(id, "completed", PART(text))
#define SAYING(id)                                                                                 \
    "response.output_item.added " MESSAGE(id, "in_progress",                                       \
                                          "") "response.content_part.added " PART("") "\n"
#define CALL(id, status, json, call, name)                                                         \
    "{'id':'" id "','type':'function_call','status':'" status "','arguments':'" json               \
    "','call_id':'" call "','name':'" name "'}\n"

static const stream_row_t chats[] = {
    {"text", NULL,
     CHUNK("'role':'assistant','content':''", "null") CHUNK("'content':'a'", "null")
         CHUNK("'content':'b\\n'", "null") FINISH("stop") USAGE "[DONE]\n.",
     HEAD SAYING("msg_c1_0") "response.output_text.delta 'a'\nresponse.output_text.delta "
                             "'b\\n'\n" SAID("msg_c1_0",
                                             "ab\\n") "response.completed 'completed'\n",
     NULL},
    {"nothing said", NULL, FINISH("stop") ".", HEAD "response.completed 'completed'\n", NULL},
    {"out of tokens", NULL, CHUNK("'content':'a'", "null") FINISH("length") ".",
     HEAD SAYING("msg_c1_0") "response.output_text.delta 'a'\n" SAID(
         "msg_c1_0", "a") "response.incomplete 'incomplete'\n",
     NULL},
    {"two calls", NULL,
     CHUNK("'tool_calls':[{'index':0,'id':'x','function':{'name':'f','arguments':''}}]", "null")
         CHUNK("'tool_calls':[{'index':0,'function':{'arguments':'{}'}}]", "null")
             CHUNK("'tool_calls':[{'index':1,'id':'y','function':{'name':'g','arguments':'{}'}}]",
                   "null") FINISH("tool_calls") ".",
     HEAD "response.output_item.added " CALL(
         "fc_c1_0", "in_progress", "", "x",
         "f") "response.function_call_arguments.delta '{}'\n"
              "response.function_call_arguments.done '{}'\nresponse.output_item.done " CALL(
                  "fc_c1_0", "completed", "{}", "x",
                  "f") "response.output_item.added " CALL("fc_c1_1", "in_progress", "", "y",
                                                          "g") "response.function_call_arguments."
                                                               "delta '{}'\nresponse.function_call_"
                                                               "arguments.done '{}'\n"
                                                               "response.output_item.done " CALL(
                                                                   "fc_c1_1", "completed", "{}",
                                                                   "y", "g") "response.completed "
                                                                             "'completed'\n",
     NULL},
    {"reasoning before text", NULL,
     CHUNK("'reasoning_content':'hm'", "null") CHUNK("'content':'a'", "null") FINISH("stop") ".",
     HEAD
     "response.output_item.added {'id':'rs_c1_0','type':'reasoning','summary':[]}\n"
     "response.reasoning_summary_part.added {'type':'summary_text','text':''}\n"
     "response.reasoning_summary_text.delta 'hm'\nresponse.reasoning_summary_text.done 'hm'\n"
     "response.reasoning_summary_part.done {'type':'summary_text','text':'hm'}\n"
     "response.output_item.done {'id':'rs_c1_0','type':'reasoning','summary':[{'type':"
     "'summary_text','text':'hm'}]}\n" SAYING("msg_c1_1") "response.output_text.delta 'a'\n" SAID(
         "msg_c1_1", "a") "response.completed 'completed'\n",
     NULL},
    {"a refusal", NULL, CHUNK("'refusal':'no'", "null") FINISH("stop") ".",
     HEAD "response.output_item.added " MESSAGE(
         "msg_c1_0", "in_progress",
         "") "response.content_part.added {'type':'refusal','refusal':''}\nresponse.refusal.delta "
             "'no'\nresponse.refusal.done \nresponse.content_part.done {'type':'refusal','refusal':"
             "'no'}\nresponse.output_item.done " MESSAGE(
                 "msg_c1_0", "completed",
                 "{'type':'refusal','refusal':'no'}") "response.completed 'completed'\n",
     NULL},
    {"an error inside", NULL, CHUNK("'content':''", "null") "{'error':{'message':'boom'}}", HEAD,
     "boom"},
};

Test(responses_stream, of_a_chat_becomes_typed_events)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_CHAT);
    for (size_t i = 0; i < MC_COUNT(chats); i++)
        expect_outline(&options, &chats[i]);
}

static const stream_row_t messages[] = {
    {"thinking is sealed in its item, then text, then a call", NULL,
     "{'type':'message_start','message':{'id':'m1','usage':{'input_tokens':3,'output_tokens':1}}}\n"
     "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':'',"
     "'signature':''}}\n"
     "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'hm'}}\n"
     "{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta','signature':'S'}}\n"
     "{'type':'content_block_stop','index':0}\n"
     "{'type':'content_block_start','index':1,'content_block':{'type':'text','text':''}}\n"
     "{'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'a'}}\n"
     "{'type':'content_block_stop','index':1}\n"
     "{'type':'content_block_start','index':2,'content_block':{'type':'tool_use','id':'t','name':"
     "'f','input':{}}}\n{'type':'content_block_stop','index':2}\n"
     "{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':9}}\n"
     "{'type':'message_stop'}\n.",
     HEAD
     "response.output_item.added {'id':'rs_m1_0','type':'reasoning','summary':[]}\n"
     "response.reasoning_summary_part.added {'type':'summary_text','text':''}\n"
     "response.reasoning_summary_text.delta 'hm'\nresponse.reasoning_summary_text.done 'hm'\n"
     "response.reasoning_summary_part.done {'type':'summary_text','text':'hm'}\n"
     "response.output_item.done {'id':'rs_m1_0','type':'reasoning','summary':[{'type':"
     "'summary_text','text':'hm'}],'encrypted_content':'mc1:[{\\'type\\':\\'thinking\\',"
     "\\'thinking\\':\\'hm\\',\\'signature\\':\\'S\\'}]'}\n" SAYING(
         "msg_m1_1") "response.output_text.delta 'a'\n" SAID("msg_m1_1",
                                                             "a") "response.output_item."
                                                                  "added " CALL(
                                                                      "fc_m1_2", "in_progress", "",
                                                                      "t",
                                                                      "f") "response."
                                                                           "function_"
                                                                           "call_"
                                                                           "arguments."
                                                                           "delta '{}'\n"
                                                                           "response."
                                                                           "function_"
                                                                           "call_"
                                                                           "arguments."
                                                                           "done "
                                                                           "'{}'"
                                                                           "\nresponse."
                                                                           "output_item."
                                                                           "done " CALL("fc_m1_2",
                                                                                        "complete"
                                                                                        "d",
                                                                                        "{}", "t",
                                                                                        "f") "resp"
                                                                                             "onse"
                                                                                             ".com"
                                                                                             "plet"
                                                                                             "ed "
                                                                                             "'com"
                                                                                             "plet"
                                                                                             "ed'"
                                                                                             "\n",
     NULL},
    {"an error of Anthropic's", NULL,
     "{'type':'message_start','message':{'id':'m1'}}\n"
     "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}",
     HEAD, "Overloaded"},
};

Test(responses_stream, of_anthropic_becomes_typed_events)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_MESSAGES);
    for (size_t i = 0; i < MC_COUNT(messages); i++)
        expect_outline(&options, &messages[i]);
}

Test(responses_stream, says_the_whole_response_at_its_end)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_CHAT);
    MC_AUTO(router_translation) translation = router_translation_new(&options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    ask(translation, "{'input':'hi','stream':true,'instructions':'be brief','temperature':0.5}");
    cr_assert_eq(run_stream(translation,
                            CHUNK("'content':'a'", "null") FINISH("stop") USAGE "[DONE]\n.", &out,
                            &refusal),
                 0);
    mc_buffer_byte(&out, '\0');
    const char *last = strstr(out.data, "event: response.completed\ndata: ");
    cr_assert(last);
    last += strlen("event: response.completed\ndata: ");
    mc_text_t data = {last, strcspn(last, "\n")};
    expect_at("the response", data, "response",
              "{'id':'resp_c1','object':'response','created_at':1750000000,'status':'completed',"
              "'background':false,'error':null,'incomplete_details':null,'model':'asked-model',"
              "'previous_response_id':null,'store':false,'output':[{'id':'msg_c1_0','type':"
              "'message','status':'completed','role':'assistant','content':[{'type':'output_text',"
              "'text':'a','annotations':[],'logprobs':[]}]}],'instructions':'be brief',"
              "'max_output_tokens':null,'metadata':{},'parallel_tool_calls':true,'reasoning':"
              "{'effort':null,'summary':null},'temperature':0.5,'text':{'format':{'type':'text'}},"
              "'tool_choice':'auto','tools':[],'top_p':null,'truncation':'disabled','user':null,"
              "'usage':{'input_tokens':20,'input_tokens_details':{'cached_tokens':12},"
              "'output_tokens':7,'output_tokens_details':{'reasoning_tokens':3},"
              "'total_tokens':27}}");
    mc_buffer_clear(&out);
}

/* Cut at each event: no terminal event of success, one error. */
Test(responses_stream, never_ends_well_when_it_is_cut)
{
    router_translation_options_t options = options_of(ROUTER_RESPONSES, ROUTER_MESSAGES);
    char *whole = strdup(messages[0].events);
    for (char *cut = strchr(whole, '\n'); cut && cut[1] != '.'; cut = strchr(cut + 1, '\n')) {
        MC_AUTO(router_translation) translation = router_translation_new(&options);
        mc_buffer_t out = {0};
        mc_refusal_t refusal = {0};
        char *events = strndup(whole, (size_t)(cut - whole));
        ask(translation, ASK);
        cr_expect_eq(run_stream(translation, events, &out, &refusal), 0);
        router_translation_end(translation, &out);
        mc_buffer_byte(&out, '\0');
        cr_expect(strstr(out.data, "event: error\n"), "%s", out.data);
        cr_expect_not(strstr(out.data, "response.completed"), "%s", out.data);
        mc_buffer_clear(&out);
        free(events);
    }
    free(whole);
}
