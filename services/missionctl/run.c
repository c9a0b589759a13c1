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
#include "run_hold.h"

#define IDLE_MS 60000
#define LAST_OUTPUT_MS 300 /* how long a process that it left behind may be silent */
#define SETTLE_MS 1000     /* how long the platform may take to say what a run is born into */
#define NOT_STARTED 143    /* as if SIGTERM had ended it */
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
        missionctl_keeper_signal(&self->process.keeper, (int)info->ssi_signo);
    if (!self->process.pid)
        self->is_interrupted = true;
}

static void
end_process(missionctl_run_t *self, int wait_status)
{
    self->process.pid = 0;
    self->process.wait_status = wait_status;
    self->ended_us = self->heard_us = mc_clock_steady_us();
}

/* The keeper, or, when that was killed, whoever descends from us since. */
static void
reap(missionctl_run_t *self)
{
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == self->process.keeper.pid)
            self->process.keeper.pid = 0;
        if (pid == self->egress.relay)
            self->egress.relay = 0;
    }
}

/* Without its keeper nobody knows how the command ends, and it was told to end with it. */
static void
hear_keeper(missionctl_run_t *self)
{
    int status = 0;
    int result = missionctl_keeper_hear(&self->process.keeper, &status);
    if (result == -1)
        return;
    if (result == 0 && self->process.pid)
        end_process(self, status);
    if (result == MISSIONCTL_KEEPER_DIED) {
        if (self->process.pid)
            end_process(self, SIGKILL);
        close(self->process.keeper.line);
        self->process.keeper.line = -1;
        self->hold.is_asked = self->hold.is_rest_asked = true;
        self->hold.kill_us = 0;
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

/* What is always watched, behind the channels of the command. */
enum { FD_SIGNALS, FD_KEEPER, FD_LINK, FDS };

void
missionctl_run_turn(missionctl_run_t *self, int timeout_ms)
{
    struct pollfd fds[2 * MISSIONCTL_CHANNELS_MAX + FDS];
    size_t count = missionctl_process_watch(&self->process, fds);
    struct pollfd *own = fds + count;
    int link = self->link ? missionctl_link_fd(self->link) : -1;
    own[FD_SIGNALS] = (struct pollfd){.fd = self->signals, .events = POLLIN};
    own[FD_KEEPER] = (struct pollfd){.fd = self->process.keeper.line, .events = POLLIN};
    own[FD_LINK] = (struct pollfd){.fd = link, .events = POLLIN};
    timeout_ms = missionctl_hold_step(self, timeout_ms);
    timeout_ms = missionctl_recorder_timeout(&self->recorder, timeout_ms);
    if (self->link)
        timeout_ms = missionctl_link_timeout(self->link, timeout_ms);
    missionctl_sender_wait(self->sender, fds, count + FDS, timeout_ms);
    if (missionctl_process_pump(&self->process, fds, &self->recorder))
        self->heard_us = mc_clock_steady_us();
    if (own[FD_SIGNALS].revents)
        take_signals(self);
    if (own[FD_KEEPER].fd != -1 && own[FD_KEEPER].revents)
        hear_keeper(self);
    if (self->link)
        missionctl_link_go_on(self->link);
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

static bool
is_all_delivered(const missionctl_run_t *self)
{
    bool is_locked_out = missionctl_sender_report(self->sender)->is_locked_out;
    return (missionctl_sender_is_idle(self->sender) || is_locked_out) &&
           (!self->link || missionctl_link_is_idle(self->link));
}

static void
deliver_rest(missionctl_run_t *self)
{
    int64_t began_us = mc_clock_steady_us();
    int64_t deadline_us = began_us + self->drain_ms * INT64_C(1000);
    bool is_told = !isatty(STDERR_FILENO);
    while (!is_all_delivered(self) && !self->is_interrupted) {
        int64_t now_us = mc_clock_steady_us();
        if (now_us >= deadline_us)
            return;
        if (!is_told && now_us - began_us > PATIENCE_MS * INT64_C(1000)) {
            fputs("missionctl: delivering the last events; Ctrl-C leaves them for later\n", stderr);
            is_told = true;
        }
        missionctl_run_turn(self, (int)((deadline_us - now_us) / 1000 + 1 < PATIENCE_MS
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

/* Whatever it was born into is to be known before it begins, where the platform can be asked. */
static bool
wait_to_start(missionctl_run_t *self)
{
    int64_t deadline_us = mc_clock_steady_us() + SETTLE_MS * INT64_C(1000);
    while (self->link && !missionctl_link_is_settled(self->link) && !self->is_interrupted) {
        int64_t left_us = deadline_us - mc_clock_steady_us();
        if (left_us <= 0)
            break;
        missionctl_run_turn(self, (int)(left_us / 1000) + 1);
    }
    while (!missionctl_hold_lets_start(self) && !missionctl_hold_is_stop(self) &&
           !self->is_interrupted)
        missionctl_run_turn(self, IDLE_MS);
    return !self->is_interrupted && !missionctl_hold_is_stop(self);
}

/* Makes the group and announces the run. */
static int
begin_attempt(missionctl_run_t *self)
{
    mc_buffer_t hello = {0};
    if (missionctl_group_init(&self->group, self->hold_by, self->identity.run_id) == -1)
        return -1;
    self->group.exempt[0] = self->egress.relay;
    missionctl_hold_init(&self->hold);
    self->has_ended = false;
    self->process = (missionctl_process_t){.terminal = -1, .keeper = {.line = -1}};
    if (self->environment.router) {
        missionctl_run_key(self->api, &self->identity, self->model_key);
        self->environment.model_key = self->model_key;
    }
    missionctl_run_environment_set(&self->identity, &self->environment);
    if (!self->link)
        return 0;
    missionctl_hold_write_part(self, false, &hello);
    missionctl_link_follow(self->link, self->identity.run_id, mc_buffer_content(&hello));
    mc_buffer_clear(&hello);
    return 0;
}

static int
start_command(missionctl_run_t *self, char *const *command, int *ret_exit_code)
{
    const missionctl_supervision_t supervision = {
        .has_pty = self->has_pty,
        .held_by = missionctl_group_way_name(&self->group),
        .enforcement = missionctl_group_is_strong(&self->group) ? "strong" : "weak",
        .egress = missionctl_egress_name(&self->egress),
        .egress_reason = self->egress.reason};
    const missionctl_process_options_t options = {.command = command,
                                                  .has_pty = self->has_pty,
                                                  .group = &self->group,
                                                  .egress = &self->egress};
    missionctl_recorder_start(&self->recorder, &supervision);
    int result = missionctl_process_start(&self->process, &options, ret_exit_code);
    self->group.exempt[1] = self->process.keeper.pid;
    self->heard_us = mc_clock_steady_us();
    return result;
}

/* The command has ended: nothing of it goes on, and a stop is acknowledged. */
static void
end_attempt(missionctl_run_t *self)
{
    missionctl_hold_end_rest(self);
    while (!self->hold.is_gone)
        missionctl_run_turn(self, IDLE_MS);
    missionctl_process_restore(&self->process);
    missionctl_keeper_end(&self->process.keeper);
    missionctl_recorder_flush(&self->recorder, true);
}

static void
tell_end(missionctl_run_t *self, const char *phase, const char *next_run_id)
{
    const missionctl_control_note_t note = {
        .phase = phase,
        .status = "failed",
        .reason = self->hold.wanted.reason,
        .epoch = self->hold.wanted.epoch,
        .enforcement = missionctl_group_is_strong(&self->group) ? "strong" : "weak",
        .next_run_id = next_run_id};
    missionctl_recorder_control(&self->recorder, &note);
}

static void
tell_stop(missionctl_run_t *self)
{
    if (self->hold.wanted.kind == MISSIONCTL_VERDICT_STOP)
        tell_end(self, "stop", NULL);
}

/* One attempt from its beginning to its end; its exit code. */
static int
attempt(missionctl_run_t *self, char *const *command)
{
    int exit_code = NOT_STARTED;
    if (!wait_to_start(self)) {
        end_attempt(self);
        tell_stop(self);
        return exit_code;
    }
    if (start_command(self, command, &exit_code) == -1) {
        missionctl_process_restore(&self->process);
        fprintf(stderr, "missionctl: %s\n", mc_error());
        missionctl_path_t reason = missionctl_path("%s", mc_error());
        self->process.pid = 0;
        end_attempt(self);
        missionctl_recorder_end(&self->recorder, exit_code << 8, reason.text);
        return exit_code;
    }
    while (!is_over(self))
        missionctl_run_turn(self, self->process.pid ? IDLE_MS : LAST_OUTPUT_MS);
    end_attempt(self);
    tell_stop(self);
    missionctl_recorder_end(&self->recorder, self->process.wait_status, NULL);
    return missionctl_process_exit_code(self->process.wait_status);
}

static bool
is_restart(const missionctl_run_t *self)
{
    return self->hold.wanted.kind == MISSIONCTL_VERDICT_RESTART && !self->is_interrupted;
}

/* A stopped run that is to stay waits for a restart; ours to end is a signal. */
static void
stay(missionctl_run_t *self)
{
    while (self->stays && self->hold.wanted.kind == MISSIONCTL_VERDICT_STOP &&
           !self->is_interrupted)
        missionctl_run_turn(self, IDLE_MS);
}

static void
leave(missionctl_run_t *self)
{
    mc_buffer_t body = {0};
    if (!self->link)
        return;
    missionctl_hold_write_part(self, true, &body);
    missionctl_link_leave(self->link, mc_buffer_content(&body));
    mc_buffer_clear(&body);
}

/* The old run is acknowledged under its own id before the link follows the new one. */
static int
become_next(missionctl_run_t *self)
{
    char next_id[MC_UUID_TEXT_SIZE];
    mc_uuid_print(mc_uuid_new(), next_id);
    missionctl_hold_acknowledge(self, "restarted", next_id);
    leave(self);
    tell_end(self, "restart", next_id);
    missionctl_process_clear(&self->process);
    missionctl_egress_open(&self->egress, &self->group);
    missionctl_group_clear(&self->group, true);
    missionctl_run_identity_next(&self->identity, next_id);
    return begin_attempt(self);
}

int
missionctl_run_command(missionctl_run_t *self, char *const *command)
{
    if (open_signals(self) == -1 || begin_attempt(self) == -1)
        return -1;
    int exit_code = attempt(self, command);
    int result = 0;
    for (;;) {
        if (!is_restart(self))
            stay(self);
        if (!is_restart(self) || (result = become_next(self)) == -1)
            break;
        exit_code = attempt(self, command);
    }
    leave(self);
    release_output(self);
    missionctl_group_clear(&self->group, true);
    deliver_rest(self);
    report(self);
    return result == -1 ? -1 : exit_code;
}
