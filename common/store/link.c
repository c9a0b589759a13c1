/*
 *  link - a connection is opened, watched, lost and opened again
 */
#include "link_state.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/service.h"

static void drive(void *arg, int events);

void
mc_link_watch(mc_link_t *self, int fd, int events)
{
    if (self->fd == fd && self->events == events)
        return;
    if (self->fd != -1 && self->fd != fd)
        mc_service_watch(self->service, self->fd, 0, NULL, NULL);
    self->fd = fd;
    self->events = events;
    if (fd != -1)
        mc_service_watch(self->service, fd, events, drive, self);
}

static void
stop_timer(mc_link_t *self)
{
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    self->timer = -1;
}

mc_link_t *
mc_link_new(mc_store_t *store, const mc_link_owner_t *calls, void *owner)
{
    mc_link_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->store = store;
    self->service = mc_store_service(store);
    self->calls = calls;
    self->owner = owner;
    self->timer = self->fd = -1;
    self->pause_ms = MC_LINK_PAUSE_MS_MIN;
    return self;
}

static void
close_because(mc_link_t *self, const char *reason)
{
    stop_timer(self);
    mc_link_watch(self, -1, 0);
    PQclear(self->result);
    self->result = NULL;
    PQfinish(self->connection);
    self->connection = NULL;
    self->state = MC_LINK_CLOSED;
    self->must_close = false;
    memset(self->prepared, 0, sizeof self->prepared);
    if (self->question)
        mc_store_refuse_late(self->store, mc_take(&self->question), MC_STORE_AWAY_ERROR,
                             "the connection to the database broke: %s", reason);
}

void
mc_link_close(mc_link_t *self)
{
    close_because(self, "it was closed here");
}

void
mc_link_destroy(mc_link_t **address)
{
    mc_link_t *self = mc_take(address);
    if (!self)
        return;
    mc_link_close(self);
    self->is_destroyed = true;
    if (self->depth == 0)
        free(self);
}

int
mc_link_fail(const mc_link_t *self)
{
    const char *message = PQerrorMessage(self->connection);
    return mc_fail("%.*s", (int)strcspn(message, "\n"), message);
}

/* The reason is kept by mc_fail. */
static void
lose(mc_link_t *self)
{
    close_because(self, mc_error());
    self->calls->on_lost(self->owner, self);
}

static void
on_attempt_too_long(void *arg)
{
    mc_link_t *self = arg;
    self->timer = -1;
    mc_fail("the database did not take the connection within %d s", MC_LINK_CONNECT_MS_MAX / 1000);
    mc_store_set_reason(self->store, mc_error());
    lose(self);
}

static void
become_free(mc_link_t *self)
{
    self->state = MC_LINK_FREE;
    self->free_since_us = mc_clock_steady_us();
    mc_link_watch(self, PQsocket(self->connection), ZMQ_POLLIN);
    self->calls->on_free(self->owner, self);
}

static void
ignore_notice(void *arg, const PGresult *notice)
{
    (void)arg, (void)notice;
}

/* A COPY goes on while the loop does other things; the system may give less. */
static void
widen_socket(const mc_link_t *self)
{
    const int bytes = MC_LINK_SEND_BYTES;
    (void)setsockopt(PQsocket(self->connection), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* libpq may have closed one socket and opened another of the same number, so the watch is made
 * anew each time. */
static void
poll_connection(mc_link_t *self)
{
    mc_link_watch(self, -1, 0);
    switch (PQconnectPoll(self->connection)) {
    case PGRES_POLLING_READING:
        mc_link_watch(self, PQsocket(self->connection), ZMQ_POLLIN);
        return;
    case PGRES_POLLING_WRITING:
        mc_link_watch(self, PQsocket(self->connection), ZMQ_POLLOUT);
        return;
    case PGRES_POLLING_OK:
        stop_timer(self);
        self->pause_ms = MC_LINK_PAUSE_MS_MIN;
        PQsetnonblocking(self->connection, 1);
        widen_socket(self);
        PQsetNoticeReceiver(self->connection, ignore_notice, NULL);
        mc_store_set_reason(self->store, NULL);
        become_free(self);
        return;
    default:
        mc_link_fail(self);
        mc_store_set_reason(self->store, mc_error());
        lose(self);
    }
}

void
mc_link_open(mc_link_t *self)
{
    if (self->state != MC_LINK_CLOSED)
        return;
    stop_timer(self);
    self->connection = mc_link_start_connection(self->store);
    if (!self->connection) {
        mc_store_set_reason(self->store, mc_error());
        lose(self);
        return;
    }
    self->state = MC_LINK_CONNECTING;
    self->timer =
        mc_service_after(self->service, MC_LINK_CONNECT_MS_MAX, on_attempt_too_long, self);
    mc_link_watch(self, PQsocket(self->connection), ZMQ_POLLOUT);
}

static void
on_pause_over(void *arg)
{
    mc_link_t *self = arg;
    self->timer = -1;
    mc_link_open(self);
}

void
mc_link_open_later(mc_link_t *self)
{
    if (self->state != MC_LINK_CLOSED || self->timer != -1)
        return;
    self->timer = mc_service_after(self->service, self->pause_ms, on_pause_over, self);
    self->pause_ms *= 2;
    if (self->pause_ms > MC_LINK_PAUSE_MS_MAX)
        self->pause_ms = MC_LINK_PAUSE_MS_MAX;
}

bool
mc_link_is_closed(const mc_link_t *self)
{
    return self->state == MC_LINK_CLOSED && self->timer == -1;
}

bool
mc_link_is_up(const mc_link_t *self)
{
    return self->state >= MC_LINK_FREE;
}

bool
mc_link_is_free(const mc_link_t *self)
{
    return self->state == MC_LINK_FREE && !self->must_close;
}

int64_t
mc_link_free_since_us(const mc_link_t *self)
{
    return self->free_since_us;
}

void
mc_link_ask(mc_link_t *self, mc_question_t *question)
{
    assert(self->state == MC_LINK_FREE);
    self->question = question;
    if (mc_link_talk_begin(self) == -1)
        lose(self);
}

static void
drive(void *arg, int events)
{
    mc_link_t *self = arg;
    if (self->state == MC_LINK_CONNECTING) {
        poll_connection(self);
        return;
    }
    self->depth++;
    int moved = mc_link_talk(self, events);
    self->depth--;
    if (self->is_destroyed)
        free(self);
    else if (moved == -1)
        lose(self);
}
