/*
 *  drive - libcurl's sockets and its timer, in the loop of a service
 *
 *  It says which sockets it waits for, and when it wants to be called. Its time
 *  moves with every call, so a timer of the loop that rings earlier is left as
 *  it is, and "now" is the end of the turn.
 */
#include "client.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/service.h"

#define EVENTS_PER_RUN 64

static void
make_room(mc_http_client_t *self, size_t fd)
{
    size_t count = (fd + 1) * 2;
    if (fd < self->descriptors)
        return;
    self->wanted = realloc(self->wanted, count * sizeof *self->wanted);
    self->set = realloc(self->set, count * sizeof *self->set);
    if (!self->wanted || !self->set)
        mc_fatal("out of memory");
    memset(self->wanted + self->descriptors, 0, (count - self->descriptors) * sizeof *self->wanted);
    memset(self->set + self->descriptors, 0, (count - self->descriptors) * sizeof *self->set);
    self->descriptors = count;
}

static int
put_into_set(mc_http_client_t *self, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    int change = self->set[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    self->set[fd] = events;
    return epoll_ctl(self->epoll_fd, events ? change : EPOLL_CTL_DEL, fd, &event);
}

/* A connection that is kept for the next call stays in the set: most calls wait for the same. */
static int
on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)curl, (void)known;
    mc_http_client_t *self = arg;
    make_room(self, (size_t)fd);
    bool is_removed = what == CURL_POLL_REMOVE;
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    self->wanted[fd] = is_removed ? 0 : events;
    if (is_removed || events == 0 || events == self->set[fd])
        return 0;
    return put_into_set(self, fd, events);
}

int
mc_http_drive_close_socket(void *client, curl_socket_t fd)
{
    mc_http_client_t *self = client;
    if ((size_t)fd < self->descriptors)
        self->wanted[fd] = self->set[fd] = 0;
    return close(fd);
}

void
mc_http_drive_piece(mc_http_call_t *call)
{
    if (call->has_piece || call->is_held)
        return;
    call->has_piece = true;
    TAILQ_INSERT_TAIL(&call->client->pieces, call, piece_link);
}

/* The piece is away from the call while it is told, as the call may bring more meanwhile. */
static void
tell_piece(mc_http_call_t *call)
{
    mc_buffer_t answer = call->answer;
    mc_buffer_init(&call->answer, answer.max);
    call->is_telling = true;
    call->piece(call->arg, mc_buffer_content(&answer));
    call->is_telling = false;
    mc_buffer_reset(&answer);
    call->answer = answer;
}

static void
hand_over(mc_http_call_t *call)
{
    if (call->answer.size)
        tell_piece(call);
    if (call->is_cancelled)
        mc_http_call_forget(call);
    else if (call->is_held)
        return;
    else if (call->is_over) {
        mc_http_call_finish(call);
    } else if (call->is_paused) {
        call->is_paused = false;
        curl_easy_pause(call->curl, CURLPAUSE_CONT);
    }
}

/* Whoever is told may start and end other calls. */
static void
hand_over_pieces(mc_http_client_t *self)
{
    mc_http_call_t *call;
    while ((call = TAILQ_FIRST(&self->pieces))) {
        TAILQ_REMOVE(&self->pieces, call, piece_link);
        call->has_piece = false;
        hand_over(call);
    }
}

static void
finish_calls(mc_http_client_t *self)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(self->multi, &left))) {
        mc_http_call_t *call;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        call->code = code;
        call->is_over = true;
        if (call->piece)
            mc_http_drive_piece(call);
        else
            mc_http_call_finish(call);
    }
    hand_over_pieces(self);
}

static void set_timer(mc_http_client_t *self);

static void
run_due(mc_http_client_t *self)
{
    int running;
    if (self->due_us <= mc_clock_steady_us()) {
        self->due_us = INT64_MAX;
        curl_multi_socket_action(self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish_calls(self);
    set_timer(self);
}

static void
on_time(void *arg)
{
    mc_http_client_t *self = arg;
    self->timer = -1;
    run_due(self);
}

static void
set_timer(mc_http_client_t *self)
{
    if (self->due_us == INT64_MAX || (self->timer != -1 && self->timer_us <= self->due_us))
        return;
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    int64_t delay_us = self->due_us - mc_clock_steady_us();
    int delay_ms = delay_us > 0 ? (int)(delay_us / 1000) + 1 : 0;
    self->timer_us = self->due_us;
    self->timer = mc_service_after(self->service, delay_ms, on_time, self);
}

static void
on_turn_end(void *arg)
{
    mc_http_client_t *self = arg;
    self->is_turn_end_asked = false;
    if (self->has_refused)
        mc_http_client_refuse_calls(self);
    run_due(self);
}

void
mc_http_drive_later(mc_http_client_t *self)
{
    if (self->is_turn_end_asked)
        return;
    self->is_turn_end_asked = true;
    mc_service_at_turn_end(self->service, on_turn_end, self);
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    mc_http_client_t *self = arg;
    self->due_us = timeout_ms < 0 ? INT64_MAX : mc_clock_steady_us() + timeout_ms * 1000;
    if (timeout_ms == 0)
        mc_http_drive_later(self);
    else
        set_timer(self);
    return 0;
}

static void
on_ready(void *arg, int events)
{
    (void)events;
    mc_http_client_t *self = arg;
    struct epoll_event ready[EVENTS_PER_RUN];
    int count = epoll_wait(self->epoll_fd, ready, EVENTS_PER_RUN, 0);
    for (int i = 0; i < count; i++) {
        int running, what = 0, fd = ready[i].data.fd;
        uint32_t bits = ready[i].events;
        if (!self->wanted[fd] || !(bits & (self->wanted[fd] | EPOLLERR | EPOLLHUP))) {
            if (self->set[fd]) /* nobody waits for it: it would be told again and again */
                (void)put_into_set(self, fd, self->wanted[fd]);
            continue;
        }
        what |= bits & EPOLLIN ? CURL_CSELECT_IN : 0;
        what |= bits & EPOLLOUT ? CURL_CSELECT_OUT : 0;
        what |= bits & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
        curl_multi_socket_action(self->multi, fd, what, &running);
    }
    finish_calls(self);
}

void
mc_http_drive_open(mc_http_client_t *self)
{
    self->timer = -1;
    self->due_us = INT64_MAX;
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->multi = curl_multi_init();
    if (self->epoll_fd == -1 || !self->multi)
        mc_fatal("out of descriptors or memory");
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self);
    mc_service_watch(self->service, self->epoll_fd, ZMQ_POLLIN, on_ready, self);
}

void
mc_http_drive_close(mc_http_client_t *self)
{
    curl_multi_cleanup(self->multi);
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    mc_service_watch(self->service, self->epoll_fd, 0, NULL, NULL);
    close(self->epoll_fd);
    free(self->wanted);
    free(self->set);
}
