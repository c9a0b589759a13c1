/*
 *  stack - what runs on this machine, as the supervisor tells and the others read
 *
 *  The supervisor holds a lock for as long as it lives and writes what it knows
 *  to var/run/state.json whenever that changes.
 */
#ifndef MISSIONCTL_STACK_H
#define MISSIONCTL_STACK_H

#include "cluster.h"
#include "place.h"

#define MISSIONCTL_PARTS_MAX 16

/* A service of the stack. */
typedef struct {
    const char *name;
    size_t port_offset; /* of its port in mc_settings_t */
    const char *what;
} missionctl_service_t;

extern const missionctl_service_t missionctl_services[];
extern const size_t missionctl_service_count;

const missionctl_service_t *missionctl_service_find(const char *name);
int missionctl_service_port(const missionctl_service_t *service, const mc_settings_t *settings);

/* One thing that the supervisor looks after. */
typedef struct {
    char name[32];
    char state[16]; /* a word of missionctl_part_words */
    int64_t pid;    /* 0 while it does not run */
    int64_t restarts;
    int64_t since_us;
    char reason[512]; /* why it ended last */
} missionctl_part_t;

/* What the supervisor last wrote. */
typedef struct {
    int64_t pid;       /* of the supervisor */
    int64_t round;     /* grows with each request to look again, see missionctl_stack_refresh */
    char settings[72]; /* checksum of those it was started with; no padding: compared as bytes */
    missionctl_part_t parts[MISSIONCTL_PARTS_MAX];
    size_t count;
} missionctl_state_t;

/* Writes the state file. */
MC_CHECKED int missionctl_state_write(const missionctl_place_t *place,
                                      const missionctl_state_t *state);
MC_CHECKED int missionctl_state_read(const missionctl_place_t *place,
                                     missionctl_state_t *ret_state);
const missionctl_part_t *missionctl_state_find(const missionctl_state_t *state, const char *name);

/* Takes the supervisor's lock for the life of the process: 0, -1, or MISSIONCTL_LOCK_HELD. */
MC_CHECKED int missionctl_stack_lock(const missionctl_place_t *place);
#define MISSIONCTL_LOCK_HELD 1

/* Waits until no other up is under way; the lock ends with the process. */
MC_CHECKED int missionctl_stack_lock_up(const missionctl_place_t *place);

/* The process id of the supervisor that runs, 0 when none does. */
int missionctl_stack_supervisor(const missionctl_place_t *place);

/* The folders under AOP_VAR_DIR, unless they are there. */
MC_CHECKED int missionctl_stack_make_folders(const missionctl_place_t *place);

/* Checks what can be checked before anything is started, makes the folders and the private cluster.
 * say is told each step for a person to read; it may be NULL. ret_cluster is filled only where the
 * cluster is private. */
typedef void missionctl_say_fn(const char *what, const char *how);
MC_CHECKED int missionctl_stack_prepare(const missionctl_place_t *place, missionctl_say_fn *say,
                                        missionctl_cluster_t *ret_cluster);

/* Looks after the stack until it is told to stop: 0, or -1 when it could not begin. */
MC_CHECKED int missionctl_supervise(const missionctl_place_t *place);

/* A checksum of the settings in force, so that a change can be told. */
void missionctl_stack_checksum(const mc_settings_t *settings, char ret_checksum[65]);

/* Asks a service whether it is ready: 0, or -1 with its reason. */
MC_CHECKED int missionctl_service_ready(const missionctl_service_t *service,
                                        const missionctl_place_t *place);

#endif
