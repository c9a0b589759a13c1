/*
 *  triggers - what is found in the events of runs, and what follows
 */
#include "services/control/triggers.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/control/control_store_triggers.h"
#include "services/control/holds.h"
#include "services/control/parts.h"
#include "services/control/trigger_deeds.h"

struct control_triggers {
    control_t *control;
    control_bounds_t bounds;
    control_book_t *book;
    control_deeds_t *deeds;
    mc_arena_t *arena; /* of the reading under way */
    bool is_on;        /* any of them */
    bool is_loaded;
    bool is_reading;
};

int
control_triggers_read(const mc_settings_t *settings, control_bounds_t *ret_bounds)
{
#define WORD(name, NAME, setting, doc) [CONTROL_TRIGGER_##NAME] = offsetof(mc_settings_t, setting),
    static const size_t words[] = {CONTROL_TRIGGERS(WORD)};
    control_bounds_t bounds = {
        .silent_us = settings->trigger_heartbeat_seconds * 1000000,
        .loop_repeats = settings->trigger_loop_repeats,
        .loop_us = settings->trigger_loop_seconds * 1000000,
        .spend_nanousd = {settings->trigger_spend_run_microusd * 1000,
                          settings->trigger_spend_root_microusd * 1000},
        .failures = settings->trigger_retries_per_minute,
        .runs_max = CONTROL_BOOK_RUNS_MAX,
        .roots_max = CONTROL_BOOK_ROOTS_MAX,
    };
    for (size_t i = 0; i < MC_COUNT(words); i++) {
        const char *word = *(char *const *)((const char *)settings + words[i]);
        if (control_mode_read(word, &bounds.modes[i]) == -1)
            return mc_fail_while("reading %s", mc_setting_row(words[i])->variable);
    }
    *ret_bounds = bounds;
    return 0;
}

control_deeds_t *
control_triggers_deeds(control_triggers_t *self)
{
    return self->deeds;
}

static void
on_fire(void *arg, const control_firing_t *firing)
{
    control_triggers_t *self = arg;
    CONTROL_COUNT(self->control, triggers_fired, 1);
    control_deeds_add(self->deeds, firing, self->bounds.modes[firing->trigger]);
}

/* Its supervisor beats, or it is to be silent. */
static bool
vouch(void *arg, const control_who_t *who)
{
    const control_t *control = ((control_triggers_t *)arg)->control;
    const control_part_t *part = control_parts_find_run(control->parts, who->run_id);
    if (part && !part->is_gone)
        return true;
    const mc_identity_t identity = {
        .run_id = who->run_id, .root_task_id = who->root_task_id, .task_id = who->task_id};
    return mc_holds_judge(control_holds_set(control->holds), &identity, NULL) != MC_HOLDS_RUN;
}

static void
on_committed(void *arg, mc_list_t records)
{
    control_triggers_t *self = arg;
    const mc_committed_t *batch = records.items;
    if (!self->is_loaded || records.count != 1)
        return;
    int64_t now_us = mc_clock_us();
    const mc_agent_event_t *event = batch->events.items;
    for (size_t i = 0; i < batch->events.count; i++)
        control_book_event(self->book, &event[i], now_us);
    const mc_agent_run_t *run = batch->runs.items;
    for (size_t i = 0; i < batch->runs.count; i++)
        control_book_run(self->book, &run[i], now_us);
}

/* --- what was before -------------------------------------------------------------------------- */

/* The store is away; the clock asks again. */
static void
give_up(control_triggers_t *self, const char *reason)
{
    mc_log(&control_log_trigger_late, "while=reading reason=%s", reason);
    mc_arena_destroy(&self->arena);
    self->is_reading = false;
}

