/*
 *  wire - the frames of the bus
 */
#ifndef MC_COMMON_BUS_WIRE_H
#define MC_COMMON_BUS_WIRE_H

#include <czmq.h>

#include "common/bus.h"

#define MC_BUS_VERSION 1
#define MC_BUS_ID_BYTES 16

typedef struct {
    uint8_t id[MC_BUS_ID_BYTES];
    uint16_t tag;
    uint32_t deadline_ms; /* of a request only */
} mc_bus_head_t;

typedef struct {
    uint16_t tag;
    uint8_t epoch[MC_BUS_ID_BYTES];
    uint64_t sequence;
} mc_bus_topic_head_t;

/* Heads as bytes, and back; false when the bytes are none. */
#define MC_BUS_REQUEST_HEAD_BYTES 23
#define MC_BUS_ANSWER_HEAD_BYTES 19
#define MC_BUS_TOPIC_HEAD_BYTES 25
#define MC_BUS_TAG_BYTES 2
void mc_bus_write_request(const mc_bus_head_t *head, uint8_t *room);
void mc_bus_write_answer(const mc_bus_head_t *head, uint8_t *room);
void mc_bus_write_topic(const mc_bus_topic_head_t *head, uint8_t *room);
void mc_bus_write_tag(uint16_t tag, uint8_t *room);
bool mc_bus_read_request(mc_text_t bytes, mc_bus_head_t *ret_head);
bool mc_bus_read_answer(mc_text_t bytes, mc_bus_head_t *ret_head);
bool mc_bus_read_topic(mc_text_t tag, mc_text_t bytes, mc_bus_topic_head_t *ret_head);

/* A refusal as the body of an answer, and back. */
void mc_bus_write_refusal(const mc_refusal_t *refusal, mc_buffer_t *out);
bool mc_bus_read_refusal(mc_text_t bytes, mc_refusal_t *ret_refusal);

/* One message, never waited for: frames are closed by receive, and by send whatever comes. */
#define MC_BUS_FRAMES_MAX 3
typedef struct {
    zmq_msg_t frames[MC_BUS_FRAMES_MAX];
    int count;
} mc_bus_frames_t;

typedef enum {
    MC_BUS_NOTHING,   /* none there */
    MC_BUS_RECEIVED,  /* with count frames; close them */
    MC_BUS_MALFORMED, /* taken and dropped: not count frames */
} mc_bus_received_t;

mc_bus_received_t mc_bus_receive(zsock_t *socket, int count, mc_bus_frames_t *ret_frames);
void mc_bus_close_frames(mc_bus_frames_t *frames);

/* 0, or the errno of the failure: EAGAIN when full, EHOSTUNREACH when gone. */
int mc_bus_send(zsock_t *socket, mc_bus_frames_t *frames);

/* Appends a frame: a copy of the bytes; the buffer's own memory, which is taken. */
void mc_bus_add_bytes(mc_bus_frames_t *frames, const void *data, size_t size);
void mc_bus_add_buffer(mc_bus_frames_t *frames, mc_buffer_t *buffer);

/* What goes to the vault and comes from it carries secrets. Its buffer has room from the start, so
 * that nothing of it is left where it grew out of; its frames are wiped before they are closed. */
#define MC_BUS_SECRET_BYTES ((size_t)64 << 10)
bool mc_bus_is_secret(uint16_t tag);
void mc_bus_begin_body(mc_buffer_t *body, uint16_t tag);
void mc_bus_clear_body(mc_buffer_t *body, uint16_t tag);
void mc_bus_add_body(mc_bus_frames_t *frames, mc_buffer_t *body, uint16_t tag);
void mc_bus_wipe_frames(mc_bus_frames_t *frames);

/* Zeros behind a secret, so that nothing of it stays in what libzmq writes from and reads into. The
 * receiver drops them. identity is empty but on a ROUTER. */
#define MC_BUS_PAD_TAG 0xffff
void mc_bus_send_pads(zsock_t *socket, mc_text_t identity, size_t head_bytes);
#define MC_BUS_SECRET_SERVICE "vault"

mc_text_t mc_bus_frame_text(mc_bus_frames_t *frames, int index);

#endif
