/*
 *  turns - what is to be done later: at the end of a turn, or after a delay
 *
 *  zloop polls, then runs the timers that are due, then the handlers of what is
 *  ready. So a timer without delay, set by a handler, runs when the turn is
 *  over: the next poll does not wait, and timers come before its handlers.
 */
#include "turns.h"

typedef struct {
    mc_turn_fn *tick;
    void *arg;
} step_t;

typedef struct delay {
    struct delay *next;
    step_t step;
    int id;
    bool is_repeated;
} delay_t;

struct mc_turns {
    zloop_t *loop;
    step_t *steps; /* for the end of this turn */
    size_t count;
    size_t capacity;
    int end_timer; /* for them; 0: none */
    delay_t *delays;
};

static void *
resize(void *memory, size_t size)
{
    memory = realloc(memory, size);
    if (!memory)
        mc_fatal("out of memory");
    return memory;
}

mc_turns_t *
mc_turns_new(zloop_t *loop)
{
    mc_turns_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->loop = loop;
    return self;
}

void
mc_turns_destroy(mc_turns_t **address)
{
    mc_turns_t *self = mc_take(address);
    if (!self)
        return;
    while (self->delays)
        mc_turns_cancel(self, self->delays->id);
    free(self->steps);
    free(self);
}

/* A timer that is left would be one more turn, for nothing. */
static void
drop_end_timer(mc_turns_t *self)
{
    if (self->end_timer)
        zloop_timer_end(self->loop, self->end_timer);
    self->end_timer = 0;
}

/* Runs what was asked for so far; what these steps ask for waits for the next end. */
bool
mc_turns_end(mc_turns_t *self)
{
    drop_end_timer(self);
    step_t *steps = mc_take(&self->steps);
    size_t count = self->count;
    self->count = self->capacity = 0;
    for (size_t i = 0; i < count; i++)
        steps[i].tick(steps[i].arg);
    free(steps);
    return count > 0;
}

static int
on_turn_end(zloop_t *loop, int timer, void *arg)
{
    mc_turns_t *self = arg;
    if (timer == self->end_timer)
        self->end_timer = 0; /* it ends by itself */
    mc_turns_end(self);
    (void)loop;
    return 0;
}

void
mc_turns_at_end(mc_turns_t *self, mc_turn_fn *tick, void *arg)
{
    if (!self->end_timer)
        self->end_timer = zloop_timer(self->loop, 0, 1, on_turn_end, self);
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? self->capacity * 2 : 8;
        self->steps = resize(self->steps, self->capacity * sizeof *self->steps);
    }
    self->steps[self->count++] = (step_t){tick, arg};
}

static delay_t **
find_delay(mc_turns_t *self, int id)
{
    delay_t **link = &self->delays;
    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void
drop_delay(delay_t **link)
{
    delay_t *delay = *link;
    *link = delay->next;
    free(delay);
}

/* zloop may still ring a timer in the turn in which it is cancelled, so it is looked up by id. */
static int
on_delay(zloop_t *loop, int id, void *arg)
{
    mc_turns_t *self = arg;
    delay_t **link = find_delay(self, id);
    if (!*link)
        return 0;
    step_t step = (*link)->step;
    if (!(*link)->is_repeated)
        drop_delay(link);
    step.tick(step.arg);
    (void)loop;
    return 0;
}

static int
set_delay(mc_turns_t *self, int delay_ms, bool is_repeated, step_t step)
{
    assert(delay_ms >= 0);
    delay_t *delay = resize(NULL, sizeof *delay);
    *delay = (delay_t){.next = self->delays, .step = step, .is_repeated = is_repeated};
    delay->id = zloop_timer(self->loop, (size_t)delay_ms, is_repeated ? 0 : 1, on_delay, self);
    assert(delay->id > 0);
    self->delays = delay;
    return delay->id;
}

int
mc_turns_after(mc_turns_t *self, int delay_ms, mc_turn_fn *tick, void *arg)
{
    return set_delay(self, delay_ms, false, (step_t){tick, arg});
}

void
mc_turns_every(mc_turns_t *self, int every_ms, mc_turn_fn *tick, void *arg)
{
    assert(every_ms > 0);
    (void)set_delay(self, every_ms, true, (step_t){tick, arg});
}

void
mc_turns_cancel(mc_turns_t *self, int timer)
{
    delay_t **link = find_delay(self, timer);
    if (!*link)
        return;
    zloop_timer_end(self->loop, timer);
    drop_delay(link);
}
