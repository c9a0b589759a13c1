/*
 *  run_cgroup - control groups as folders, of both versions
 */
#ifndef MISSIONCTL_RUN_CGROUP_H
#define MISSIONCTL_RUN_CGROUP_H

#include "run_group.h"

typedef void missionctl_member_fn(void *arg, pid_t pid);

/* The folder of the group that we are in: of version 2, or of the freezer of version 1. */
MC_CHECKED int missionctl_cgroup_own(bool is_freezer, missionctl_path_t *ret_path);

/* Makes a group below ours and locks it; first ends what killed supervisors left there. */
MC_CHECKED int missionctl_cgroup_make(missionctl_group_t *self, const char *name);

/* Removes it and those below it, which have nobody in them any more. */
void missionctl_cgroup_remove(const char *path);

/* Writes a word into one of its files, reads one. */
MC_CHECKED int missionctl_cgroup_write(const char *path, const char *file, const char *word);
MC_CHECKED int missionctl_cgroup_read(const char *path, const char *file, char *text, size_t size);

/* Each process in it and in those below; returns how many. */
size_t missionctl_cgroup_members(const char *path, missionctl_member_fn *member, void *arg);

/* One look at version 2, and at version 1. */
MC_CHECKED int missionctl_cgroup2_hold(const char *path, bool is_held);
MC_CHECKED int missionctl_cgroup2_kill(const char *path);
MC_CHECKED int missionctl_freezer_hold(const char *path, bool is_held);
MC_CHECKED int missionctl_freezer_kill(const char *path);

#endif
