/*
 *  run - starts a command as a run: its output, its end and its variables
 *
 *  The command comes first: whatever happens to the platform, its output goes
 *  through unchanged, its signals reach it and its exit code is ours.
 */
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "process.h"

#define IDLE_MS 60000
#define LAST_OUTPUT_MS 300 /* how long a process that it left behind may be silent */
#define PATIENCE_MS 1000   /* before a person is told what is being waited for */

static int
open_signals(missionctl_run_t *self)
{
    static const int numbers[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT,
                                  SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD};
    sigset_t wanted;
    sigemptyset(&wanted);
    for (size_t i = 0; i < MC_COUNT(numbers); i++)
        sigaddset(&wanted, numbers[i]);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    self->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return self->signals == -1 ? mc_fail_errno("opening the signals") : 0;
}

/* What a terminal sends goes to all of its foreground, so to the command too, unless that has a
 * terminal of its own. */
static void
forward(missionctl_run_t *self, const struct signalfd_siginfo *info)
{
    bool has_it = info->ssi_code == SI_KERNEL && !self->process.has_pty;
    if (self->process.pid && !has_it)
        kill(self->process.pid, (int)info->ssi_signo);
    if (!self->process.pid)
        self->is_interrupted = true;
}

static void
reap(missionctl_run_t *self)
{
    int status = 0;
    if (self->process.pid && waitpid(self->process.pid, &status, WNOHANG) == self->process.pid) {
        self->process.pid = 0;
        self->process.wait_status = status;
        self->ended_us = self->heard_us = mc_clock_steady_us();
    }
}

static void
take_signals(missionctl_run_t *self)
{
    struct signalfd_siginfo info;
    while (read(self->signals, &info, sizeof info) == sizeof info)
        switch (info.ssi_signo) {
        case SIGCHLD:
            reap(self);
            break;
        case SIGWINCH:
            missionctl_process_resize(&self->process);
            break;
        default:
            forward(self, &info);
        }
}

/* One turn: waits at most timeout_ms for anything, and deals with it. */
static void
turn(missionctl_run_t *self, int timeout_ms)
{
    struct pollfd fds[2 * MISSIONCTL_CHANNELS_MAX + 1];
    size_t count = missionctl_process_watch(&self->process, fds);
    fds[count] = (struct pollfd){.fd = self->signals, .events = POLLIN};
    timeout_ms = missionctl_recorder_timeout(&self->recorder, timeout_ms);
    missionctl_sender_wait(self->sender, fds, count + 1, timeout_ms);
    if (missionctl_process_pump(&self->process, fds, &self->recorder))
        self->heard_us = mc_clock_steady_us();
    if (fds[count].revents)
        take_signals(self);
    missionctl_recorder_flush(&self->recorder, false);
}

/* Ended, and all that it wrote has gone through; what it left running may hold its pipes open. */
static bool
is_over(const missionctl_run_t *self)
{
    bool is_silent = mc_clock_steady_us() - self->heard_us >= LAST_OUTPUT_MS * INT64_C(1000);
    return !self->process.pid &&
           (missionctl_process_is_drained(&self->process) || is_silent || self->is_interrupted);
}

static void
deliver_rest(missionctl_run_t *self)
{
    int64_t began_us = mc_clock_steady_us();
    int64_t deadline_us = began_us + self->drain_ms * INT64_C(1000);
    bool is_told = !isatty(STDERR_FILENO);
    while (!missionctl_sender_is_idle(self->sender) && !self->is_interrupted) {
        int64_t now_us = mc_clock_steady_us();
        if (now_us >= deadline_us || missionctl_sender_report(self->sender)->is_locked_out)
            return;
        if (!is_told && now_us - began_us > PATIENCE_MS * INT64_C(1000)) {
            fputs("missionctl: delivering the last events; Ctrl-C leaves them for later\n", stderr);
            is_told = true;
        }
        turn(self, (int)((deadline_us - now_us) / 1000 + 1 < PATIENCE_MS
                             ? (deadline_us - now_us) / 1000 + 1
                             : PATIENCE_MS));
    }
}

/* On standard error, and only when something is amiss. */
static void
report(const missionctl_run_t *self)
{
    const missionctl_sender_report_t *report = missionctl_sender_report(self->sender);
    if (report->refused)
        fprintf(stderr, "missionctl: %zu events were refused: %s\n", report->refused,
                report->refusal);
    if (missionctl_queue_is_empty(&self->queue))
        return;
    size_t left = missionctl_queue_count(&self->queue);
    if (self->queue.path.text[0])
        fprintf(stderr,
                "missionctl: %zu events wait in %s (%s); the next run delivers them, or "
                "missionctl run --deliver\n",
                left, self->queue.path.text,
                report->failure[0] ? report->failure : "there was no time");
    else
        fprintf(stderr, "missionctl: %zu events are lost (%s)\n", left,
                report->failure[0] ? report->failure : "there was no time");
}

/* Whoever reads our output is done with it while events are still being delivered. */
static void
release_output(missionctl_run_t *self)
{
    missionctl_process_clear(&self->process);
    if (!isatty(STDOUT_FILENO))
        close(STDOUT_FILENO);
}

int
missionctl_run_command(missionctl_run_t *self, char *const *command, bool has_pty)
{
    int exit_code = 0;
    if (open_signals(self) == -1)
        return -1;
    missionctl_recorder_start(&self->recorder, has_pty);
    if (missionctl_process_start(&self->process, command, has_pty, &exit_code) == -1) {
        missionctl_process_restore(&self->process);
        fprintf(stderr, "missionctl: %s\n", mc_error());
        missionctl_recorder_end(&self->recorder, exit_code << 8, mc_error());
        if (self->process.pid)
            waitpid(self->process.pid, NULL, 0);
        self->process.pid = 0;
    } else {
        self->heard_us = mc_clock_steady_us();
        while (!is_over(self))
            turn(self, self->process.pid ? IDLE_MS : LAST_OUTPUT_MS);
        exit_code = missionctl_process_exit_code(self->process.wait_status);
        missionctl_recorder_end(&self->recorder, self->process.wait_status, NULL);
    }
    release_output(self);
    deliver_rest(self);
    report(self);
    return exit_code;
}
