/*
 *  run_hold - brings a run to where the platform wants it, and says when it is there
 *
 *  Nothing is acknowledged on hope: paused once all processes stand still, stopped once none is
 *  left. What cannot be had is acknowledged as failed, with the reason, and tried on.
 *
 *      run         thawed, way out open
 *      pause       boundary, drain: the processes go on, the platform holds their calls;
 *                  now: frozen; quarantine: way out closed
 *      stop        SIGTERM to the command, and when that has ended to what it left running; after
 *      restart     the grace time, or at once when it is over, SIGKILL to whoever is left
 */
#ifndef MISSIONCTL_RUN_HOLD_H
#define MISSIONCTL_RUN_HOLD_H

#include "run.h"

/* A new run, or a new attempt: nothing is wanted yet. */
void missionctl_hold_init(missionctl_hold_t *self);

/* The platform said this: for missionctl_link_options_t, arg is the run. */
void missionctl_hold_hear(void *arg, const missionctl_verdict_t *verdict);

/* Does what can be done now. Returns after how many milliseconds to look again, at most most_ms. */
int missionctl_hold_step(missionctl_run_t *run, int most_ms);

/* The command has ended: begins to end what it left running; see is_gone. */
void missionctl_hold_end_rest(missionctl_run_t *run);

/* It may be started: nothing holds it back. */
bool missionctl_hold_lets_start(const missionctl_run_t *run);

/* It is to end, now or before it began. */
bool missionctl_hold_is_stop(const missionctl_run_t *run);

/* Acknowledges the verdict with a state: paused, running, stopped, restarted, failed. */
void missionctl_hold_acknowledge(missionctl_run_t *run, const char *state, const char *note);

/* The body that announces the run, or says that it is over. */
void missionctl_hold_write_part(const missionctl_run_t *run, bool is_leaving, mc_buffer_t *out);

#endif
