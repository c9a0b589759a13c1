/*
 *  run_process - the wrapped command: starting it
 */
#include "run_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/error.h"
#include "process.h"

#define NOT_FOUND 127
#define NOT_EXECUTABLE 126

/* In the child. The parent learns through the pipe why there is no command; exec closes it. */
static void
become_command(char *const *command, int report)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(command[0], command);
    int cause = errno;
    if (write(report, &cause, sizeof cause) == -1)
        _exit(NOT_EXECUTABLE);
    _exit(cause == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

static struct winsize
terminal_size(void)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");
    const char *lines = getenv("LINES");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size;
    size.ws_col = columns && atoi(columns) > 0 ? (unsigned short)atoi(columns) : 80;
    size.ws_row = lines && atoi(lines) > 0 ? (unsigned short)atoi(lines) : 24;
    return size;
}

static void
add_channel(missionctl_process_t *self, missionctl_channel_t channel)
{
    self->channels[self->channel_count++] = channel;
}

static pid_t
fork_with_pty(missionctl_process_t *self)
{
    struct winsize size = terminal_size();
    bool is_terminal = tcgetattr(STDIN_FILENO, &self->saved) == 0;
    pid_t pid = forkpty(&self->terminal, NULL, is_terminal ? &self->saved : NULL, &size);
    if (pid <= 0)
        return pid;
    fcntl(self->terminal, F_SETFD, FD_CLOEXEC);
    add_channel(self, (missionctl_channel_t){.from = self->terminal,
                                             .to = STDOUT_FILENO,
                                             .stream = MISSIONCTL_PTY,
                                             .is_recorded = true});
    add_channel(self, (missionctl_channel_t){.from = STDIN_FILENO, .to = self->terminal});
    if (is_terminal) {
        struct termios raw = self->saved;
        cfmakeraw(&raw);
        self->is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    }
    return pid;
}

static pid_t
fork_with_pipes(missionctl_process_t *self)
{
    int out[2];
    int err[2];
    if (pipe2(out, O_CLOEXEC) == -1)
        return -1;
    if (pipe2(err, O_CLOEXEC) == -1) {
        close(out[0]);
        close(out[1]);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        return 0;
    }
    close(out[1]);
    close(err[1]);
    add_channel(self, (missionctl_channel_t){.from = out[0],
                                             .to = STDOUT_FILENO,
                                             .stream = MISSIONCTL_STDOUT,
                                             .is_recorded = true});
    add_channel(self, (missionctl_channel_t){.from = err[0],
                                             .to = STDERR_FILENO,
                                             .stream = MISSIONCTL_STDERR,
                                             .is_recorded = true});
    return pid;
}

int
missionctl_process_start(missionctl_process_t *self, char *const *command, bool has_pty,
                         int *ret_exit_code)
{
    int report[2];
    int cause = 0;
    *self = (missionctl_process_t){.has_pty = has_pty, .terminal = -1};
    *ret_exit_code = NOT_EXECUTABLE;
    if (pipe2(report, O_CLOEXEC) == -1)
        return mc_fail_errno("making a pipe");
    self->pid = has_pty ? fork_with_pty(self) : fork_with_pipes(self);
    if (self->pid == 0)
        become_command(command, report[1]);
    close(report[1]);
    if (self->pid == -1) {
        self->pid = 0;
        close(report[0]);
        return mc_fail_errno("starting %s", command[0]);
    }
    ssize_t size = read(report[0], &cause, sizeof cause);
    close(report[0]);
    if (size != sizeof cause)
        return 0;
    *ret_exit_code = cause == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    return mc_fail("%s: %s", command[0], strerror(cause));
}

void
missionctl_process_restore(missionctl_process_t *self)
{
    if (self->is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &self->saved);
    self->is_raw = false;
}

void
missionctl_process_clear(missionctl_process_t *self)
{
    missionctl_process_restore(self);
    for (size_t i = 0; i < self->channel_count; i++) {
        mc_buffer_clear(&self->channels[i].pending);
        if (self->channels[i].is_recorded && self->channels[i].from != -1 && !self->has_pty)
            close(self->channels[i].from);
    }
    if (self->terminal != -1)
        close(self->terminal);
    self->channel_count = 0;
    self->terminal = -1;
}

void
missionctl_process_resize(const missionctl_process_t *self)
{
    struct winsize size = terminal_size();
    if (self->terminal != -1)
        ioctl(self->terminal, TIOCSWINSZ, &size);
}
