/*
 *  flags - the flags in force, and the file they come from
 *
 *  The file is .env or what AOP_ENV_FILE names. It may be edited by hand: that is
 *  seen within CONTROL_ENV_LOOK_MS. What cannot be read changes nothing.
 */
#ifndef CONTROL_FLAGS_H
#define CONTROL_FLAGS_H

#include "services/control/control.h"

/* As the settings of the service say. The caller owns it. */
control_flags_t *control_flags_new(control_t *control);
void control_flags_destroy(control_flags_t **address);

/* The flags in force, every one present; lent. */
const mc_runtime_flags_t *control_flags_now(const control_flags_t *self);

/* Takes over what was edited by hand since: 0, or -1 with the reason when the file cannot be read.
 */
MC_CHECKED int control_flags_reload(control_flags_t *self);

/* Puts flags in force that were written to the file just now, and tells the others. */
void control_flags_take(control_flags_t *self, const mc_runtime_flags_t *flags);

/* The difference as the audit log has it: {"devMode":{"from":false,"to":true}}. */
mc_text_t control_flags_describe(const control_flags_t *self, const mc_runtime_flags_t *asked,
                                 mc_arena_t *arena);
#define CONTROL_FLAGS_TARGET "runtime_flags"
#define CONTROL_FLAGS_DEED "runtime_flags_changed"

#endif
