/*
 *  test_http_stream - answers that come later or never end, and clients that leave
 */
#include "tests/edge/http_peer.h"
#include "tests/edge/http_service.h"

TestSuite(http_stream, .init = find_servers, .timeout = 120);

Test(http_stream, waits_to_be_read_with_a_long_stream)
{
    const size_t size = 10 * MIB;
    int before = counts(&usual).closed;
    size_t produced_before = counts(&usual).produced, produced = 0, again;
    int fd = connect_to(&usual);
    int small = 16384;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    send_text(fd, "GET /stream?bytes=10485760 HTTP/1.0\r\n\r\n");
    /* The socket between us is full when nothing more is produced in a hundred turns. */
    for (int same = 0; same < 100; same = again == produced ? same + 1 : 0, produced = again)
        again = counts(&usual).produced - produced_before;
    cr_assert_gt(produced, 0);
    cr_assert_lt(produced, size - 2 * MIB, "%zu bytes wait in memory", produced);

    char *answer = read_all(fd);
    const char *body = body_of(answer);
    cr_assert_eq(strlen(body), size);
    for (size_t i = 0; i < size; i++)
        if (body[i] != (char)('a' + i % 26))
            cr_assert_fail("byte %zu is wrong", i);
    free(answer);
    close(fd);
    wait_until_closed(before + 1);
}

Test(http_stream, closes_a_stream_once_when_its_client_leaves)
{
    static const char *const requests[] = {
        "GET /events HTTP/1.1\r\nHost: x\r\n\r\n",                 /* suspended */
        "GET /stream?bytes=999999999 HTTP/1.1\r\nHost: x\r\n\r\n", /* full */
        "HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n",                /* never began */
    };
    for (size_t i = 0; i < MC_COUNT(requests); i++) {
        char start_of_answer[64];
        int before = counts(&usual).closed;
        int fd = connect_to(&usual);
        send_text(fd, requests[i]);
        cr_assert_gt(recv(fd, start_of_answer, sizeof start_of_answer, 0), 0);
        close(fd);
        wait_until_closed(before + 1);
    }
}

/* Reads until the words have come. */
static void
read_until(int fd, const char *words, mc_buffer_t *in)
{
    char piece[4096];
    do {
        ssize_t size = recv(fd, piece, sizeof piece, 0);
        cr_assert_gt(size, 0, "%s did not come", words);
        mc_buffer_append(in, piece, (size_t)size);
        mc_buffer_byte(in, '\0');
        in->size--;
    } while (!strstr(in->data, words));
}

static void
post(const char *path)
{
    char request[128];
    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
             path);
    char *answer = ask(&usual, request);
    cr_assert_eq(status_of(answer), 200);
    free(answer);
}

Test(http_stream, sends_an_event_at_every_wake_and_cuts_at_the_end)
{
    mc_buffer_t in = {0};
    int before = counts(&usual).closed;
    int fd = connect_to(&usual);
    send_text(fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    read_until(fd, "\r\n\r\n", &in);
    cr_assert(strstr(in.data, "Content-Type: text/event-stream\r\n"), "%s", in.data);
    for (int i = 0; i < 3; i++) {
        mc_buffer_reset(&in);
        post("/wake");
        read_until(fd, "data: 1\n\n", &in);
    }
    post("/end");
    wait_until_closed(before + 1);
    char *rest_of_it = read_all(fd);
    cr_assert(!strstr(rest_of_it, "0\r\n\r\n"), "a cut stream must not look whole");
    free(rest_of_it);
    close(fd);
    mc_buffer_clear(&in);
}

static void
close_politely(int fd)
{
    close(fd);
}

Test(http_stream, tells_when_the_client_of_a_waiting_request_leaves)
{
    void (*const ways[])(int fd) = {reset_connection, close_politely};
    for (size_t i = 0; i < MC_COUNT(ways); i++) {
        int before = counts(&usual).gone;
        int fd = connect_to(&usual);
        send_text(fd, "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)counts(&usual); /* the request was read before this one */
        ways[i](fd);
        int64_t until_us = mc_clock_steady_us() + WAIT_S * INT64_C(1000000);
        while (counts(&usual).gone == before)
            cr_assert_lt(mc_clock_steady_us(), until_us, "nobody told it");
        cr_assert_eq(counts(&usual).gone, before + 1);
    }
}

Test(http_stream, answers_into_the_void_when_nobody_asked_to_be_told)
{
    for (int i = 0; i < 20; i++) {
        int fd = connect_to(&usual);
        send_text(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        reset_connection(fd);
    }
    for (int i = 0; i < 20; i++)
        (void)counts(&usual);
}

Test(http_stream, ends_with_streams_and_questions_open)
{
    mc_buffer_t in = {0};
    server_t server = start_server("usual", free_port());
    cr_assert(wait_for_line(&server, "event=ready"));
    int fds[3];
    static const char *const requests[] = {
        "GET /events HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /stream?bytes=999999999 HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (int i = 0; i < 3; i++) {
        fds[i] = connect_to(&server);
        send_text(fds[i], requests[i]);
    }
    read_until(fds[2], "abcdef", &in);
    (void)counts(&server);
    kill(server.pid, SIGTERM);
    cr_assert(wait_for_line(&server, "at the end: closed 2, gone 1"));
    cr_assert_eq(stop_server(&server, 0), 0);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    mc_buffer_clear(&in);
}

static long
number(const char *name)
{
    long value = -1;
    char wanted[64];
    char *answer = ask(&usual, "GET /numbers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    snprintf(wanted, sizeof wanted, "\nmc_http_%s ", name);
    const char *at = strstr(answer, wanted);
    cr_assert(at && sscanf(at + strlen(wanted), "%ld", &value) == 1, "%s: %s", name, answer);
    free(answer);
    return value;
}

Test(http_stream, counts_what_it_does)
{
    long requests = number("requests_total"), refused = number("refused_total");
    mc_buffer_t in = {0};
    int fd = connect_to(&usual);
    send_text(fd, "GET /nope HTTP/1.1\r\nHost: x\r\n\r\nGET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    read_until(fd, "text/event-stream", &in);
    cr_assert_eq(number("streams"), 1);
    cr_assert_geq(number("connections"), 2);
    cr_assert_eq(number("bodies_bytes"), 0);
    cr_assert_eq(number("requests_total"), requests + 7);
    cr_assert_eq(number("refused_total"), refused + 1);
    int before = counts(&usual).closed;
    close(fd);
    wait_until_closed(before + 1);
    cr_assert_eq(number("streams"), 0);
    mc_buffer_clear(&in);
}
