/*
 *  run_pump - the output of the wrapped command on its way through
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "run_process.h"

static size_t
left_of(const missionctl_channel_t *channel)
{
    return channel->pending.size - channel->written;
}

static bool
wants_read(const missionctl_channel_t *channel)
{
    return channel->from != -1 && left_of(channel) == 0;
}

static bool
wants_write(const missionctl_channel_t *channel)
{
    return channel->to != -1 && left_of(channel) > 0;
}

size_t
missionctl_process_watch(const missionctl_process_t *self, struct pollfd *fds)
{
    size_t count = 0;
    for (size_t i = 0; i < self->channel_count; i++) {
        const missionctl_channel_t *channel = &self->channels[i];
        fds[count++] =
            (struct pollfd){.fd = wants_read(channel) ? channel->from : -1, .events = POLLIN};
        fds[count++] =
            (struct pollfd){.fd = wants_write(channel) ? channel->to : -1, .events = POLLOUT};
    }
    return count;
}

/* The end of our input: a pseudo-terminal is told by the character for it. */
static void
end_input(missionctl_process_t *self, missionctl_channel_t *channel)
{
    struct termios modes;
    channel->from = -1;
    if (channel->is_recorded || self->terminal == -1 || tcgetattr(self->terminal, &modes) == -1)
        return;
    mc_buffer_reset(&channel->pending);
    channel->written = 0;
    mc_buffer_byte(&channel->pending, modes.c_cc[VEOF]);
}

static bool
read_channel(missionctl_process_t *self, missionctl_channel_t *channel,
             missionctl_recorder_t *recorder)
{
    char bytes[MISSIONCTL_CHANNEL_BYTES];
    ssize_t size = read(channel->from, bytes, sizeof bytes);
    if (size == -1 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size <= 0) { /* a pseudo-terminal that nobody holds any more says EIO */
        end_input(self, channel);
        return false;
    }
    mc_text_t text = {bytes, (size_t)size};
    if (channel->is_recorded)
        missionctl_recorder_output(recorder, channel->stream, text);
    mc_buffer_reset(&channel->pending);
    channel->written = 0;
    if (channel->to != -1)
        mc_buffer_text(&channel->pending, text);
    return true;
}

/* Nobody reads what the command writes: it is to learn that, as it would without us. */
static void
lose_reader(missionctl_process_t *self, missionctl_channel_t *channel)
{
    channel->to = -1;
    channel->written = channel->pending.size;
    if (channel->is_recorded && !self->has_pty) {
        close(channel->from);
        channel->from = -1;
    }
}

/* Ready means room for this much without waiting; more might wait. */
static void
write_channel(missionctl_process_t *self, missionctl_channel_t *channel)
{
    size_t size = left_of(channel) < PIPE_BUF ? left_of(channel) : PIPE_BUF;
    ssize_t written = write(channel->to, channel->pending.data + channel->written, size);
    if (written > 0)
        channel->written += (size_t)written;
    else if (written == -1 && errno != EAGAIN && errno != EINTR)
        lose_reader(self, channel);
}

bool
missionctl_process_pump(missionctl_process_t *self, const struct pollfd *fds,
                        missionctl_recorder_t *recorder)
{
    bool is_news = false;
    for (size_t i = 0; i < self->channel_count; i++) {
        missionctl_channel_t *channel = &self->channels[i];
        if (fds[2 * i].fd != -1 && fds[2 * i].revents)
            is_news = read_channel(self, channel, recorder) || is_news;
        if (fds[2 * i + 1].fd != -1 && fds[2 * i + 1].revents)
            write_channel(self, channel);
    }
    return is_news;
}

bool
missionctl_process_is_drained(const missionctl_process_t *self)
{
    for (size_t i = 0; i < self->channel_count; i++) {
        const missionctl_channel_t *channel = &self->channels[i];
        bool is_output = channel->is_recorded;
        if (is_output && (channel->from != -1 || wants_write(channel)))
            return false;
    }
    return true;
}
