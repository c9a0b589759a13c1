/*
 *  run_process - the wrapped command, and its output on its way through
 *
 *  Under a pseudo-terminal the command has a terminal of its own and ours only
 *  hands bytes on (raw). With pipes standard output and standard error stay
 *  apart and unchanged; standard input is simply inherited. Nobody here waits
 *  for a slow reader: while there is something to be written nothing more is
 *  read, so the command feels it as it would without us.
 */
#ifndef MISSIONCTL_RUN_PROCESS_H
#define MISSIONCTL_RUN_PROCESS_H

#include <poll.h>
#include <sys/types.h>
#include <termios.h>

#include "run_egress.h"
#include "run_keeper.h"
#include "run_recorder.h"

#define MISSIONCTL_CHANNELS_MAX 2 /* out and err, or the terminal both ways */
#define MISSIONCTL_CHANNEL_BYTES ((size_t)65536)

/* Bytes from one descriptor to another. */
typedef struct {
    int from; /* -1: at its end */
    int to;   /* -1: nobody reads any more */
    missionctl_stream_t stream;
    bool is_recorded;
    mc_buffer_t pending;
    size_t written; /* of pending */
} missionctl_channel_t;

typedef struct {
    missionctl_keeper_t keeper;
    pid_t pid; /* 0 once it has ended */
    int wait_status;
    bool has_pty;
    int terminal; /* our side of the pseudo-terminal, -1 */
    bool is_raw;  /* our own terminal */
    struct termios saved;
    missionctl_channel_t channels[MISSIONCTL_CHANNELS_MAX];
    size_t channel_count;
} missionctl_process_t;

typedef struct {
    char *const *command;
    bool has_pty;
    const missionctl_group_t *group;
    const missionctl_egress_t *egress;
} missionctl_process_options_t;

/* Starts it. Returns 0, or -1 with the reason; then *ret_exit_code is what a shell would give. */
MC_CHECKED int missionctl_process_start(missionctl_process_t *self,
                                        const missionctl_process_options_t *options,
                                        int *ret_exit_code);

/* Closes all, and puts our terminal back as it was. */
void missionctl_process_clear(missionctl_process_t *self);

/* The terminal is ours again, before the end of everything. */
void missionctl_process_restore(missionctl_process_t *self);

/* What to wait for: at most 2 * MISSIONCTL_CHANNELS_MAX rows. Returns how many. */
size_t missionctl_process_watch(const missionctl_process_t *self, struct pollfd *fds);

/* Moves what can be moved; fds as watched, with what came. True when something was read. */
bool missionctl_process_pump(missionctl_process_t *self, const struct pollfd *fds,
                             missionctl_recorder_t *recorder);

/* All that it wrote has been read and written. */
bool missionctl_process_is_drained(const missionctl_process_t *self);

/* Gives it the size of our terminal. */
void missionctl_process_resize(const missionctl_process_t *self);

#endif
