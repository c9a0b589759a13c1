/*
 *  run_cgroup_ways - freezing and killing a control group, by its version
 *
 *  Version 1 kills nobody by itself: the group is frozen first, so that the list of its members
 *  is complete and stays so, each gets SIGKILL, and with the thaw they meet it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/error.h"
#include "run_cgroup.h"

static bool
has_line(const char *text, const char *line)
{
    size_t size = strlen(line);
    for (const char *at = text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (!strncmp(at, line, size) && (at[size] == '\n' || !at[size]))
            return true;
    }
    return false;
}

int
missionctl_cgroup2_hold(const char *path, bool is_held)
{
    char text[256];
    if (missionctl_cgroup_write(path, "cgroup.freeze", is_held ? "1" : "0") == -1 ||
        missionctl_cgroup_read(path, "cgroup.events", text, sizeof text) == -1)
        return -1;
    return has_line(text, is_held ? "frozen 1" : "frozen 0") ? 0 : MISSIONCTL_GROUP_PENDING;
}

static void
kill_member(void *arg, pid_t pid)
{
    (void)arg;
    kill(pid, SIGKILL);
}

/* Kernels before 5.14 have no cgroup.kill; there the group is frozen for it, like version 1. */
int
missionctl_cgroup2_kill(const char *path)
{
    char text[256];
    if (missionctl_cgroup_write(path, "cgroup.kill", "1") == -1) {
        int held = missionctl_cgroup2_hold(path, true);
        if (held != 0)
            return held;
        missionctl_cgroup_members(path, kill_member, NULL);
        if (missionctl_cgroup_write(path, "cgroup.freeze", "0") == -1)
            return -1;
    }
    if (missionctl_cgroup_read(path, "cgroup.events", text, sizeof text) == -1)
        return -1;
    return has_line(text, "populated 0") ? 0 : MISSIONCTL_GROUP_PENDING;
}

/* The state goes on when it is read; a group without members is frozen at once. */
int
missionctl_freezer_hold(const char *path, bool is_held)
{
    char text[32];
    const char *word = is_held ? "FROZEN" : "THAWED";
    if (missionctl_cgroup_write(path, "freezer.state", word) == -1 ||
        missionctl_cgroup_read(path, "freezer.state", text, sizeof text) == -1)
        return -1;
    return has_line(text, word) ? 0 : MISSIONCTL_GROUP_PENDING;
}

int
missionctl_freezer_kill(const char *path)
{
    if (!missionctl_cgroup_members(path, NULL, NULL))
        return 0;
    int held = missionctl_freezer_hold(path, true);
    if (held != 0)
        return held;
    missionctl_cgroup_members(path, kill_member, NULL);
    if (missionctl_freezer_hold(path, false) == -1)
        return -1;
    return missionctl_cgroup_members(path, NULL, NULL) ? MISSIONCTL_GROUP_PENDING : 0;
}
