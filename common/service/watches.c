/*
 *  watches - descriptors that somebody waits for, in one epoll descriptor
 *
 *  A watch may end, or its number may be used again, while events of it wait in
 *  the batch that is being handled: each watch has a serial, which epoll gives
 *  back beside the number.
 */
#include "watches.h"

#include <sys/epoll.h>

#define BATCHES_PER_TURN 8
#define BATCH 64 /* events handled in one turn, so that no descriptor starves the rest */

typedef struct {
    mc_watch_fn *ready; /* NULL: not watched */
    void *arg;
    int events;
    uint32_t serial;
} watch_t;

struct mc_watches {
    zloop_t *loop;
    int epoll;
    watch_t *watches; /* by descriptor */
    size_t count;
    uint32_t serial;
    mc_watches_batch_fn *batch_end;
    void *batch_arg;
};

static uint32_t
epoll_mask(int events)
{
    return (events & ZMQ_POLLIN ? EPOLLIN | EPOLLRDHUP : 0u) |
           (events & ZMQ_POLLOUT ? EPOLLOUT : 0u);
}

/* An error or hang-up goes to whoever waits for anything. */
static int
happened(uint32_t mask, int asked)
{
    int events =
        (mask & (EPOLLIN | EPOLLRDHUP) ? ZMQ_POLLIN : 0) | (mask & EPOLLOUT ? ZMQ_POLLOUT : 0);
    return mask & (EPOLLERR | EPOLLHUP) ? asked : events & asked;
}

static void
dispatch(mc_watches_t *self, const struct epoll_event *event)
{
    size_t fd = (uint32_t)event->data.u64;
    watch_t watch = self->watches[fd];
    if (!watch.ready || watch.serial != event->data.u64 >> 32)
        return;
    int events = happened(event->events, watch.events);
    if (events)
        watch.ready(watch.arg, events);
}

static bool
handle_batch(mc_watches_t *self)
{
    struct epoll_event events[BATCH];
    int count = epoll_wait(self->epoll, events, BATCH, 0);
    for (int i = 0; i < count; i++)
        dispatch(self, &events[i]);
    bool is_more = self->batch_end && self->batch_end(self->batch_arg);
    return count > 0 || is_more;
}

static int
on_epoll(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    mc_watches_t *self = arg;
    for (int i = 0; i < BATCHES_PER_TURN && handle_batch(self); i++)
        ;
    (void)loop;
    (void)item;
    return 0;
}

static zmq_pollitem_t
poll_item(const mc_watches_t *self)
{
    return (zmq_pollitem_t){.fd = self->epoll, .events = ZMQ_POLLIN};
}

mc_watches_t *
mc_watches_new(zloop_t *loop)
{
    mc_watches_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (mc_watches_t){.loop = loop, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    assert(self->epoll != -1);
    zmq_pollitem_t item = poll_item(self);
    int failed = zloop_poller(loop, &item, on_epoll, self);
    assert(!failed);
    zloop_poller_set_tolerant(loop, &item);
    return self;
}

void
mc_watches_set_batch_end(mc_watches_t *self, mc_watches_batch_fn *end, void *arg)
{
    self->batch_end = end;
    self->batch_arg = arg;
}

void
mc_watches_destroy(mc_watches_t **address)
{
    mc_watches_t *self = mc_take(address);
    if (!self)
        return;
    zmq_pollitem_t item = poll_item(self);
    zloop_poller_end(self->loop, &item);
    close(self->epoll);
    free(self->watches);
    free(self);
}

static watch_t *
require_watch(mc_watches_t *self, size_t fd)
{
    if (fd >= self->count) {
        size_t count = (fd + 1) * 2;
        self->watches = realloc(self->watches, count * sizeof *self->watches);
        if (!self->watches)
            mc_fatal("out of memory");
        memset(self->watches + self->count, 0, (count - self->count) * sizeof *self->watches);
        self->count = count;
    }
    return &self->watches[fd];
}

/* The kernel forgets a descriptor that was closed; then what is a change for us is new for it. */
static void
tell_kernel(mc_watches_t *self, int fd, const watch_t *watch, bool is_new)
{
    struct epoll_event event = {
        .events = epoll_mask(watch->events),
        .data.u64 = (uint64_t)watch->serial << 32 | (uint32_t)fd,
    };
    int first = is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    int second = is_new ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int failed = epoll_ctl(self->epoll, first, fd, &event);
    if (failed)
        failed = epoll_ctl(self->epoll, second, fd, &event);
    assert(!failed);
}

void
mc_watches_set(mc_watches_t *self, int fd, int events, mc_watch_fn *ready, void *arg)
{
    assert(fd >= 0);
    watch_t *watch = require_watch(self, (size_t)fd);
    bool is_new = !watch->ready;
    if (!events) {
        *watch = (watch_t){0};
        if (!is_new)
            epoll_ctl(self->epoll, EPOLL_CTL_DEL, fd, NULL);
        return;
    }

    assert(ready);
    bool is_same = !is_new && watch->events == events;
    watch->ready = ready;
    watch->arg = arg;
    if (is_same)
        return;
    watch->events = events;
    if (is_new)
        watch->serial = ++self->serial;
    tell_kernel(self, fd, watch, is_new);
}
