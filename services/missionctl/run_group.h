/*
 *  run_group - the processes of a run as one thing that is held, let go or ended
 *
 *      cgroup2   a control group of its own: the kernel freezes and kills all of it at once
 *      freezer   the same of version 1: killed while it is frozen, so that nobody is born meanwhile
 *      signals   none to be had: SIGSTOP and SIGKILL to all that descend from the supervisor,
 *                again and again until nothing new appears. Weaker: a process may undo the stop
 *                of another, and sees that it was stopped
 *
 *  Whoever leaves the control group still descends from the supervisor and is brought back. The
 *  folder of a group is locked while its run lives; one that is not locked was left by a supervisor
 *  that was killed, and the next run beside it ends what is in it.
 *
 *  Nothing here waits: what is not done yet is MISSIONCTL_GROUP_PENDING, and asked for again.
 */
#ifndef MISSIONCTL_RUN_GROUP_H
#define MISSIONCTL_RUN_GROUP_H

#include "place.h"
#include "run_tree.h"

#define MISSIONCTL_GROUP_PENDING 1 /* outcome: begun; ask again */

typedef enum {
    MISSIONCTL_GROUP_CGROUP2,
    MISSIONCTL_GROUP_FREEZER,
    MISSIONCTL_GROUP_SIGNALS,
    MISSIONCTL_GROUP_WAYS,
} missionctl_group_way_t;

typedef struct {
    missionctl_group_way_t way;
    missionctl_path_t path; /* of the control group */
    int folder;             /* the same, locked; -1 */
    pid_t top;              /* whoever descends from it is in the group */
    pid_t exempt[MISSIONCTL_TREE_EXEMPT];
    missionctl_tree_t tree;
    uint64_t calm_sum; /* of the last look at which all were stopped */
    unsigned calm;     /* how many looks in a row saw that */
} missionctl_group_t;

/* The best way that the host lets us, or the one that is named; NULL names none. Descendants of
 * the calling process belong to it. */
MC_CHECKED int missionctl_group_init(missionctl_group_t *self, const char *way, const char *name);

/* Forgets it; is_ended: nothing is in it any more and its folder goes. */
void missionctl_group_clear(missionctl_group_t *self, bool is_ended);

const char *missionctl_group_way_name(const missionctl_group_t *self);
bool missionctl_group_is_strong(const missionctl_group_t *self);

/* fork, with the child in the group already where the kernel can do that; it enters in any case. */
pid_t missionctl_group_fork(const missionctl_group_t *self);
MC_CHECKED int missionctl_group_enter(const missionctl_group_t *self);

/* 0 once all stand still, or all go on. */
MC_CHECKED int missionctl_group_freeze(missionctl_group_t *self);
MC_CHECKED int missionctl_group_thaw(missionctl_group_t *self);

/* 0 once nobody is left. */
MC_CHECKED int missionctl_group_kill(missionctl_group_t *self);

/* A signal to each as it is now. */
void missionctl_group_signal(missionctl_group_t *self, int number);

size_t missionctl_group_count(missionctl_group_t *self);

#endif
