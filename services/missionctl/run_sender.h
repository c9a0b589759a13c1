/*
 *  run_sender - delivers queues to ingest, one request at a time
 *
 *  Sends what the current queue has; a failure is tried again after a pause
 *  that grows to 5 s, or as Retry-After says. A batch that is refused as such
 *  is cut in halves until the one event that is wrong stands alone and is left
 *  out. Once its own queue is empty it takes up those that earlier runs left.
 */
#ifndef MISSIONCTL_RUN_SENDER_H
#define MISSIONCTL_RUN_SENDER_H

#include "run_queue.h"

#define MISSIONCTL_BATCH_BYTES ((size_t)256 << 10)
#define MISSIONCTL_BATCH_LINES 500
#define MISSIONCTL_RETRY_LEAST_MS 200
#define MISSIONCTL_RETRY_MOST_MS 5000
#define MISSIONCTL_RETRY_AFTER_MOST_MS 60000

typedef struct missionctl_sender missionctl_sender_t;

typedef struct {
    const char *endpoint;      /* of ingest, without path */
    const char *key;           /* NULL: none */
    missionctl_queue_t *queue; /* its own; lent; NULL: only leftovers */
    const char *folder;        /* where leftovers are; "" for none */
} missionctl_sender_options_t;

missionctl_sender_t *missionctl_sender_new(const missionctl_sender_options_t *options);
void missionctl_sender_destroy(missionctl_sender_t **address);

/* Waits at most timeout_ms for its own sockets or any of the descriptors (struct pollfd, revents
 * are filled), and goes on with what it has to do. */
struct pollfd;
void missionctl_sender_wait(missionctl_sender_t *self, struct pollfd *fds, size_t count,
                            int timeout_ms);

/* Its own queue is empty and nothing is under way. */
bool missionctl_sender_is_idle(const missionctl_sender_t *self);

/* Leftovers that could be opened are gone too. */
bool missionctl_sender_is_done(const missionctl_sender_t *self);

typedef struct {
    size_t delivered;   /* events */
    size_t refused;     /* that ingest will never take */
    char refusal[256];  /* the first */
    char failure[256];  /* why the last try failed; empty when it did not */
    bool is_locked_out; /* it failed for want of a key: to wait will not help */
} missionctl_sender_report_t;

const missionctl_sender_report_t *missionctl_sender_report(const missionctl_sender_t *self);

#endif
