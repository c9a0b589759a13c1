/*
 *  flags - the flags in force, the file they come from, and who is told
 *
 *  The file is .env or what AOP_ENV_FILE names. A change by command is written
 *  to a draft of the file, then to the audit log, then put in its place, and
 *  only then in force and told; one change after the other. The file may be
 *  edited by hand as well: that is seen within CONTROL_ENV_LOOK_MS.
 */
#ifndef CONTROL_FLAGS_H
#define CONTROL_FLAGS_H

#include "services/control/control.h"

#define CONTROL_FLAGS_WAITING_MAX 64 /* changes by command; one more is too_busy */

/* As the settings of the service say. */
control_flags_t *control_flags_new(control_t *control);
/* Refuses the changes that wait. */
void control_flags_close(control_flags_t *self);
void control_flags_destroy(control_flags_t **address);

#endif
