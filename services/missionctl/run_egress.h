/*
 *  run_egress - the way out of a run: open, only to the platform, or closed
 *
 *  --egress gateway puts the command into a network of its own that has nothing but its loopback.
 *  There we listen on the ports of the platform, and a relay outside carries the bytes: it is the
 *  only way out, and closing it closes the run. Without it the way out can still be closed where
 *  the run has a control group of version 2: the kernel then drops whatever its sockets send.
 *
 *  What neither holds back: Unix sockets with a name in the file system, such as a container
 *  engine's.
 */
#ifndef MISSIONCTL_RUN_EGRESS_H
#define MISSIONCTL_RUN_EGRESS_H

#include "run_group.h"

#define MISSIONCTL_EGRESS_PORTS_MAX 8

typedef enum {
    MISSIONCTL_EGRESS_OPEN,
    MISSIONCTL_EGRESS_LOCKED,
    MISSIONCTL_EGRESS_UNENFORCED, /* asked for, but not to be had */
} missionctl_egress_kind_t;

typedef struct {
    missionctl_egress_kind_t kind;
    char reason[256]; /* why it is unenforced */
    int space;        /* the network; -1 */
    int users;        /* the user namespace that it belongs to, where we are not root; -1 */
    pid_t relay;
    int line;      /* to the relay; -1 */
    int blocks[3]; /* what is attached to the control group; -1 */
    bool is_closed;
} missionctl_egress_t;

void missionctl_egress_init(missionctl_egress_t *self);

/* Locks it to the ports of these URLs, of which all must be on this machine; else it is unenforced
 * and says why. */
void missionctl_egress_lock(missionctl_egress_t *self, const char *const *urls, size_t count);
void missionctl_egress_clear(missionctl_egress_t *self);

/* In the command's process: goes where it belongs. */
MC_CHECKED int missionctl_egress_enter(const missionctl_egress_t *self);

/* Closes it, opens it again. */
MC_CHECKED int missionctl_egress_close(missionctl_egress_t *self, const missionctl_group_t *group);
void missionctl_egress_open(missionctl_egress_t *self, const missionctl_group_t *group);

/* open, gateway or unenforced */
const char *missionctl_egress_name(const missionctl_egress_t *self);

#endif
