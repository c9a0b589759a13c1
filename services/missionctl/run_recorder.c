/*
 *  run_recorder - turns what happens in a run into events in its queue
 */
#include "run_recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "process.h"
#include "proto/codec.h"
#include "run_text.h"

#define COMMAND_BYTES_MAX 2048
#define ACTION_RUN "agent.run"
#define ACTION_CONTROL "agent.control"
#define ACTION_OUTPUT "terminal.output"
#define ADAPTER "missionctl"

static const char *const stream_names[] = {
    [MISSIONCTL_STDOUT] = "stdout",
    [MISSIONCTL_STDERR] = "stderr",
    [MISSIONCTL_PTY] = "pty",
};

void
missionctl_recorder_init(missionctl_recorder_t *self, const missionctl_run_identity_t *identity,
                         missionctl_queue_t *queue, char *const *command)
{
    *self = (missionctl_recorder_t){
        .identity = identity, .queue = queue, .command = command, .started_us = mc_clock_us()};
}

void
missionctl_recorder_clear(missionctl_recorder_t *self)
{
    for (size_t i = 0; i < MISSIONCTL_STREAMS; i++)
        mc_buffer_clear(&self->pieces[i].bytes);
}

static mc_agent_event_t
make_event(const missionctl_recorder_t *self, const char *action, int64_t at_us)
{
    mc_agent_event_t event = {0};
    missionctl_run_identity_fill(self->identity, &event);
    mc_set(&event, agent_event, event_uid, mc_uuid_new());
    mc_set(&event, agent_event, action, mc_text(action));
    mc_set(&event, agent_event, ts, at_us);
    mc_set(&event, agent_event, adapter_kind, MC_TEXT(ADAPTER));
    return event;
}

static int
put(missionctl_recorder_t *self, const mc_agent_event_t *event, bool is_vital)
{
    mc_buffer_t line = {0};
    mc_write_json(&mc_agent_event_shape, event, &line);
    mc_buffer_byte(&line, '\n');
    int result = missionctl_queue_append(self->queue, mc_buffer_content(&line), is_vital);
    mc_buffer_clear(&line);
    return result;
}

static void
append_clean_json(mc_buffer_t *out, mc_text_t bytes)
{
    mc_buffer_t clean = {0};
    missionctl_text_clean(bytes, &clean);
    mc_write_json_text(out, mc_buffer_content(&clean));
    mc_buffer_clear(&clean);
}

/* The command as one line, cut. */
static void
append_command(mc_buffer_t *out, char *const *command)
{
    mc_buffer_t joined = {0};
    for (size_t i = 0; command[i] && joined.size < COMMAND_BYTES_MAX; i++)
        mc_buffer_printf(&joined, "%s%s", i ? " " : "", command[i]);
    mc_text_t text = mc_buffer_content(&joined);
    if (text.size > COMMAND_BYTES_MAX)
        text.size = COMMAND_BYTES_MAX;
    missionctl_text_clean(text, out);
    mc_buffer_clear(&joined);
}

static void
append_member(mc_buffer_t *out, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    mc_buffer_printf(out, ",\"%s\":", name);
    append_clean_json(out, mc_text(value));
}

static void
append_supervision(mc_buffer_t *out, const missionctl_recorder_t *self,
                   const missionctl_supervision_t *supervision)
{
    append_member(out, "heldBy", supervision->held_by);
    append_member(out, "enforcement", supervision->enforcement);
    append_member(out, "egress", supervision->egress);
    append_member(out, "egressReason", supervision->egress_reason);
    if (self->identity->attempt > 1)
        mc_buffer_printf(out, ",\"attempt\":%d", self->identity->attempt);
    append_member(out, "attemptOf", self->identity->previous_id);
}

