/*
 *  run_egress_parts - what the files of run_egress share
 */
#ifndef MISSIONCTL_RUN_EGRESS_PARTS_H
#define MISSIONCTL_RUN_EGRESS_PARTS_H

#include "run_egress.h"

typedef struct {
    int space;
    int users;
    int listeners[MISSIONCTL_EGRESS_PORTS_MAX];
} missionctl_space_t;

/* Makes a network with these ports on its loopback, all listening. */
MC_CHECKED int missionctl_space_make(const uint16_t *ports, size_t count,
                                     missionctl_space_t *ret_space);

/* Carries connections from each listener to that port of this machine, until line closes. A byte
 * on line, 'c' or 'o', closes or opens it, and is answered. */
_Noreturn void missionctl_relay_run(int line, const int *listeners, const uint16_t *ports,
                                    size_t count);

/* Has the kernel drop what the sockets of a control group send and receive; blocks are what that
 * takes, to be given back. */
MC_CHECKED int missionctl_block_attach(const missionctl_group_t *group, int blocks[3]);
void missionctl_block_detach(const missionctl_group_t *group, int blocks[3]);

#endif
