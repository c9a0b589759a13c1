/*
 *  stream - an answer without an end, suspended while there is nothing to send
 *
 *  It belongs to two: the library, which releases it with the response, and the
 *  route, which is told once that it is closed. It is freed after both.
 */
#include "edge.h"

#include <stdlib.h>
#include <sys/epoll.h>

/* Only for clients of HTTP/1.0: chunks are made in the memory of the connection. */
#define BLOCK_BYTES ((size_t)4 << 10)

static void
close_stream(mc_http_stream_t *self)
{
    if (self->is_closed)
        return;
    self->is_closed = self->is_ended = true;
    mc_http_edge_count(self->edge, MC_HTTP_METRIC_streams, -1);
    self->calls.closed(self->arg);
}

static void
free_when_done(mc_http_stream_t *self)
{
    if (self->is_closed && self->is_released && !self->is_ending)
        free(self);
}

/* The library is done with the response, however it ended. */
static void
on_release(void *arg)
{
    mc_http_stream_t *self = arg;
    if (self->peer && self->watch.ready)
        mc_http_peer_watch(self->peer, 0, NULL);
    self->peer = NULL;
    self->is_released = true;
    close_stream(self);
    free_when_done(self);
}

static void
resume(mc_http_stream_t *self)
{
    if (!self->is_suspended)
        return;
    self->is_suspended = false;
    MHD_resume_connection(self->peer->connection);
    mc_http_edge_run_later(self->edge);
}

static ssize_t
on_room(void *arg, uint64_t position, char *room, size_t max)
{
    (void)position;
    mc_http_stream_t *self = arg;
    ssize_t size = 0;
    self->edge->is_busy = true;
    do {
        self->is_woken = false;
        if (!self->is_ended)
            size = self->calls.read(self->arg, room, max);
    } while (size == 0 && self->is_woken && !self->is_ended);
    if (self->is_ended || size == MC_HTTP_STREAM_BROKEN)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (size < 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (size == 0) {
        self->is_suspended = true;
        MHD_suspend_connection(self->peer->connection);
    }
    return size;
}

/* The peer left, or sends no more: nobody reads a stream with half a connection. */
static void
on_lost(mc_http_watch_t *watch, uint32_t events)
{
    (void)events;
    mc_http_stream_end((mc_http_stream_t *)watch);
}

struct MHD_Response *
mc_http_stream_response(mc_http_stream_t *self)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_room, self, on_release);
    if (!response) {
        on_release(self);
        return NULL;
    }
    self->watch.ready = on_lost;
    mc_http_peer_watch(self->peer, EPOLLRDHUP, &self->watch);
    return response;
}

void
mc_http_stream_wake(mc_http_stream_t *self)
{
    self->is_woken = true;
    resume(self);
}

void
mc_http_stream_end(mc_http_stream_t *self)
{
    if (self->is_ending || self->is_closed)
        return;
    self->is_ended = self->is_ending = true;
    TAILQ_INSERT_TAIL(&self->edge->ended, self, link);
    if (self->peer) {
        mc_http_peer_cut(self->peer);
        resume(self);
    }
    mc_http_edge_run_later(self->edge);
}

void
mc_http_streams_settle(mc_http_edge_t *edge)
{
    mc_http_stream_t *self;
    while ((self = TAILQ_FIRST(&edge->ended))) {
        TAILQ_REMOVE(&edge->ended, self, link);
        self->is_ending = false;
        close_stream(self);
        free_when_done(self);
    }
}
