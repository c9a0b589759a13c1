/*
 *  run_egress - the way out of a run: open, only to the platform, or closed
 */
#include "run_egress.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "http.h"
#include "run_egress_parts.h"

void
missionctl_egress_init(missionctl_egress_t *self)
{
    *self = (missionctl_egress_t){.space = -1, .users = -1, .line = -1, .blocks = {-1, -1, -1}};
}

/* http://127.0.0.1:8081 is 8081 */
static int
read_port(const char *url, uint16_t *ret_port)
{
    const char *host = strstr(url, "://");
    if (!host || !missionctl_url_is_loopback(url))
        return mc_fail("%.128s is on another machine", url);
    host += 3;
    const char *colon = strchr(host + (*host == '[' ? strcspn(host, "]") : 0), ':');
    long port = colon ? strtol(colon + 1, NULL, 10) : !strncmp(url, "https", 5) ? 443 : 80;
    if (port < 1 || port > UINT16_MAX)
        return mc_fail("%.128s has no port", url);
    *ret_port = (uint16_t)port;
    return 0;
}

/* Each once; URLs that are empty or not there do not count. */
static int
read_ports(const char *const *urls, size_t count, uint16_t *ports, size_t *ret_count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t port = 0;
        bool is_known = false;
        if (!urls[i] || !urls[i][0])
            continue;
        if (read_port(urls[i], &port) == -1)
            return -1;
        for (size_t j = 0; j < used; j++)
            is_known = is_known || ports[j] == port;
        if (!is_known)
            ports[used++] = port;
    }
    *ret_count = used;
    return 0;
}

static int
start_relay(missionctl_egress_t *self, const missionctl_space_t *space, const uint16_t *ports,
            size_t count)
{
    int lines[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) == -1)
        return mc_fail_errno("making the relay");
    self->relay = fork();
    if (self->relay == 0) {
        close(lines[0]);
        missionctl_relay_run(lines[1], space->listeners, ports, count);
    }
    close(lines[1]);
    self->line = lines[0];
    if (self->relay != -1)
        return 0;
    self->relay = 0;
    return mc_fail_errno("starting the relay");
}

static int
lock(missionctl_egress_t *self, const char *const *urls, size_t url_count)
{
    uint16_t ports[MISSIONCTL_EGRESS_PORTS_MAX];
    missionctl_space_t space = {0};
    size_t count = 0;
    assert(url_count <= MISSIONCTL_EGRESS_PORTS_MAX);
    if (read_ports(urls, url_count, ports, &count) == -1 ||
        missionctl_space_make(ports, count, &space) == -1)
        return -1;
    self->space = space.space;
    self->users = space.users;
    int result = start_relay(self, &space, ports, count);
    for (size_t i = 0; i < count; i++)
        close(space.listeners[i]);
    return result;
}

void
missionctl_egress_lock(missionctl_egress_t *self, const char *const *urls, size_t count)
{
    self->kind = MISSIONCTL_EGRESS_LOCKED;
    if (lock(self, urls, count) == 0)
        return;
    missionctl_egress_clear(self);
    self->kind = MISSIONCTL_EGRESS_UNENFORCED;
    snprintf(self->reason, sizeof self->reason, "%.250s", mc_error());
}

void
missionctl_egress_clear(missionctl_egress_t *self)
{
    const int files[] = {self->space, self->users, self->line};
    for (size_t i = 0; i < MC_COUNT(files); i++)
        if (files[i] != -1)
            close(files[i]);
    while (self->relay && waitpid(self->relay, NULL, 0) == -1 && errno == EINTR)
        ;
    missionctl_egress_init(self);
}

/* What could lead out again: joining another network, and other processes' memory. */
static int
drop_rights(void)
{
    static const int rights[] = {CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SYS_MODULE, CAP_SYS_RAWIO};
    for (size_t i = 0; i < MC_COUNT(rights); i++)
        if (prctl(PR_CAPBSET_DROP, rights[i], 0, 0, 0) == -1 && errno != EPERM)
            return -1;
    return 0;
}

int
missionctl_egress_enter(const missionctl_egress_t *self)
{
    if (!self || self->kind != MISSIONCTL_EGRESS_LOCKED)
        return 0;
    if (self->users != -1 && setns(self->users, CLONE_NEWUSER) == -1)
        return mc_fail_errno("entering the users of its network");
    if (setns(self->space, CLONE_NEWNET) == -1)
        return mc_fail_errno("entering its network");
    return drop_rights();
}

static int
order(const missionctl_egress_t *self, char word)
{
    char answer = 0;
    bool is_done = send(self->line, &word, 1, MSG_NOSIGNAL) == 1 &&
                   recv(self->line, &answer, 1, 0) == 1 && answer == word;
    /* Without a relay there is no way out either. */
    return is_done || word == 'c' ? 0 : mc_fail("the relay is gone");
}

int
missionctl_egress_close(missionctl_egress_t *self, const missionctl_group_t *group)
{
    int result = self->is_closed ? 0
                 : self->kind == MISSIONCTL_EGRESS_LOCKED
                     ? order(self, 'c')
                     : missionctl_block_attach(group, self->blocks);
    if (result == 0)
        self->is_closed = true;
    return result;
}

void
missionctl_egress_open(missionctl_egress_t *self, const missionctl_group_t *group)
{
    if (!self->is_closed)
        return;
    if (self->kind == MISSIONCTL_EGRESS_LOCKED)
        (void)order(self, 'o');
    else
        missionctl_block_detach(group, self->blocks);
    self->is_closed = false;
}

const char *
missionctl_egress_name(const missionctl_egress_t *self)
{
    static const char *const names[] = {[MISSIONCTL_EGRESS_OPEN] = "open",
                                        [MISSIONCTL_EGRESS_LOCKED] = "gateway",
                                        [MISSIONCTL_EGRESS_UNENFORCED] = "unenforced"};
    return names[self->kind];
}
