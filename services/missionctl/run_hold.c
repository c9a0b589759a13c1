/*
 *  run_hold - brings a run to where the platform wants it, and says when it is there
 */
#include "run_hold.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"

#define LOOK_MS 2         /* while something is under way */
#define REST_MS 10        /* while what was left running may end by itself */
#define WATCH_MS 1000     /* while it is frozen: somebody may have undone it */
#define COMPLAINT_MS 5000 /* after which what is not so yet is said to have failed */

void
missionctl_hold_init(missionctl_hold_t *self)
{
    *self = (missionctl_hold_t){.wanted = {.kind = MISSIONCTL_VERDICT_GO, .grace_s = -1}};
}

/* A stop is for good, and whoever was asked to restart cannot be asked to go on. */
static bool
is_final(missionctl_verdict_kind_t kind)
{
    return kind == MISSIONCTL_VERDICT_STOP || kind == MISSIONCTL_VERDICT_RESTART;
}

bool
missionctl_hold_is_stop(const missionctl_run_t *run)
{
    return is_final(run->hold.wanted.kind);
}

/* Said again it is acknowledged again: the platform may not have heard it. */
void
missionctl_hold_hear(void *arg, const missionctl_verdict_t *verdict)
{
    missionctl_run_t *run = arg;
    missionctl_hold_t *self = &run->hold;
    bool is_late = is_final(self->wanted.kind) && !is_final(verdict->kind);
    if (self->is_told && is_late)
        return;
    bool is_same = self->is_told && missionctl_verdict_is_same(&self->wanted, verdict);
    if (!is_same)
        self->since_us = mc_clock_steady_us();
    self->is_told = true;
    self->is_answered = self->is_complained = false;
    self->wanted = *verdict;
}

static const char *
enforcement(const missionctl_run_t *run)
{
    return missionctl_group_is_strong(&run->group) ? "strong" : "weak";
}

static missionctl_path_t
part_id(const missionctl_run_t *run)
{
    return missionctl_path("run:%s", run->identity.run_id);
}

void
missionctl_hold_write_part(const missionctl_run_t *run, bool is_leaving, mc_buffer_t *out)
{
    const missionctl_run_identity_t *identity = &run->identity;
    mc_control_part_t part = {0};
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    missionctl_path_t instance = missionctl_path("%s:%d", host, getpid());
    missionctl_path_t id = part_id(run);
    mc_set(&part, control_part, id, mc_text(id.text));
    mc_set(&part, control_part, kind, MC_TEXT("run"));
    mc_set(&part, control_part, instance, mc_text(instance.text));
    mc_set(&part, control_part, root_task_id, mc_text(identity->root_task_id));
    mc_set(&part, control_part, run_id, mc_text(identity->run_id));
    mc_set(&part, control_part, task_id, mc_text(identity->task_id));
    mc_set(&part, control_part, enforcement, mc_text(enforcement(run)));
    mc_set(&part, control_part, actor, mc_text(identity->actor));
    if (identity->tier)
        mc_set(&part, control_part, tier, identity->tier);
    if (identity->persona)
        mc_set(&part, control_part, persona, mc_text(identity->persona));
    if (identity->skill)
        mc_set(&part, control_part, skill, mc_text(identity->skill));
    if (identity->parent_run_id)
        mc_set(&part, control_part, parent_run_id, mc_text(identity->parent_run_id));
    if (is_leaving)
        mc_set(&part, control_part, is_leaving, true);
    mc_write_json(&mc_control_part_shape, &part, out);
}

void
missionctl_hold_acknowledge(missionctl_run_t *run, const char *state, const char *note)
{
    const missionctl_verdict_t *wanted = &run->hold.wanted;
    missionctl_path_t id = part_id(run);
    mc_part_ack_t ack = {0};
    mc_buffer_t body = {0};
    if (!run->link || !run->hold.is_told)
        return;
    mc_set(&ack, part_ack, part_id, mc_text(id.text));
    mc_set(&ack, part_ack, run_id, mc_text(run->identity.run_id));
    mc_set(&ack, part_ack, epoch, wanted->epoch);
    if (wanted->receipt_id[0])
        mc_set(&ack, part_ack, receipt_id, mc_text(wanted->receipt_id));
    mc_set(&ack, part_ack, state, mc_text(state));
    bool is_failed = !strcmp(state, "failed");
    mc_set(&ack, part_ack, enforcement, mc_text(is_failed ? "none" : enforcement(run)));
    mc_set(&ack, part_ack, processes, (int64_t)missionctl_group_count(&run->group));
    mc_set(&ack, part_ack, note, mc_text(note));
    mc_write_json(&mc_part_ack_shape, &ack, &body);
    missionctl_link_acknowledge(run->link, mc_buffer_content(&body));
    mc_buffer_clear(&body);
}

