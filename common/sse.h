/*
 *  sse - server-sent events, read as they come
 *
 *      id: 42
 *      event: agent_event
 *      data: {...}
 *      (an empty line ends the frame)
 *
 *  Lines end in LF or CRLF. A frame that comes whole is read where it lies; only
 *  what is cut between two pieces is copied.
 */
#ifndef MC_COMMON_SSE_H
#define MC_COMMON_SSE_H

#include "proto/buffer.h"

#define MC_SSE_FRAME_BYTES_MAX ((size_t)8 << 20)

/* One whole frame; all lent during the call. Empty where the frame had none of it. */
typedef struct {
    mc_text_t id;
    mc_text_t event;
    mc_text_t data; /* the data lines, joined by newlines */
    mc_text_t raw;  /* the frame as it came, with the empty line at its end */
    bool has_data;  /* false: comments, a retry, an empty line more */
} mc_sse_frame_t;

typedef void mc_sse_frame_fn(void *arg, const mc_sse_frame_t *frame);

typedef struct {
    mc_buffer_t rest; /* of a frame that is not whole yet */
    size_t seen;      /* bytes of it that were looked through for its end */
    mc_buffer_t data; /* of a frame with several data lines */
    mc_sse_frame_fn *frame;
    void *arg;
    bool is_stopped;
} mc_sse_t;

void mc_sse_init(mc_sse_t *self, mc_sse_frame_fn *frame, void *arg);
void mc_sse_clear(mc_sse_t *self);

/* Takes the next bytes, cut anywhere. False when a frame is over the maximum. */
bool mc_sse_feed(mc_sse_t *self, mc_text_t bytes);

/* The connection has ended: what is there of a last frame, without its empty line, counts as one.
 */
void mc_sse_end(mc_sse_t *self);

/* From a frame: no other one is told, whatever is fed. */
void mc_sse_stop(mc_sse_t *self);

/* Forgets what was begun: the connection is a new one. */
void mc_sse_reset(mc_sse_t *self);

#endif
