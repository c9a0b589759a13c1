/*
 *  wire - the frames of the bus
 */
#include "wire.h"

#include <endian.h>

#define COPIED_BYTES_MAX 1024 /* a smaller frame is cheaper copied than handed over */

static void
put_u16(uint8_t *room, uint16_t value)
{
    uint16_t wire = htobe16(value);
    memcpy(room, &wire, sizeof wire);
}

static uint16_t
get_u16(const void *bytes)
{
    uint16_t wire;
    memcpy(&wire, bytes, sizeof wire);
    return be16toh(wire);
}

void
mc_bus_write_tag(uint16_t tag, uint8_t *room)
{
    put_u16(room, tag);
}

void
mc_bus_write_answer(const mc_bus_head_t *head, uint8_t *room)
{
    room[0] = MC_BUS_VERSION;
    memcpy(room + 1, head->id, MC_BUS_ID_BYTES);
    put_u16(room + 1 + MC_BUS_ID_BYTES, head->tag);
}

void
mc_bus_write_request(const mc_bus_head_t *head, uint8_t *room)
{
    uint32_t deadline = htobe32(head->deadline_ms);
    mc_bus_write_answer(head, room);
    memcpy(room + MC_BUS_ANSWER_HEAD_BYTES, &deadline, sizeof deadline);
}

void
mc_bus_write_topic(const mc_bus_topic_head_t *head, uint8_t *room)
{
    uint64_t sequence = htobe64(head->sequence);
    room[0] = MC_BUS_VERSION;
    memcpy(room + 1, head->epoch, MC_BUS_ID_BYTES);
    memcpy(room + 1 + MC_BUS_ID_BYTES, &sequence, sizeof sequence);
}

static bool
is_head(mc_text_t bytes, size_t size)
{
    return bytes.size == size && (uint8_t)bytes.data[0] == MC_BUS_VERSION;
}

static void
read_head(mc_text_t bytes, mc_bus_head_t *head)
{
    memcpy(head->id, bytes.data + 1, MC_BUS_ID_BYTES);
    head->tag = get_u16(bytes.data + 1 + MC_BUS_ID_BYTES);
}

bool
mc_bus_read_answer(mc_text_t bytes, mc_bus_head_t *ret_head)
{
    if (!is_head(bytes, MC_BUS_ANSWER_HEAD_BYTES))
        return false;
    read_head(bytes, ret_head);
    return true;
}

bool
mc_bus_read_request(mc_text_t bytes, mc_bus_head_t *ret_head)
{
    uint32_t deadline;
    if (!is_head(bytes, MC_BUS_REQUEST_HEAD_BYTES))
        return false;
    read_head(bytes, ret_head);
    memcpy(&deadline, bytes.data + MC_BUS_ANSWER_HEAD_BYTES, sizeof deadline);
    ret_head->deadline_ms = be32toh(deadline);
    return true;
}

bool
mc_bus_read_topic(mc_text_t tag, mc_text_t bytes, mc_bus_topic_head_t *ret_head)
{
    uint64_t sequence;
    if (tag.size != MC_BUS_TAG_BYTES || !is_head(bytes, MC_BUS_TOPIC_HEAD_BYTES))
        return false;
    ret_head->tag = get_u16(tag.data);
    memcpy(ret_head->epoch, bytes.data + 1, MC_BUS_ID_BYTES);
    memcpy(&sequence, bytes.data + 1 + MC_BUS_ID_BYTES, sizeof sequence);
    ret_head->sequence = be64toh(sequence);
    return true;
}

static void
write_short(mc_buffer_t *out, const char *text)
{
    size_t size = strlen(text);
    mc_buffer_u16(out, (uint16_t)size);
    mc_buffer_append(out, text, size);
}

void
mc_bus_write_refusal(const mc_refusal_t *refusal, mc_buffer_t *out)
{
    write_short(out, mc_error_row((mc_error_code_t)refusal->code)->name);
    write_short(out, refusal->field);
    write_short(out, refusal->message);
}

/* Cuts one text off the rest; false when there is none. */
static bool
read_short(mc_text_t *rest, mc_text_t *ret_text)
{
    if (rest->size < 2)
        return false;
    size_t size = get_u16(rest->data);
    if (rest->size - 2 < size)
        return false;
    *ret_text = (mc_text_t){rest->data + 2, size};
    *rest = (mc_text_t){rest->data + 2 + size, rest->size - 2 - size};
    return true;
}

bool
mc_bus_read_refusal(mc_text_t bytes, mc_refusal_t *ret_refusal)
{
    mc_text_t code, field, message;
    if (!read_short(&bytes, &code) || !read_short(&bytes, &field) || !read_short(&bytes, &message))
        return false;
    *ret_refusal = (mc_refusal_t){.code = mc_error_code(code)};
    snprintf(ret_refusal->field, sizeof ret_refusal->field, "%.*s", MC_FMT(field));
    snprintf(ret_refusal->message, sizeof ret_refusal->message, "%.*s", MC_FMT(message));
    return true;
}

void
mc_bus_close_frames(mc_bus_frames_t *frames)
{
    for (int i = 0; i < frames->count; i++)
        zmq_msg_close(&frames->frames[i]);
    frames->count = 0;
}

/* What is behind the frames that were read: it belongs to the same message. */
static void
skip_rest(void *socket)
{
    zmq_msg_t frame;
    int more = 1;
    while (more) {
        zmq_msg_init(&frame);
        more = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) == -1 ? 0 : zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
}

