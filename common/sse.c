/*
 *  sse - server-sent events, read as they come
 */
#include "sse.h"

void
mc_sse_init(mc_sse_t *self, mc_sse_frame_fn *frame, void *arg)
{
    *self = (mc_sse_t){.frame = frame, .arg = arg};
    mc_buffer_init(&self->rest, MC_SSE_FRAME_BYTES_MAX);
    mc_buffer_init(&self->data, MC_SSE_FRAME_BYTES_MAX);
}

void
mc_sse_clear(mc_sse_t *self)
{
    mc_buffer_clear(&self->rest);
    mc_buffer_clear(&self->data);
}

void
mc_sse_reset(mc_sse_t *self)
{
    mc_buffer_reset(&self->rest);
    self->seen = 0;
    self->is_stopped = false;
}

void
mc_sse_stop(mc_sse_t *self)
{
    self->is_stopped = true;
}

/* The line at the place, without its end; the place moves behind it. */
static mc_text_t
next_line(mc_text_t text, size_t *at)
{
    const char *start = text.data + *at;
    const char *newline = memchr(start, '\n', text.size - *at);
    size_t size = newline ? (size_t)(newline - start) : text.size - *at;
    *at += size + (newline ? 1 : 0);
    if (size && start[size - 1] == '\r')
        size--;
    return (mc_text_t){start, size};
}

/* A first data line is lent where it lies; with a second one all are joined in the buffer. */
static void
add_data(mc_sse_t *self, mc_sse_frame_t *frame, mc_text_t value)
{
    if (!frame->has_data) {
        frame->has_data = true;
        frame->data = value;
        return;
    }
    if (self->data.size == 0)
        mc_buffer_text(&self->data, frame->data);
    mc_buffer_byte(&self->data, '\n');
    mc_buffer_text(&self->data, value);
    frame->data = mc_buffer_content(&self->data);
}

static void
take_line(mc_sse_t *self, mc_sse_frame_t *frame, mc_text_t line)
{
    const char *colon = memchr(line.data, ':', line.size);
    size_t size = colon ? (size_t)(colon - line.data) : line.size;
    mc_text_t name = {line.data, size};
    mc_text_t value = {colon ? colon + 1 : NULL, colon ? line.size - size - 1 : 0};
    if (value.size && value.data[0] == ' ')
        value = (mc_text_t){value.data + 1, value.size - 1};
    if (mc_text_is(name, "data"))
        add_data(self, frame, value);
    else if (mc_text_is(name, "event"))
        frame->event = value;
    else if (mc_text_is(name, "id"))
        frame->id = value;
}

static void
take_frame(mc_sse_t *self, mc_text_t raw)
{
    mc_sse_frame_t frame = {.raw = raw};
    mc_buffer_reset(&self->data);
    for (size_t at = 0; at < raw.size;) {
        mc_text_t line = next_line(raw, &at);
        if (line.size)
            take_line(self, &frame, line);
    }
    if (!self->is_stopped)
        self->frame(self->arg, &frame);
}

/* The size of the frame at the start of the text, or 0 when its end is not there; seen is how much
 * of it was looked at before. */
static size_t
frame_size(mc_text_t text, size_t seen)
{
    size_t at = seen > 2 ? seen - 2 : 0; /* its end may be cut too */
    if (at == 0 && text.size && text.data[0] == '\n')
        return 1;
    if (at == 0 && text.size > 1 && text.data[0] == '\r' && text.data[1] == '\n')
        return 2;
    while (at < text.size) {
        const char *newline = memchr(text.data + at, '\n', text.size - at);
        if (!newline)
            return 0;
        at = (size_t)(newline - text.data) + 1;
        size_t left = text.size - at;
        if (left && newline[1] == '\n')
            return at + 1;
        if (left > 1 && newline[1] == '\r' && newline[2] == '\n')
            return at + 2;
    }
    return 0;
}

/* Tells every frame that is whole. Returns how much of the text they were. */
static size_t
take_frames(mc_sse_t *self, mc_text_t text, size_t seen)
{
    size_t done = 0, size;
    while ((size = frame_size((mc_text_t){text.data + done, text.size - done}, seen))) {
        take_frame(self, (mc_text_t){text.data + done, size});
        done += size;
        seen = 0;
    }
    return done;
}

bool
mc_sse_feed(mc_sse_t *self, mc_text_t bytes)
{
    if (self->rest.size == 0) {
        size_t done = take_frames(self, bytes, 0);
        mc_buffer_append(&self->rest, bytes.data + done, bytes.size - done);
    } else {
        mc_buffer_text(&self->rest, bytes);
        if (self->rest.is_full)
            return false;
        size_t done = take_frames(self, mc_buffer_content(&self->rest), self->seen);
        self->rest.size -= done;
        if (done && self->rest.size)
            memmove(self->rest.data, self->rest.data + done, self->rest.size);
    }
    self->seen = self->rest.size;
    return !self->rest.is_full;
}

void
mc_sse_end(mc_sse_t *self)
{
    if (self->rest.size)
        take_frame(self, mc_buffer_content(&self->rest));
    mc_buffer_reset(&self->rest);
    self->seen = 0;
}
