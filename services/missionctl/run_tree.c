/*
 *  run_tree - all processes that descend from one
 */
#include "run_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_SIZE 64
#define CHILDREN_BYTES ((size_t)1 << 16)
#define STAT_BYTES ((size_t)1024)

typedef struct {
    char state;
    pid_t parent;
    uint64_t began;
} stat_t;

/* What any of them does. */
typedef struct {
    bool is_alive;
    bool is_stopped;
    bool
        is_away; /* in the kernel, where signals wait: a vfork until its child executes something */
    bool is_running;
} threads_t;

static ssize_t
read_file(const char *path, char *bytes, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1)
        return -1;
    size_t used = 0;
    ssize_t got = 0;
    while (used < size - 1 && (got = read(file, bytes + used, size - 1 - used)) > 0)
        used += (size_t)got;
    close(file);
    bytes[used] = '\0';
    return got == -1 ? -1 : (ssize_t)used;
}

/* Behind the name, which may hold anything: state is the 3rd field, the parent the 4th, the start
 * the 22nd. */
static bool
read_stat(const char *path, stat_t *ret_stat)
{
    char bytes[STAT_BYTES];
    if (read_file(path, bytes, sizeof bytes) <= 0)
        return false;
    const char *at = strrchr(bytes, ')');
    if (!at || !at[1])
        return false;
    ret_stat->state = at[2];
    ret_stat->parent = at[3] ? (pid_t)strtol(at + 4, NULL, 10) : 0;
    for (int field = 2; field < 22 && at; field++)
        at = strchr(at + 1, ' ');
    ret_stat->began = at ? strtoull(at, NULL, 10) : 0;
    return true;
}

static void
add(missionctl_tree_t *self, pid_t pid, pid_t parent)
{
    if (self->count == MISSIONCTL_TREE_MAX) {
        self->is_still = false;
        return;
    }
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->nodes = realloc(self->nodes, self->capacity * sizeof *self->nodes);
        assert(self->nodes);
    }
    self->nodes[self->count++] = (missionctl_tree_node_t){.pid = pid, .parent = parent};
}

static void
add_children(missionctl_tree_t *self, pid_t pid, pid_t thread)
{
    static _Thread_local char bytes[CHILDREN_BYTES];
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, thread);
    if (read_file(path, bytes, sizeof bytes) <= 0)
        return;
    char *at = bytes;
    for (;;) {
        char *end = NULL;
        long child = strtol(at, &end, 10);
        if (end == at)
            return;
        add(self, (pid_t)child, pid);
        at = end;
    }
}

static void
note_state(threads_t *threads, char state)
{
    if (strchr("ZX", state))
        return;
    threads->is_alive = true;
    threads->is_stopped |= strchr("Tt", state) != NULL;
    threads->is_away |= state == 'D';
    threads->is_running |= !strchr("TtD", state);
}

/* Each thread has children of its own, stops for itself, and may outlive the first. */
static threads_t
visit_threads(missionctl_tree_t *self, pid_t pid)
{
    char path[PATH_SIZE];
    threads_t threads = {0};
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        stat_t stat = {0};
        pid_t thread = atoi(entry->d_name);
        if (thread <= 0)
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, thread);
        if (read_stat(path, &stat))
            note_state(&threads, stat.state);
        add_children(self, pid, thread);
    }
    if (folder)
        closedir(folder);
    return threads;
}

/* A stop was sent to it that it has not met yet. */
static bool
has_stop_ahead(pid_t pid)
{
    char path[PATH_SIZE];
    char bytes[2 * STAT_BYTES];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    const char *pending =
        read_file(path, bytes, sizeof bytes) > 0 ? strstr(bytes, "\nShdPnd:") : NULL;
    return pending && strtoull(pending + strlen("\nShdPnd:"), NULL, 16) >> (SIGSTOP - 1) & 1;
}

/* No instruction of it runs until it is let go on: each thread has stopped, or is in the kernel and
 * stops before it comes back. To wait for the latter could take for ever, as its child that has
 * stopped is what a vfork waits for. */
static bool
is_held(pid_t pid, const threads_t *threads)
{
    return !threads->is_running &&
           (!threads->is_away || threads->is_stopped || has_stop_ahead(pid));
}

static bool
is_exempt(pid_t pid, const pid_t exempt[MISSIONCTL_TREE_EXEMPT])
{
    for (size_t i = 0; i < MISSIONCTL_TREE_EXEMPT; i++)
        if (exempt[i] && exempt[i] == pid)
            return true;
    return false;
}

/* Whether it is still the child that was found: its number may be somebody else's by now. One that
 * lost its parent goes to the top, or to another of the tree, where the next look finds it. */
static bool
is_same_child(missionctl_tree_t *self, const missionctl_tree_node_t *node, const stat_t *stat)
{
    if (stat->parent == node->parent || stat->parent == self->top)
        return true;
    self->is_still = false;
    return false;
}

static uint64_t
number_of(const missionctl_tree_node_t *node)
{
    return (uint64_t)node->pid * 2654435761U + node->began;
}

/* Reads one that was found; false when it does not count. One that is gone may have left a child
 * where this look had been before, so the next one must tell; one that has ended and waits for its
 * parent shows in the sum. */
static bool
visit(missionctl_tree_t *self, missionctl_tree_node_t *node)
{
    stat_t stat = {0};
    char path[PATH_SIZE];
    pid_t pid = node->pid;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_stat(path, &stat)) {
        self->is_still = false;
        return false;
    }
    if (!is_same_child(self, node, &stat))
        return false;
    node->began = stat.began;
    size_t index = (size_t)(node - self->nodes);
    threads_t threads = visit_threads(self, pid); /* may move the nodes */
    self->nodes[index].is_stopped = is_held(pid, &threads);
    if (!threads.is_alive)
        self->ended_sum += number_of(&self->nodes[index]);
    return threads.is_alive;
}

void
missionctl_tree_read(missionctl_tree_t *self, pid_t top, const pid_t exempt[MISSIONCTL_TREE_EXEMPT])
{
    size_t kept = 0;
    self->count = 0;
    self->ended_sum = 0;
    self->top = top;
    self->is_still = true;
    (void)visit_threads(self, top);
    for (size_t i = 0; i < self->count; i++) {
        bool is_ours = visit(self, &self->nodes[i]) && !is_exempt(self->nodes[i].pid, exempt);
        if (is_ours && !self->nodes[i].is_stopped)
            self->is_still = false;
        if (!is_ours)
            self->nodes[i].pid = 0;
    }
    for (size_t i = 0; i < self->count; i++)
        if (self->nodes[i].pid)
            self->nodes[kept++] = self->nodes[i];
    self->count = kept;
}

void
missionctl_tree_clear(missionctl_tree_t *self)
{
    free(self->nodes);
    *self = (missionctl_tree_t){0};
}

void
missionctl_tree_signal(const missionctl_tree_node_t *node, int number)
{
    stat_t stat = {0};
    char path[PATH_SIZE];
    int handle = (int)syscall(SYS_pidfd_open, node->pid, 0);
    if (handle == -1)
        return;
    snprintf(path, sizeof path, "/proc/%d/stat", node->pid);
    if (read_stat(path, &stat) && stat.began == node->began)
        syscall(SYS_pidfd_send_signal, handle, number, NULL, 0);
    close(handle);
}

uint64_t
missionctl_tree_sum(const missionctl_tree_t *self)
{
    uint64_t sum = self->count + self->ended_sum;
    for (size_t i = 0; i < self->count; i++)
        sum += number_of(&self->nodes[i]);
    return sum;
}