/* Thawed before the way out is opened, closed before it is frozen: whoever waits may look at us
 * for the first and not for the second. */
static int
apply(missionctl_run_t *run, bool does_freeze, bool does_close)
{
    missionctl_hold_t *self = &run->hold;
    if (does_close && missionctl_egress_close(&run->egress, &run->group) == -1)
        return -1;
    if (does_freeze) {
        self->is_frozen = true;
        return missionctl_group_freeze(&run->group);
    }
    int result = self->is_frozen ? missionctl_group_thaw(&run->group) : 0;
    if (result == 0)
        self->is_frozen = false;
    if (result == 0 && !does_close)
        missionctl_egress_open(&run->egress, &run->group);
    return result;
}

static void
tell(missionctl_run_t *run, bool is_paused)
{
    const missionctl_verdict_t *wanted = &run->hold.wanted;
    if (run->hold.is_paused == is_paused)
        return;
    run->hold.is_paused = is_paused;
    const missionctl_control_note_t note = {.phase = is_paused ? "pause" : "resume",
                                            .status = is_paused ? "paused" : "executing",
                                            .mode = is_paused ? missionctl_mode_name(wanted->mode)
                                                              : NULL,
                                            .reason = wanted->reason,
                                            .epoch = wanted->epoch,
                                            .enforcement = enforcement(run)};
    missionctl_recorder_control(&run->recorder, &note);
}

static const char *
pause_note(const missionctl_run_t *run)
{
    switch (run->hold.wanted.mode) {
    case MISSIONCTL_MODE_NOW:
        return missionctl_group_is_strong(&run->group) ? "frozen" : "stopped by signals";
    case MISSIONCTL_MODE_QUARANTINE:
        return "its network is closed";
    case MISSIONCTL_MODE_DRAIN:
        return "nothing new is started";
    default:
        return "its processes go on; their calls are held";
    }
}

static void
complain(missionctl_run_t *run, const char *reason)
{
    if (run->hold.is_complained)
        return;
    run->hold.is_complained = true;
    missionctl_path_t note = missionctl_path("unenforced: %.200s", reason);
    missionctl_hold_acknowledge(run, "failed", note.text);
}

/* 0: it is so, and was said to be. */
static int
answer(missionctl_run_t *run, int result, bool is_paused)
{
    missionctl_hold_t *self = &run->hold;
    int64_t waited_us = mc_clock_steady_us() - self->since_us;
    if (result == -1)
        complain(run, mc_error());
    else if (result != 0 && waited_us > COMPLAINT_MS * INT64_C(1000))
        complain(run, "not all of its processes can be held yet");
    if (result != 0 || self->is_answered)
        return result;
    self->is_answered = true;
    tell(run, is_paused);
    if (is_paused)
        missionctl_hold_acknowledge(run, "paused", pause_note(run));
    else
        missionctl_hold_acknowledge(run, "running", "");
    return 0;
}

static int
hold(missionctl_run_t *run, int most_ms)
{
    missionctl_mode_t mode = run->hold.wanted.mode;
    bool does_freeze = missionctl_mode_freezes(mode);
    int result = apply(run, does_freeze, missionctl_mode_closes(mode));
    int64_t left_us = run->hold.wanted.until_us - mc_clock_us();
    if (answer(run, result, true) > 0)
        return LOOK_MS;
    if (does_freeze || result == -1)
        most_ms = most_ms < WATCH_MS ? most_ms : WATCH_MS;
    if (run->hold.wanted.until_us && left_us / 1000 < most_ms)
        most_ms = left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
    return most_ms;
}

