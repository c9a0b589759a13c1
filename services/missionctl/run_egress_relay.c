/*
 *  run_egress_relay - carries connections out of a run's network to the platform's ports
 *
 *  A process of its own with nothing but sockets. Each connection has two ways; a way reads only
 *  when it has nothing left to write, so that a slow side slows the other and nothing piles up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run_egress_parts.h"

#define PAIRS_MAX 512
#define WAY_BYTES 16384

typedef struct {
    char bytes[WAY_BYTES];
    size_t size;
    size_t written;
    bool is_ended; /* its reader has no more */
    bool is_shut;  /* and its writer was told */
} way_t;

/* Way i reads from side i and writes to the other. */
typedef struct {
    int sides[2];
    way_t ways[2];
} pair_t;

typedef struct {
    int line;
    const int *listeners;
    const uint16_t *ports;
    size_t count;
    bool is_closed;
    pair_t *pairs[PAIRS_MAX];
    size_t pair_count;
} relay_t;

static void
end_pair(relay_t *self, size_t index)
{
    pair_t *pair = self->pairs[index];
    close(pair->sides[0]);
    close(pair->sides[1]);
    free(pair);
    self->pairs[index] = self->pairs[--self->pair_count];
}

static int
connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (handle == -1)
        return -1;
    if (connect(handle, (const struct sockaddr *)&address, sizeof address) == 0 ||
        errno == EINPROGRESS)
        return handle;
    close(handle);
    return -1;
}

static void
take_connection(relay_t *self, size_t index)
{
    int inside = accept4(self->listeners[index], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (inside == -1)
        return;
    bool is_refused = self->is_closed || self->pair_count == PAIRS_MAX;
    int outside = is_refused ? -1 : connect_to(self->ports[index]);
    pair_t *pair = outside == -1 ? NULL : calloc(1, sizeof *pair);
    if (!pair) {
        close(inside);
        return;
    }
    pair->sides[0] = inside;
    pair->sides[1] = outside;
    self->pairs[self->pair_count++] = pair;
}

/* False when the connection is broken. */
static bool
read_way(way_t *way, int from)
{
    ssize_t size = read(from, way->bytes, sizeof way->bytes);
    if (size == -1)
        return errno == EAGAIN || errno == EINTR;
    way->size = (size_t)size;
    way->written = 0;
    way->is_ended = size == 0;
    return true;
}

static bool
write_way(way_t *way, int to)
{
    ssize_t size = send(to, way->bytes + way->written, way->size - way->written, MSG_NOSIGNAL);
    if (size == -1)
        return errno == EAGAIN || errno == EINTR;
    way->written += (size_t)size;
    return true;
}

/* What side i is watched for: its own way's reading, the other way's writing. */
static short
wanted(const pair_t *pair, size_t side)
{
    const way_t *own = &pair->ways[side];
    const way_t *other = &pair->ways[1 - side];
    bool wants_read = own->written == own->size && !own->is_ended;
    bool wants_write = other->written < other->size;
    return (short)((wants_read ? POLLIN : 0) | (wants_write ? POLLOUT : 0));
}

static bool
serve_side(pair_t *pair, size_t side, short events)
{
    way_t *own = &pair->ways[side];
    way_t *other = &pair->ways[1 - side];
    if (events & POLLERR)
        return false;
    if ((events & (POLLIN | POLLHUP)) && own->written == own->size && !own->is_ended &&
        !read_way(own, pair->sides[side]))
        return false;
    if ((events & POLLOUT) && other->written < other->size && !write_way(other, pair->sides[side]))
        return false;
    if (other->is_ended && !other->is_shut) {
        shutdown(pair->sides[side], SHUT_WR);
        other->is_shut = true;
    }
    return true;
}

static bool
serve_pair(pair_t *pair, const struct pollfd *fds)
{
    for (size_t side = 0; side < 2; side++)
        if (!serve_side(pair, side, fds[side].revents))
            return false;
    for (size_t i = 0; i < 2; i++) { /* also those whose other side came first */
        way_t *way = &pair->ways[i];
        if (way->is_ended && !way->is_shut) {
            shutdown(pair->sides[1 - i], SHUT_WR);
            way->is_shut = true;
        }
    }
    return !(pair->ways[0].is_shut && pair->ways[1].is_shut);
}

/* False when the supervisor is gone. */
static bool
take_order(relay_t *self)
{
    char order = 0;
    if (recv(self->line, &order, 1, 0) != 1)
        return false;
    self->is_closed = order == 'c';
    while (self->is_closed && self->pair_count)
        end_pair(self, self->pair_count - 1);
    return send(self->line, &order, 1, MSG_NOSIGNAL) == 1;
}

static size_t
watch(const relay_t *self, struct pollfd *fds)
{
    size_t used = 0;
    fds[used++] = (struct pollfd){.fd = self->line, .events = POLLIN};
    for (size_t i = 0; i < self->count; i++)
        fds[used++] = (struct pollfd){.fd = self->listeners[i], .events = POLLIN};
    for (size_t i = 0; i < self->pair_count; i++)
        for (size_t side = 0; side < 2; side++) {
            short events = wanted(self->pairs[i], side);
            fds[used++] =
                (struct pollfd){.fd = events ? self->pairs[i]->sides[side] : -1, .events = events};
        }
    return used;
}

static bool
turn(relay_t *self)
{
    struct pollfd fds[1 + MISSIONCTL_EGRESS_PORTS_MAX + 2 * PAIRS_MAX];
    size_t used = watch(self, fds);
    if (poll(fds, used, -1) == -1)
        return errno == EINTR;
    const struct pollfd *pairs = fds + 1 + self->count;
    for (size_t i = self->pair_count; i-- > 0;)
        if (!serve_pair(self->pairs[i], pairs + 2 * i))
            end_pair(self, i);
    for (size_t i = 0; i < self->count; i++)
        if (fds[1 + i].revents)
            take_connection(self, i);
    return !fds[0].revents || take_order(self);
}

void
missionctl_relay_run(int line, const int *listeners, const uint16_t *ports, size_t count)
{
    static const int ignored[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    relay_t self = {.line = line, .listeners = listeners, .ports = ports, .count = count};
    sigset_t none;
    for (size_t i = 0; i < MC_COUNT(ignored); i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_NAME, "missionctl-way", 0, 0, 0);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i <= STDERR_FILENO && nothing != -1; i++)
        dup2(nothing, i);
    while (turn(&self))
        ;
    _exit(0);
}
