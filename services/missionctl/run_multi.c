/*
 *  run_multi - transfers of curl behind one descriptor that can be waited for
 */
#include "run_multi.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"

#define EVENTS_MAX 8

static int
on_socket(CURL *curl, curl_socket_t socket, int what, void *arg, void *known)
{
    missionctl_multi_t *self = arg;
    struct epoll_event event = {.data.fd = socket};
    (void)curl;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(self->epoll, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (epoll_ctl(self->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) == -1)
        epoll_ctl(self->epoll, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    curl_multi_assign(self->transfers, socket, self);
    return 0;
}

static int
on_timer(CURLM *transfers, long timeout_ms, void *arg)
{
    missionctl_multi_t *self = arg;
    (void)transfers;
    self->due_us = timeout_ms < 0 ? 0 : mc_clock_steady_us() + timeout_ms * 1000;
    return 0;
}

void
missionctl_multi_init(missionctl_multi_t *self)
{
    self->due_us = 0;
    self->transfers = curl_multi_init();
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    assert(self->transfers && self->epoll != -1);
    curl_multi_setopt(self->transfers, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self->transfers, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt(self->transfers, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self->transfers, CURLMOPT_TIMERDATA, self);
}

void
missionctl_multi_clear(missionctl_multi_t *self)
{
    curl_multi_cleanup(self->transfers);
    close(self->epoll);
}

void
missionctl_multi_turn(missionctl_multi_t *self)
{
    struct epoll_event events[EVENTS_MAX];
    int running = 0;
    int count = epoll_wait(self->epoll, events, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(self->transfers, events[i].data.fd, what, &running);
    }
    if (self->due_us && mc_clock_steady_us() >= self->due_us) {
        self->due_us = 0;
        curl_multi_socket_action(self->transfers, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}
