/*
 *  run_keeper - the process between the supervisor and the command
 */
#include "run_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

#define NOT_EXECUTABLE 126
#define KILL_TURN_MS 2

/* What the keeper says. */
typedef struct {
    pid_t started; /* the command, or 0 */
    int failure;   /* errno of the start */
    int wait_status;
} word_t;

typedef struct {
    int line;
    int signals;
    pid_t command; /* 0 once it is over */
    missionctl_group_t group;
} keeper_t;

/* Whatever is meant for the run goes to the supervisor; only being stopped is for all. */
static int
open_signals(void)
{
    static const int ignored[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,  SIGUSR1,
                                  SIGUSR2, SIGPIPE, SIGTTIN, SIGTTOU, SIGWINCH};
    sigset_t wanted;
    for (size_t i = 0; i < MC_COUNT(ignored); i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_SETMASK, &wanted, NULL);
    return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
reap(keeper_t *self)
{
    struct signalfd_siginfo info;
    int status = 0;
    pid_t pid;
    while (read(self->signals, &info, sizeof info) == sizeof info)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == self->command) {
            word_t word = {.wait_status = status};
            self->command = 0;
            if (send(self->line, &word, sizeof word, MSG_NOSIGNAL) == -1)
                return;
        }
}

/* Until nobody is left. */
static void
kill_rest(keeper_t *self)
{
    struct pollfd fd = {.fd = self->signals, .events = POLLIN};
    while (missionctl_group_kill(&self->group) != 0) {
        poll(&fd, 1, KILL_TURN_MS);
        reap(self);
    }
    reap(self);
}

static void
keep(keeper_t *self)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = self->line, .events = POLLIN},
                               {.fd = self->signals, .events = POLLIN}};
        poll(fds, MC_COUNT(fds), -1);
        int number = 0;
        if (fds[0].revents && recv(self->line, &number, sizeof number, 0) <= 0)
            break;
        if (fds[0].revents && self->command)
            kill(self->command, number);
        if (fds[1].revents)
            reap(self);
    }
    kill_rest(self);
    missionctl_group_clear(&self->group, true);
}

/* Output, terminals and connections are the others': none may stay open because of the keeper. */
static void
let_go(const keeper_t *self)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i <= STDERR_FILENO && nothing != -1; i++)
        dup2(nothing, i);
    unsigned from = STDERR_FILENO + 1;
    for (;;) {
        unsigned next = UINT_MAX; /* the lowest that is to stay */
        const int kept[] = {self->line, self->signals, self->group.folder};
        for (size_t i = 0; i < MC_COUNT(kept); i++)
            if (kept[i] != -1 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
                next = (unsigned)kept[i];
        if (next > from)
            close_range(from, next - 1, 0);
        if (next == UINT_MAX)
            return;
        from = next + 1;
    }
}

_Noreturn static void
be_keeper(const missionctl_keeper_options_t *options, int line)
{
    keeper_t self = {.line = line, .group = *options->group};
    sigset_t before;
    sigprocmask(SIG_SETMASK, NULL, &before);
    prctl(PR_SET_NAME, "missionctl-keep", 0, 0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    self.group.tree = (missionctl_tree_t){0};
    self.group.top = getpid();
    memset(self.group.exempt, 0, sizeof self.group.exempt);
    self.command = missionctl_group_fork(&self.group);
    if (self.command == 0) {
        options->become(options->arg);
        _exit(NOT_EXECUTABLE);
    }
    word_t word = {.started = self.command == -1 ? 0 : self.command,
                   .failure = self.command == -1 ? errno : 0};
    self.signals = open_signals();
    let_go(&self);
    if (send(line, &word, sizeof word, MSG_NOSIGNAL) == sizeof word && word.started)
        keep(&self);
    _exit(0);
}

int
missionctl_keeper_start(missionctl_keeper_t *self, const missionctl_keeper_options_t *options)
{
    int lines[2];
    word_t word = {0};
    *self = (missionctl_keeper_t){.line = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) == -1)
        return mc_fail_errno("making a connection to the keeper");
    self->pid = fork();
    if (self->pid == 0) {
        close(lines[0]);
        be_keeper(options, lines[1]);
    }
    close(lines[1]);
    self->line = lines[0];
    if (self->pid == -1) {
        self->pid = 0;
        return mc_fail_errno("starting the keeper");
    }
    if (recv(self->line, &word, sizeof word, 0) != sizeof word)
        return mc_fail("the keeper of the run ended before it began");
    self->command = word.started;
    errno = word.failure;
    return word.started ? 0 : mc_fail_errno("starting the command");
}

void
missionctl_keeper_signal(const missionctl_keeper_t *self, int number)
{
    if (self->line != -1)
        (void)send(self->line, &number, sizeof number, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int
missionctl_keeper_hear(missionctl_keeper_t *self, int *ret_wait_status)
{
    word_t word = {0};
    ssize_t size = recv(self->line, &word, sizeof word, MSG_DONTWAIT);
    if (size == sizeof word) {
        *ret_wait_status = word.wait_status;
        return 0;
    }
    return size == -1 && (errno == EAGAIN || errno == EINTR) ? -1 : MISSIONCTL_KEEPER_DIED;
}

void
missionctl_keeper_end(missionctl_keeper_t *self)
{
    if (self->line != -1)
        close(self->line);
    self->line = -1;
    while (self->pid && waitpid(self->pid, NULL, 0) == -1 && errno == EINTR)
        ;
    self->pid = 0;
}