mc_bus_received_t
mc_bus_receive(zsock_t *socket, int count, mc_bus_frames_t *ret_frames)
{
    void *handle = zsock_resolve(socket);
    bool has_more = true;
    assert(count <= MC_BUS_FRAMES_MAX);
    ret_frames->count = 0;
    while (has_more && ret_frames->count < count) {
        zmq_msg_t *frame = &ret_frames->frames[ret_frames->count];
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, handle, ZMQ_DONTWAIT) == -1) {
            zmq_msg_close(frame);
            mc_bus_close_frames(ret_frames);
            return MC_BUS_NOTHING;
        }
        ret_frames->count++;
        has_more = zmq_msg_more(frame);
    }
    if (!has_more && ret_frames->count == count)
        return MC_BUS_RECEIVED;
    if (has_more)
        skip_rest(handle);
    mc_bus_close_frames(ret_frames);
    return MC_BUS_MALFORMED;
}

int
mc_bus_send(zsock_t *socket, mc_bus_frames_t *frames)
{
    void *handle = zsock_resolve(socket);
    int error = 0;
    for (int i = 0; i < frames->count && !error; i++) {
        int more = i + 1 < frames->count ? ZMQ_SNDMORE : 0;
        if (zmq_msg_send(&frames->frames[i], handle, ZMQ_DONTWAIT | more) == -1)
            error = errno;
    }
    mc_bus_close_frames(frames);
    return error;
}

void
mc_bus_add_bytes(mc_bus_frames_t *frames, const void *data, size_t size)
{
    assert(frames->count < MC_BUS_FRAMES_MAX);
    zmq_msg_t *frame = &frames->frames[frames->count++];
    int failed = zmq_msg_init_size(frame, size);
    if (failed)
        mc_fatal("out of memory");
    if (size)
        memcpy(zmq_msg_data(frame), data, size);
}

static void
free_buffer(void *data, void *hint)
{
    free(data);
    (void)hint;
}

void
mc_bus_add_buffer(mc_bus_frames_t *frames, mc_buffer_t *buffer)
{
    if (buffer->size <= COPIED_BYTES_MAX) {
        mc_bus_add_bytes(frames, buffer->data, buffer->size);
        mc_buffer_clear(buffer);
        return;
    }
    assert(frames->count < MC_BUS_FRAMES_MAX);
    zmq_msg_t *frame = &frames->frames[frames->count++];
    int failed = zmq_msg_init_data(frame, buffer->data, buffer->size, free_buffer, NULL);
    if (failed)
        mc_fatal("out of memory");
    *buffer = (mc_buffer_t){.max = buffer->max};
}

bool
mc_bus_is_secret(uint16_t tag)
{
    for (size_t i = 0; i < mc_command_count; i++)
        if (mc_commands[i].tag == tag)
            return !strcmp(mc_commands[i].service, MC_BUS_SECRET_SERVICE);
    for (size_t i = 0; i < mc_message_count; i++)
        if (mc_messages[i].tag == tag)
            return !mc_messages[i].is_topic &&
                   !strcmp(mc_messages[i].service, MC_BUS_SECRET_SERVICE);
    return false;
}

void
mc_bus_begin_body(mc_buffer_t *body, uint16_t tag)
{
    mc_buffer_init(body, MC_BUS_MESSAGE_BYTES_MAX);
    if (mc_bus_is_secret(tag))
        (void)mc_buffer_room(body, MC_BUS_SECRET_BYTES);
}

void
mc_bus_clear_body(mc_buffer_t *body, uint16_t tag)
{
    if (body->data && mc_bus_is_secret(tag))
        explicit_bzero(body->data, body->capacity);
    mc_buffer_clear(body);
}

static void
free_secret(void *data, void *hint)
{
    explicit_bzero(data, (size_t)(uintptr_t)hint);
    free(data);
}

/* A secret is never copied: libzmq frees its copies as they are. */
void
mc_bus_add_body(mc_bus_frames_t *frames, mc_buffer_t *body, uint16_t tag)
{
    if (!mc_bus_is_secret(tag)) {
        mc_bus_add_buffer(frames, body);
        return;
    }
    assert(body->data);
    assert(frames->count < MC_BUS_FRAMES_MAX);
    zmq_msg_t *frame = &frames->frames[frames->count++];
    int failed = zmq_msg_init_data(frame, body->data, body->size, free_secret,
                                   (void *)(uintptr_t)body->capacity);
    if (failed)
        mc_fatal("out of memory");
    *body = (mc_buffer_t){.max = body->max};
}

void
mc_bus_wipe_frames(mc_bus_frames_t *frames)
{
    for (int i = 0; i < frames->count; i++)
        explicit_bzero(zmq_msg_data(&frames->frames[i]), zmq_msg_size(&frames->frames[i]));
}

/* libzmq writes from and reads into 8 KiB, which it fills before it begins again. A pad is a little
 * smaller, or it would be sent without a copy. */
#define PAD_BYTES 8000
#define PADS 3

void
mc_bus_send_pads(zsock_t *socket, mc_text_t identity, size_t head_bytes)
{
    static const uint8_t zeros[PAD_BYTES];
    uint8_t head[MC_BUS_REQUEST_HEAD_BYTES];
    mc_bus_write_request(&(mc_bus_head_t){.tag = MC_BUS_PAD_TAG}, head);
    for (int i = 0; i < PADS; i++) {
        mc_bus_frames_t frames = {.count = 0};
        if (identity.data)
            mc_bus_add_bytes(&frames, identity.data, identity.size);
        mc_bus_add_bytes(&frames, head, head_bytes);
        mc_bus_add_bytes(&frames, zeros, sizeof zeros);
        (void)mc_bus_send(socket, &frames);
    }
}

mc_text_t
mc_bus_frame_text(mc_bus_frames_t *frames, int index)
{
    zmq_msg_t *frame = &frames->frames[index];
    return (mc_text_t){zmq_msg_data(frame), zmq_msg_size(frame)};
}
