/*
 *  run - one wrapped command with everything that belongs to it
 */
#ifndef MISSIONCTL_RUN_H
#define MISSIONCTL_RUN_H

#include "run_process.h"
#include "run_recorder.h"
#include "run_sender.h"

typedef struct {
    missionctl_run_identity_t identity;
    missionctl_queue_t queue;
    missionctl_recorder_t recorder;
    missionctl_sender_t *sender;
    missionctl_process_t process;
    int signals;
    int drain_ms;        /* how long to wait for delivery at the end */
    int64_t ended_us;    /* steady clock */
    int64_t heard_us;    /* of its last output, or its end */
    bool is_interrupted; /* by a signal, after the command had ended */
} missionctl_run_t;

/* Starts the command and goes with it to its end. Returns its exit code as a shell gives it, or
 * -1. */
MC_CHECKED int missionctl_run_command(missionctl_run_t *self, char *const *command, bool has_pty);

#endif
