/*
 *  trigger_deeds - what follows from a firing: its row, its event, its pause; one after the other
 */
#include "services/control/trigger_deeds.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/ids.h"
#include "proto/codec.h"
#include "services/control/control_store_triggers.h"
#include "services/control/holds.h"
#include "services/control/scopes.h"
#include "services/control/triggers.h"

typedef struct deed {
    TAILQ_ENTRY(deed) link;
    mc_arena_t *arena;
    mc_trigger_firing_t record;
    bool is_stored;
    bool has_task; /* the run's task is one of the tree */
    int64_t epoch; /* of its pause */
} deed_t;

TAILQ_HEAD(deed_queue, deed);

struct control_deeds {
    control_t *control;
    control_book_t *book;
    struct deed_queue waiting; /* the first is under way */
    struct deed_queue paused;  /* was enforced: looked at until it goes on */
    size_t count;              /* of both */
    bool is_busy;
};

static void go_on(control_deeds_t *self);

static void
destroy_deed(deed_t **address)
{
    deed_t *self = mc_take(address);
    mc_arena_destroy(&self->arena);
    free(self);
}

static void
drop(control_deeds_t *self, struct deed_queue *queue, deed_t *deed)
{
    TAILQ_REMOVE(queue, deed, link);
    self->count--;
    destroy_deed(&deed);
}

/* The clock tries again. */
static void
wait_for_clock(control_deeds_t *self, const char *doing, const char *reason)
{
    mc_log(&control_log_trigger_late, "while=%s reason=%s", doing, reason);
    self->is_busy = false;
}

static bool
is_held(const control_deeds_t *self, const deed_t *deed)
{
    const mc_identity_t identity = {.run_id = deed->record.run_id,
                                    .root_task_id = deed->record.root_task_id,
                                    .task_id = deed->record.task_id};
    return mc_holds_judge(control_holds_set(self->control->holds), &identity, NULL) != MC_HOLDS_RUN;
}

/* --- done ------------------------------------------------------------------------------------- */

static void
on_finished(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_deeds_t *self = arg;
    deed_t *deed = TAILQ_FIRST(&self->waiting);
    (void)result;
    if (refusal) {
        wait_for_clock(self, "finishing", refusal->message);
        return;
    }
    if (mc_text_is(deed->record.mode, "enforce")) {
        TAILQ_REMOVE(&self->waiting, deed, link);
        TAILQ_INSERT_TAIL(&self->paused, deed, link);
    } else {
        drop(self, &self->waiting, deed);
    }
    self->is_busy = false;
    go_on(self);
}

static void
finish(control_deeds_t *self)
{
    deed_t *deed = TAILQ_FIRST(&self->waiting);
    control_store_finish_firing(self->control, deed->arena, &deed->record, on_finished, self);
}

/* --- the pause -------------------------------------------------------------------------------- */

static void
on_paused(control_t *control, int64_t epoch)
{
    control_deeds_t *self = control_triggers_deeds(control->triggers);
    if (epoch == -1) {
        wait_for_clock(self, "pausing", "the database did not answer");
        return;
    }
    CONTROL_COUNT(control, triggers_enforced, epoch > 0);
    TAILQ_FIRST(&self->waiting)->epoch = epoch;
    finish(self);
}

/* A root as a tree; a run as the agent of its task, and without one by its name. */
static void
choose_scope(const deed_t *deed, mc_arena_t *arena, mc_scope_action_t *action)
{
    const mc_trigger_firing_t *record = &deed->record;
    bool is_tree = mc_text_is(record->name, "root_spend");
    bool is_agent = !is_tree && deed->has_task;
    mc_set(action, scope_action, scope_type,
           is_tree    ? MC_TEXT("tree")
           : is_agent ? MC_TEXT("agent")
                      : MC_TEXT("filter"));
    if (is_tree || is_agent)
        mc_set(action, scope_action, root_task_id, mc_arena_text(arena, record->root_task_id));
    if (is_agent)
        mc_set(action, scope_action, agent_task_id, mc_arena_text(arena, record->task_id));
    if (!is_tree && !is_agent)
        mc_set(action, scope_action, run_id, mc_arena_text(arena, record->run_id));
}

static void
enforce(control_deeds_t *self, const deed_t *deed)
{
    const mc_trigger_firing_t *record = &deed->record;
    if (!mc_text_is(record->mode, "enforce") || is_held(self, deed)) {
        finish(self);
        return;
    }
    control_expiry_t *verb = calloc(1, sizeof *verb);
    assert(verb);
    verb->control = self->control;
    verb->ended = on_paused;
    verb->ask.desk = &self->control->desk;
    mc_arena_t *arena = verb->ask.arena = mc_arena_new();
    mc_scope_action_t *action = mc_arena_alloc(arena, sizeof *action);
    choose_scope(deed, arena, action);
    mc_set(action, scope_action, action, MC_TEXT("pause"));
    mc_set(action, scope_action, requested_by, MC_TEXT("control"));
    mc_set(action, scope_action, reason,
           mc_arena_printf(arena, "trigger %.*s: %.*s", MC_FMT(record->name),
                           MC_FMT(record->message)));
    control_scope_expire(verb, action);
}

