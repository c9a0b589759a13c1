/*
 *  turns - what is to be done later: at the end of a turn, or after a delay
 *
 *  Timers of a zloop that are safe to cancel from anywhere: zloop itself may
 *  still ring one in the turn in which it is ended.
 */
#ifndef MC_COMMON_TURNS_H
#define MC_COMMON_TURNS_H

#include <czmq.h>

#include "proto/base.h"

typedef struct mc_turns mc_turns_t;
typedef void mc_turn_fn(void *arg);

mc_turns_t *mc_turns_new(zloop_t *loop);
void mc_turns_destroy(mc_turns_t **address);

/* Calls once when everything that is ready was handled, before the loop waits again. */
void mc_turns_at_end(mc_turns_t *self, mc_turn_fn *tick, void *arg);
/* Does now what waits for the end; true when there was something. */
bool mc_turns_end(mc_turns_t *self);
/* Calls once after the delay. Returns an id above 0; to cancel one that has rung does nothing. */
int mc_turns_after(mc_turns_t *self, int delay_ms, mc_turn_fn *tick, void *arg);
void mc_turns_cancel(mc_turns_t *self, int timer);
/* Calls again and again. */
void mc_turns_every(mc_turns_t *self, int every_ms, mc_turn_fn *tick, void *arg);

#endif
