/*
 *  sse - server-sent events, read as they come
 *
 *      id: 42
 *      event: agent_event
 *      data: {...}
 *      (an empty line ends the frame)
 */
#ifndef MISSIONCTL_SSE_H
#define MISSIONCTL_SSE_H

#include "proto/buffer.h"

#define MISSIONCTL_SSE_FRAME_BYTES_MAX ((size_t)8 << 20)

/* One whole frame; all lent during the call. id is empty where the frame had none. */
typedef void missionctl_sse_frame_fn(void *arg, mc_text_t id, mc_text_t event, mc_text_t data);

typedef struct {
    mc_buffer_t line;
    mc_buffer_t data;
    char id[64];
    char event[64];
    missionctl_sse_frame_fn *frame;
    void *arg;
} missionctl_sse_t;

void missionctl_sse_init(missionctl_sse_t *self, missionctl_sse_frame_fn *frame, void *arg);
void missionctl_sse_clear(missionctl_sse_t *self);

/* Takes the next bytes, cut anywhere. False when a frame is over the maximum. */
bool missionctl_sse_feed(missionctl_sse_t *self, mc_text_t bytes);

/* Forgets what was begun: the connection is a new one. */
void missionctl_sse_reset(missionctl_sse_t *self);

#endif