/* --- the event -------------------------------------------------------------------------------- */

static void
on_told(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    control_deeds_t *self = arg;
    (void)records;
    if (refusal)
        wait_for_clock(self, "telling", refusal->message);
    else
        enforce(self, TAILQ_FIRST(&self->waiting));
}

static mc_text_t
write_payload(const deed_t *deed)
{
    const mc_trigger_firing_t *record = &deed->record;
    mc_buffer_t out = {0};
    mc_buffer_printf(&out,
                     "{\"trigger\":\"%.*s\",\"mode\":\"%.*s\",\"subject\":", MC_FMT(record->name),
                     MC_FMT(record->mode));
    mc_write_json_text(&out, record->subject);
    mc_buffer_printf(&out, ",\"measured\":%lld,\"bound\":%lld,\"cause\":%lld}",
                     (long long)record->measured, (long long)record->bound,
                     (long long)record->cause);
    mc_text_t text = mc_arena_text(deed->arena, mc_buffer_content(&out));
    mc_buffer_clear(&out);
    return text;
}

/* The same id each time it is sent. */
static mc_uuid_t
event_uid(const deed_t *deed)
{
    const mc_trigger_firing_t *record = &deed->record;
    return mc_uuid_of(mc_arena_printf(deed->arena, "trigger:%.*s:%lld:%.*s", MC_FMT(record->name),
                                      (long long)record->cause, MC_FMT(record->subject)));
}

static void
tell(control_deeds_t *self, const deed_t *deed)
{
    const mc_trigger_firing_t *record = &deed->record;
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, event_uid, event_uid(deed));
    mc_set(&event, agent_event, ts, record->fired_at);
    mc_set(&event, agent_event, run_id, record->run_id);
    mc_set(&event, agent_event, root_task_id, record->root_task_id);
    if (record->task_id.size)
        mc_set(&event, agent_event, task_id, record->task_id);
    mc_set(&event, agent_event, actor, record->actor);
    mc_set(&event, agent_event, action,
           mc_arena_printf(deed->arena, "trigger.%.*s", MC_FMT(record->name)));
    mc_set(&event, agent_event, status, MC_TEXT("executing"));
    mc_set(&event, agent_event, phase, MC_TEXT("control"));
    mc_set(&event, agent_event, is_part, true);
    mc_set(&event, agent_event, message, record->message);
    mc_set(&event, agent_event, payload_json, write_payload(deed));
    mc_bus_call(self->control->bus, "ingest", MC_MESSAGE_STORE_EVENTS, mc_list_one(&event),
                MC_BUS_TIMEOUT_MS, on_told, self);
}

/* --- the row ---------------------------------------------------------------------------------- */

static void
on_stored(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_deeds_t *self = arg;
    deed_t *deed = TAILQ_FIRST(&self->waiting);
    if (refusal) {
        wait_for_clock(self, "storing", refusal->message);
        return;
    }
    if (PQntuples(result) == 0) { /* it had fired, or is over */
        drop(self, &self->waiting, deed);
        self->is_busy = false;
        go_on(self);
        return;
    }
    deed->is_stored = true;
    deed->has_task = mc_store_bool(result, 0, CONTROL_FIRED_HAS_TASK);
    mc_set(&deed->record, trigger_firing, fired_at, mc_store_time(result, 0, CONTROL_FIRED_AT));
    mc_log(&control_log_trigger_fired, "trigger=%.*s mode=%.*s run=%.*s root=%.*s found=%.*s",
           MC_FMT(deed->record.name), MC_FMT(deed->record.mode), MC_FMT(deed->record.run_id),
           MC_FMT(deed->record.root_task_id), MC_FMT(deed->record.message));
    tell(self, deed);
}

static void
go_on(control_deeds_t *self)
{
    deed_t *deed = TAILQ_FIRST(&self->waiting);
    if (self->is_busy || !deed)
        return;
    self->is_busy = true;
    if (deed->is_stored) /* NOLINT(clang-analyzer-unix.Malloc): who is dropped has left the queue */
        tell(self, deed);
    else
        control_store_fire(self->control, deed->arena, &deed->record, on_stored, self);
}

