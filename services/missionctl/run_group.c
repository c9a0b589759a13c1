/*
 *  run_group - the processes of a run as one thing that is held, let go or ended
 */
#include "run_group.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"
#include "run_cgroup.h"

#define CALM_LOOKS 2 /* in a row that saw the same, all stopped */
#define LOOKS_MAX 16 /* at once, before the caller has his turn again */

static const struct {
    const char *name;
    int (*hold)(const char *path, bool is_held);
    int (*kill)(const char *path);
} ways[] = {
    [MISSIONCTL_GROUP_CGROUP2] = {"cgroup2", missionctl_cgroup2_hold, missionctl_cgroup2_kill},
    [MISSIONCTL_GROUP_FREEZER] = {"freezer", missionctl_freezer_hold, missionctl_freezer_kill},
    [MISSIONCTL_GROUP_SIGNALS] = {"signals", NULL, NULL},
};

/* Tries it once, so that nobody learns only at a pause that it does not work. */
static int
try_way(missionctl_group_t *self, missionctl_group_way_t way, const char *name)
{
    self->way = way;
    if (way == MISSIONCTL_GROUP_SIGNALS)
        return 0;
    bool is_usable = missionctl_cgroup_make(self, name) == 0 &&
                     ways[way].hold(self->path.text, true) != -1 &&
                     ways[way].hold(self->path.text, false) != -1;
    if (is_usable)
        return 0;
    missionctl_group_clear(self, true);
    return -1;
}

int
missionctl_group_init(missionctl_group_t *self, const char *way, const char *name)
{
    *self = (missionctl_group_t){.folder = -1, .top = getpid()};
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    for (missionctl_group_way_t i = 0; i < MISSIONCTL_GROUP_WAYS; i++) {
        if (way && strcmp(way, ways[i].name))
            continue;
        if (try_way(self, i, name) == 0)
            return 0;
        if (way)
            return mc_fail_while("holding the run by %s", way);
    }
    return mc_fail("--hold-by is %s, not cgroup2, freezer or signals", way);
}

void
missionctl_group_clear(missionctl_group_t *self, bool is_ended)
{
    if (is_ended && self->path.text[0])
        missionctl_cgroup_remove(self->path.text);
    if (self->folder != -1)
        close(self->folder);
    self->folder = -1;
    self->path.text[0] = '\0';
    missionctl_tree_clear(&self->tree);
}

const char *
missionctl_group_way_name(const missionctl_group_t *self)
{
    return ways[self->way].name;
}

bool
missionctl_group_is_strong(const missionctl_group_t *self)
{
    return self->way != MISSIONCTL_GROUP_SIGNALS;
}

pid_t
missionctl_group_fork(const missionctl_group_t *self)
{
    struct clone_args args = {.flags = CLONE_INTO_CGROUP,
                              .exit_signal = SIGCHLD,
                              .cgroup = (uint64_t)(self->folder == -1 ? 0 : self->folder)};
    pid_t pid = -1;
    if (self->way == MISSIONCTL_GROUP_CGROUP2)
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    return pid == -1 ? fork() : pid;
}

int
missionctl_group_enter(const missionctl_group_t *self)
{
    return self->path.text[0] ? missionctl_cgroup_write(self->path.text, "cgroup.procs", "0") : 0;
}

static void
look(missionctl_group_t *self)
{
    missionctl_tree_read(&self->tree, self->top, self->exempt);
}

static bool
is_member(const missionctl_group_t *self, pid_t pid)
{
    missionctl_path_t name = missionctl_path("/proc/%d", pid);
    char text[8192];
    const char *own = strrchr(self->path.text, '/');
    return missionctl_cgroup_read(name.text, "cgroup", text, sizeof text) == -1 ||
           strstr(text, own);
}

/* Who has left the control group is put back into it. True when there was nobody. */
static bool
gather(missionctl_group_t *self)
{
    bool is_complete = true;
    look(self);
    for (size_t i = 0; i < self->tree.count; i++) {
        char word[16];
        if (is_member(self, self->tree.nodes[i].pid))
            continue;
        snprintf(word, sizeof word, "%d", self->tree.nodes[i].pid);
        is_complete = false;
        if (missionctl_cgroup_write(self->path.text, "cgroup.procs", word) == -1)
            continue; /* it may be over; the next look tells */
    }
    return is_complete;
}

/* One look; true when it is the last of enough that saw the same. */
static bool
stop_all(missionctl_group_t *self)
{
    look(self);
    for (size_t i = 0; i < self->tree.count; i++)
        if (!self->tree.nodes[i].is_stopped)
            missionctl_tree_signal(&self->tree.nodes[i], SIGSTOP);
    uint64_t sum = missionctl_tree_sum(&self->tree);
    bool is_same = self->calm == 0 || sum == self->calm_sum;
    self->calm = !self->tree.is_still ? 0 : is_same ? self->calm + 1 : 1;
    self->calm_sum = sum;
    return self->calm >= CALM_LOOKS;
}

static int
freeze_tree(missionctl_group_t *self)
{
    self->calm = 0;
    for (int i = 0; i < LOOKS_MAX; i++)
        if (stop_all(self))
            return 0;
    return MISSIONCTL_GROUP_PENDING;
}

int
missionctl_group_freeze(missionctl_group_t *self)
{
    if (!ways[self->way].hold)
        return freeze_tree(self);
    int result = ways[self->way].hold(self->path.text, true);
    if (result == 0 && !gather(self))
        result = MISSIONCTL_GROUP_PENDING;
    return result;
}

int
missionctl_group_thaw(missionctl_group_t *self)
{
    if (ways[self->way].hold)
        return ways[self->way].hold(self->path.text, false);
    missionctl_group_signal(self, SIGCONT);
    return 0;
}

/* Stopped first, so that nobody is born while the others are killed. */
static int
kill_tree(missionctl_group_t *self)
{
    int held = freeze_tree(self);
    if (held != 0)
        return held;
    if (!self->tree.count)
        return 0;
    for (size_t i = 0; i < self->tree.count; i++)
        missionctl_tree_signal(&self->tree.nodes[i], SIGKILL);
    return MISSIONCTL_GROUP_PENDING;
}

int
missionctl_group_kill(missionctl_group_t *self)
{
    if (!ways[self->way].kill)
        return kill_tree(self);
    bool is_complete = gather(self);
    int result = ways[self->way].kill(self->path.text);
    return result == 0 && !is_complete ? MISSIONCTL_GROUP_PENDING : result;
}

static void
signal_member(void *arg, pid_t pid)
{
    kill(pid, *(const int *)arg);
}

void
missionctl_group_signal(missionctl_group_t *self, int number)
{
    if (self->path.text[0]) {
        missionctl_cgroup_members(self->path.text, signal_member, &number);
        return;
    }
    look(self);
    for (size_t i = 0; i < self->tree.count; i++)
        missionctl_tree_signal(&self->tree.nodes[i], number);
}

size_t
missionctl_group_count(missionctl_group_t *self)
{
    if (self->path.text[0])
        return missionctl_cgroup_members(self->path.text, NULL, NULL);
    look(self);
    return self->tree.count;
}
