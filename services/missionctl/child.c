/*
 *  child - one program that the supervisor looks after
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "process.h"
#include "proto/utf8.h"

#define READ_BYTES 16384
#define LAST_READS 5 /* more than a full pipe holds */

static const char *const words[] = {
#define STATE_WORD(NAME, word) [MISSIONCTL_CHILD_##NAME] = (word),
    MISSIONCTL_CHILD_STATES(STATE_WORD)};

static void
enter_state(missionctl_child_t *self, missionctl_child_state_t state)
{
    self->state = state;
    snprintf(self->part.name, sizeof self->part.name, "%s", self->name);
    snprintf(self->part.state, sizeof self->part.state, "%s", words[state]);
    self->part.pid = self->pid;
    self->part.since_us = mc_clock_us();
}

/* Starts it again after a pause that doubles, unless it had run for a good while. */
static void
rest(missionctl_child_t *self)
{
    int64_t now_us = mc_clock_steady_us();
    bool was_steady = now_us - self->started_us >= MISSIONCTL_STEADY_MS * INT64_C(1000);
    self->pause_ms = was_steady || !self->pause_ms ? MISSIONCTL_PAUSE_LEAST_MS : 2 * self->pause_ms;
    if (self->pause_ms > MISSIONCTL_PAUSE_MOST_MS)
        self->pause_ms = MISSIONCTL_PAUSE_MOST_MS;
    self->due_us = now_us + self->pause_ms * INT64_C(1000);
    self->part.restarts++;
    enter_state(self, MISSIONCTL_CHILD_RESTING);
}

static struct timespec
file_time(const missionctl_path_t *path)
{
    struct stat status;
    return stat(path->text, &status) == 0 ? status.st_mtim : (struct timespec){0};
}

static struct timespec
program_time(const missionctl_child_t *self)
{
    struct timespec program = file_time(&self->program);
    struct timespec content = file_time(&self->content);
    bool is_later = content.tv_sec > program.tv_sec ||
                    (content.tv_sec == program.tv_sec && content.tv_nsec > program.tv_nsec);
    return is_later ? content : program;
}

/* It ends when we do, however we end: nobody else would look after it. */
static void
become_child(const missionctl_child_t *self, int output, pid_t parent)
{
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    missionctl_process_reset_signals();
    setsid();
    prctl(PR_SET_PDEATHSIG, self->stop_signal);
    if (getppid() == parent)
        self->exec(self);
    dprintf(STDERR_FILENO, "%s\n", mc_error());
    _exit(127);
}

void
missionctl_child_start(missionctl_child_t *self)
{
    int ends[2] = {-1, -1};
    pid_t parent = getpid();
    self->started_us = mc_clock_steady_us();
    self->program_time = program_time(self);
    pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid == 0)
        become_child(self, ends[1], parent);
    if (ends[1] != -1)
        close(ends[1]);
    if (pid == -1) {
        snprintf(self->part.reason, sizeof self->part.reason, "it could not be started: %s",
                 strerror(errno));
        if (ends[0] != -1)
            close(ends[0]);
        rest(self);
        return;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (self->output != -1)
        close(self->output);
    self->output = ends[0];
    self->pid = pid;
    enter_state(self, MISSIONCTL_CHILD_RUNNING);
}

bool
missionctl_child_read(missionctl_child_t *self)
{
    char bytes[READ_BYTES];
    ssize_t size = read(self->output, bytes, sizeof bytes);
    if (size == -1 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (size > 0) {
        missionctl_log_file_write(&self->log, (mc_text_t){bytes, (size_t)size});
        return true;
    }
    close(self->output);
    self->output = -1;
    return false;
}

/* The reason="..." of a log line, else the line without the name of the program. */
static void
copy_last_words(const char *line, char *reason, size_t size)
{
    static const char key[] = " reason=\"";
    static const char program[] = "missionctl: ";
    const char *start = strstr(line, key);
    bool is_named = !strncmp(line, program, strlen(program));
    if (!start) {
        snprintf(reason, size, "%s", is_named ? line + strlen(program) : line);
        return;
    }
    size_t used = 0;
    for (start += strlen(key); *start && *start != '"' && used + 1 < size; start++) {
        if (*start == '\\' && start[1])
            start++;
        reason[used++] = *start;
    }
    reason[used] = '\0';
}

/* Why it ended: its last words, or how it was ended. */
static void
keep_reason(missionctl_child_t *self, int wait_status)
{
    char *reason = self->part.reason;
    size_t size = sizeof self->part.reason;
    if (WIFSIGNALED(wait_status))
        snprintf(reason, size, "ended by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else if (self->log.last_line[0] && WEXITSTATUS(wait_status))
        copy_last_words(self->log.last_line, reason, size);
    else
        snprintf(reason, size, "ended with exit code %d", WEXITSTATUS(wait_status));
    if (mc_utf8_check(mc_text(reason)) == MC_UTF8_FINE)
        return;
    for (char *at = reason; *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
}

void
missionctl_child_ended(missionctl_child_t *self, int wait_status)
{
    self->pid = 0;
    for (int i = 0; i < LAST_READS && self->output != -1; i++)
        (void)missionctl_child_read(self);
    if (self->is_once && wait_status == 0) {
        self->part.reason[0] = '\0';
        enter_state(self, MISSIONCTL_CHILD_DONE);
    } else if (self->state == MISSIONCTL_CHILD_STOPPING && self->comes_back) {
        self->comes_back = false;
        enter_state(self, MISSIONCTL_CHILD_ASLEEP);
    } else if (self->state == MISSIONCTL_CHILD_STOPPING) {
        enter_state(self, MISSIONCTL_CHILD_STOPPED);
    } else {
        keep_reason(self, wait_status);
        rest(self);
    }
}

void
missionctl_child_stop(missionctl_child_t *self)
{
    if (!self->pid) {
        if (self->state != MISSIONCTL_CHILD_DONE)
            enter_state(self, MISSIONCTL_CHILD_STOPPED);
        return;
    }
    kill(self->pid, self->stop_signal);
    self->due_us = mc_clock_steady_us() + self->stop_wait_ms * INT64_C(1000);
    enter_state(self, MISSIONCTL_CHILD_STOPPING);
}

void
missionctl_child_kill(missionctl_child_t *self)
{
    if (self->pid)
        kill(self->pid, SIGKILL);
    self->due_us = INT64_MAX;
}

bool
missionctl_child_is_outdated(const missionctl_child_t *self)
{
    struct timespec now = program_time(self);
    return self->pid &&
           (now.tv_sec != self->program_time.tv_sec || now.tv_nsec != self->program_time.tv_nsec);
}

void
missionctl_child_clear(missionctl_child_t *self)
{
    if (self->output != -1)
        close(self->output);
    self->output = -1;
    missionctl_log_file_clear(&self->log);
}
