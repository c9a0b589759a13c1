/*
 *  linger - closes a connection whose client is still sending
 *
 *  Closing a socket with unread bytes resets it, and the reset can overtake the
 *  answer that says why. So the socket is kept a while, half closed, and what
 *  comes is thrown away until the client has seen the end.
 */
#include "edge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 20)
#define READS_PER_WAKE 4

typedef struct mc_http_lingerer {
    mc_http_watch_t watch;
    TAILQ_ENTRY(mc_http_lingerer) link;
    mc_http_edge_t *edge;
    int64_t since_us;
    int fd;
} lingerer_t;

static void
finish(lingerer_t *self)
{
    TAILQ_REMOVE(&self->edge->lingering, self, link);
    self->edge->lingering_count--;
    close(self->fd);
    free(self);
}

/* MSG_TRUNC: the kernel throws the bytes away without copying them. */
static void
on_readable(mc_http_watch_t *watch, uint32_t events)
{
    (void)events;
    lingerer_t *self = (lingerer_t *)watch;
    for (int i = 0; i < READS_PER_WAKE; i++) {
        ssize_t size = recv(self->fd, NULL, READ_BYTES, MSG_TRUNC | MSG_DONTWAIT);
        if (size == -1 && (errno == EAGAIN || errno == EINTR))
            return;
        if (size <= 0) {
            finish(self);
            return;
        }
    }
}

void
mc_http_linger(mc_http_edge_t *edge, int fd)
{
    if (edge->lingering_count == MC_HTTP_LINGERING_MAX)
        return;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy == -1)
        return;
    shutdown(copy, SHUT_WR);
    lingerer_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (lingerer_t){
        .watch.ready = on_readable, .edge = edge, .since_us = edge->now_us, .fd = copy};
    TAILQ_INSERT_TAIL(&edge->lingering, self, link);
    edge->lingering_count++;
    mc_http_edge_watch(edge, copy, EPOLLIN, &self->watch);
}

void
mc_http_lingerers_expire(mc_http_edge_t *edge, int64_t before_us)
{
    lingerer_t *oldest = TAILQ_FIRST(&edge->lingering);
    while (oldest && oldest->since_us <= before_us) {
        lingerer_t *next = TAILQ_NEXT(oldest, link);
        finish(oldest);
        oldest = next;
    }
}
