/*
 *  test_translate_error - errors read, mapped and written in any dialect
 */
#include "translate_flow.h"

TestSuite(errors, .init = open_case, .fini = close_case);

typedef struct {
    const char *sentence;
    router_dialect_t dialect;
    router_error_t error;
    const char *body;
    const char *frames;
} written_row_t;

static const written_row_t written[] = {
    {"of a chat",
     ROUTER_CHAT,
     {.status = 404, .code = "model_not_found", .param = "model", .message = MC_TEXT("no \n")},
     "{'error':{'message':'no \\n','type':'not_found_error','param':'model','code':"
     "'model_not_found'}}",
     "{'error':{'message':'no \\n','type':'not_found_error','param':'model','code':"
     "'model_not_found'}}\n"},
    {"of messages",
     ROUTER_MESSAGES,
     {.status = 529, .message = MC_TEXT("busy"), .request_id = MC_TEXT("req_1")},
     "{'type':'error','error':{'type':'overloaded_error','message':'busy'},'request_id':'req_1'}",
     "error {'type':'error','error':{'type':'overloaded_error','message':'busy'},'request_id':"
     "'req_1'}\n"},
    {"of counts",
     ROUTER_COUNT_TOKENS,
     {.status = 402, .message = MC_TEXT("m")},
     "{'type':'error','error':{'type':'billing_error','message':'m'}}",
     "error {'type':'error','error':{'type':'billing_error','message':'m'}}\n"},
    {"of responses",
     ROUTER_RESPONSES,
     {.status = 500, .message = MC_TEXT("m"), .sequence = 7},
     "{'error':{'message':'m','type':'server_error','param':null,'code':null}}",
     "error {'type':'error','code':'server_error','message':'m','param':null,'sequence_number':7,"
     "'error':{'message':'m','type':'server_error','param':null,'code':null}}\n"},
    {"a type of its own",
     ROUTER_CHAT,
     {.status = 429, .type = "tokens", .code = "rate_limit_exceeded", .message = MC_TEXT("m")},
     "{'error':{'message':'m','type':'tokens','param':null,'code':'rate_limit_exceeded'}}",
     "{'error':{'message':'m','type':'tokens','param':null,'code':'rate_limit_exceeded'}}\n"},
};

Test(errors, are_written_in_each_dialect)
{
    for (size_t i = 0; i < MC_COUNT(written); i++) {
        mc_buffer_t body = {0}, frames = {0};
        router_error_body(written[i].dialect, &written[i].error, &body);
        expect_at(written[i].sentence, mc_buffer_content(&body), "", written[i].body);
        router_error_frames(written[i].dialect, &written[i].error, &frames);
        char *made = lines_of(&frames), *wanted = quoted(written[i].frames);
        cr_expect_str_eq(made, wanted, "%s", written[i].sentence);
        free(made);
        free(wanted);
        mc_buffer_clear(&body);
        mc_buffer_clear(&frames);
    }
}

static const struct {
    const char *sentence, *body, *message, *type, *code, *param;
} readings[] = {
    {"OpenAI's",
     "{'error':{'message':'m','type':'invalid_request_error','param':'messages','code':'c'}}", "m",
     "invalid_request_error", "c", "messages"},
    {"Anthropic's",
     "{'type':'error','error':{'type':'overloaded_error','message':'m'},'request_id':'r'}", "m",
     "overloaded_error", NULL, NULL},
    {"a code that is a number", "{'error':{'message':'m','code':400}}", "m", NULL, NULL, NULL},
    {"Ollama's", "{'error':'m'}", "m", NULL, NULL, NULL},
    {"vLLM's of old", "{'object':'error','message':'m','type':'BadRequestError','code':400}", "m",
     "BadRequestError", NULL, NULL},
    {"FastAPI's", "{'detail':'m'}", "m", NULL, NULL, NULL},
    {"a page", "<html>no</html>", "<html>no</html>", NULL, NULL, NULL},
    {"nothing", "", "", NULL, NULL, NULL},
    {"JSON that says nothing", "[1]", "[1]", NULL, NULL, NULL},
};

static void
expect_word(const char *sentence, const char *found, const char *wanted)
{
    cr_expect(found && wanted ? strcmp(found, wanted) == 0 : found == wanted, "%s: %s", sentence,
              found ? found : "nothing");
}

Test(errors, are_read_in_any_form)
{
    for (size_t i = 0; i < MC_COUNT(readings); i++) {
        router_error_t error = {.status = 400};
        char *body = quoted(readings[i].body);
        router_error_read(ROUTER_CHAT, parser, mc_text(body), &error);
        cr_expect(mc_text_is(error.message, readings[i].message), "%s: %.*s", readings[i].sentence,
                  MC_FMT(error.message));
        expect_word(readings[i].sentence, error.type, readings[i].type);
        expect_word(readings[i].sentence, error.code, readings[i].code);
        expect_word(readings[i].sentence, error.param, readings[i].param);
        free(body);
    }
}

Test(errors, are_cut_when_they_are_long)
{
    char *body = calloc(1, 100001);
    memset(body, 'x', 100000);
    router_error_t error = {0};
    router_error_read(ROUTER_MESSAGES, parser, mc_text(body), &error);
    cr_expect_eq(error.message.size, 2048);
    free(body);
}

static const struct {
    router_dialect_t from, to;
    int status;
    const char *type, *code;
    int mapped_status;
    const char *mapped_type, *mapped_code;
} mapped[] = {
    {ROUTER_MESSAGES, ROUTER_CHAT, 529, "overloaded_error", NULL, 503, "service_unavailable", NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 503, "server_error", NULL, 529, "overloaded_error", NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 429, "requests", "rate_limit_exceeded", 429, "rate_limit_error",
     NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 429, "insufficient_quota", "insufficient_quota", 402,
     "billing_error", NULL},
    {ROUTER_MESSAGES, ROUTER_CHAT, 402, "billing_error", NULL, 402, "insufficient_quota",
     "insufficient_quota"},
    {ROUTER_MESSAGES, ROUTER_CHAT, 429, "rate_limit_error", NULL, 429, "rate_limit_error",
     "rate_limit_exceeded"},
    {ROUTER_MESSAGES, ROUTER_RESPONSES, 400, "invalid_request_error", NULL, 400,
     "invalid_request_error", NULL},
    {ROUTER_MESSAGES, ROUTER_CHAT, 413, "request_too_large", NULL, 413, "invalid_request_error",
     NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 413, NULL, NULL, 413, "request_too_large", NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 401, "invalid_request_error", "invalid_api_key", 401,
     "authentication_error", NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 500, "server_error", NULL, 500, "api_error", NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 504, NULL, NULL, 504, "timeout_error", NULL},
    {ROUTER_CHAT, ROUTER_MESSAGES, 418, NULL, NULL, 418, "invalid_request_error", NULL},
    {ROUTER_CHAT, ROUTER_RESPONSES, 429, "tokens", "rate_limit_exceeded", 429, "tokens",
     "rate_limit_exceeded"},
};

Test(errors, are_mapped_between_the_protocols)
{
    for (size_t i = 0; i < MC_COUNT(mapped); i++) {
        router_error_t error = {
            .status = mapped[i].status, .type = mapped[i].type, .code = mapped[i].code};
        char row[32];
        snprintf(row, sizeof row, "row %zu", i);
        router_error_map(mapped[i].from, mapped[i].to, &error);
        cr_expect_eq(error.status, mapped[i].mapped_status, "%s: %d", row, error.status);
        expect_word(row, error.type, mapped[i].mapped_type);
        expect_word(row, error.code, mapped[i].mapped_code);
    }
}
