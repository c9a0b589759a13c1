/*
 *  process - programs that missionctl starts
 */
#ifndef MISSIONCTL_PROCESS_H
#define MISSIONCTL_PROCESS_H

#include <sys/types.h>

#include "proto/buffer.h"

/* Who a program runs as. */
typedef struct {
    bool is_other; /* than we */
    uid_t uid;
    gid_t gid;
    char name[64];
} missionctl_user_t;

/* In a child, before exec: gives up our rights for those of the user, with no way back. */
MC_CHECKED int missionctl_user_become(const missionctl_user_t *user);

/* Runs a tool to its end with its output in out. argv[0] is its path. Returns 0, or -1 with the
 * last line that it wrote. */
MC_CHECKED int missionctl_process_run(const char *const *argv, const missionctl_user_t *user,
                                      mc_buffer_t *out);

/* In a child that supervises or is supervised: no signal blocked, none ignored. */
void missionctl_process_reset_signals(void);

/* The exit code of a shell for a wait status: 128 and the signal when one ended it. */
int missionctl_process_exit_code(int wait_status);

#endif
