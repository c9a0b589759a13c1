/*
 *  load - sends batches of events to ingest over kept connections
 *
 *      load PORT CONNECTIONS EVENTS BATCH RATE
 *
 *  msgpack, each event with a uid of its own, packed before the clock starts for
 *  its batch. RATE is events a second over all connections, 0 for as many as it
 *  takes. One thread: a connection sends, and waits for its answer. Prints
 *  {"events", "seconds", "p50_ms", "p99_ms", "max_ms", "refused"}.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rows.h"

#define CONNECTIONS_MAX 64
#define ANSWER_MAX 4096

typedef struct {
    int fd;
    mc_buffer_t request;
    size_t sent;
    char answer[ANSWER_MAX];
    size_t got;
    int64_t start_us;
    bool is_waiting;
} link_t;

typedef struct {
    uint64_t next; /* event */
    uint64_t events;
    uint64_t batch;
    double rate;
    int64_t start_us;
    double *waits_ms;
    size_t answers;
    size_t refused;
} run_t;

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static int
open_link(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        die("connecting to ingest");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void
pack_request(link_t *link, run_t *run)
{
    mc_buffer_t body = {0};
    uint64_t left = run->events - run->next;
    uint64_t count = left < run->batch ? left : run->batch;
    mc_buffer_byte(&body, 0xdd);
    mc_buffer_u32(&body, (uint32_t)count);
    for (uint64_t i = 0; i < count; i++) {
        bench_row_t row;
        mc_agent_event_t event = bench_event(&row, run->next++);
        mc_pack(&mc_agent_event_shape, &event, &body);
    }
    mc_buffer_reset(&link->request);
    mc_buffer_printf(&link->request,
                     "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
                     "Content-Type: application/msgpack\r\nContent-Length: %zu\r\n\r\n",
                     body.size);
    mc_buffer_append(&link->request, body.data, body.size);
    mc_buffer_clear(&body);
    link->sent = link->got = 0;
}

static bool
is_due(const run_t *run)
{
    double passed_s = (double)(mc_clock_steady_us() - run->start_us) / 1e6;
    return run->rate == 0 || (double)run->next < passed_s * run->rate;
}

static void
send_more(link_t *link)
{
    ssize_t sent = send(link->fd, link->request.data + link->sent, link->request.size - link->sent,
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        link->sent += (size_t)sent;
}

/* True when the answer is whole. */
static bool
receive_more(link_t *link)
{
    ssize_t got =
        recv(link->fd, link->answer + link->got, ANSWER_MAX - 1 - link->got, MSG_DONTWAIT);
    if (got == 0)
        die("ingest closed the connection");
    if (got > 0)
        link->got += (size_t)got;
    link->answer[link->got] = '\0';
    char *body = strstr(link->answer, "\r\n\r\n");
    char *length = strcasestr(link->answer, "content-length: ");
    return body && length && link->answer + link->got >= body + 4 + strtoul(length + 16, NULL, 10);
}

static void
note_answer(run_t *run, link_t *link)
{
    run->waits_ms[run->answers++] = (double)(mc_clock_steady_us() - link->start_us) / 1e3;
    if (strncmp(link->answer, "HTTP/1.1 200", 12) != 0 || !strstr(link->answer, "\"rejected\":[]"))
        run->refused++;
    link->is_waiting = false;
}

static void
step(run_t *run, link_t *links, size_t count)
{
    struct pollfd polls[CONNECTIONS_MAX];
    for (size_t i = 0; i < count; i++) {
        link_t *link = &links[i];
        if (!link->is_waiting && run->next < run->events && is_due(run)) {
            pack_request(link, run);
            link->start_us = mc_clock_steady_us();
            link->is_waiting = true;
            send_more(link);
        }
        bool is_sending = link->is_waiting && link->sent < link->request.size;
        polls[i] = (struct pollfd){.fd = link->is_waiting ? link->fd : -1,
                                   .events = is_sending ? POLLOUT : POLLIN};
    }
    poll(polls, count, 1);
    for (size_t i = 0; i < count; i++) {
        if (polls[i].revents & POLLOUT)
            send_more(&links[i]);
        else if (polls[i].revents && receive_more(&links[i]))
            note_answer(run, &links[i]);
    }
}

static int
compare_waits(const void *one, const void *other)
{
    double left = *(const double *)one, right = *(const double *)other;
    return (left > right) - (left < right);
}

static void
report(run_t *run)
{
    double seconds = (double)(mc_clock_steady_us() - run->start_us) / 1e6;
    qsort(run->waits_ms, run->answers, sizeof *run->waits_ms, compare_waits);
    printf("{\"events\":%llu,\"seconds\":%.6f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
           "\"refused\":%zu}\n",
           (unsigned long long)run->events, seconds, run->waits_ms[run->answers / 2],
           run->waits_ms[run->answers * 99 / 100], run->waits_ms[run->answers - 1], run->refused);
}

int
main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "load PORT CONNECTIONS EVENTS BATCH RATE\n");
        return 2;
    }
    static link_t links[CONNECTIONS_MAX];
    size_t count = strtoul(argv[2], NULL, 10);
    run_t run = {.events = strtoull(argv[3], NULL, 10),
                 .batch = strtoull(argv[4], NULL, 10),
                 .rate = strtod(argv[5], NULL),
                 .start_us = mc_clock_steady_us()};
    count = count > CONNECTIONS_MAX ? CONNECTIONS_MAX : count;
    run.waits_ms = calloc(run.events / run.batch + 2, sizeof *run.waits_ms);
    for (size_t i = 0; i < count; i++)
        links[i].fd = open_link(atoi(argv[1]));
    size_t batches = (run.events + run.batch - 1) / run.batch;
    while (run.answers < batches)
        step(&run, links, count);
    report(&run);
    for (size_t i = 0; i < count; i++) {
        close(links[i].fd);
        mc_buffer_clear(&links[i].request);
    }
    free(run.waits_ms);
    return 0;
}
