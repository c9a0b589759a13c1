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
#include <sys/prctl.h>
#include <utmp.h>
#include <unistd.h>

#include "common/error.h"
#include "process.h"

#define NOT_FOUND 127
#define NOT_EXECUTABLE 126

/* What the command's process needs to become the command. */
typedef struct {
    char *const *command;
    const missionctl_group_t *group;
    const missionctl_egress_t *egress;
    int report;   /* says why there is no command; exec closes it */
    int terminal; /* -1: none */
    int output;
    int error;
} start_t;

static void
take_output(const start_t *start)
{
    if (start->terminal != -1) {
        login_tty(start->terminal);
        return;
    }
    dup2(start->output, STDOUT_FILENO);
    dup2(start->error, STDERR_FILENO);
}

static void
become_command(void *arg)
{
    const start_t *start = arg;
    sigset_t none;
    int cause = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    take_output(start);
    if (missionctl_group_enter(start->group) == -1 || missionctl_egress_enter(start->egress) == -1)
        cause = EPERM;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!cause) {
        execvp(start->command[0], start->command);
        cause = errno;
    }
    if (write(start->report, &cause, sizeof cause) == -1)
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

static int
open_pty(missionctl_process_t *self, start_t *start)
{
    struct winsize size = terminal_size();
    bool is_terminal = tcgetattr(STDIN_FILENO, &self->saved) == 0;
    if (openpty(&self->terminal, &start->terminal, NULL, is_terminal ? &self->saved : NULL,
                &size) == -1)
        return mc_fail_errno("making a terminal");
    fcntl(self->terminal, F_SETFD, FD_CLOEXEC);
    fcntl(start->terminal, F_SETFD, FD_CLOEXEC);
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
    return 0;
}

static int
open_pipes(missionctl_process_t *self, start_t *start)
{
    int out[2];
    int err[2];
    if (pipe2(out, O_CLOEXEC) == -1)
        return mc_fail_errno("making a pipe");
    if (pipe2(err, O_CLOEXEC) == -1) {
        close(out[0]);
        close(out[1]);
        return mc_fail_errno("making a pipe");
    }
    start->output = out[1];
    start->error = err[1];
    add_channel(self, (missionctl_channel_t){.from = out[0],
                                             .to = STDOUT_FILENO,
                                             .stream = MISSIONCTL_STDOUT,
                                             .is_recorded = true});
    add_channel(self, (missionctl_channel_t){.from = err[0],
                                             .to = STDERR_FILENO,
                                             .stream = MISSIONCTL_STDERR,
                                             .is_recorded = true});
    return 0;
}

static void
close_all(const int *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (files[i] != -1)
            close(files[i]);
}

int
missionctl_process_start(missionctl_process_t *self, const missionctl_process_options_t *options,
                         int *ret_exit_code)
{
    int report[2];
    int cause = 0;
    start_t start = {.command = options->command,
                     .group = options->group,
                     .egress = options->egress,
                     .terminal = -1,
                     .output = -1,
                     .error = -1};
    const missionctl_keeper_options_t keeper = {
        .group = options->group, .become = become_command, .arg = &start};
    *self =
        (missionctl_process_t){.has_pty = options->has_pty, .terminal = -1, .keeper = {.line = -1}};
    *ret_exit_code = NOT_EXECUTABLE;
    if (pipe2(report, O_CLOEXEC) == -1)
        return mc_fail_errno("making a pipe");
    start.report = report[1];
    int result = options->has_pty ? open_pty(self, &start) : open_pipes(self, &start);
    if (result == 0)
        result = missionctl_keeper_start(&self->keeper, &keeper);
    close_all((int[]){report[1], start.terminal, start.output, start.error}, 4);
    ssize_t size = result == 0 ? read(report[0], &cause, sizeof cause) : 0;
    close(report[0]);
    if (result == -1)
        return mc_fail_while("starting %s", options->command[0]);
    self->pid = self->keeper.command;
    if (size != sizeof cause)
        return 0;
    *ret_exit_code = cause == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    return mc_fail("%s: %s", options->command[0], strerror(cause));
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