void
missionctl_recorder_start(missionctl_recorder_t *self, const missionctl_supervision_t *supervision)
{
    self->started_us = mc_clock_us();
    mc_agent_event_t event = make_event(self, ACTION_RUN, self->started_us);
    mc_buffer_t message = {0};
    mc_buffer_t payload = {0};
    append_command(&message, self->command);
    mc_buffer_printf(&payload, "{\"pty\":%s,\"command\":[",
                     supervision->has_pty ? "true" : "false");
    for (size_t i = 0; self->command[i] && payload.size < COMMAND_BYTES_MAX; i++) {
        mc_buffer_string(&payload, i ? "," : "");
        mc_text_t word = mc_text(self->command[i]);
        append_clean_json(
            &payload,
            (mc_text_t){word.data, word.size < COMMAND_BYTES_MAX ? word.size : COMMAND_BYTES_MAX});
    }
    mc_buffer_byte(&payload, ']');
    append_supervision(&payload, self, supervision);
    mc_buffer_byte(&payload, '}');
    mc_set(&event, agent_event, status, MC_TEXT("executing"));
    mc_set(&event, agent_event, phase, MC_TEXT("start"));
    mc_set(&event, agent_event, message, mc_buffer_content(&message));
    mc_set(&event, agent_event, payload_json, mc_buffer_content(&payload));
    (void)put(self, &event, true);
    mc_buffer_clear(&message);
    mc_buffer_clear(&payload);
}

void
missionctl_recorder_control(missionctl_recorder_t *self, const missionctl_control_note_t *note)
{
    missionctl_recorder_flush(self, true);
    mc_agent_event_t event = make_event(self, ACTION_CONTROL, mc_clock_us());
    mc_buffer_t message = {0};
    mc_buffer_t payload = {0};
    mc_buffer_string(&message, note->phase);
    if (note->reason[0]) {
        mc_buffer_string(&message, ": ");
        missionctl_text_head(mc_text(note->reason), &message);
    }
    mc_buffer_printf(&payload, "{\"epoch\":%" PRId64, note->epoch);
    append_member(&payload, "mode", note->mode);
    append_member(&payload, "reason", note->reason);
    append_member(&payload, "enforcement", note->enforcement);
    append_member(&payload, "nextRunId", note->next_run_id);
    mc_buffer_byte(&payload, '}');
    mc_set(&event, agent_event, status, mc_text(note->status));
    mc_set(&event, agent_event, phase, mc_text(note->phase));
    mc_set(&event, agent_event, message, mc_buffer_content(&message));
    mc_set(&event, agent_event, payload_json, mc_buffer_content(&payload));
    (void)put(self, &event, true);
    mc_buffer_clear(&message);
    mc_buffer_clear(&payload);
}

/* Puts the first size bytes of a piece into the queue. */
static void
put_piece(missionctl_recorder_t *self, missionctl_stream_t stream, size_t size)
{
    missionctl_piece_t *piece = &self->pieces[stream];
    mc_agent_event_t event = make_event(self, ACTION_OUTPUT, piece->began_at_us);
    mc_buffer_t text = {0};
    mc_buffer_t head = {0};
    mc_buffer_t payload = {0};
    missionctl_text_clean((mc_text_t){piece->bytes.data, size}, &text);
    missionctl_text_head(mc_buffer_content(&text), &head);
    mc_buffer_printf(&payload, "{\"stream\":\"%s\",\"data\":", stream_names[stream]);
    mc_write_json_text(&payload, mc_buffer_content(&text));
    if (piece->left_out)
        mc_buffer_printf(&payload, ",\"leftOutBytes\":%zu", piece->left_out);
    mc_buffer_byte(&payload, '}');
    mc_set(&event, agent_event, status, MC_TEXT("executing"));
    mc_set(&event, agent_event, phase, MC_TEXT("progress"));
    mc_set(&event, agent_event, is_part, true);
    mc_set(&event, agent_event, payload_json, mc_buffer_content(&payload));
    if (head.size)
        mc_set(&event, agent_event, message, mc_buffer_content(&head));
    bool is_put = !text.size || put(self, &event, false) == 0;
    piece->left_out = is_put ? 0 : piece->left_out + size;
    mc_buffer_clear(&text);
    mc_buffer_clear(&head);
    mc_buffer_clear(&payload);
}

/* Takes bytes off the beginning of a piece. */
static void
take(missionctl_recorder_t *self, missionctl_stream_t stream, size_t size)
{
    missionctl_piece_t *piece = &self->pieces[stream];
    put_piece(self, stream, size);
    memmove(piece->bytes.data, piece->bytes.data + size, piece->bytes.size - size);
    piece->bytes.size -= size;
    piece->began_us = piece->bytes.size ? mc_clock_steady_us() : 0;
    piece->began_at_us = mc_clock_us();
}

