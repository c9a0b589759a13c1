/*
 *  supervisor - starts the parts of the stack in order and keeps them running
 *
 *      postgres --ready--> migrate --done--> ingest, control, gateway
 *
 *  A part that ends is started again after a pause. SIGTERM stops all, in the
 *  reverse order; SIGHUP starts again what was built anew. Where the settings
 *  name a database, there is no postgres part.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/service/process.h"
#include "supervisor_log.h"

#define SERVICE_STOP_MS 15000
#define POSTGRES_STOP_MS 120000
#define LOOK_EVERY_MS 50
#define IDLE_MS 3600000
#define QUIET_MS 2000 /* without news, after a start: it is over */

typedef struct {
    const missionctl_place_t *place;
    missionctl_cluster_t cluster;
    missionctl_child_t children[MISSIONCTL_PARTS_MAX];
    size_t count;
    missionctl_child_t *postgres; /* NULL: the database is somebody else's */
    missionctl_child_t *migrate;
    int signals;
    bool is_database_up;
    bool is_stopping;
    bool is_settled;
    missionctl_state_t state;
    missionctl_state_t written;
} supervisor_t;

static int
exec_postgres(const missionctl_child_t *child)
{
    return missionctl_cluster_exec(child->context);
}

static int
exec_migrate(const missionctl_child_t *child)
{
    execl(child->program.text, "missionctl", "migrate", (char *)NULL);
    return mc_fail_errno("starting %s", child->program.text);
}

static int
exec_service(const missionctl_child_t *child)
{
    execl(child->program.text, child->name, (char *)NULL);
    return mc_fail_errno("starting %s", child->program.text);
}

static missionctl_child_t *
add_child(supervisor_t *self, const char *name, missionctl_child_exec_fn *exec)
{
    assert(self->count < MISSIONCTL_PARTS_MAX);
    missionctl_child_t *child = &self->children[self->count++];
    *child = (missionctl_child_t){.name = name,
                                  .exec = exec,
                                  .program = missionctl_place_program(self->place, name),
                                  .stop_signal = SIGTERM,
                                  .stop_wait_ms = SERVICE_STOP_MS,
                                  .output = -1,
                                  .log = {.fd = -1}};
    snprintf(child->part.name, sizeof child->part.name, "%s", name);
    snprintf(child->part.state, sizeof child->part.state, "asleep");
    return child;
}

/* The gateway keeps the console in memory, so a new one is as good as a new gateway. */
static void
add_service(supervisor_t *self, const missionctl_service_t *service)
{
    missionctl_child_t *child = add_child(self, service->name, exec_service);
    if (!strcmp(service->name, "gateway"))
        child->content = missionctl_path("%s/index.html", self->place->settings->console_dir);
}

static void
add_children(supervisor_t *self)
{
    if (missionctl_cluster_is_private(self->place)) {
        self->postgres = add_child(self, "postgres", exec_postgres);
        self->postgres->context = &self->cluster;
        self->postgres->stop_signal = MISSIONCTL_POSTGRES_STOP;
        self->postgres->stop_wait_ms = POSTGRES_STOP_MS;
    }
    self->migrate = add_child(self, "migrate", exec_migrate);
    self->migrate->program = missionctl_place_program(self->place, "missionctl");
    self->migrate->is_once = true;
    for (size_t i = 0; i < missionctl_service_count; i++)
        add_service(self, &missionctl_services[i]);
}

static int
open_logs(supervisor_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        missionctl_path_t path =
            missionctl_place_var(self->place, "log/%s.log", self->children[i].name);
        if (missionctl_log_file_init(&self->children[i].log, path.text) == -1)
            return -1;
    }
    return 0;
}

static int
open_signals(supervisor_t *self)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < MC_COUNT(numbers); i++)
        sigaddset(&wanted, numbers[i]);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    self->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return self->signals == -1 ? mc_fail_errno("opening the signals") : 0;
}

