/*
 *  admin - the Unix socket that the command line speaks to the vault on
 */
#include "services/vault/admin.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/error.h"
#include "proto/codec.h"
#include "services/vault/files.h"

#define CALLS_MAX 16
#define BACKLOG 16
#define ORDER_TIMEOUT_MS 10000
#define HEAD_BYTES 4
#define REPORT_BYTES_FIRST 65536 /* a report with a key never grows, so no copy of it is left */

typedef enum { READING, WAITING, WRITING } stage_t;

struct vault_call {
    LIST_ENTRY(vault_call) link;
    vault_admin_t *admin;
    int fd;
    stage_t stage;
    int timer; /* 0: none */
    char actor[32];
    uint8_t head[HEAD_BYTES];
    char *order; /* locked; NULL until its size is known */
    size_t size;
    size_t done; /* bytes read, of the head first; bytes written */
    mc_arena_t *arena;
    mc_buffer_t answer;
};

struct vault_admin {
    vault_t *vault;
    int fd;
    char path[VAULT_PATH_BYTES_MAX];
    size_t count;
    LIST_HEAD(, vault_call) calls;
};

vault_t *
vault_call_vault(vault_call_t *self)
{
    return self->admin->vault;
}

mc_text_t
vault_call_actor(vault_call_t *self)
{
    return mc_text(self->actor);
}

static void
stop_timer(vault_call_t *self)
{
    if (self->timer)
        mc_service_cancel(self->admin->vault->service, self->timer);
    self->timer = 0;
}

static void
end_call(vault_call_t *self)
{
    vault_admin_t *admin = self->admin;
    stop_timer(self);
    mc_service_watch(admin->vault->service, self->fd, 0, NULL, NULL);
    close(self->fd);
    LIST_REMOVE(self, link);
    admin->count--;
    if (self->answer.data)
        explicit_bzero(self->answer.data, self->answer.capacity);
    mc_buffer_clear(&self->answer);
    mc_arena_destroy(&self->arena);
    vault_locked_free(self->order);
    free(self);
}

static void
write_more(vault_call_t *self)
{
    while (self->done < self->answer.size) {
        ssize_t size = send(self->fd, self->answer.data + self->done,
                            self->answer.size - self->done, MSG_NOSIGNAL);
        if (size == -1 && errno == EAGAIN)
            return;
        if (size == -1)
            break;
        self->done += (size_t)size;
    }
    end_call(self);
}

static void
on_writable(void *arg, int events)
{
    (void)events;
    write_more(arg);
}

/* Sends what is in the answer, with its length before it. */
static void
send_answer(vault_call_t *self)
{
    uint32_t size = htobe32((uint32_t)(self->answer.size - HEAD_BYTES));
    assert(self->stage == WAITING);
    memcpy(self->answer.data, &size, sizeof size);
    self->stage = WRITING;
    self->done = 0;
    mc_service_watch(self->admin->vault->service, self->fd, ZMQ_POLLOUT, on_writable, self);
}

static void
begin_answer(vault_call_t *self, uint8_t kind)
{
    mc_buffer_init(&self->answer, VAULT_ADMIN_BYTES_MAX);
    (void)mc_buffer_room(&self->answer, REPORT_BYTES_FIRST);
    mc_buffer_u32(&self->answer, 0);
    mc_buffer_byte(&self->answer, kind);
}

void
vault_call_report(vault_call_t *self, const mc_vault_report_t *report)
{
    begin_answer(self, 0);
    mc_pack(&mc_vault_report_shape, report, &self->answer);
    send_answer(self);
}

void
vault_call_refuse(vault_call_t *self, const mc_refusal_t *refusal)
{
    begin_answer(self, 1);
    mc_buffer_string(&self->answer, refusal->message);
    send_answer(self);
}

static void
obey(vault_call_t *self)
{
    mc_vault_order_t order;
    mc_refusal_t refusal;
    stop_timer(self);
    self->stage = WAITING;
    mc_service_watch(self->admin->vault->service, self->fd, 0, NULL, NULL);
    if (mc_unpack(&mc_vault_order_shape, (mc_text_t){self->order, self->size}, self->arena, &order,
                  &refusal)) {
        vault_call_refuse(self, &refusal);
        return;
    }
    vault_verb_fn *verb = vault_verb_find(order.verb);
    if (verb) {
        verb(self, &order);
        return;
    }
    mc_refusal_fill(&refusal, MC_BAD_INPUT_ERROR, "verb", "the vault knows no verb %.*s",
                    MC_FMT(order.verb));
    vault_call_refuse(self, &refusal);
}

