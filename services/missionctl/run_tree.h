/*
 *  run_tree - all processes that descend from one
 *
 *  The kernel hands orphans to the nearest ancestor that asked for them, so below a supervisor
 *  nobody gets lost: neither by forking twice nor by a session of his own. What is read of a tree
 *  that runs is old at once; of one that stands still it is exact. So whoever needs certainty
 *  stops what it sees and looks again, until it twice sees the same and all of it stopped.
 */
#ifndef MISSIONCTL_RUN_TREE_H
#define MISSIONCTL_RUN_TREE_H

#include <sys/types.h>

#include "proto/base.h"

#define MISSIONCTL_TREE_EXEMPT 2
#define MISSIONCTL_TREE_MAX 65536 /* processes; there are no more at once on most machines */

typedef struct {
    pid_t pid;
    pid_t parent;   /* below whom it was found */
    uint64_t began; /* in ticks since the machine started: with the pid it is unique */
    bool is_stopped;
} missionctl_tree_node_t;

typedef struct {
    missionctl_tree_node_t *nodes;
    size_t count;
    size_t capacity;
    pid_t top;          /* whose tree it is */
    uint64_t ended_sum; /* of those that have ended and wait for their parent */
    bool is_still;      /* all stopped, and nobody went away while it was read */
} missionctl_tree_t;

/* Reads the processes below top, without top and those that are exempt; not those that have ended
 * and are only not taken notice of. */
void missionctl_tree_read(missionctl_tree_t *self, pid_t top,
                          const pid_t exempt[MISSIONCTL_TREE_EXEMPT]);
void missionctl_tree_clear(missionctl_tree_t *self);

/* Sends a signal to a process, unless its number means another one by now. */
void missionctl_tree_signal(const missionctl_tree_node_t *node, int number);

/* A number that differs between two trees that are not the same. */
uint64_t missionctl_tree_sum(const missionctl_tree_t *self);

#endif
