/*
 *  trigger_book - the runs and roots that triggers look at, as events tell of them
 *
 *  Pure: events and runs go in, firings come out. A trigger fires once for each
 *  cause: again only after what it found was over, or after a new start was made.
 *
 *      heartbeat   over with the next event of the run
 *      loop        over when the prompt was not seen for the window
 *      spend       over when the last minute is below the bound; the others likewise
 *
 *  Bounded: what was heard of least recently is forgotten.
 */
#ifndef CONTROL_TRIGGER_BOOK_H
#define CONTROL_TRIGGER_BOOK_H

#include "services/control/trigger_rules.h"

#define CONTROL_BOOK_RUNS_MAX 10000
#define CONTROL_BOOK_ROOTS_MAX 2000
#define CONTROL_BOOK_SILENT_MAX_US                                                                 \
    INT64_C(86400000000)           /* a run that is silent for longer is over */
#define CONTROL_BOOK_FIRED_MAX 100 /* heartbeats that fire in one look; the rest has its turn */

typedef struct {
    control_mode_t modes[CONTROL_TRIGGER_COUNT];
    int64_t silent_us;
    int64_t loop_repeats;
    int64_t loop_us;
    int64_t spend_nanousd[2]; /* in a minute: of a run, of a root; 0 is no bound */
    int64_t failures;         /* in a minute */
    size_t runs_max;
    size_t roots_max;
} control_bounds_t;

/* Whose run it is. Lent. */
typedef struct {
    mc_text_t run_id;
    mc_text_t root_task_id;
    mc_text_t task_id;
    mc_text_t actor;
} control_who_t;

typedef struct {
    control_trigger_t trigger;
    mc_text_t subject; /* the run, or the root */
    control_who_t who;
    int64_t cause; /* id of an event */
    int64_t measured;
    int64_t bound;
} control_firing_t;

typedef void control_fire_fn(void *arg, const control_firing_t *firing);
/* Does somebody vouch for the silent run: a beat of its supervisor, or a pause? */
typedef bool control_vouch_fn(void *arg, const control_who_t *who);

typedef struct control_book control_book_t;

/* bounds is copied; fire is called out of the functions below. */
control_book_t *control_book_new(const control_bounds_t *bounds, control_fire_fn *fire,
                                 control_vouch_fn *vouch, void *arg);
void control_book_destroy(control_book_t **address);

/* What was committed, in the order of the commits. */
void control_book_event(control_book_t *self, const mc_agent_event_t *event, int64_t now_us);
void control_book_run(control_book_t *self, const mc_agent_run_t *run, int64_t now_us);

/* By the clock: who is silent, and what is over. */
void control_book_look(control_book_t *self, int64_t now_us);

/* It had fired before this process began. */
void control_book_mark(control_book_t *self, control_trigger_t trigger, const control_who_t *who,
                       int64_t now_us);

/* A new start for the run: what was counted and what fired is forgotten. */
void control_book_rearm(control_book_t *self, mc_text_t run_id);

size_t control_book_runs(const control_book_t *self);

#endif