static bool
is_due(const missionctl_child_t *child)
{
    return mc_clock_steady_us() >= child->due_us;
}

static void
start_child(missionctl_child_t *child)
{
    missionctl_child_start(child);
    mc_log(&supervisor_log_started, "part=%s pid=%d", child->name, (int)child->pid);
}

/* A service that is not built is no failure: it sleeps until there is one. */
static bool
may_start(const missionctl_child_t *child)
{
    if (child->exec == exec_service && access(child->program.text, X_OK))
        return false;
    return child->state == MISSIONCTL_CHILD_ASLEEP ||
           (child->state == MISSIONCTL_CHILD_RESTING && is_due(child));
}

static void
check_database(supervisor_t *self)
{
    if (!self->postgres) {
        self->is_database_up = true;
    } else if (self->postgres->state != MISSIONCTL_CHILD_RUNNING) {
        self->is_database_up = false;
    } else if (!self->is_database_up) {
        self->is_database_up = missionctl_cluster_is_up(&self->cluster, self->postgres->pid);
    }
}

/* Starts whatever has its turn. */
static void
start_children(supervisor_t *self)
{
    check_database(self);
    for (size_t i = 0; i < self->count; i++) {
        missionctl_child_t *child = &self->children[i];
        bool has_turn = child == self->postgres  ? true
                        : child == self->migrate ? self->is_database_up
                                                 : self->migrate->state == MISSIONCTL_CHILD_DONE;
        if (has_turn && may_start(child))
            start_child(child);
    }
}

/* The services first; PostgreSQL once nobody writes any more. */
static void
stop_children(supervisor_t *self)
{
    bool is_last = true;
    for (size_t i = self->count; i-- > 0;) {
        missionctl_child_t *child = &self->children[i];
        bool is_ended =
            child->state == MISSIONCTL_CHILD_STOPPED || child->state == MISSIONCTL_CHILD_DONE;
        if (child == self->postgres && !is_last)
            continue;
        if (!is_ended && child->state != MISSIONCTL_CHILD_STOPPING)
            missionctl_child_stop(child);
        if (child->state == MISSIONCTL_CHILD_STOPPING)
            is_last = false;
    }
}

static bool
is_all_stopped(const supervisor_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->children[i].pid)
            return false;
    return self->is_stopping;
}

static void
kill_overdue(supervisor_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        missionctl_child_t *child = &self->children[i];
        if (child->state == MISSIONCTL_CHILD_STOPPING && is_due(child)) {
            mc_log(&supervisor_log_killed, "part=%s pid=%d", child->name, (int)child->pid);
            missionctl_child_kill(child);
        }
    }
}

static void
reap(supervisor_t *self)
{
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < self->count; i++) {
            missionctl_child_t *child = &self->children[i];
            if (child->pid != pid)
                continue;
            missionctl_child_ended(child, status);
            if (child->state == MISSIONCTL_CHILD_RESTING)
                mc_log(&supervisor_log_ended, "part=%s pid=%d reason=%s", child->name, (int)pid,
                       child->part.reason);
            else
                mc_log(&supervisor_log_finished, "part=%s pid=%d", child->name, (int)pid);
        }
}

/* What was built anew is stopped, and comes back once the migrations have been looked at again. */
static void
refresh(supervisor_t *self)
{
    self->state.round++;
    for (size_t i = 0; i < self->count; i++) {
        missionctl_child_t *child = &self->children[i];
        if (child == self->postgres || child->is_once)
            continue;
        if (child->state == MISSIONCTL_CHILD_RESTING)
            child->due_us = 0;
        if (child->state == MISSIONCTL_CHILD_RUNNING && missionctl_child_is_outdated(child)) {
            child->comes_back = true;
            missionctl_child_stop(child);
        }
    }
    if (self->migrate->state != MISSIONCTL_CHILD_RUNNING)
        start_child(self->migrate);
}

