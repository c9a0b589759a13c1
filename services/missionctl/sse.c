/*
 *  sse - server-sent events, read as they come
 */
#include "sse.h"

#include <stdio.h>

void
missionctl_sse_init(missionctl_sse_t *self, missionctl_sse_frame_fn *frame, void *arg)
{
    *self = (missionctl_sse_t){.frame = frame, .arg = arg};
    mc_buffer_init(&self->line, MISSIONCTL_SSE_FRAME_BYTES_MAX);
    mc_buffer_init(&self->data, MISSIONCTL_SSE_FRAME_BYTES_MAX);
}

void
missionctl_sse_clear(missionctl_sse_t *self)
{
    mc_buffer_clear(&self->line);
    mc_buffer_clear(&self->data);
}

void
missionctl_sse_reset(missionctl_sse_t *self)
{
    mc_buffer_reset(&self->line);
    mc_buffer_reset(&self->data);
    self->id[0] = '\0';
    self->event[0] = '\0';
}

static void
end_frame(missionctl_sse_t *self)
{
    if (self->data.size) {
        mc_text_t data = mc_buffer_content(&self->data);
        data.size--; /* the newline behind the last line */
        self->frame(self->arg, mc_text(self->id), mc_text(self->event), data);
    }
    mc_buffer_reset(&self->data);
    self->id[0] = '\0';
    self->event[0] = '\0';
}

static void
take_line(missionctl_sse_t *self, mc_text_t line)
{
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    if (line.size == 0) {
        end_frame(self);
        return;
    }
    const char *colon = memchr(line.data, ':', line.size);
    size_t size = colon ? (size_t)(colon - line.data) : line.size;
    mc_text_t name = {line.data, size};
    mc_text_t value = {colon ? colon + 1 : NULL, colon ? line.size - size - 1 : 0};
    if (value.size && value.data[0] == ' ')
        value = (mc_text_t){value.data + 1, value.size - 1};
    if (mc_text_is(name, "id"))
        snprintf(self->id, sizeof self->id, "%.*s", MC_FMT(value));
    else if (mc_text_is(name, "event"))
        snprintf(self->event, sizeof self->event, "%.*s", MC_FMT(value));
    else if (mc_text_is(name, "data")) {
        mc_buffer_text(&self->data, value);
        mc_buffer_byte(&self->data, '\n');
    }
}

bool
missionctl_sse_feed(missionctl_sse_t *self, mc_text_t bytes)
{
    while (bytes.size) {
        const char *newline = memchr(bytes.data, '\n', bytes.size);
        size_t size = newline ? (size_t)(newline - bytes.data) : bytes.size;
        mc_buffer_append(&self->line, bytes.data, size);
        if (self->line.is_full || self->data.is_full)
            return false;
        if (!newline)
            return true;
        take_line(self, mc_buffer_content(&self->line));
        mc_buffer_reset(&self->line);
        bytes = (mc_text_t){newline + 1, bytes.size - size - 1};
    }
    return true;
}
