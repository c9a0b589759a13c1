/*
 *  run_recorder - turns what happens in a run into events in its queue
 *
 *  Output is gathered for 100 ms or 8 KiB, whichever comes first, and cut
 *  between characters. When the queue is full output is left out and counted;
 *  the next piece that fits says how much.
 */
#ifndef MISSIONCTL_RUN_RECORDER_H
#define MISSIONCTL_RUN_RECORDER_H

#include "run_identity.h"
#include "run_queue.h"

#define MISSIONCTL_PIECE_BYTES ((size_t)8192)
#define MISSIONCTL_PIECE_MS 100

typedef enum {
    MISSIONCTL_STDOUT,
    MISSIONCTL_STDERR,
    MISSIONCTL_PTY,
    MISSIONCTL_STREAMS,
} missionctl_stream_t;

typedef struct {
    mc_buffer_t bytes;
    int64_t began_us;    /* steady clock, of the first byte; 0 while there is none */
    int64_t began_at_us; /* the same by the clock that is stored */
    size_t left_out;     /* bytes */
} missionctl_piece_t;

typedef struct {
    const missionctl_run_identity_t *identity;
    missionctl_queue_t *queue;
    char *const *command;
    int64_t started_us;
    missionctl_piece_t pieces[MISSIONCTL_STREAMS];
} missionctl_recorder_t;

void missionctl_recorder_init(missionctl_recorder_t *self,
                              const missionctl_run_identity_t *identity, missionctl_queue_t *queue,
                              char *const *command);
void missionctl_recorder_clear(missionctl_recorder_t *self);

/* How a run is supervised, for its card. */
typedef struct {
    bool has_pty;
    const char *held_by;       /* cgroup2, freezer or signals */
    const char *enforcement;   /* strong or weak */
    const char *egress;        /* open, gateway or unenforced */
    const char *egress_reason; /* why it is unenforced; else empty */
} missionctl_supervision_t;

/* The command is about to start. */
void missionctl_recorder_start(missionctl_recorder_t *self,
                               const missionctl_supervision_t *supervision);

/* What was done to it. */
typedef struct {
    const char *phase; /* pause, resume, stop, restart */
    const char *status;
    const char *mode;   /* of a pause; else NULL */
    const char *reason; /* of whoever asked; may be empty */
    int64_t epoch;
    const char *enforcement;
    const char *next_run_id; /* of a restart; else NULL */
} missionctl_control_note_t;

void missionctl_recorder_control(missionctl_recorder_t *self,
                                 const missionctl_control_note_t *note);

/* It wrote this. */
void missionctl_recorder_output(missionctl_recorder_t *self, missionctl_stream_t stream,
                                mc_text_t bytes);

/* Puts aside what was gathered long enough, or all of it. */
void missionctl_recorder_flush(missionctl_recorder_t *self, bool is_all);

/* How long until something has been gathered long enough; most_ms when nothing has begun. */
int missionctl_recorder_timeout(const missionctl_recorder_t *self, int most_ms);

/* It ended: with a wait status, or, where it could not be started, with the reason. */
void missionctl_recorder_end(missionctl_recorder_t *self, int wait_status, const char *failure);

#endif
