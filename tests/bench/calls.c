/*
 *  calls - makes model calls over kept connections, as fast as they are answered
 *
 *      calls PORT CONNECTIONS SECONDS RATE REQUEST
 *
 *  REQUEST is a file with one HTTP request, sent again and again. RATE is calls a
 *  second over all connections, 0 for as many as it takes. Of streams the frames
 *  are counted too, and how long each was under way, by the clock that upstream
 *  writes into it. One thread, one epoll. Prints {"calls", "seconds", "p50_us",
 *  "p99_us", "max_us", "refused", "first_p50_us", "first_p99_us", "frames",
 *  "frame_p50_us", "frame_p99_us"}.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call_answer.h"

#define LINKS_MAX 2048
#define EVENTS_MAX 256
#define PIECE_BYTES ((size_t)64 << 10)

typedef struct {
    int fd;
    bool is_waiting;
    int64_t start_us;
    bench_answer_t answer;
} link_t;

typedef struct {
    int epoll;
    size_t count;
    double rate;
    int64_t start_us;
    int64_t end_us;
    uint64_t started;
    size_t refused;
    mc_buffer_t request;
    link_t links[LINKS_MAX];
    bench_waits_t calls;
    bench_waits_t firsts;
    bench_waits_t frames;
} run_t;

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static void
open_link(run_t *run, size_t at, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        die("connecting");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = at};
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event);
    run->links[at].fd = fd;
}

static void
start_call(run_t *run, link_t *link)
{
    bench_answer_reset(&link->answer);
    link->start_us = mc_clock_steady_us();
    link->is_waiting = true;
    run->started++;
    if (send(link->fd, run->request.data, run->request.size, MSG_NOSIGNAL) !=
        (ssize_t)run->request.size)
        die("sending");
}

static bool
is_due(const run_t *run, int64_t now_us)
{
    return run->rate == 0 ||
           (double)run->started < (double)(now_us - run->start_us) / 1e6 * run->rate;
}

static void
end_call(run_t *run, link_t *link, int64_t now_us)
{
    link->is_waiting = false;
    if (link->answer.status != 200)
        run->refused++;
    bench_waits_add(&run->calls, now_us - link->start_us);
    bench_waits_add(&run->firsts, link->answer.first_us - link->start_us);
}

static void
receive(run_t *run, link_t *link)
{
    static char piece[PIECE_BYTES];
    ssize_t got = recv(link->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got == 0)
        die("the connection was closed");
    if (got < 0)
        return;
    int64_t now_us = mc_clock_steady_us();
    mc_text_t text = {piece, (size_t)got};
    if (bench_answer_take(&link->answer, text, now_us, &run->frames))
        end_call(run, link, now_us);
}

static void
step(run_t *run)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t now_us = mc_clock_steady_us();
    for (size_t i = 0; i < run->count && is_due(run, now_us) && now_us < run->end_us; i++)
        if (!run->links[i].is_waiting)
            start_call(run, &run->links[i]);
    struct timespec wait = {.tv_nsec = run->rate == 0 ? 10000000 : 50000};
    int count = epoll_pwait2(run->epoll, events, EVENTS_MAX, &wait, NULL);
    for (int i = 0; i < count; i++) {
        link_t *link = &run->links[events[i].data.u64];
        receive(run, link);
        if (!link->is_waiting && run->rate == 0 && mc_clock_steady_us() < run->end_us)
            start_call(run, link);
    }
}

static void
read_request(run_t *run, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die(path);
    char *room = mc_buffer_room(&run->request, PIECE_BYTES);
    run->request.size = fread(room, 1, PIECE_BYTES, file);
    fclose(file);
}

static void
report(run_t *run)
{
    double seconds = (double)(run->end_us - run->start_us) / 1e6;
    printf("{\"calls\":%zu,\"seconds\":%.3f,\"refused\":%zu,\"p50_us\":%lld,\"p99_us\":%lld,"
           "\"max_us\":%lld,\"first_p50_us\":%lld,\"first_p99_us\":%lld,\"frames\":%zu,"
           "\"frame_p50_us\":%lld,\"frame_p99_us\":%lld}\n",
           run->calls.count, seconds, run->refused, bench_waits_share(&run->calls, 0.5),
           bench_waits_share(&run->calls, 0.99), bench_waits_share(&run->calls, 1),
           bench_waits_share(&run->firsts, 0.5), bench_waits_share(&run->firsts, 0.99),
           run->frames.count, bench_waits_share(&run->frames, 0.5),
           bench_waits_share(&run->frames, 0.99));
}

int
main(int argc, char **argv)
{
    static run_t run;
    if (argc != 6) {
        fprintf(stderr, "calls PORT CONNECTIONS SECONDS RATE REQUEST\n");
        return 2;
    }
    run.count = strtoul(argv[2], NULL, 10);
    run.count = run.count > LINKS_MAX ? LINKS_MAX : run.count;
    run.rate = strtod(argv[4], NULL);
    run.epoll = epoll_create1(EPOLL_CLOEXEC);
    read_request(&run, argv[5]);
    for (size_t i = 0; i < run.count; i++)
        open_link(&run, i, atoi(argv[1]));

    int64_t time_us = (int64_t)(strtod(argv[3], NULL) * 1e6);
    run.start_us = mc_clock_steady_us();
    run.end_us = run.start_us + time_us;
    while (mc_clock_steady_us() < run.end_us)
        step(&run);
    report(&run);
    return 0;
}
