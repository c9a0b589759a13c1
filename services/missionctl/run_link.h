/*
 *  run_link - what passes between a supervisor and the gateway
 *
 *      POST /api/v1/control/parts           here I am; again each second while no stream is open;
 *                                           and at the end: I leave
 *      GET  /api/v1/control/stream?run=ID   what is wanted of the run, live
 *      POST /api/v1/control/ack             what is so now
 *
 *  While the gateway is away it is tried again after pauses that grow to 5 s; what was heard last
 *  stays in force. An acknowledgement waits until it is delivered or refused; a newer one of the
 *  same run takes its place.
 */
#ifndef MISSIONCTL_RUN_LINK_H
#define MISSIONCTL_RUN_LINK_H

#include "place.h"
#include "proto/buffer.h"
#include "run_verdict.h"

#define MISSIONCTL_LINK_PAUSE_LEAST_MS 250
#define MISSIONCTL_LINK_PAUSE_MOST_MS 5000
#define MISSIONCTL_LINK_BEAT_MS 1000
#define MISSIONCTL_LINK_SILENCE_S 5L /* the gateway says something each second */
#define MISSIONCTL_LINK_ACKS_MAX 8   /* runs, since each has one: attempts of the command */

typedef struct missionctl_link missionctl_link_t;

typedef void missionctl_verdict_fn(void *arg, const missionctl_verdict_t *verdict);

typedef struct {
    const char *base;       /* URL of the gateway; lent */
    const char *credential; /* a header, or empty; lent */
    missionctl_verdict_fn *heard;
    void *arg;
} missionctl_link_options_t;

missionctl_link_t *missionctl_link_new(const missionctl_link_options_t *options);
void missionctl_link_destroy(missionctl_link_t **address);

/* From now on it is about this run; hello is the body that announces it. */
void missionctl_link_follow(missionctl_link_t *self, const char *run_id, mc_text_t hello);

/* To be waited for, at most as long as timeout says; then go_on, always. */
int missionctl_link_fd(const missionctl_link_t *self);
int missionctl_link_timeout(const missionctl_link_t *self, int most_ms);
void missionctl_link_go_on(missionctl_link_t *self);

/* Takes an acknowledgement of the run that is followed. */
void missionctl_link_acknowledge(missionctl_link_t *self, mc_text_t body);

/* The run that is followed is over: after what is to be acknowledged the body says so, and nothing
 * more is heard of it. */
void missionctl_link_leave(missionctl_link_t *self, mc_text_t body);

/* It has heard something of the run, or that the gateway is not to be had. */
bool missionctl_link_is_settled(const missionctl_link_t *self);

/* Nothing waits that the gateway could take now. */
bool missionctl_link_is_idle(const missionctl_link_t *self);

#endif
