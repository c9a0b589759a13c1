/*
 *  http_client - asking other HTTP servers, in a service's own loop
 *
 *  libcurl says which sockets and which timer it waits for, and is driven when
 *  one of them is ready. Calls are started and ended outside its callbacks.
 */
#include "common/http_client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/service.h"

#define KEPT_CONNECTIONS 64L
#define KEPT_HANDLES_MAX 32
#define EVENTS_PER_RUN 64
#define PIECE_BYTES ((size_t)256 << 10) /* then a streamed answer waits to be handed over */

struct mc_http_call {
    LIST_ENTRY(mc_http_call) link;
    CURL *curl;
    struct curl_slist *headers;
    mc_buffer_t answer;
    mc_http_piece_fn *piece;
    mc_http_done_fn *done;
    void *arg;
    bool is_too_many; /* never began */
    bool is_paused;
    bool is_over; /* done was called */
    char reason[CURL_ERROR_SIZE];
};

LIST_HEAD(calls, mc_http_call);

struct mc_http_client {
    mc_service_t *service;
    CURLM *multi;
    int epoll_fd;
    int timer; /* -1 for none */
    struct calls calls;
    size_t call_count;
    CURL *kept[KEPT_HANDLES_MAX];
    size_t kept_count;
    bool is_turn_end_asked;
};

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
    curl_multi_assign(self->multi, fd, self);
    return 0;
}

static void
forget_call(mc_http_client_t *self, mc_http_call_t *call)
{
    LIST_REMOVE(call, link);
    self->call_count--;
    if (call->curl) {
        curl_multi_remove_handle(self->multi, call->curl);
        curl_easy_reset(call->curl);
        if (self->kept_count < KEPT_HANDLES_MAX)
            self->kept[self->kept_count++] = call->curl;
        else
            curl_easy_cleanup(call->curl);
    }
    curl_slist_free_all(call->headers);
    mc_buffer_clear(&call->answer);
    free(call);
}

static mc_http_call_t *
find_piece(mc_http_client_t *self)
{
    mc_http_call_t *call;
    LIST_FOREACH(call, &self->calls, link)
    {
        if (call->piece && call->answer.size)
            return call;
    }
    return NULL;
}

/* A piece may start and end other calls, so the list is looked through anew each time. */
static void
hand_over_pieces(mc_http_client_t *self)
{
    mc_http_call_t *call;
    while ((call = find_piece(self))) {
        mc_buffer_t answer = call->answer;
        mc_buffer_init(&call->answer, answer.max);
        call->piece(call->arg, mc_buffer_content(&answer));
        mc_buffer_reset(&answer);
        call->answer = answer;
        if (call->is_paused) {
            call->is_paused = false;
            curl_easy_pause(call->curl, CURLPAUSE_CONT);
        }
    }
}

static mc_http_reply_t
make_reply(mc_http_call_t *call)
{
    long status = 0;
    const char *content_type = NULL;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->curl, CURLINFO_CONTENT_TYPE, &content_type);
    curl_easy_getinfo(call->curl, CURLINFO_RETRY_AFTER, &retry_after);
    return (mc_http_reply_t){
        .status = (int)status,
        .content_type = mc_text(content_type),
        .retry_after_s = (int)retry_after,
        .body = mc_buffer_content(&call->answer),
        .call = call,
    };
}

static const char *
reason_of(const mc_http_call_t *call, CURLcode code)
{
    if (call->answer.is_full)
        return "the answer is larger than the limit";
    return call->reason[0] ? call->reason : curl_easy_strerror(code);
}

static void
finish_call(mc_http_client_t *self, mc_http_call_t *call, CURLcode code)
{
    if (code == CURLE_OK) {
        mc_http_reply_t reply = make_reply(call);
        call->done(call->arg, &reply, NULL);
    } else {
        call->done(call->arg, NULL, reason_of(call, code));
    }
    forget_call(self, call);
}

static void
finish_calls(mc_http_client_t *self)
{
    int left;
    CURLMsg *message;
    hand_over_pieces(self);
    while ((message = curl_multi_info_read(self->multi, &left))) {
        mc_http_call_t *call;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish_call(self, call, code);
    }
}

