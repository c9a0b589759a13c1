/*
 *  run_queue - events of one run that are not delivered yet, in a file
 *
 *      var/run-buffer/<run id>.jsonl   one event a line, as it is sent
 *
 *  Terminal output may hold secrets, so only we can read the file. It is locked
 *  while its run lives; what a run leaves is delivered by a later one. A resend
 *  does no harm, since each event carries its own id. Where no file can be made
 *  the queue is in memory, and so ends with the run.
 */
#ifndef MISSIONCTL_RUN_QUEUE_H
#define MISSIONCTL_RUN_QUEUE_H

#include "place.h"

#define MISSIONCTL_QUEUE_BYTES_MAX ((int64_t)64 << 20)
#define MISSIONCTL_QUEUE_RESERVE ((int64_t)256 << 10) /* on top, for what must not be lost */

/* Of all runs together; then there is no new file. */
#define MISSIONCTL_QUEUES_BYTES_MAX ((int64_t)1 << 30)

#define MISSIONCTL_QUEUE_FULL 1   /* outcome: the line was not taken */
#define MISSIONCTL_QUEUE_LOCKED 1 /* outcome: another process has it */

typedef struct {
    missionctl_path_t path; /* empty: in memory */
    int fd;
    int64_t head; /* delivered up to here */
    int64_t tail;
} missionctl_queue_t;

/* The folder of the queues: under var where that is ours to write, else the user's own. Empty when
 * there is none. */
missionctl_path_t missionctl_queue_folder(const missionctl_place_t *place);

/* A new queue; never fails for want of a file. */
MC_CHECKED int missionctl_queue_init(missionctl_queue_t *self, const char *folder,
                                     const char *run_id);

/* One that was left: 0, -1, or MISSIONCTL_QUEUE_LOCKED. */
MC_CHECKED int missionctl_queue_open(missionctl_queue_t *self, const char *path);

/* Closes it, and removes the file when nothing is left in it. */
void missionctl_queue_clear(missionctl_queue_t *self);

/* Takes a line with its newline: 0, -1, or MISSIONCTL_QUEUE_FULL. */
MC_CHECKED int missionctl_queue_append(missionctl_queue_t *self, mc_text_t line, bool is_vital);

bool missionctl_queue_is_empty(const missionctl_queue_t *self);

/* Reads whole lines from the head, at least one and at most about size bytes or count lines. */
MC_CHECKED int missionctl_queue_peek(const missionctl_queue_t *self, size_t size, size_t count,
                                     mc_buffer_t *out);

/* They are delivered. */
void missionctl_queue_advance(missionctl_queue_t *self, size_t size);

/* Lines that are left; for what a person is told. */
size_t missionctl_queue_count(const missionctl_queue_t *self);

#endif
