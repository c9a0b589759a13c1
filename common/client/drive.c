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

static int
on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)curl;
    mc_http_client_t *self = arg;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (epoll_ctl(self->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == -1)
        return -1;
    if (!known)
        curl_multi_assign(self->multi, fd, self);
    return 0;
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
        int running, what = 0;
        uint32_t bits = ready[i].events;
        what |= bits & EPOLLIN ? CURL_CSELECT_IN : 0;
        what |= bits & EPOLLOUT ? CURL_CSELECT_OUT : 0;
        what |= bits & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
        curl_multi_socket_action(self->multi, ready[i].data.fd, what, &running);
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
        abort();
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
}
