/*
 *  trigger_book - the runs and roots that triggers look at, as events tell of them
 */
#include "services/control/trigger_book.h"

#include <czmq.h>
#include <stdlib.h>
#include <sys/queue.h>

#define OWN_ACTION "trigger."
#define KEY_BYTES 512

TAILQ_HEAD(subject_queue, subject);

typedef struct subject {
    TAILQ_ENTRY(subject) link; /* the least recently heard first */
    struct shelf *shelf;
    char *run_id; /* these are owned; of a root those of its latest run */
    char *root_task_id;
    char *task_id;
    char *actor;
    bool is_running;
    int64_t heard_us;
    int64_t event_id;
    control_minute_t spend;
    control_minute_t failures;
    control_prompts_t *prompts; /* NULL: none yet */
    int64_t no_loop_before_us;  /* one was found before this process began */
    bool is_fired[CONTROL_TRIGGER_COUNT];
} subject_t;

typedef struct shelf {
    zhashx_t *table;
    struct subject_queue queue;
    size_t most;
} shelf_t;

struct control_book {
    control_bounds_t bounds;
    control_fire_fn *fire;
    control_vouch_fn *vouch;
    void *arg;
    shelf_t runs;
    shelf_t roots;
    int64_t began_us; /* the first time that was heard of; nothing is over before a minute */
};

/* --- subjects --------------------------------------------------------------------------------- */

static void
free_subject(void **address)
{
    subject_t *self = mc_take(address);
    if (!self)
        return;
    TAILQ_REMOVE(&self->shelf->queue, self, link);
    free(self->run_id);
    free(self->root_task_id);
    free(self->task_id);
    free(self->actor);
    free(self->prompts);
    free(self);
}

static void
open_shelf(shelf_t *self, size_t most)
{
    self->table = zhashx_new();
    zhashx_set_destructor(self->table, free_subject);
    TAILQ_INIT(&self->queue);
    self->most = most;
}

static const char *
key_of(mc_text_t id, char ret_key[KEY_BYTES])
{
    snprintf(ret_key, KEY_BYTES, "%.*s", MC_FMT(id));
    return ret_key;
}

static void
keep_text(char **at, mc_text_t text)
{
    if (text.size == 0 || (*at && mc_text_is(text, *at)))
        return;
    free(*at);
    *at = strndup(text.data, text.size);
    assert(*at);
}

static void
keep_who(subject_t *self, const control_who_t *who)
{
    keep_text(&self->run_id, who->run_id);
    keep_text(&self->root_task_id, who->root_task_id);
    keep_text(&self->task_id, who->task_id);
    keep_text(&self->actor, who->actor);
}

/* It is heard of: it goes to the end of the queue. */
static subject_t *
require(shelf_t *self, mc_text_t id, const control_who_t *who)
{
    char key[KEY_BYTES];
    subject_t *subject = zhashx_lookup(self->table, key_of(id, key));
    if (subject) {
        TAILQ_REMOVE(&self->queue, subject, link);
    } else {
        subject = calloc(1, sizeof *subject);
        assert(subject);
        subject->shelf = self;
        zhashx_insert(self->table, key, subject);
    }
    TAILQ_INSERT_TAIL(&self->queue, subject, link);
    keep_who(subject, who);
    return subject;
}

static void
drop_oldest(shelf_t *self, bool is_of_roots)
{
    while (zhashx_size(self->table) > self->most) {
        subject_t *oldest = TAILQ_FIRST(&self->queue);
        char key[KEY_BYTES];
        const char *id = is_of_roots ? oldest->root_task_id : oldest->run_id;
        zhashx_delete(self->table, key_of(mc_text(id), key));
    }
}

static bool
is_own(mc_text_t action)
{
    return action.size >= sizeof OWN_ACTION - 1 &&
           !memcmp(action.data, OWN_ACTION, sizeof OWN_ACTION - 1);
}

/* --- what is found ---------------------------------------------------------------------------- */

static void
fire(control_book_t *self, control_trigger_t trigger, const subject_t *subject,
     const int64_t measured_and_bound[2])
{
    const control_who_t who = {mc_text(subject->run_id), mc_text(subject->root_task_id),
                               mc_text(subject->task_id), mc_text(subject->actor)};
    const control_firing_t firing = {
        .trigger = trigger,
        .subject = trigger == CONTROL_TRIGGER_ROOT_SPEND ? who.root_task_id : who.run_id,
        .who = who,
        .cause = subject->event_id,
        .measured = measured_and_bound[0],
        .bound = measured_and_bound[1],
    };
    self->fire(self->arg, &firing);
}

