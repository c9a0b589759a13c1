/*
 *  listen - many live streams at once, and how long each event was on its way
 *
 *      listen PORT KEY CLIENTS EVENTS
 *
 *  Client i follows root i of BENCH_ROOTS, as a browser does; two more follow
 *  everything: one reads at once, one at SLOW_BYTES_S until all others have what
 *  they wait for. Prints "ready" once all are connected, and ends when each has its
 *  part of EVENTS (a multiple of BENCH_RUNS, sent by load) or after DEADLINE_S:
 *  {"events", "p50_ms", "p99_ms", "max_ms", "bytes", "disordered", "missing",
 *   "slow_missing", "slow_behind", "slow_seconds"}
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rows.h"

#define CLIENTS_MAX 1024
#define READ_BYTES 65536
#define SLOW_BYTES_S 65536
#define SLOW_BUFFER_BYTES 16384
#define TURN_MS 50
#define DEADLINE_S 180

/* Delays in steps of 10 us; the last one holds everything from 20 s on. */
#define STEP_US 10
#define STEPS 2000000

/* Where in a chunked answer we are. */
typedef enum { IN_HEAD, IN_SIZE, IN_CHUNK, IN_END } place_t;

typedef struct {
    int fd;
    bool is_slow;
    bool is_ready;
    place_t place;
    uint64_t matched; /* bytes of the end of the head, or of the chunk */
    uint64_t left;    /* bytes of the chunk */
    mc_buffer_t text; /* from the beginning of a frame */
    uint64_t events;
    uint64_t wanted;
    int64_t last_id;
} client_t;

typedef struct {
    client_t clients[CLIENTS_MAX];
    size_t count;
    uint32_t *delays;
    uint64_t measured;
    int64_t max_us;
    uint64_t bytes;
    uint64_t disordered;
    bool is_slow_free; /* the slow one may now read as fast as it can */
    uint64_t slow_behind;
    int64_t freed_us;
} bench_t;

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static int
open_socket(int port, bool is_slow)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), room = SLOW_BUFFER_BYTES;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (is_slow)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        die("connecting to the gateway");
    return fd;
}

static void
open_client(client_t *client, int port, const char *key, const char *query)
{
    mc_buffer_t head = {0};
    client->fd = open_socket(port, client->is_slow);
    mc_buffer_printf(&head,
                     "GET /api/v1/stream%s HTTP/1.1\r\nHost: localhost\r\n"
                     "Authorization: Bearer %s\r\n\r\n",
                     query, key);
    if (send(client->fd, head.data, head.size, MSG_NOSIGNAL) != (ssize_t)head.size)
        die("asking for a stream");
    mc_buffer_clear(&head);
}

static int64_t
number_after(const char *text, size_t size, const char *name)
{
    const char *at = memmem(text, size, name, strlen(name));
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void
measure(bench_t *bench, const char *frame, size_t size)
{
    int64_t delay_us = mc_clock_us() - number_after(frame, size, "\"createdAtUs\":");
    int64_t step = delay_us < 0 ? 0 : delay_us / STEP_US;
    bench->delays[step < STEPS ? step : STEPS - 1]++;
    bench->measured++;
    if (delay_us > bench->max_us)
        bench->max_us = delay_us;
}

static void
take_frame(bench_t *bench, client_t *client, const char *frame, size_t size)
{
    static const char event[] = "\nevent: agent_event\n";
    if (memmem(frame, size, "\nevent: ready\n", 14))
        client->is_ready = true;
    if (strncmp(frame, "id: ", 4) != 0 ||
        !memmem(frame, size < 64 ? size : 64, event, strlen(event)))
        return;
    int64_t id = strtoll(frame + 4, NULL, 10);
    if (id <= client->last_id)
        bench->disordered++;
    client->last_id = id;
    client->events++;
    if (!client->is_slow)
        measure(bench, frame, size);
}

/* Takes the whole frames out of the text and moves the rest to its beginning. */
static void
take_frames(bench_t *bench, client_t *client)
{
    mc_buffer_t *text = &client->text;
    size_t at = 0;
    const char *end;
    while (at < text->size && (end = memmem(text->data + at, text->size - at, "\n\n", 2))) {
        size_t size = (size_t)(end - text->data) + 1 - at;
        take_frame(bench, client, text->data + at, size);
        at += size + 1;
    }
    if (at == 0)
        return;
    memmove(text->data, text->data + at, text->size - at);
    text->size -= at;
}

/* One byte that is not of the stream's text. */
static void
take_framing(client_t *client, char byte)
{
    static const char end[] = "\r\n\r\n";
    switch (client->place) {
    case IN_HEAD:
        client->matched = byte == end[client->matched] ? client->matched + 1 : byte == '\r';
        if (client->matched == 4)
            client->place = IN_SIZE;
        break;
    case IN_SIZE:
        if (byte == '\n')
            client->place = IN_CHUNK;
        else if (byte != '\r')
            client->left = client->left << 4 |
                           (byte <= '9' ? (uint64_t)byte - '0' : (byte | 32) - 'a' + 10ull);
        break;
    default:
        if (byte == '\n')
            client->place = IN_SIZE;
        break;
    }
}

static void
take_bytes(client_t *client, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        if (client->place != IN_CHUNK) {
            take_framing(client, bytes[at++]);
            continue;
        }
        size_t part = size - at < client->left ? size - at : client->left;
        mc_buffer_append(&client->text, bytes + at, part);
        client->left -= part;
        at += part;
        if (client->left == 0)
            client->place = IN_END;
    }
}

