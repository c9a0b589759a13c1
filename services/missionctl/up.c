/*
 *  up - starts the stack in the background and waits until it is ready
 *
 *  Done again it changes nothing that is right: what was built anew is started
 *  again, what rests after a failure is tried at once.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "common/clock.h"
#include "common/error.h"
#include "database.h"
#include "env_check.h"
#include "port.h"
#include "stack.h"
#include "vault_up.h"

#define LOOK_EVERY_MS 50
#define UP_TIMEOUT_MS 120000
#define RESTARTS_MAX 3 /* of a part, in one up: then it is not going to work */
#define LOGIN_BYTES_MAX 4096
#define LOGIN_TIMEOUT_MS 15000
#define COUNT_OPERATORS "SELECT count(*) FROM aop_operators"

static void
say(const char *what, const char *how)
{
    printf("  %-10s %s\n", what, how);
    fflush(stdout);
}

static void
say_unknown(void *arg, int line, const char *name, const char *nearest)
{
    const char *path = arg;
    fprintf(stderr, "  %-10s %s line %d: %s is not a setting, ignored%s%s\n", "settings", path,
            line, name, nearest ? "; perhaps it means " : "", nearest ? nearest : "");
}

static int
check_names(void)
{
    mc_buffer_t text = {0};
    const char *path = mc_settings_env_file();
    if (access(path, F_OK))
        return 0;
    int result = missionctl_file_read(path, 65536, &text);
    if (result == 0)
        result = missionctl_env_check_names(mc_buffer_content(&text), say_unknown, (void *)path);
    mc_buffer_clear(&text);
    return result;
}

/* Nobody else may have a port that we need: asked before anything is started. */
static int
check_ports(const missionctl_place_t *place)
{
    for (size_t i = 0; i < missionctl_service_count; i++) {
        const missionctl_service_t *service = &missionctl_services[i];
        const mc_setting_row_t *row = mc_setting_row(service->port_offset);
        int port = missionctl_service_port(service, place->settings);
        if (missionctl_port_check(place->settings->listen_address, port, row->variable) == -1)
            return -1;
    }
    const mc_setting_row_t *row = mc_setting_row(offsetof(mc_settings_t, postgres_port));
    int port = (int)place->settings->postgres_port;
    bool needs_port = port && missionctl_cluster_is_private(place);
    return needs_port ? missionctl_port_check("127.0.0.1", port, row->variable) : 0;
}

/* The grandchild: nothing of the terminal is left, so that make ends when up does. */
static void
become_supervisor(const missionctl_place_t *place)
{
    missionctl_path_t log = missionctl_place_var(place, "log/supervisor.log");
    missionctl_path_t program = missionctl_place_program(place, "missionctl");
    int nothing = open("/dev/null", O_RDWR);
    int output = open(log.text, O_WRONLY | O_CREAT | O_APPEND, 0640);
    dup2(nothing, STDIN_FILENO);
    dup2(output == -1 ? nothing : output, STDOUT_FILENO);
    dup2(output == -1 ? nothing : output, STDERR_FILENO);
    close_range(3, ~0U, 0);
    execl(program.text, "missionctl", "supervise", (char *)NULL);
    _exit(127);
}