/* Fires when the sum is above the bound, and is over when it is no more. */
static void
weigh(control_book_t *self, control_trigger_t trigger, subject_t *subject, int64_t now_us)
{
    bool is_retries = trigger == CONTROL_TRIGGER_RETRIES;
    control_minute_t *minute = is_retries ? &subject->failures : &subject->spend;
    int64_t bound = is_retries ? self->bounds.failures
                               : self->bounds.spend_nanousd[trigger == CONTROL_TRIGGER_ROOT_SPEND];
    if (self->bounds.modes[trigger] == CONTROL_TRIGGER_OFF || bound == 0)
        return;
    int64_t sum = control_minute_sum(minute, now_us);
    bool is_above = sum > bound;
    if (is_above && !subject->is_fired[trigger])
        fire(self, trigger, subject, (int64_t[]){sum, bound});
    if (is_above || now_us - self->began_us > CONTROL_MINUTE_US)
        subject->is_fired[trigger] = is_above;
}

static void
take_prompt(control_book_t *self, subject_t *subject, const mc_agent_event_t *event, int64_t at_us)
{
    uint64_t hash;
    bool is_end = mc_text_is(event->phase, "end") || mc_text_is(event->phase, "progress");
    if (self->bounds.modes[CONTROL_TRIGGER_LOOP] == CONTROL_TRIGGER_OFF || is_end ||
        !mc_text_is(event->action, "llm.call") || !control_prompt_hash(event->payload_json, &hash))
        return;
    if (!subject->prompts)
        subject->prompts = calloc(1, sizeof *subject->prompts);
    assert(subject->prompts);
    int64_t count = control_prompts_take(subject->prompts, hash, at_us, self->bounds.loop_us);
    if (count < self->bounds.loop_repeats)
        return;
    control_prompts_fired(subject->prompts, hash);
    if (at_us >= subject->no_loop_before_us)
        fire(self, CONTROL_TRIGGER_LOOP, subject, (int64_t[]){count, self->bounds.loop_repeats});
}

static void
take_usage(control_book_t *self, subject_t *subject, const mc_agent_event_t *event,
           const int64_t at_and_now_us[2])
{
    int64_t at_us = at_and_now_us[0], now_us = at_and_now_us[1];
    int64_t failures = event->retry_count + mc_text_is(event->status, "failed");
    bool has_cost = event->cost_usd > 0 && !event->is_rollup;
    if (failures) {
        control_minute_add(&subject->failures, at_us, failures);
        weigh(self, CONTROL_TRIGGER_RETRIES, subject, now_us);
    }
    if (!has_cost)
        return;
    control_minute_add(&subject->spend, at_us, event->cost_usd);
    weigh(self, CONTROL_TRIGGER_SPEND, subject, now_us);
    if (!subject->root_task_id)
        return;
    const control_who_t who = {mc_text(subject->run_id), mc_text(subject->root_task_id),
                               mc_text(subject->task_id), mc_text(subject->actor)};
    subject_t *root = require(&self->roots, who.root_task_id, &who);
    root->event_id = subject->event_id;
    control_minute_add(&root->spend, at_us, event->cost_usd);
    weigh(self, CONTROL_TRIGGER_ROOT_SPEND, root, now_us);
    drop_oldest(&self->roots, true);
}

static void
hear(subject_t *subject, int64_t at_us, int64_t event_id)
{
    if (event_id > subject->event_id) {
        subject->event_id = event_id;
        subject->is_fired[CONTROL_TRIGGER_HEARTBEAT] = false;
    }
    if (at_us > subject->heard_us)
        subject->heard_us = at_us;
}

void
control_book_event(control_book_t *self, const mc_agent_event_t *event, int64_t now_us)
{
    const control_who_t who = {event->run_id, event->root_task_id, event->task_id, event->actor};
    int64_t at_us = event->ts < now_us ? event->ts : now_us;
    if (!self->began_us)
        self->began_us = now_us;
    if (event->run_id.size == 0 || event->root_task_id.size == 0 || is_own(event->action))
        return;
    subject_t *subject = require(&self->runs, event->run_id, &who);
    hear(subject, at_us, event->id);
    take_prompt(self, subject, event, at_us);
    take_usage(self, subject, event, (int64_t[]){at_us, now_us});
    drop_oldest(&self->runs, false);
}

void
control_book_run(control_book_t *self, const mc_agent_run_t *run, int64_t now_us)
{
    const control_who_t who = {run->id, run->root_task_id, run->task_id, run->actor};
    char key[KEY_BYTES];
    if (!self->began_us)
        self->began_us = now_us;
    if (mc_text_is(run->status, "completed") || mc_text_is(run->status, "failed")) {
        zhashx_delete(self->runs.table, key_of(run->id, key));
        return;
    }
    subject_t *subject = require(&self->runs, run->id, &who);
    subject->is_running = mc_text_is(run->status, "executing");
    int64_t heard_us = run->last_event_at < now_us ? run->last_event_at : now_us;
    if (!is_own(run->last_action))
        hear(subject, heard_us, run->last_event_id);
    else if (!subject->heard_us)
        subject->heard_us = heard_us;
    drop_oldest(&self->runs, false);
}