static int
go(missionctl_run_t *run, int most_ms)
{
    missionctl_hold_t *self = &run->hold;
    if (self->is_answered || !self->is_told)
        return most_ms;
    return answer(run, apply(run, false, false), false) > 0 ? LOOK_MS : most_ms;
}

/* Asks who has not been asked yet. */
static void
ask_to_end(missionctl_run_t *run)
{
    missionctl_hold_t *self = &run->hold;
    int64_t grace_s = self->wanted.grace_s >= 0 && missionctl_hold_is_stop(run)
                          ? self->wanted.grace_s
                          : run->grace_s;
    if (!self->is_asked) {
        self->is_asked = true;
        self->kill_us = mc_clock_steady_us() + grace_s * 1000000;
        if (run->process.pid)
            missionctl_keeper_signal(&run->process.keeper, SIGTERM);
    }
    if (!run->process.pid && !self->is_rest_asked) {
        self->is_rest_asked = true;
        missionctl_group_signal(&run->group, SIGTERM);
    }
}

/* A restart is acknowledged with the new run. */
static void
acknowledge_end(missionctl_run_t *run)
{
    if (run->hold.is_answered || run->hold.wanted.kind == MISSIONCTL_VERDICT_RESTART)
        return;
    run->hold.is_answered = true;
    missionctl_hold_acknowledge(run, "stopped",
                                missionctl_hold_is_stop(run) ? "nothing of it is left"
                                                             : "the command has ended");
}

static int
stop(missionctl_run_t *run, int most_ms)
{
    missionctl_hold_t *self = &run->hold;
    if (self->is_gone) {
        acknowledge_end(run);
        return most_ms;
    }
    if (self->is_frozen && apply(run, false, run->egress.is_closed) != 0)
        return LOOK_MS;
    ask_to_end(run);
    int64_t left_us = self->kill_us - mc_clock_steady_us();
    bool is_rest = !run->process.pid;
    bool is_time =
        left_us <= 0 || run->is_interrupted || (is_rest && !missionctl_group_count(&run->group));
    if (!is_time) {
        int64_t look_ms = is_rest && left_us > REST_MS * INT64_C(1000) ? REST_MS : left_us / 1000;
        return look_ms < most_ms ? (int)look_ms + 1 : most_ms;
    }
    self->is_gone = missionctl_group_kill(&run->group) == 0;
    if (self->is_gone)
        acknowledge_end(run);
    return self->is_gone ? 0 : LOOK_MS;
}

/* A pause that has lasted as long as it may, whether or not the platform is there to say so. */
static void
expire(missionctl_hold_t *self)
{
    bool is_over = self->wanted.kind == MISSIONCTL_VERDICT_PAUSE && self->wanted.until_us &&
                   mc_clock_us() >= self->wanted.until_us;
    if (!is_over)
        return;
    self->wanted.kind =
        self->wanted.is_stop_at_end ? MISSIONCTL_VERDICT_STOP : MISSIONCTL_VERDICT_GO;
    snprintf(self->wanted.reason, sizeof self->wanted.reason, "the pause has reached its limit");
    self->is_answered = self->is_complained = false;
    self->since_us = mc_clock_steady_us();
}

int
missionctl_hold_step(missionctl_run_t *run, int most_ms)
{
    expire(&run->hold);
    if (run->has_ended || missionctl_hold_is_stop(run))
        return stop(run, most_ms);
    return run->hold.wanted.kind == MISSIONCTL_VERDICT_PAUSE ? hold(run, most_ms)
                                                             : go(run, most_ms);
}

void
missionctl_hold_end_rest(missionctl_run_t *run)
{
    run->has_ended = true;
    if (!missionctl_hold_is_stop(run)) /* what was paused is paused no more */
        run->hold.is_answered = false;
}

bool
missionctl_hold_lets_start(const missionctl_run_t *run)
{
    const missionctl_verdict_t *wanted = &run->hold.wanted;
    if (wanted->kind != MISSIONCTL_VERDICT_PAUSE)
        return !run->hold.is_frozen;
    bool waits = wanted->mode == MISSIONCTL_MODE_DRAIN || missionctl_mode_freezes(wanted->mode) ||
                 (missionctl_mode_closes(wanted->mode) && !run->egress.is_closed);
    return !waits && !run->hold.is_frozen;
}