static void
take_signals(supervisor_t *self)
{
    struct signalfd_siginfo signal;
    while (read(self->signals, &signal, sizeof signal) == sizeof signal)
        switch (signal.ssi_signo) {
        case SIGCHLD:
            reap(self);
            break;
        case SIGHUP:
            if (!self->is_stopping)
                refresh(self);
            break;
        default:
            self->is_stopping = true;
        }
}

static void
write_state(supervisor_t *self)
{
    self->state.count = self->count;
    for (size_t i = 0; i < self->count; i++)
        self->state.parts[i] = self->children[i].part;
    if (!memcmp(&self->state, &self->written, sizeof self->state))
        return;
    if (missionctl_state_write(self->place, &self->state) == -1)
        mc_log(&supervisor_log_state_not_written, "reason=%s", mc_error());
    self->written = self->state;
}

static int
next_timeout(const supervisor_t *self)
{
    int64_t now_us = mc_clock_steady_us();
    int64_t next_ms = self->is_settled ? IDLE_MS : QUIET_MS;
    for (size_t i = 0; i < self->count; i++) {
        const missionctl_child_t *child = &self->children[i];
        bool has_due = child->state == MISSIONCTL_CHILD_RESTING ||
                       (child->state == MISSIONCTL_CHILD_STOPPING && child->due_us != INT64_MAX);
        int64_t left_ms = (child->due_us - now_us) / 1000 + 1;
        if (has_due && left_ms < next_ms)
            next_ms = left_ms > 0 ? left_ms : 0;
    }
    bool awaits_database = self->postgres && self->postgres->pid && !self->is_database_up;
    return (int)(awaits_database && next_ms > LOOK_EVERY_MS ? LOOK_EVERY_MS : next_ms);
}

/* Nothing is to do for now: what the start needed of memory and libraries goes back, once. */
static void
settle(supervisor_t *self)
{
    if (!self->is_settled)
        mc_process_settle();
    self->is_settled = true;
}

static void
wait_for_news(supervisor_t *self)
{
    struct pollfd fds[MISSIONCTL_PARTS_MAX + 1] = {{.fd = self->signals, .events = POLLIN}};
    for (size_t i = 0; i < self->count; i++)
        fds[i + 1] = (struct pollfd){.fd = self->children[i].output, .events = POLLIN};
    int ready = poll(fds, (nfds_t)self->count + 1, next_timeout(self));
    if (ready == 0)
        settle(self);
    if (ready <= 0)
        return;
    for (size_t i = 0; i < self->count; i++)
        if (fds[i + 1].revents)
            (void)missionctl_child_read(&self->children[i]);
    if (fds[0].revents) {
        self->is_settled = false;
        take_signals(self);
    }
}

static void
run(supervisor_t *self)
{
    while (!is_all_stopped(self)) {
        if (self->is_stopping) {
            stop_children(self);
            kill_overdue(self);
        } else {
            start_children(self);
            kill_overdue(self);
        }
        write_state(self);
        wait_for_news(self);
        missionctl_supervisor_log_bound(self->place);
    }
    stop_children(self);
    write_state(self);
}

int
missionctl_supervise(const missionctl_place_t *place)
{
    supervisor_t *self = calloc(1, sizeof *self);
    assert(self);
    self->place = place;
    self->state.pid = getpid();
    missionctl_stack_checksum(place->settings, self->state.settings);
    bool is_json = !strcmp(place->settings->log_format, "json");
    mc_log_open("supervisor", "", MC_LOG_INFO, is_json);

    int result = missionctl_stack_prepare(place, NULL, &self->cluster);
    if (result == 0)
        add_children(self);
    if (result == 0 && open_logs(self) == 0 && open_signals(self) == 0)
        run(self);
    else
        result = -1;
    for (size_t i = 0; i < self->count; i++)
        missionctl_child_clear(&self->children[i]);
    free(self);
    return result;
}