/* --- by the clock ----------------------------------------------------------------------------- */

static bool
is_silent(const control_book_t *self, const subject_t *subject, int64_t now_us)
{
    int64_t silent_us = now_us - subject->heard_us;
    return subject->is_running && !subject->is_fired[CONTROL_TRIGGER_HEARTBEAT] &&
           silent_us > self->bounds.silent_us && silent_us < CONTROL_BOOK_SILENT_MAX_US;
}

static bool
is_vouched_for(const control_book_t *self, const subject_t *subject)
{
    const control_who_t who = {mc_text(subject->run_id), mc_text(subject->root_task_id),
                               mc_text(subject->task_id), mc_text(subject->actor)};
    return self->vouch && self->vouch(self->arg, &who);
}

static void
look_for_silent(control_book_t *self, int64_t now_us)
{
    subject_t *subject;
    int fired = 0;
    if (self->bounds.modes[CONTROL_TRIGGER_HEARTBEAT] == CONTROL_TRIGGER_OFF)
        return;
    TAILQ_FOREACH(subject, &self->runs.queue, link)
    {
        if (!is_silent(self, subject, now_us) || is_vouched_for(self, subject))
            continue;
        subject->is_fired[CONTROL_TRIGGER_HEARTBEAT] = true;
        fire(self, CONTROL_TRIGGER_HEARTBEAT, subject,
             (int64_t[]){(now_us - subject->heard_us) / 1000000, self->bounds.silent_us / 1000000});
        if (++fired == CONTROL_BOOK_FIRED_MAX)
            return;
    }
}

void
control_book_look(control_book_t *self, int64_t now_us)
{
    subject_t *subject;
    if (!self->began_us)
        self->began_us = now_us;
    look_for_silent(self, now_us);
    TAILQ_FOREACH(subject, &self->runs.queue, link)
    {
        if (subject->is_fired[CONTROL_TRIGGER_SPEND])
            weigh(self, CONTROL_TRIGGER_SPEND, subject, now_us);
        if (subject->is_fired[CONTROL_TRIGGER_RETRIES])
            weigh(self, CONTROL_TRIGGER_RETRIES, subject, now_us);
    }
    TAILQ_FOREACH(subject, &self->roots.queue, link)
    if (subject->is_fired[CONTROL_TRIGGER_ROOT_SPEND])
        weigh(self, CONTROL_TRIGGER_ROOT_SPEND, subject, now_us);
}

void
control_book_mark(control_book_t *self, control_trigger_t trigger, const control_who_t *who,
                  int64_t now_us)
{
    bool is_root = trigger == CONTROL_TRIGGER_ROOT_SPEND;
    shelf_t *shelf = is_root ? &self->roots : &self->runs;
    subject_t *subject = require(shelf, is_root ? who->root_task_id : who->run_id, who);
    if (!self->began_us)
        self->began_us = now_us;
    subject->is_fired[trigger] = true;
    if (trigger == CONTROL_TRIGGER_LOOP)
        subject->no_loop_before_us = now_us + self->bounds.loop_us;
    drop_oldest(shelf, is_root);
}

static void
forget_counts(subject_t *subject)
{
    subject->spend = subject->failures = (control_minute_t){0};
    subject->no_loop_before_us = 0;
    memset(subject->is_fired, 0, sizeof subject->is_fired);
    free(subject->prompts);
    subject->prompts = NULL;
}

void
control_book_rearm(control_book_t *self, mc_text_t run_id)
{
    char key[KEY_BYTES];
    subject_t *subject = zhashx_lookup(self->runs.table, key_of(run_id, key));
    if (!subject)
        return;
    forget_counts(subject);
    subject_t *root =
        subject->root_task_id ? zhashx_lookup(self->roots.table, subject->root_task_id) : NULL;
    if (root)
        forget_counts(root);
}

size_t
control_book_runs(const control_book_t *self)
{
    return zhashx_size(self->runs.table);
}

control_book_t *
control_book_new(const control_bounds_t *bounds, control_fire_fn *fire_fn, control_vouch_fn *vouch,
                 void *arg)
{
    control_book_t *self = calloc(1, sizeof *self);
    assert(self);
    self->bounds = *bounds;
    self->fire = fire_fn;
    self->vouch = vouch;
    self->arg = arg;
    open_shelf(&self->runs, bounds->runs_max);
    open_shelf(&self->roots, bounds->roots_max);
    return self;
}

void
control_book_destroy(control_book_t **address)
{
    control_book_t *self = mc_take(address);
    if (!self)
        return;
    zhashx_destroy(&self->runs.table);
    zhashx_destroy(&self->roots.table);
    free(self);
}