static void
on_time(void *arg)
{
    mc_http_client_t *self = arg;
    int running;
    self->timer = -1;
    curl_multi_socket_action(self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish_calls(self);
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    mc_http_client_t *self = arg;
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    self->timer =
        timeout_ms < 0 ? -1 : mc_service_after(self->service, (int)timeout_ms, on_time, self);
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

/* Fails all calls, or those that were too many. Who is told may start and end other calls, so
 * nothing is freed before all are told. */
static void
fail_calls(mc_http_client_t *self, bool is_too_many, const char *reason)
{
    mc_http_call_t *call, *next;
    LIST_FOREACH(call, &self->calls, link)
    {
        if (is_too_many && !call->is_too_many)
            continue;
        call->is_over = true;
        call->done(call->arg, NULL, reason ? reason : call->reason);
    }
    for (call = LIST_FIRST(&self->calls); call; call = next) {
        next = LIST_NEXT(call, link);
        if (call->is_over)
            forget_call(self, call);
    }
}

mc_http_client_t *
mc_http_client_new(mc_service_t *service)
{
    mc_http_client_t *self = calloc(1, sizeof *self);
    if (!self || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    self->service = service;
    self->timer = -1;
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->multi = curl_multi_init();
    if (self->epoll_fd == -1 || !self->multi)
        abort();
    LIST_INIT(&self->calls);
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
    mc_service_watch(service, self->epoll_fd, ZMQ_POLLIN, on_ready, self);
    return self;
}

void
mc_http_client_destroy(mc_http_client_t **address)
{
    mc_http_client_t *self = mc_take(address);
    if (!self)
        return;
    fail_calls(self, false, "the service is stopping");
    for (size_t i = 0; i < self->kept_count; i++)
        curl_easy_cleanup(self->kept[i]);
    curl_multi_cleanup(self->multi);
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    mc_service_watch(self->service, self->epoll_fd, 0, NULL, NULL);
    close(self->epoll_fd);
    curl_global_cleanup();
    free(self);
}

static size_t
on_bytes(char *data, size_t unit, size_t count, void *arg)
{
    mc_http_call_t *call = arg;
    if (call->piece && call->answer.size >= PIECE_BYTES) {
        call->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    mc_buffer_append(&call->answer, data, unit * count);
    return call->answer.is_full ? 0 : unit * count;
}

static void
set_headers(mc_http_call_t *call, const mc_http_question_t *question)
{
    /* Without this, libcurl waits a second for 100 Continue before it sends a larger body. */
    call->headers = curl_slist_append(NULL, "Expect:");
    for (const char *const *header = question->headers; header && *header; header++)
        call->headers = curl_slist_append(call->headers, *header);
    curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers);
}

static void
set_limits(CURL *curl, const mc_http_question_t *question)
{
    long connect_ms = question->connect_timeout_ms;
    long call_ms = question->timeout_ms;
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms ? connect_ms : MC_HTTP_CONNECT_MS);
    if (call_ms != -1)
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call_ms ? call_ms : MC_HTTP_CALL_MS);
    if (question->silence_timeout_s) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)question->silence_timeout_s);
    }
}

static void
set_body(CURL *curl, const mc_http_question_t *question)
{
    if (question->body.size || (question->method && !strcmp(question->method, "POST"))) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)question->body.size);
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS,
                         question->body.size ? question->body.data : "");
    }
    if (question->method && !strcmp(question->method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (question->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
}

static void
set_call(mc_http_call_t *call, const mc_http_question_t *question)
{
    CURL *curl = call->curl;
    curl_easy_setopt(curl, CURLOPT_URL, question->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, call);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "mission-control");
    set_headers(call, question);
    set_limits(curl, question);
    set_body(curl, question);
}

/* Fails the calls that were too many. */
static void
refuse_calls(void *arg)
{
    mc_http_client_t *self = arg;
    self->is_turn_end_asked = false;
    fail_calls(self, true, NULL);
}

static void
refuse_later(mc_http_client_t *self, mc_http_call_t *call)
{
    call->is_too_many = true;
    snprintf(call->reason, sizeof call->reason, "%d calls are under way", MC_HTTP_CALLS_MAX);
    if (self->is_turn_end_asked)
        return;
    self->is_turn_end_asked = true;
    mc_service_at_turn_end(self->service, refuse_calls, self);
}

mc_http_call_t *
mc_http_client_ask(mc_http_client_t *self, const mc_http_question_t *question,
                   mc_http_done_fn *done, void *arg)
{
    mc_http_call_t *call = calloc(1, sizeof *call);
    if (!call)
        abort();
    call->piece = question->piece;
    call->done = done;
    call->arg = arg;
    bool is_usual = question->piece || !question->answer_bytes_max;
    mc_buffer_init(&call->answer, is_usual ? MC_HTTP_ANSWER_BYTES_MAX : question->answer_bytes_max);
    LIST_INSERT_HEAD(&self->calls, call, link);
    if (++self->call_count > MC_HTTP_CALLS_MAX) {
        refuse_later(self, call);
        return call;
    }
    call->curl = self->kept_count ? self->kept[--self->kept_count] : curl_easy_init();
    if (!call->curl)
        abort();
    set_call(call, question);
    curl_multi_add_handle(self->multi, call->curl);
    return call;
}

void
mc_http_client_cancel(mc_http_client_t *self, mc_http_call_t *call)
{
    forget_call(self, call);
}

mc_text_t
mc_http_reply_header(const mc_http_reply_t *reply, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(reply->call->curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return (mc_text_t){0};
    return mc_text(header->value);
}
