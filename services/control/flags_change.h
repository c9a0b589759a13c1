/*
 *  flags_change - changes of the flags by command, one after the other
 *
 *  A change is written to a draft of the file, then to the audit log, and only
 *  then put in its place, in force, and told. What fails on the way leaves the
 *  file as it was.
 */
#ifndef CONTROL_FLAGS_CHANGE_H
#define CONTROL_FLAGS_CHANGE_H

#include "services/control/control.h"

#define CONTROL_CHANGES_WAITING_MAX 64 /* one more is too_busy */

/* The caller owns it. */
control_changes_t *control_changes_new(control_t *control);
/* Refuses the changes that wait; before the store ends. */
void control_changes_close(control_changes_t *self);
void control_changes_destroy(control_changes_t **address);

/* Is one under way? The file is not to be read then. */
bool control_changes_is_busy(const control_changes_t *self);

#endif