/* The head is whole: room for the order. False when it is too large. */
static bool
take_size(vault_call_t *self)
{
    uint32_t wire;
    memcpy(&wire, self->head, sizeof wire);
    self->size = be32toh(wire);
    if (self->size == 0 || self->size > VAULT_ADMIN_BYTES_MAX)
        return false;
    self->order = vault_locked_alloc(self->size);
    self->done = 0;
    return true;
}

static void
on_readable(void *arg, int events)
{
    vault_call_t *self = arg;
    (void)events;
    for (;;) {
        char *room = self->order ? self->order : (char *)self->head;
        size_t most = self->order ? self->size : sizeof self->head;
        ssize_t size = recv(self->fd, room + self->done, most - self->done, 0);
        if (size == -1 && errno == EAGAIN)
            return;
        if (size <= 0)
            break;
        self->done += (size_t)size;
        if (self->done < most)
            continue;
        if (self->order) {
            obey(self);
            return;
        }
        if (!take_size(self))
            break;
    }
    end_call(self);
}

static void
on_late(void *arg)
{
    vault_call_t *self = arg;
    self->timer = 0;
    end_call(self);
}

/* The same user, or root. */
static bool
read_caller(int fd, char ret_actor[32])
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1)
        return false;
    if (peer.uid == 0)
        snprintf(ret_actor, 32, "root");
    else
        snprintf(ret_actor, 32, "user %u", (unsigned)peer.uid);
    return peer.uid == 0 || peer.uid == geteuid();
}

static void
on_caller(void *arg, int events)
{
    vault_admin_t *self = arg;
    mc_service_t *service = self->vault->service;
    char actor[32];
    (void)events;
    int fd = accept4(self->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1)
        return;
    if (self->count == CALLS_MAX || !read_caller(fd, actor)) {
        close(fd);
        return;
    }
    vault_call_t *call = calloc(1, sizeof *call);
    assert(call);
    call->admin = self;
    call->fd = fd;
    call->arena = mc_arena_new();
    memcpy(call->actor, actor, sizeof call->actor);
    LIST_INSERT_HEAD(&self->calls, call, link);
    self->count++;
    call->timer = mc_service_after(service, ORDER_TIMEOUT_MS, on_late, call);
    mc_service_watch(service, fd, ZMQ_POLLIN, on_readable, call);
}

/* The folder's own path may be too long for a socket's name: it is named by its descriptor. */
static int
bind_in(const char *folder, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd == -1)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder_fd,
             VAULT_ADMIN_SOCKET);
    unlink(address.sun_path);
    int result = bind(fd, (const struct sockaddr *)&address, sizeof address);
    int cause = errno;
    close(folder_fd);
    errno = cause;
    return result;
}

static int
open_socket(vault_admin_t *self)
{
    self->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->fd == -1)
        return mc_fail_errno("making a socket");
    if (bind_in(self->vault->folder, self->fd) == -1 || listen(self->fd, BACKLOG) == -1)
        return mc_fail_errno("binding the socket %s", self->path);
    mc_service_watch(self->vault->service, self->fd, ZMQ_POLLIN, on_caller, self);
    return 0;
}

vault_admin_t *
vault_admin_new(vault_t *vault)
{
    vault_admin_t *self = calloc(1, sizeof *self);
    assert(self);
    self->vault = vault;
    LIST_INIT(&self->calls);
    snprintf(self->path, sizeof self->path, "%s/%s", vault->folder, VAULT_ADMIN_SOCKET);
    if (open_socket(self) == -1)
        vault_admin_destroy(&self);
    return self;
}

void
vault_admin_destroy(vault_admin_t **address)
{
    vault_admin_t *self = mc_take(address);
    if (!self)
        return;
    while (!LIST_EMPTY(&self->calls))
        end_call(LIST_FIRST(&self->calls)); /* NOLINT(clang-analyzer-unix.Malloc): it moves on */
    if (self->fd != -1) {
        mc_service_watch(self->vault->service, self->fd, 0, NULL, NULL);
        close(self->fd);
        unlink(self->path);
    }
    free(self);
}
