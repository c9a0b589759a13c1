/*
 *  run_keeper - the process between the supervisor and the command
 *
 *      supervisor -- keeper -- command -- whatever that starts
 *
 *  It starts the command inside the group of the run, takes in its orphans, and tells how it
 *  ended. When the supervisor dies, by kill -9 too, its end of the connection closes, and the
 *  keeper kills all that is left: nothing of a run goes on without supervision. When the keeper
 *  is the one that dies, the orphans go to the supervisor, which does the same.
 */
#ifndef MISSIONCTL_RUN_KEEPER_H
#define MISSIONCTL_RUN_KEEPER_H

#include "run_group.h"

#define MISSIONCTL_KEEPER_DIED 1 /* outcome: it is gone, and said nothing of the command */

/* In the child, instead of what the keeper does: becomes the command; does not come back. */
typedef void missionctl_become_fn(void *arg);

typedef struct {
    pid_t pid;     /* of the keeper; 0: none */
    int line;      /* to it; -1 */
    pid_t command; /* only to be named: it may be over */
} missionctl_keeper_t;

typedef struct {
    const missionctl_group_t *group;
    missionctl_become_fn *become;
    void *arg;
} missionctl_keeper_options_t;

/* Starts the keeper, and by it the command. */
MC_CHECKED int missionctl_keeper_start(missionctl_keeper_t *self,
                                       const missionctl_keeper_options_t *options);

/* Has it send a signal to the command: it alone knows that the number is still that of the
 * command. */
void missionctl_keeper_signal(const missionctl_keeper_t *self, int number);

/* After line became readable: 0 with the wait status of the command, -1 when there is nothing yet,
 * or MISSIONCTL_KEEPER_DIED. */
int missionctl_keeper_hear(missionctl_keeper_t *self, int *ret_wait_status);

/* Lets it go: it kills what is left, if anything, and ends. Waits for that. */
void missionctl_keeper_end(missionctl_keeper_t *self);

#endif
