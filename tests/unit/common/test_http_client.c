/*
 *  test_http_client - calls to an edge in the same loop
 */
#include "tests/fakes/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/http_client.h"
#include "common/http_edge.h"

#define MIB ((size_t)1 << 20)

static mc_service_t *service;
static mc_http_edge_t *edge;
static mc_http_client_t *client;
static int port;
static int served; /* requests that came to the edge */

static void
echo(void *state, mc_http_request_t *request)
{
    (void)state;
    mc_buffer_t content = {0};
    mc_text_t method = mc_http_method(request), header = mc_http_header(request, "x-test");
    served++;
    mc_buffer_printf(&content, "%.*s %.*s ", MC_FMT(method), MC_FMT(header));
    mc_buffer_text(&content, mc_http_body(request));
    mc_http_add_header(request, "X-Answer", "forty-two");
    mc_http_answer(request, 200, "text/plain", &content);
}

static void
refuse(void *state, mc_http_request_t *request)
{
    (void)state;
    mc_http_retry_after(request, 7);
    mc_http_refuse_with(request, MC_TOO_BUSY_ERROR, "not now");
}

static void
hang(void *state, mc_http_request_t *request)
{
    (void)state, (void)request;
    served++;
}

typedef struct {
    size_t left;
} flow_t;

static flow_t flow;

static ssize_t
read_flow(void *arg, char *room, size_t max)
{
    flow_t *self = arg;
    size_t size = self->left < max ? self->left : max;
    memset(room, 'x', size);
    self->left -= size;
    return size ? (ssize_t)size : -1;
}

static void
on_flow_closed(void *arg)
{
    (void)arg;
}

static void
stream(void *state, mc_http_request_t *request)
{
    static const mc_http_stream_calls_t calls = {read_flow, on_flow_closed};
    (void)state;
    flow.left = 3 * MIB;
    mc_http_answer_stream(request, "text/plain", &calls, &flow);
}

static const mc_http_route_t routes[] = {
    {"GET", "/echo", MC_ROLE_NONE, echo, 0, NULL, "echo"},
    {"POST", "/echo", MC_ROLE_NONE, echo, 4 * MIB, NULL, "echo"},
    {"DELETE", "/echo", MC_ROLE_NONE, echo, 0, NULL, "echo"},
    {"GET", "/refuse", MC_ROLE_NONE, refuse, 0, NULL, "refuses"},
    {"GET", "/hang", MC_ROLE_NONE, hang, 0, NULL, "never answers"},
    {"GET", "/stream", MC_ROLE_NONE, stream, 0, NULL, "three MiB"},
    {0},
};

static int
free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(!bind(fd, (struct sockaddr *)&at, size));
    cr_assert(!getsockname(fd, (struct sockaddr *)&at, &size));
    close(fd);
    return ntohs(at.sin_port);
}

static void
open_both(void)
{
    port = free_port();
    service = loop_new();
    edge = mc_http_edge_new(service, "127.0.0.1", port, "AOP_TEST_PORT", routes, NULL);
    cr_assert(edge, "%s", mc_error());
    client = mc_http_client_new(service);
}

static void
close_both(void)
{
    mc_http_client_destroy(&client);
    mc_http_edge_destroy(&edge);
    loop_destroy(&service);
}

/* What came of one call. */
typedef struct {
    bool is_done;
    int status;
    int retry_after_s;
    mc_buffer_t body;
    char header[64];
    char reason[256];
    size_t pieces;
    size_t piece_bytes;
} outcome_t;

static void
on_done(void *arg, const mc_http_reply_t *reply, const char *reason)
{
    outcome_t *outcome = arg;
    cr_assert(!outcome->is_done);
    cr_assert((reply == NULL) == (reason != NULL));
    outcome->is_done = true;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", reason ? reason : "");
    if (!reply)
        return;
    outcome->status = reply->status;
    outcome->retry_after_s = reply->retry_after_s;
    mc_buffer_text(&outcome->body, reply->body);
    mc_buffer_byte(&outcome->body, '\0');
    mc_text_t header = mc_http_reply_header(reply, "x-answer");
    snprintf(outcome->header, sizeof outcome->header, "%.*s", MC_FMT(header));
}

static void
on_piece(void *arg, mc_text_t piece)
{
    outcome_t *outcome = arg;
    outcome->pieces++;
    outcome->piece_bytes += piece.size;
}

static outcome_t
ask_url(mc_http_question_t question, const char *url)
{
    outcome_t outcome = {0};
    question.url = url;
    mc_http_client_ask(client, &question, on_done, &outcome);
    cr_assert(!outcome.is_done, "done came before ask returned");
    loop_until(service, &outcome.is_done);
    return outcome;
}

static outcome_t
ask(mc_http_question_t question, const char *path)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    return ask_url(question, url);
}

TestSuite(http_client, .init = open_both, .fini = close_both, .timeout = 60);