static mc_text_t
describe(mc_arena_t *arena, const control_firing_t *firing)
{
    long long measured = (long long)firing->measured, bound = (long long)firing->bound;
    switch (firing->trigger) {
    case CONTROL_TRIGGER_HEARTBEAT:
        return mc_arena_printf(arena, "no event and no beat for %lld seconds", measured);
    case CONTROL_TRIGGER_LOOP:
        return mc_arena_printf(arena, "the same prompt %lld times", measured);
    case CONTROL_TRIGGER_RETRIES:
        return mc_arena_printf(arena, "%lld failures and retries in a minute, more than %lld",
                               measured, bound);
    default:
        return mc_arena_printf(arena, "%s %.4f USD in a minute, more than %.4f",
                               firing->trigger == CONTROL_TRIGGER_SPEND ? "it spent"
                                                                        : "its root spent",
                               (double)measured / MC_NANOUSD, (double)bound / MC_NANOUSD);
    }
}

static deed_t *
add(control_deeds_t *self)
{
    deed_t *deed = calloc(1, sizeof *deed);
    assert(deed);
    deed->arena = mc_arena_new();
    TAILQ_INSERT_TAIL(&self->waiting, deed, link);
    self->count++;
    return deed;
}

/* Copied through the codec: it knows every field. */
static void
copy_record(deed_t *deed, const mc_trigger_firing_t *record)
{
    mc_buffer_t packed = {0};
    mc_refusal_t refusal;
    mc_pack(&mc_trigger_firing_shape, record, &packed);
    mc_text_t bytes = mc_arena_text(deed->arena, mc_buffer_content(&packed));
    mc_buffer_clear(&packed);
    int result = mc_unpack(&mc_trigger_firing_shape, bytes, deed->arena, &deed->record, &refusal);
    assert(result == 0);
    (void)result;
}

void
control_deeds_add(control_deeds_t *self, const control_firing_t *firing, control_mode_t mode)
{
    mc_trigger_firing_t record = {0};
    if (self->count >= CONTROL_DEEDS_MAX) {
        mc_log(&control_log_trigger_dropped, "trigger=%s run=%.*s",
               control_trigger_name(firing->trigger), MC_FMT(firing->who.run_id));
        return;
    }
    deed_t *deed = add(self);
    mc_set(&record, trigger_firing, name, mc_text(control_trigger_name(firing->trigger)));
    mc_set(&record, trigger_firing, mode, mc_text(control_mode_word(mode)));
    mc_set(&record, trigger_firing, subject, firing->subject);
    mc_set(&record, trigger_firing, cause, firing->cause);
    mc_set(&record, trigger_firing, root_task_id, firing->who.root_task_id);
    mc_set(&record, trigger_firing, run_id, firing->who.run_id);
    if (firing->who.task_id.size)
        mc_set(&record, trigger_firing, task_id, firing->who.task_id);
    mc_set(&record, trigger_firing, actor, firing->who.actor);
    mc_set(&record, trigger_firing, measured, firing->measured);
    mc_set(&record, trigger_firing, bound, firing->bound);
    mc_set(&record, trigger_firing, message, describe(deed->arena, firing));
    mc_set(&record, trigger_firing, fired_at, mc_clock_us());
    copy_record(deed, &record);
    go_on(self);
}

void
control_deeds_resume(control_deeds_t *self, const mc_trigger_firing_t *record, bool has_task)
{
    if (self->count >= CONTROL_DEEDS_MAX)
        return;
    deed_t *deed = add(self);
    copy_record(deed, record);
    deed->is_stored = true;
    deed->has_task = has_task;
}

void
control_deeds_look(control_deeds_t *self)
{
    deed_t *deed, *next;
    int64_t epoch = mc_holds_epoch(control_holds_set(self->control->holds));
    for (deed = TAILQ_FIRST(&self->paused); deed; deed = next) {
        next = TAILQ_NEXT(deed, link);
        if (epoch < deed->epoch || is_held(self, deed))
            continue;
        control_book_rearm(self->book, deed->record.run_id);
        drop(self, &self->paused, deed);
    }
    go_on(self);
}

control_deeds_t *
control_deeds_new(control_t *control, control_book_t *book)
{
    control_deeds_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->book = book;
    TAILQ_INIT(&self->waiting);
    TAILQ_INIT(&self->paused);
    return self;
}

void
control_deeds_destroy(control_deeds_t **address)
{
    control_deeds_t *self = mc_take(address);
    deed_t *deed;
    if (!self)
        return;
    while ((deed = TAILQ_FIRST(&self->waiting)))
        drop(self, &self->waiting, deed); /* NOLINT(clang-analyzer-unix.Malloc): it has left */
    while ((deed = TAILQ_FIRST(&self->paused)))
        drop(self, &self->paused, deed); /* NOLINT(clang-analyzer-unix.Malloc) */
    free(self);
}