static int
start_supervisor(const missionctl_place_t *place)
{
    pid_t child = fork();
    if (child == -1)
        return mc_fail_errno("starting the supervisor");
    if (child == 0) {
        setsid();
        if (fork() == 0)
            become_supervisor(place);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return 0;
}

/* A part that was ready may still end again and again, as PostgreSQL that finds a file spoilt. */
static int
check_restarts(const missionctl_part_t *part, const missionctl_state_t *before)
{
    const missionctl_part_t *then = missionctl_state_find(before, part->name);
    if (!strcmp(part->state, "done") || part->restarts - (then ? then->restarts : 0) < RESTARTS_MAX)
        return 0;
    return mc_fail("%s %s: %s", part->name,
                   missionctl_service_find(part->name) ? "does not start" : "failed", part->reason);
}

/* What is known of a part now: 0 ready, 1 not yet. */
#define NOT_YET 1
static int
look_at(const missionctl_part_t *part, const missionctl_place_t *place)
{
    const missionctl_service_t *service = missionctl_service_find(part->name);
    if (!strcmp(part->state, "done"))
        return 0;
    if (strcmp(part->state, "running"))
        return NOT_YET;
    if (!service)
        return strcmp(part->name, "migrate") ? 0 : NOT_YET;
    return missionctl_service_ready(service, place) == 0 ? 0 : NOT_YET;
}

static void
say_ready(const missionctl_part_t *part, const missionctl_place_t *place)
{
    const missionctl_service_t *service = missionctl_service_find(part->name);
    char line[256];
    if (!service) {
        say(part->name, part->pid ? "ready" : "done");
        return;
    }
    snprintf(line, sizeof line, "ready, %s on http://%s:%d", service->what,
             missionctl_place_host(place), missionctl_service_port(service, place->settings));
    say(part->name, line);
}

typedef struct {
    const missionctl_place_t *place;
    missionctl_state_t before; /* all zero when nothing ran */
    bool is_ready[MISSIONCTL_PARTS_MAX];
} progress_t;

static bool
is_built(const missionctl_place_t *place, const char *name)
{
    return !missionctl_service_find(name) ||
           !access(missionctl_place_program(place, name).text, X_OK);
}

/* One look at all parts: 0 all ready, NOT_YET, -1. */
static int
look(progress_t *self, const missionctl_state_t *state)
{
    int outcome = 0;
    for (size_t i = 0; i < state->count; i++) {
        const missionctl_part_t *part = &state->parts[i];
        bool has_program = is_built(self->place, part->name);
        if (has_program && check_restarts(part, &self->before) == -1)
            return -1;
        if (self->is_ready[i])
            continue;
        int now = has_program ? look_at(part, self->place) : 0;
        if (now == NOT_YET) {
            outcome = NOT_YET;
            continue;
        }
        self->is_ready[i] = true;
        if (has_program)
            say_ready(part, self->place);
        else
            say(part->name, "not built, left out: make build");
    }
    return outcome;
}

static int
fail_late(const missionctl_state_t *state, const missionctl_place_t *place,
          const progress_t *progress)
{
    for (size_t i = 0; i < state->count; i++) {
        const missionctl_part_t *part = &state->parts[i];
        const missionctl_service_t *service = missionctl_service_find(part->name);
        if (progress->is_ready[i])
            continue;
        if (service && part->pid && missionctl_service_ready(service, place) == -1)
            return mc_fail_while("%s is not ready", part->name);
        return mc_fail("%s is %s: %s", part->name, part->state, part->reason);
    }
    return mc_fail("the supervisor did not start: see %s",
                   missionctl_place_var(place, "log/supervisor.log").text);
}

static int
wait_until_ready(progress_t *self)
{
    int64_t deadline_us = mc_clock_steady_us() + UP_TIMEOUT_MS * INT64_C(1000);
    missionctl_state_t state = {0};
    do {
        int pid = missionctl_stack_supervisor(self->place);
        bool is_news = pid && missionctl_state_read(self->place, &state) == 0 && state.pid == pid &&
                       (!self->before.pid || state.round > self->before.round);
        int outcome = is_news ? look(self, &state) : NOT_YET;
        if (outcome != NOT_YET)
            return outcome;
        poll(NULL, 0, LOOK_EVERY_MS);
    } while (mc_clock_steady_us() < deadline_us);
    return fail_late(&state, self->place, self);
}

/* Something runs already: it looks again at what was built and what rests. */
static int
refresh(progress_t *self, int pid)
{
    char checksum[65];
    missionctl_stack_checksum(self->place->settings, checksum);
    if (missionctl_state_read(self->place, &self->before) == -1)
        return -1;
    if (strcmp(checksum, self->before.settings))
        return mc_fail("it is already running, with other settings than those of now: run "
                       "missionctl down (or make down) and then up again");
    say("stack", "already running; what was built anew is started again");
    return kill(pid, SIGHUP) == 0 ? 0 : mc_fail_errno("telling the supervisor");
}

/* The gateway makes the first operator just after it has become ready. */
static int
wait_for_operator(const missionctl_place_t *place)
{
    int64_t deadline_us = mc_clock_steady_us() + LOGIN_TIMEOUT_MS * INT64_C(1000);
    PGconn *connection = missionctl_database_open_settings(place, 0);
    bool is_there = false;
    int result = connection ? 0 : -1;
    while (result == 0 && !is_there && mc_clock_steady_us() < deadline_us) {
        PGresult *rows = missionctl_database_ask(connection, COUNT_OPERATORS, 0, NULL);
        is_there = rows && strcmp(PQgetvalue(rows, 0, 0), "0");
        result = rows ? 0 : -1;
        PQclear(rows);
        if (!is_there)
            poll(NULL, 0, LOOK_EVERY_MS);
    }
    PQfinish(connection);
    return result;
}

static int
say_welcome(const missionctl_place_t *place)
{
    missionctl_path_t path = missionctl_place_var(place, "first-login");
    mc_buffer_t login = {0};
    if (!is_built(place, "gateway"))
        return 0;
    if (wait_for_operator(place) == -1)
        return mc_fail_while("looking for the first operator");
    printf("\nConsole  http://%s:%d\n", missionctl_place_host(place),
           (int)place->settings->gateway_port);
    if (!access(path.text, R_OK) && missionctl_file_read(path.text, LOGIN_BYTES_MAX, &login) == 0)
        printf("Login    %.*s\n         (in %s until the first login)\n",
               (int)strcspn(login.data, "\n"), login.data, path.text);
    mc_buffer_clear(&login);
    return 0;
}

/* Starts it, unless another up has just done so. */
static int
begin(progress_t *progress)
{
    const missionctl_place_t *place = progress->place;
    missionctl_cluster_t cluster;
    int pid = missionctl_stack_supervisor(place);
    if (!pid && (missionctl_env_check(place->settings) == -1 || check_ports(place) == -1))
        return -1;
    if (missionctl_stack_make_folders(place) == -1 || missionctl_stack_lock_up(place) == -1)
        return -1;
    pid = missionctl_stack_supervisor(place);
    if (pid)
        return refresh(progress, pid);
    if (missionctl_stack_prepare(place, say, &cluster) == -1)
        return -1;
    return start_supervisor(place);
}

static int
up(const missionctl_place_t *place)
{
    progress_t progress = {.place = place};
    if (missionctl_place_enter(place) == -1 || check_names() == -1 || begin(&progress) == -1)
        return -1;
    if (wait_until_ready(&progress) == -1)
        return -1;
    missionctl_vault_say(place, say);
    return say_welcome(place);
}

int
missionctl_up(const missionctl_args_t *args)
{
    (void)args;
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? up(place) : -1;
    missionctl_place_destroy(&place);
    return result;
}