static void
receive(bench_t *bench, client_t *client, size_t max)
{
    char bytes[READ_BYTES];
    ssize_t got = recv(client->fd, bytes, max < sizeof bytes ? max : sizeof bytes, MSG_DONTWAIT);
    if (got == 0)
        die("the gateway closed a stream");
    if (got < 0)
        return;
    bench->bytes += (uint64_t)got;
    take_bytes(client, bytes, (size_t)got);
    take_frames(bench, client);
}

/* One turn over all clients; the slow one has its share of it. */
static void
turn(bench_t *bench, int64_t *slow_us)
{
    struct pollfd polls[CLIENTS_MAX];
    int64_t now_us = mc_clock_steady_us();
    bool is_slow_due = bench->is_slow_free || now_us - *slow_us >= TURN_MS * 1000;
    for (size_t i = 0; i < bench->count; i++) {
        bool is_read = !bench->clients[i].is_slow || is_slow_due;
        polls[i] = (struct pollfd){.fd = is_read ? bench->clients[i].fd : -1, .events = POLLIN};
    }
    poll(polls, bench->count, TURN_MS);
    for (size_t i = 0; i < bench->count; i++) {
        client_t *client = &bench->clients[i];
        if (!polls[i].revents)
            continue;
        if (client->is_slow)
            *slow_us = mc_clock_steady_us();
        bool is_held = client->is_slow && !bench->is_slow_free;
        receive(bench, client, is_held ? SLOW_BYTES_S * TURN_MS / 1000 : READ_BYTES);
    }
}

static bool
all(const bench_t *bench, bool (*holds)(const client_t *))
{
    for (size_t i = 0; i < bench->count; i++)
        if (!holds(&bench->clients[i]))
            return false;
    return true;
}

static bool
is_ready(const client_t *client)
{
    return client->is_ready;
}

static bool
is_complete(const client_t *client)
{
    return client->events >= client->wanted;
}

static bool
is_complete_or_slow(const client_t *client)
{
    return client->is_slow || is_complete(client);
}

static void
wait_until(bench_t *bench, bool (*holds)(const client_t *))
{
    int64_t deadline_us = mc_clock_steady_us() + DEADLINE_S * INT64_C(1000000), slow_us = 0;
    while (!all(bench, holds) && mc_clock_steady_us() < deadline_us)
        turn(bench, &slow_us);
}

static double
percentile_ms(const bench_t *bench, double share)
{
    uint64_t rank = (uint64_t)((double)bench->measured * share), seen = 0;
    size_t step = 0;
    while (step < STEPS - 1 && (seen += bench->delays[step]) <= rank)
        step++;
    return (double)step * STEP_US / 1000;
}

static void
report(const bench_t *bench)
{
    uint64_t missing = 0, slow_missing = 0;
    for (size_t i = 0; i < bench->count; i++) {
        const client_t *client = &bench->clients[i];
        uint64_t lost = client->wanted > client->events ? client->wanted - client->events : 0;
        *(client->is_slow ? &slow_missing : &missing) += lost;
    }
    printf("{\"events\":%llu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"bytes\":%llu,"
           "\"disordered\":%llu,\"missing\":%llu,\"slow_missing\":%llu,\"slow_behind\":%llu,"
           "\"slow_seconds\":%.3f}\n",
           (unsigned long long)bench->measured, percentile_ms(bench, 0.5),
           percentile_ms(bench, 0.99), (double)bench->max_us / 1e3,
           (unsigned long long)bench->bytes, (unsigned long long)bench->disordered,
           (unsigned long long)missing, (unsigned long long)slow_missing,
           (unsigned long long)bench->slow_behind,
           (double)(mc_clock_steady_us() - bench->freed_us) / 1e6);
}

static void
open_all(bench_t *bench, int port, const char *key, uint64_t events)
{
    for (size_t i = 0; i < bench->count; i++) {
        client_t *client = &bench->clients[i];
        char query[BENCH_TEXT_MAX] = "";
        bool is_of_root = i + 2 < bench->count;
        if (is_of_root)
            snprintf(query, sizeof query, "?rootTaskId=root-%02zu", i % BENCH_ROOTS);
        client->is_slow = i + 1 == bench->count;
        client->wanted = is_of_root ? events / BENCH_ROOTS : events;
        open_client(client, port, key, query);
    }
    wait_until(bench, is_ready);
}

int
main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "listen PORT KEY CLIENTS EVENTS\n");
        return 2;
    }
    static bench_t bench;
    bench.count = strtoul(argv[3], NULL, 10) + 2;
    bench.delays = calloc(STEPS, sizeof *bench.delays);
    if (bench.count > CLIENTS_MAX)
        return 2;
    open_all(&bench, atoi(argv[1]), argv[2], strtoull(argv[4], NULL, 10));
    printf("ready\n");
    fflush(stdout);

    wait_until(&bench, is_complete_or_slow);
    const client_t *slow = &bench.clients[bench.count - 1];
    bench.slow_behind = slow->wanted - slow->events;
    bench.is_slow_free = true;
    bench.freed_us = mc_clock_steady_us();
    wait_until(&bench, is_complete);
    report(&bench);
    for (size_t i = 0; i < bench.count; i++) {
        close(bench.clients[i].fd);
        mc_buffer_clear(&bench.clients[i].text);
    }
    free(bench.delays);
    return 0;
}
