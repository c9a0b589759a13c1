/*
 *  test_http_edge - what the HTTP edge takes, refuses and answers
 */
#include "tests/edge/http_peer.h"
#include "tests/edge/http_service.h"

TestSuite(http_edge, .init = find_servers, .timeout = 120);

/* What is wrong, the request, the status and the words of the answer. */
static const struct {
    const char *what;
    const char *request;
    int status;
    const char *words;
} wrong_requests[] = {
    {"two framings",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
     "\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
     400, "content-length and transfer-encoding came together"},
    {"two lengths",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc", 400,
     "content-length came 2 times"},
    {"the same length twice",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc", 400,
     "content-length came 2 times"},
    {"two codings",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, "transfer-encoding came 2 times"},
    {"an unknown coding",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400,
     "transfer-encoding is gzip, chunked, only chunked is read here"},
    {"a blank before the colon",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc", 400,
     "a header has a name or a value that HTTP does not allow"},
    {"a length that is no number",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc", 400, ""},
    {"a chunk that is no number",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", 400, ""},
    {"no such path", "GET /nope?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404,
     "\"code\":\"unknown_route\",\"message\":\"there is no GET /nope\""},
    {"a path that only begins like one",
     "GET /hello/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "unknown_route"},
    {"an empty part", "GET /echo/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404,
     "unknown_route"},
    {"another method under the catch-all",
     "POST /assets/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "unknown_route"},
    {"another method", "DELETE /echo/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405,
     "DELETE is not answered here, only POST, GET, HEAD, OPTIONS"},
    {"a broken percent", "GET /echo/a?q=%4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400,
     "the query parameter q is not percent-encoded UTF-8"},
    {"a NUL in the query", "GET /echo/a?q=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
     400, "the query parameter q is not percent-encoded UTF-8"},
    {"no UTF-8 in the path", "GET /echo/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400,
     "the part id of the path is not percent-encoded UTF-8"},
    {"a body beyond 64 bits",
     "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413,
     ""},
    {"a large body that was announced",
     "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 67108865\r\n"
     "Expect: 100-continue\r\n\r\n",
     413, "the body has more than 67108864 bytes, the limit of this endpoint"},
    {"nobody", "GET /secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 401, "who are you"},
    {"somebody who may not",
     "GET /secret HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer viewer\r\n"
     "Connection: close\r\n\r\n",
     403, "viewer may not"},
    {"by the route", "GET /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400,
     "{\"error\":{\"code\":\"bad_input\",\"message\":\"tier is \\\"x\\\", not 1 to 3\","
     "\"details\":{\"field\":\"tier\"}}}"},
    {"in the form of the route", "POST /otlp HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n",
     413, "application/x-status"},
    {"no HTTP at all", "\x16\x03\x01 nonsense\r\n\r\n", 400, ""},
};

Test(http_edge, refuses_each_wrong_request_in_its_own_words)
{
    for (size_t i = 0; i < MC_COUNT(wrong_requests); i++) {
        char *answer = ask(&usual, wrong_requests[i].request);
        cr_expect_eq(status_of(answer), wrong_requests[i].status, "%s: %s", wrong_requests[i].what,
                     answer);
        cr_expect(strstr(answer, wrong_requests[i].words), "%s: %s", wrong_requests[i].what,
                  answer);
        /* What the library refuses by itself it may head twice. */
        if (wrong_requests[i].words[0])
            cr_expect_eq(occurrences(answer, "HTTP/1.1 "), 1, "%s: %s", wrong_requests[i].what,
                         answer);
        free(answer);
    }
}

Test(http_edge, refuses_a_body_over_the_limit_of_its_route_and_stays_open)
{
    char request[2048];
    int size = snprintf(request, sizeof request,
                        "POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1025\r\n\r\n%1025s"
                        "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                        "");
    char *answer = exchange(&usual, request, (size_t)size);
    cr_assert_eq(status_of(answer), 413);
    cr_assert(strstr(answer, "the body has more than 1024 bytes, the limit of this endpoint"));
    cr_assert(strstr(answer, "HTTP/1.1 200"), "%s", answer);
    free(answer);
}

Test(http_edge, refuses_a_flood_of_headers)
{
    static const struct {
        size_t size;
        int status;
        const char *words;
    } cases[] = {
        {8192, 200, "hello"},
        {18000, 431, "\"code\":\"headers_too_large\""},
        {300000, 431, "header"}, /* beyond what the library holds: its own words */
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_buffer_t request = {0};
        mc_buffer_string(&request, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        for (int line = 0; request.size < cases[i].size; line++)
            mc_buffer_printf(&request, "X-Flood-%d: %0100d\r\n", line, line);
        mc_buffer_string(&request, "\r\n");
        char *answer = exchange(&usual, request.data, request.size);
        cr_expect_eq(status_of(answer), cases[i].status, "%zu: %s", cases[i].size, answer);
        cr_expect(strstr(answer, cases[i].words), "%zu: %s", cases[i].size, answer);
        free(answer);
        mc_buffer_clear(&request);
    }
}

Test(http_edge, refuses_a_target_that_is_too_long)
{
    mc_buffer_t request = {0};
    mc_buffer_string(&request, "GET /");
    for (int i = 0; i < 5000; i++)
        mc_buffer_string(&request, "aaaaaaaaaa");
    mc_buffer_string(&request, " HTTP/1.1\r\nHost: x\r\n\r\n");
    char *answer = exchange(&usual, request.data, request.size);
    cr_assert_eq(status_of(answer), 414, "%s", answer);
    free(answer);
    mc_buffer_clear(&request);
}

Test(http_edge, refuses_too_many_query_parameters)
{
    mc_buffer_t request = {0};
    mc_buffer_string(&request, "GET /echo/a?");
    for (int i = 0; i < MC_HTTP_QUERY_MAX + 1; i++)
        mc_buffer_printf(&request, "p%d=1&", i);
    mc_buffer_string(&request, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    char *answer = exchange(&usual, request.data, request.size);
    cr_assert_eq(status_of(answer), 400);
    cr_assert(strstr(answer, "the query has more than 64 parameters"), "%s", answer);
    free(answer);
    mc_buffer_clear(&request);
}

/* In chunks of 64 KiB. */
static bool
send_chunks(int fd, size_t size)
{
    static char piece[65536 + 9];
    memcpy(piece, "10000\r\n", 7);
    memset(piece + 7, 'x', 65536);
    memcpy(piece + 7 + 65536, "\r\n", 2);
    for (size_t sent = 0; sent < size; sent += 65536)
        if (!send_bytes(fd, piece, sizeof piece))
            return false;
    return send_text(fd, "0\r\n\r\n");
}

/* A refusal may not break the connection: who is still sending would not read why. */
static char *
upload_body(const server_t *server, size_t size, bool is_chunked)
{
    char head[256];
    int fd = connect_to(server);
    send_text(fd, "POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    if (is_chunked) {
        send_text(fd, "Transfer-Encoding: chunked\r\n\r\n");
        cr_expect(send_chunks(fd, size), "cut while sending");
    } else {
        snprintf(head, sizeof head, "Content-Length: %zu\r\n\r\n", size);
        send_text(fd, head);
        char *body = calloc(1, size);
        cr_expect(send_bytes(fd, body, size), "cut while sending");
        free(body);
    }
    char *answer = read_all(fd);
    close(fd);
    return answer;
}

Test(http_edge, takes_a_body_up_to_the_limit_and_refuses_one_above)
{
    static const struct {
        size_t mib;
        bool is_chunked;
        int status;
        const char *words;
    } cases[] = {
        {1, false, 200, "1048576"},
        {1, true, 200, "1048576"},
        {64, false, 200, "67108864"},
        {64, true, 200, "67108864"},
        {65, false, 413, "the body has more than 67108864 bytes, the limit of this endpoint"},
        {65, true, 413, "the body has more than 67108864 bytes, the limit of this endpoint"},
        {300, false, 413, "the body has more than 67108864 bytes, the limit of this endpoint"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        char *answer = upload_body(&usual, cases[i].mib * MIB, cases[i].is_chunked);
        cr_expect_eq(status_of(answer), cases[i].status, "%zu: %s", cases[i].mib, answer);
        cr_expect(strstr(answer, cases[i].words), "%zu: %s", cases[i].mib, answer);
        free(answer);
    }
}

Test(http_edge, gives_back_the_memory_of_large_bodies)
{
    free(upload_body(&usual, 64 * MIB, false));
    long before = counts(&usual).resident_mib;
    for (int i = 0; i < 4; i++)
        free(upload_body(&usual, (i % 2 ? 65 : 64) * MIB, i % 2));
    cr_assert_lt(counts(&usual).resident_mib, before + 16);
}

Test(http_edge, says_too_busy_when_all_bodies_together_are_too_large)
{
    for (int is_chunked = 0; is_chunked < 2; is_chunked++) {
        char *answer = upload_body(&tight, 2 * MIB, is_chunked);
        cr_expect_eq(status_of(answer), 429, "%s", answer);
        cr_expect(strstr(answer, "Retry-After: 1\r\n"), "%s", answer);
        cr_expect(strstr(answer, "\"code\":\"too_busy\""), "%s", answer);
        free(answer);
    }
    char *answer = upload_body(&tight, MIB / 2, false);
    cr_assert_eq(status_of(answer), 200, "%s", answer);
    free(answer);
}

Test(http_edge, cuts_off_who_is_too_slow)
{
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"", 0},
        {"POST /echo", 0},
        {"POST /echo/a HTTP/1.1\r\nHost: x\r\n", 408},
        {"POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 408},
        {"POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 404},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        char *answer = ask(&tight, cases[i].request);
        cr_expect_eq(status_of(answer), cases[i].status, "%s: %s", cases[i].request, answer);
        if (cases[i].status == 408)
            cr_expect(strstr(answer, "\"code\":\"request_timeout\",\"message\":"
                                     "\"the request did not arrive within 1 s\""),
                      "%s", answer);
        free(answer);
    }
}

/* Does a new connection get an answer? */
static bool
is_served(const server_t *server)
{
    char byte;
    int fd = connect_to(server);
    send_text(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    bool is_read = recv(fd, &byte, 1, 0) == 1;
    close(fd);
    return is_read;
}

Test(http_edge, takes_only_so_many_connections_of_one_address)
{
    int fds[4];
    for (int i = 0; i < 4; i++)
        fds[i] = connect_to(&tight);
    for (int i = 0; i < 4; i++)
        send_text(fds[i], "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert(!is_served(&tight));
    for (int i = 0; i < 4; i++)
        reset_connection(fds[i]);
    int64_t until_us = mc_clock_steady_us() + WAIT_S * INT64_C(1000000);
    while (!is_served(&tight))
        cr_assert_lt(mc_clock_steady_us(), until_us, "the places are not free again");
}

Test(http_edge, answers_in_order_what_was_asked_at_once)
{
    char *answer = ask(&usual, "GET /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n"
                               "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
                               "POST /echo/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                               "POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                               "GET /echo/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const char *words[] = {"1||||", "hello", "2||abc||", "HTTP/1.1 404", "3||||"};
    const char *at = answer;
    for (size_t i = 0; i < MC_COUNT(words); i++) {
        at = at ? strstr(at, words[i]) : NULL;
        cr_assert(at, "%s is missing in %s", words[i], answer);
    }
    cr_assert_eq(occurrences(answer, "HTTP/1.1 200"), 4);
    free(answer);
}

Test(http_edge, hands_over_what_was_asked)
{
    char *answer =
        ask(&usual, "POST /echo/a%2Fb%20%C3%A9?x=1&q=one+two%3D3&q=no HTTP/1.1\r\nHost: x\r\n"
                    "Cookie: other=1; mc=crumb\r\nX-MC-Test: here\r\n"
                    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n");
    cr_assert_str_eq(body_of(answer), "a/b \303\251|one two=3|abcde|crumb|here|127.0.0.1");
    free(answer);
}

Test(http_edge, answers_other_forms_of_asking)
{
    static const struct {
        const char *request;
        const char *words;
        const char *body;
    } cases[] = {
        {"HEAD /hello HTTP/1.1", "Content-Length: 5\r\n", ""},
        {"OPTIONS /echo/a HTTP/1.1", "Allow: POST, GET, HEAD, OPTIONS\r\n", ""},
        {"GET http://x/hello HTTP/1.1", "HTTP/1.1 200 OK", "hello"},
        {"GET /assets/a/b%20c HTTP/1.1", "HTTP/1.1 200 OK", "rest a/b%20c"},
        {"GET /assets/ HTTP/1.1", "HTTP/1.1 200 OK", "rest "},
        {"GET /hello HTTP/1.0", "HTTP/1.1 200 OK", "hello"},
        {"GET /secret HTTP/1.1\r\nAuthorization: Bearer admin", "200 OK", "admin admin"},
        {"GET /secret HTTP/1.1", "WWW-Authenticate: Bearer\r\n",
         "{\"error\":{\"code\":\"unauthenticated\",\"message\":\"who are you\"}}"},
        {"GET /healthz HTTP/1.1", "200 OK", NULL},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        char request[256];
        snprintf(request, sizeof request, "%s\r\nHost: x\r\nConnection: close\r\n\r\n",
                 cases[i].request);
        char *answer = ask(&usual, request);
        cr_expect(strstr(answer, cases[i].words), "%s: %s", cases[i].request, answer);
        if (cases[i].body)
            cr_expect_str_eq(body_of(answer), cases[i].body, "%s: %s", cases[i].request, answer);
        cr_expect(strstr(answer, "X-Content-Type-Options: nosniff\r\n"));
        cr_expect(strstr(answer, "Referrer-Policy: no-referrer\r\n"));
        cr_expect(strstr(answer, "Cache-Control: no-store\r\n"));
        free(answer);
    }
}

Test(http_edge, sends_a_file_with_headers_of_its_own)
{
    char *answer = ask(&usual, "GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    cr_assert(strstr(answer, "Cache-Control: max-age=60\r\n"), "%s", answer);
    cr_assert_eq(occurrences(answer, "Cache-Control"), 1);
    cr_assert(strstr(answer, "X-Injected: ab\r\n"), "%s", answer);
    cr_assert_eq(strlen(body_of(answer)), 100);
    cr_assert(strstr(body_of(answer), "test_http_edge - what"));
    free(answer);
}

Test(http_edge, says_what_to_do_about_a_port_in_use)
{
    char words[128];
    server_t third = start_server("usual", usual.port);
    snprintf(words, sizeof words,
             "port %d is in use; set AOP_CONTROL_PORT to a free one or end what listens there",
             usual.port);
    cr_assert(wait_for_line(&third, words));
    cr_assert_eq(stop_server(&third, 0), 1);
}
