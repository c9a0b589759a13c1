/*
 *  loop - a service of nothing but its loop, for tests of what lives in one
 *
 *  Defines the calls of service.h that common's parts use, so include it in one
 *  file of a test program; common/service.c is then not linked.
 */
#ifndef MC_TESTS_FAKES_LOOP_H
#define MC_TESTS_FAKES_LOOP_H

#include <criterion/criterion.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/service.h"
#include "common/service/watches.h"
#include "common/turns.h"

#define LOOP_GIVES_UP_US INT64_C(30000000) /* a test that hangs fails */

struct mc_service {
    zloop_t *loop;
    mc_turns_t *turns;
    mc_watches_t *watches;
    mc_settings_t *settings;
    const bool *is_over;
    int64_t gives_up_us;
};

const mc_settings_t *
mc_service_settings(const mc_service_t *self)
{
    return self->settings;
}

void
mc_service_at_turn_end(mc_service_t *self, mc_service_tick_fn *tick, void *arg)
{
    mc_turns_at_end(self->turns, tick, arg);
}

int
mc_service_after(mc_service_t *self, int delay_ms, mc_service_tick_fn *tick, void *arg)
{
    return mc_turns_after(self->turns, delay_ms, tick, arg);
}

void
mc_service_cancel(mc_service_t *self, int timer)
{
    mc_turns_cancel(self->turns, timer);
}

void
mc_service_watch(mc_service_t *self, int fd, int events, mc_service_ready_fn *ready, void *arg)
{
    mc_watches_set(self->watches, fd, events, ready, arg);
}

static mc_service_t *
loop_new(void)
{
    mc_service_t *self = calloc(1, sizeof *self);
    self->settings = mc_settings_new();
    cr_assert(self->settings, "%s", mc_error());
    zsys_handler_set(NULL);
    self->loop = zloop_new();
    self->turns = mc_turns_new(self->loop);
    self->watches = mc_watches_new(self->loop);
    return self;
}

static void
loop_destroy(mc_service_t **address)
{
    mc_service_t *self = mc_take(address);
    mc_watches_destroy(&self->watches);
    mc_turns_destroy(&self->turns);
    zloop_destroy(&self->loop);
    mc_settings_destroy(&self->settings);
    free(self);
}

static int
loop_look(zloop_t *loop, int timer, void *arg)
{
    (void)loop, (void)timer;
    mc_service_t *self = arg;
    return *self->is_over || mc_clock_steady_us() > self->gives_up_us ? -1 : 0;
}

/* Runs until the flag is set by a callback. */
static void
loop_until(mc_service_t *self, const bool *is_over)
{
    self->is_over = is_over;
    self->gives_up_us = mc_clock_steady_us() + LOOP_GIVES_UP_US;
    int timer = zloop_timer(self->loop, 1, 0, loop_look, self);
    zloop_start(self->loop);
    zloop_timer_end(self->loop, timer);
    cr_assert(*is_over, "nothing happened for %d s", (int)(LOOP_GIVES_UP_US / 1000000));
}

#endif
