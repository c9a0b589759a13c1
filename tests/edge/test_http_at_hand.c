/*
 *  test_http_at_hand - requests that wait in sight of the library, and those that there is no room
 * for
 */
#include "tests/edge/http_peer.h"
#include "tests/edge/http_service.h"

#define WAITING 7 /* more than may be at hand */
#define RUNS 200  /* more than a request stays at hand */

TestSuite(http_at_hand, .init = find_servers, .timeout = 120);

static server_t
start_soon(void)
{
    server_t server = start_server("soon", free_port());
    cr_assert(wait_for_line(&server, "event=ready"));
    return server;
}

/* Reads until as many answers have come. */
static void
read_answers(int fd, size_t count)
{
    char piece[4096];
    mc_buffer_t in = {0};
    do {
        ssize_t size = recv(fd, piece, sizeof piece, 0);
        cr_assert_gt(size, 0, "an answer did not come");
        mc_buffer_append(&in, piece, (size_t)size);
        mc_buffer_byte(&in, '\0');
        in.size--;
    } while (occurrences(in.data, "hello") < count);
    mc_buffer_clear(&in);
}

Test(http_at_hand, answers_all_that_wait_and_again)
{
    server_t server = start_soon();
    int fds[WAITING];
    for (int i = 0; i < WAITING; i++)
        fds[i] = connect_to(&server);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < WAITING; i++)
            send_text(fds[i], "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        for (int i = 0; i < WAITING; i++)
            read_answers(fds[i], 1);
    }
    for (int i = 0; i < WAITING; i++)
        close(fds[i]);
    cr_assert_eq(stop_server(&server, SIGTERM), 0);
}

Test(http_at_hand, answers_in_order_what_was_asked_at_once)
{
    server_t server = start_soon();
    int fd = connect_to(&server);
    for (int i = 0; i < 10; i++)
        send_text(fd,
                  "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    read_answers(fd, 20);
    close(fd);
    cr_assert_eq(stop_server(&server, SIGTERM), 0);
}

static void
wait_until_gone(server_t *server, int wanted)
{
    int64_t until_us = mc_clock_steady_us() + WAIT_S * INT64_C(1000000);
    while (counts(server).gone < wanted)
        cr_assert_lt(mc_clock_steady_us(), until_us, "nobody told it");
    cr_assert_eq(counts(server).gone, wanted);
}

Test(http_at_hand, tells_when_a_client_leaves_early_or_late)
{
    server_t server = start_soon();
    for (int i = 0; i < 4; i++) {
        int fd = connect_to(&server);
        send_text(fd, "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)counts(&server);
        for (int run = 0; i >= 2 && run < RUNS; run++)
            (void)counts(&server);
        if (i % 2)
            reset_connection(fd);
        else
            close(fd);
        wait_until_gone(&server, i + 1);
    }
    cr_assert_eq(stop_server(&server, SIGTERM), 0);
}

Test(http_at_hand, ends_with_a_question_open)
{
    server_t server = start_soon();
    int fd = connect_to(&server);
    send_text(fd, "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)counts(&server);
    kill(server.pid, SIGTERM);
    cr_assert(wait_for_line(&server, "at the end: closed 0, gone 1"));
    cr_assert_eq(stop_server(&server, 0), 0);
    close(fd);
}
