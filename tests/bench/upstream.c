/*
 *  upstream - a provider that costs next to nothing, for measuring what stands before it
 *
 *      upstream PORT
 *
 *  Answers every POST as a chat completion. A body with "stream":true gets a
 *  stream of max_tokens frames, one every seed microseconds; 0 sends them all at
 *  once. The content of a frame is the steady clock when it was sent. One
 *  thread, one epoll; a request has a Content-Length.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "proto/buffer.h"

#define LINKS_MAX 4096
#define EVENTS_MAX 256
#define REQUEST_MAX ((size_t)64 << 10)

typedef struct link link_t;
struct link {
    int fd;
    mc_buffer_t in;
    mc_buffer_t out;
    size_t sent;
    int64_t frames_left; /* of a stream; 0 when there is none */
    int64_t interval_us;
    int64_t due_us;
    bool has_usage;
    link_t *next; /* in the queue of streams, the next due one first */
};

typedef struct {
    int epoll;
    int listener;
    link_t *links[LINKS_MAX]; /* by descriptor */
    link_t *first;
    link_t *last;
} upstream_t;

static const char answer[] =
    "{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion\","
    "\"created\":1741569952,\"model\":\"gpt-4.1-2025-04-14\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"Hello! How can I assist you today?\","
    "\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29,"
    "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},"
    "\"service_tier\":\"default\"}";

#define CHUNK_HEAD                                                                                 \
    "data: {\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":"                         \
    "\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4.1-2025-04-14\","           \
    "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_51ebab882d\",\"choices\":["

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static void
add_chunk(mc_buffer_t *out, const char *frame, size_t size)
{
    mc_buffer_printf(out, "%zx\r\n", size);
    mc_buffer_append(out, frame, size);
    mc_buffer_append(out, "\r\n", 2);
}

static void
add_frame(link_t *link)
{
    char frame[512];
    int size =
        snprintf(frame, sizeof frame,
                 CHUNK_HEAD "{\"index\":0,\"delta\":{\"content\":\"%lld\"},\"logprobs\":null,"
                            "\"finish_reason\":null}],\"obfuscation\":\"aB3xY9\"}\n\n",
                 (long long)mc_clock_steady_us());
    add_chunk(&link->out, frame, (size_t)size);
    link->frames_left--;
}

static void
add_end(link_t *link)
{
    static const char finish[] =
        CHUNK_HEAD "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n";
    static const char usage[] =
        CHUNK_HEAD "],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29}"
                   "}\n\n";
    add_chunk(&link->out, finish, sizeof finish - 1);
    if (link->has_usage)
        add_chunk(&link->out, usage, sizeof usage - 1);
    add_chunk(&link->out, "data: [DONE]\n\n", 14);
    mc_buffer_string(&link->out, "0\r\n\r\n");
}

static void
watch(upstream_t *self, link_t *link, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = link->fd};
    epoll_ctl(self->epoll, operation, link->fd, &event);
}