static void
take_firing(control_triggers_t *self, const mc_trigger_firing_t *firing, bool has_task)
{
    const control_who_t who = {firing->run_id, firing->root_task_id, firing->task_id,
                               firing->actor};
    control_trigger_t trigger = control_trigger_find(firing->name);
    if (trigger == CONTROL_TRIGGER_COUNT)
        return;
    control_book_mark(self->book, trigger, &who, mc_clock_us());
    if (!mc_has(firing, trigger_firing, done_at))
        control_deeds_resume(self->deeds, firing, has_task);
}

static void
on_firings(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_triggers_t *self = arg;
    mc_list_t firings;
    if (refusal || mc_store_read_all(result, &mc_trigger_firing_shape, self->arena, &firings)) {
        give_up(self, refusal ? refusal->message : mc_error());
        return;
    }
    const mc_trigger_firing_t *firing = firings.items;
    int has_task = PQfnumber(result, "has_task");
    for (size_t i = 0; i < firings.count && !self->is_loaded; i++)
        take_firing(self, &firing[i], mc_store_bool(result, (int)i, has_task));
    mc_arena_destroy(&self->arena);
    self->is_reading = false;
    self->is_loaded = true;
}

/* Who was heard of least recently comes first, as it would have come. */
static void
on_running(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_triggers_t *self = arg;
    int64_t now_us = mc_clock_us();
    for (int row = refusal ? 0 : PQntuples(result); row-- > 0;) {
        mc_agent_run_t run = {0};
        mc_arena_t *arena = mc_arena_new();
        if (mc_store_read(result, row, &mc_agent_run_shape, arena, &run) == 0)
            control_book_run(self->book, &run, now_us);
        mc_arena_destroy(&arena);
    }
    if (refusal)
        give_up(self, refusal->message);
    else
        control_store_read_firings(self->control, self->arena, on_firings, self);
}

static void
read_store(control_triggers_t *self)
{
    if (self->is_reading)
        return;
    self->is_reading = true;
    self->arena = mc_arena_new();
    control_store_read_running(self->control, self->arena, on_running, self);
}

/* Something was missed: who is running is read again. Sums of what was missed are lost. */
static void
on_gap(void *arg)
{
    control_triggers_t *self = arg;
    if (self->is_loaded)
        read_store(self);
}

void
control_look_at_triggers(void *state)
{
    control_t *control = state;
    control_triggers_t *self = control->triggers;
    bool is_ready = control_holds_set(control->holds) && control_parts_is_loaded(control->parts) &&
                    mc_store_is_up(control->store);
    if (!self->is_on || !is_ready)
        return;
    if (!self->is_loaded) {
        read_store(self);
        return;
    }
    control_book_look(self->book, mc_clock_us());
    control_deeds_look(self->deeds);
    mc_metrics_set(control->metrics, CONTROL_METRIC_trigger_runs,
                   (int64_t)control_book_runs(self->book));
}

static void
on_list(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t firings;
    if (mc_ask_read(ask, result, refusal, &mc_trigger_firing_shape, &firings) == 0)
        mc_ask_answer(ask, &mc_trigger_firing_shape, firings);
}

void
control_on_list_triggers(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (ask)
        control_store_list_firings(control_of(ask), ask->input, on_list, ask);
}

control_triggers_t *
control_triggers_new(control_t *control, const control_bounds_t *bounds)
{
    control_triggers_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->bounds = *bounds;
    for (size_t i = 0; i < CONTROL_TRIGGER_COUNT; i++)
        self->is_on |= bounds->modes[i] != CONTROL_TRIGGER_OFF;
    self->book = control_book_new(bounds, on_fire, vouch, self);
    self->deeds = control_deeds_new(control, self->book);
    if (self->is_on)
        mc_bus_subscribe(control->bus, "ingest", MC_MESSAGE_EVENTS_COMMITTED, on_committed, on_gap,
                         self);
    return self;
}

void
control_triggers_destroy(control_triggers_t **address)
{
    control_triggers_t *self = mc_take(address);
    if (!self)
        return;
    control_deeds_destroy(&self->deeds);
    control_book_destroy(&self->book);
    mc_arena_destroy(&self->arena);
    free(self);
}
