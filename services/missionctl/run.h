/*
 *  run - one wrapped command with everything that belongs to it
 */
#ifndef MISSIONCTL_RUN_H
#define MISSIONCTL_RUN_H

#include "run_key.h"
#include "run_link.h"
#include "run_process.h"
#include "run_recorder.h"
#include "run_sender.h"

/* How far the processes are from what is wanted of them. */
typedef struct {
    missionctl_verdict_t wanted;
    bool is_told;       /* the platform has said anything at all */
    bool is_answered;   /* what is wanted is so, and was acknowledged */
    bool is_complained; /* that it cannot be so was acknowledged */
    bool is_frozen;     /* or on the way there */
    bool is_paused;     /* was told as an event */
    bool is_asked;      /* the command was sent SIGTERM */
    bool is_rest_asked; /* and what it left running too */
    bool is_gone;       /* nobody is left */
    int64_t since_us;   /* when it was wanted; steady clock, as the next */
    int64_t kill_us;    /* when whoever is left is killed */
} missionctl_hold_t;

typedef struct {
    missionctl_run_identity_t identity;
    missionctl_run_environment_t environment;
    char model_key[MISSIONCTL_RUN_KEY_BYTES]; /* of this attempt: the old one's is not let in */
    missionctl_api_t *api;                    /* NULL: no gateway is known */
    missionctl_queue_t queue;
    missionctl_recorder_t recorder;
    missionctl_sender_t *sender;
    missionctl_link_t *link; /* NULL: no gateway is known */
    missionctl_process_t process;
    missionctl_group_t group;
    missionctl_egress_t egress;
    missionctl_hold_t hold;
    const char *hold_by; /* the way that was asked for; NULL: the best */
    int64_t grace_s;
    bool has_pty;
    bool stays;     /* after a stop it waits for a restart */
    bool has_ended; /* the command came to its end by itself */
    int signals;
    int drain_ms;        /* how long to wait for delivery at the end */
    int64_t ended_us;    /* steady clock */
    int64_t heard_us;    /* of its last output, or its end */
    bool is_interrupted; /* by a signal, after the command had ended */
} missionctl_run_t;

/* Starts the command and goes with it to its end, and through its restarts. Returns its exit code
 * as a shell gives it, or -1. */
MC_CHECKED int missionctl_run_command(missionctl_run_t *self, char *const *command);

/* One turn: waits at most timeout_ms for anything, and deals with it. */
void missionctl_run_turn(missionctl_run_t *self, int timeout_ms);

#endif