static void
flush(upstream_t *self, link_t *link)
{
    while (link->sent < link->out.size) {
        ssize_t sent = send(link->fd, link->out.data + link->sent, link->out.size - link->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) {
            watch(self, link, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        link->sent += (size_t)sent;
    }
    mc_buffer_reset(&link->out);
    link->sent = 0;
}

static void
enqueue(upstream_t *self, link_t *link)
{
    link_t **place = &self->first;
    if (self->last && self->last->due_us <= link->due_us)
        place = &self->last->next;
    while (*place && (*place)->due_us <= link->due_us)
        place = &(*place)->next;
    link->next = *place;
    *place = link;
    if (!link->next)
        self->last = link;
}

static int64_t
number_in(mc_text_t body, const char *name)
{
    const char *at = memmem(body.data, body.size, name, strlen(name));
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void
start_stream(upstream_t *self, link_t *link, mc_text_t body)
{
    link->frames_left = number_in(body, "\"max_tokens\":");
    link->interval_us = number_in(body, "\"seed\":");
    link->has_usage = memmem(body.data, body.size, "include_usage", 13) != NULL;
    mc_buffer_string(&link->out,
                     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n");
    if (link->interval_us == 0) {
        while (link->frames_left > 0)
            add_frame(link);
        add_end(link);
        return;
    }
    add_frame(link);
    link->due_us = mc_clock_steady_us() + link->interval_us;
    enqueue(self, link);
}

/* Takes one request out of what has come; false when it is not whole. */
static bool
take_request(upstream_t *self, link_t *link)
{
    const char *end = memmem(link->in.data, link->in.size, "\r\n\r\n", 4);
    if (!end)
        return false;
    char *length = strcasestr(link->in.data, "\r\ncontent-length:");
    size_t head = (size_t)(end + 4 - link->in.data);
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if (link->in.size < head + body)
        return false;

    mc_text_t text = {link->in.data + head, body};
    if (memmem(text.data, text.size, "\"stream\":true", 13)) {
        start_stream(self, link, text);
    } else {
        mc_buffer_printf(&link->out,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n",
                         sizeof answer - 1);
        mc_buffer_append(&link->out, answer, sizeof answer - 1);
    }
    memmove(link->in.data, link->in.data + head + body, link->in.size - head - body);
    link->in.size -= head + body;
    return true;
}

static void
forget(upstream_t *self, link_t *link)
{
    link_t *before = NULL;
    for (link_t *at = self->first; at; before = at, at = at->next) {
        if (at != link)
            continue;
        *(before ? &before->next : &self->first) = at->next;
        if (self->last == link)
            self->last = before;
        break;
    }
    self->links[link->fd] = NULL;
    close(link->fd);
    mc_buffer_clear(&link->in);
    mc_buffer_clear(&link->out);
    free(link);
}

static void
receive(upstream_t *self, link_t *link)
{
    char *room = mc_buffer_room(&link->in, REQUEST_MAX + 1);
    ssize_t got = recv(link->fd, room, REQUEST_MAX, MSG_DONTWAIT);
    if (got == 0 || (got == -1 && errno != EAGAIN)) {
        forget(self, link);
        return;
    }
    link->in.size += got > 0 ? (size_t)got : 0;
    room[got > 0 ? got : 0] = '\0';
    while (take_request(self, link))
        flush(self, link);
}

static void
accept_link(upstream_t *self)
{
    int one = 1, fd = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1)
        return;
    if (fd >= LINKS_MAX) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    link_t *link = calloc(1, sizeof *link);
    link->fd = fd;
    self->links[fd] = link;
    watch(self, link, EPOLL_CTL_ADD, EPOLLIN);
}

/* Sends what is due; comes back with how long nothing will be, in microseconds, or -1. */
static int64_t
send_due(upstream_t *self)
{
    while (self->first) {
        link_t *link = self->first;
        int64_t wait_us = link->due_us - mc_clock_steady_us();
        if (wait_us > 0)
            return wait_us;
        self->first = link->next;
        if (!self->first)
            self->last = NULL;
        if (link->frames_left > 0) {
            add_frame(link);
            link->due_us += link->interval_us;
            enqueue(self, link);
        } else {
            add_end(link);
        }
        flush(self, link);
    }
    return -1;
}

static void
handle(upstream_t *self, const struct epoll_event *event)
{
    if (event->data.fd == self->listener) {
        accept_link(self);
        return;
    }
    link_t *link = self->links[event->data.fd];
    if (link && (event->events & EPOLLOUT)) {
        watch(self, link, EPOLL_CTL_MOD, EPOLLIN);
        flush(self, link);
    }
    if (link && (event->events & ~(uint32_t)EPOLLOUT))
        receive(self, link);
}

int
main(int argc, char **argv)
{
    static upstream_t self;
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    signal(SIGPIPE, SIG_IGN);
    self.epoll = epoll_create1(EPOLL_CLOEXEC);
    self.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(self.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(self.listener, (struct sockaddr *)&address, sizeof address) == -1 ||
        listen(self.listener, 1024) == -1)
        die("listening");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = self.listener};
    epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.listener, &event);

    for (;;) {
        int64_t wait_us = send_due(&self);
        struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
        struct epoll_event events[EVENTS_MAX];
        int count =
            epoll_pwait2(self.epoll, events, EVENTS_MAX, wait_us == -1 ? NULL : &wait, NULL);
        for (int i = 0; i < count; i++)
            handle(&self, &events[i]);
    }
}
