/*
 *  child - one program that the supervisor looks after
 *
 *      asleep    its turn has not come, or it is not built
 *      running   started; what it writes goes to its log
 *      resting   it ended and is started again after a pause, 0.2 s to 5 s
 *      done      it had one thing to do and did it
 *      stopping  asked to end
 *      stopped   ended as asked
 */
#ifndef MISSIONCTL_CHILD_H
#define MISSIONCTL_CHILD_H

#include <sys/stat.h>
#include <sys/types.h>

#include "log_file.h"
#include "stack.h"

#define MISSIONCTL_PAUSE_LEAST_MS 200
#define MISSIONCTL_PAUSE_MOST_MS 5000
#define MISSIONCTL_STEADY_MS 10000 /* who ran that long is started again without a pause */

#define MISSIONCTL_CHILD_STATES(STATE)                                                             \
    STATE(ASLEEP, "asleep")                                                                        \
    STATE(RUNNING, "running")                                                                      \
    STATE(RESTING, "resting")                                                                      \
    STATE(DONE, "done")                                                                            \
    STATE(STOPPING, "stopping")                                                                    \
    STATE(STOPPED, "stopped")

typedef enum {
#define MISSIONCTL_CHILD_MEMBER(NAME, word) MISSIONCTL_CHILD_##NAME,
    MISSIONCTL_CHILD_STATES(MISSIONCTL_CHILD_MEMBER)
} missionctl_child_state_t;

typedef struct missionctl_child missionctl_child_t;

/* In the new process: becomes the program. Returns only on failure, with the reason kept. */
typedef int missionctl_child_exec_fn(const missionctl_child_t *child);

struct missionctl_child {
    const char *name;
    missionctl_child_exec_fn *exec;
    const void *context;       /* for exec */
    missionctl_path_t program; /* whose change makes a restart worth while */
    missionctl_path_t content; /* which it read when it started, likewise; may be empty */
    bool is_once;              /* ends by itself when it is done */
    int stop_signal;
    int stop_wait_ms; /* then it is killed */
    bool comes_back;  /* asleep again once it has stopped */
    missionctl_child_state_t state;
    pid_t pid;
    int output; /* what it writes, to be read here; -1 */
    missionctl_log_file_t log;
    struct timespec program_time; /* of both when it was started: the later one */
    int64_t started_us;           /* steady clock */
    int64_t due_us;               /* when to start or to kill it, steady clock */
    int pause_ms;
    missionctl_part_t part; /* what others may read of it */
};

/* Starts it. A failure to start is handled like an end. */
void missionctl_child_start(missionctl_child_t *self);

/* Reads what it wrote; false when there will be no more. */
bool missionctl_child_read(missionctl_child_t *self);

/* It ended with this wait status. */
void missionctl_child_ended(missionctl_child_t *self, int wait_status);

/* Asks it to end; kills it when due_us has passed. */
void missionctl_child_stop(missionctl_child_t *self);
void missionctl_child_kill(missionctl_child_t *self);

/* True when its program on disk is another than the one that runs. */
bool missionctl_child_is_outdated(const missionctl_child_t *self);

void missionctl_child_clear(missionctl_child_t *self);

#endif