Test(http_client, asks_and_hears)
{
    static const char *const headers[] = {"X-Test: here", "Content-Type: text/plain", NULL};
    const struct {
        mc_http_question_t question;
        const char *body;
    } cases[] = {
        {{.headers = headers}, "GET here "},
        {{.headers = headers, .body = MC_TEXT("abc")}, "POST here abc"},
        {{.method = "POST"}, "POST  "},
        {{.method = "DELETE"}, "DELETE  "},
        {{.method = "HEAD"}, ""},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        outcome_t outcome = ask(cases[i].question, "/echo");
        cr_expect_eq(outcome.status, 200, "%s", outcome.reason);
        cr_expect_str_eq(outcome.body.data, cases[i].body);
        cr_expect_str_eq(outcome.header, "forty-two");
        mc_buffer_clear(&outcome.body);
    }
}

Test(http_client, hands_over_a_refusal_as_an_answer)
{
    outcome_t outcome = ask((mc_http_question_t){0}, "/refuse");
    cr_assert_eq(outcome.status, 429);
    cr_assert_eq(outcome.retry_after_s, 7);
    cr_assert(strstr(outcome.body.data, "not now"));
    mc_buffer_clear(&outcome.body);
}

Test(http_client, says_why_there_is_no_answer)
{
    char nobody[64];
    snprintf(nobody, sizeof nobody, "http://127.0.0.1:%d/", free_port());
    const struct {
        mc_http_question_t question;
        const char *url;
        const char *reason;
    } cases[] = {
        {{0}, nobody, "Failed to connect"},
        {{0}, "file:///etc/passwd", "Protocol \"file\" not supported"},
        {{.timeout_ms = 50}, NULL, "timed out"},
        {{.silence_timeout_s = 1}, NULL, "Operation too slow"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        outcome_t outcome = cases[i].url ? ask_url(cases[i].question, cases[i].url)
                                         : ask(cases[i].question, "/hang");
        cr_expect_eq(outcome.status, 0);
        cr_expect(strstr(outcome.reason, cases[i].reason), "%s", outcome.reason);
    }
}

Test(http_client, refuses_an_answer_over_its_limit)
{
    outcome_t outcome = ask((mc_http_question_t){0}, "/stream");
    cr_assert_str_eq(outcome.reason, "the answer is larger than the limit");
    outcome = ask((mc_http_question_t){.answer_bytes_max = 4 * MIB}, "/stream");
    cr_assert_eq(outcome.body.size, 3 * MIB + 1);
    mc_buffer_clear(&outcome.body);
}

Test(http_client, hands_over_the_pieces_of_a_stream)
{
    outcome_t outcome = ask((mc_http_question_t){.piece = on_piece}, "/stream");
    cr_assert_eq(outcome.status, 200, "%s", outcome.reason);
    cr_assert_eq(outcome.piece_bytes, 3 * MIB);
    cr_assert_gt(outcome.pieces, 1);
    cr_assert_str_eq(outcome.body.data, "");
    mc_buffer_clear(&outcome.body);
}

Test(http_client, cancels_a_call)
{
    char url[64];
    outcome_t outcome = {0};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hang", port);
    mc_http_call_t *call =
        mc_http_client_ask(client, &(mc_http_question_t){.url = url}, on_done, &outcome);
    outcome_t other = ask((mc_http_question_t){0}, "/echo");
    mc_buffer_clear(&other.body);
    mc_http_client_cancel(client, call);
    other = ask((mc_http_question_t){0}, "/echo");
    mc_buffer_clear(&other.body);
    cr_assert(!outcome.is_done);
}

Test(http_client, fails_one_call_too_many_and_ends_the_rest)
{
    static outcome_t outcomes[MC_HTTP_CALLS_MAX + 1];
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hang", port);
    for (size_t i = 0; i < MC_COUNT(outcomes); i++)
        mc_http_client_ask(client, &(mc_http_question_t){.url = url}, on_done, &outcomes[i]);
    loop_until(service, &outcomes[MC_HTTP_CALLS_MAX].is_done);
    cr_assert_str_eq(outcomes[MC_HTTP_CALLS_MAX].reason, "256 calls are under way");
    cr_assert(!outcomes[0].is_done);
    mc_http_client_destroy(&client);
    cr_assert_str_eq(outcomes[0].reason, "the service is stopping");
    cr_assert_str_eq(outcomes[MC_HTTP_CALLS_MAX - 1].reason, "the service is stopping");
}

/* Somebody who never takes no for an answer. */
static void
on_refused_insist(void *arg, const mc_http_reply_t *reply, const char *reason)
{
    size_t *asked = arg;
    cr_assert(!reply && reason);
    ++*asked;
    mc_http_client_ask(client, &(mc_http_question_t){.url = "http://127.0.0.1:9/"},
                       on_refused_insist, asked);
}

Test(http_client, ends_although_those_it_tells_ask_again)
{
    size_t asked = 0;
    mc_http_client_ask(client, &(mc_http_question_t){.url = "http://127.0.0.1:9/"},
                       on_refused_insist, &asked);
    mc_http_client_destroy(&client);
    cr_assert(!client);
    cr_assert_gt(asked, 1);
}