void
missionctl_recorder_output(missionctl_recorder_t *self, missionctl_stream_t stream, mc_text_t bytes)
{
    missionctl_piece_t *piece = &self->pieces[stream];
    while (bytes.size) {
        size_t room = MISSIONCTL_PIECE_BYTES - piece->bytes.size;
        size_t size = bytes.size < room ? bytes.size : room;
        if (!piece->began_us) {
            piece->began_us = mc_clock_steady_us();
            piece->began_at_us = mc_clock_us();
        }
        mc_buffer_append(&piece->bytes, bytes.data, size);
        bytes = (mc_text_t){bytes.data + size, bytes.size - size};
        if (piece->bytes.size == MISSIONCTL_PIECE_BYTES)
            take(self, stream, missionctl_text_whole(mc_buffer_content(&piece->bytes)));
    }
}

static bool
is_ripe(const missionctl_piece_t *piece)
{
    return piece->began_us &&
           mc_clock_steady_us() - piece->began_us >= MISSIONCTL_PIECE_MS * INT64_C(1000);
}

void
missionctl_recorder_flush(missionctl_recorder_t *self, bool is_all)
{
    for (missionctl_stream_t i = 0; i < MISSIONCTL_STREAMS; i++) {
        missionctl_piece_t *piece = &self->pieces[i];
        if (!piece->bytes.size || !(is_all || is_ripe(piece)))
            continue;
        size_t whole = missionctl_text_whole(mc_buffer_content(&piece->bytes));
        if (is_all || whole)
            take(self, i, is_all ? piece->bytes.size : whole);
        else
            piece->began_us = mc_clock_steady_us();
    }
}

int
missionctl_recorder_timeout(const missionctl_recorder_t *self, int most_ms)
{
    int64_t now_us = mc_clock_steady_us();
    int64_t least_ms = most_ms;
    for (size_t i = 0; i < MISSIONCTL_STREAMS; i++) {
        const missionctl_piece_t *piece = &self->pieces[i];
        int64_t left_ms = MISSIONCTL_PIECE_MS - (now_us - piece->began_us) / 1000;
        if (piece->began_us && left_ms < least_ms)
            least_ms = left_ms > 0 ? left_ms : 0;
    }
    return (int)least_ms;
}

/* {"exitCode":3} or {"signal":"TERM","signalNumber":15}, and how long it ran. */
static void
write_end(mc_buffer_t *payload, int wait_status, const char *failure, int64_t duration_ms)
{
    mc_buffer_printf(payload, "{\"durationMs\":%" PRId64 ",\"exitCode\":%d", duration_ms,
                     missionctl_process_exit_code(wait_status));
    if (WIFSIGNALED(wait_status)) {
        const char *name = sigabbrev_np(WTERMSIG(wait_status));
        mc_buffer_printf(payload, ",\"signal\":\"SIG%s\",\"signalNumber\":%d", name ? name : "?",
                         WTERMSIG(wait_status));
    }
    if (failure) {
        mc_buffer_string(payload, ",\"failure\":");
        append_clean_json(payload, mc_text(failure));
    }
    mc_buffer_byte(payload, '}');
}

void
missionctl_recorder_end(missionctl_recorder_t *self, int wait_status, const char *failure)
{
    missionctl_recorder_flush(self, true);
    int64_t now_us = mc_clock_us();
    int64_t duration_ms = now_us > self->started_us ? (now_us - self->started_us) / 1000 : 0;
    mc_agent_event_t event = make_event(self, ACTION_RUN, now_us);
    mc_buffer_t payload = {0};
    char message[256];
    write_end(&payload, wait_status, failure, duration_ms);
    if (failure)
        snprintf(message, sizeof message, "could not be started: %s", failure);
    else if (WIFSIGNALED(wait_status))
        snprintf(message, sizeof message, "ended by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else
        snprintf(message, sizeof message, "ended with exit code %d", WEXITSTATUS(wait_status));
    bool is_well = !failure && wait_status == 0;
    mc_set(&event, agent_event, status, is_well ? MC_TEXT("completed") : MC_TEXT("failed"));
    mc_set(&event, agent_event, phase, MC_TEXT("end"));
    mc_set(&event, agent_event, message, mc_text(message));
    mc_set(&event, agent_event, latency_ms, duration_ms);
    mc_set(&event, agent_event, payload_json, mc_buffer_content(&payload));
    (void)put(self, &event, true);
    mc_buffer_clear(&payload);
}
