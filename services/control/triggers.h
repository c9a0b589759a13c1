/*
 *  triggers - what is found in the events of runs, and what follows
 *
 *      committed --> book --> firing stored --> event on the run --> pause, in enforce --> done
 *
 *  Each step is done again until it is done, also by the next process: a firing
 *  has one row, its event one id, and who is paused already is not paused again.
 */
#ifndef CONTROL_TRIGGERS_H
#define CONTROL_TRIGGERS_H

#include "services/control/control.h"
#include "services/control/trigger_book.h"

/* 0, or -1 with the setting that is wrong. */
MC_CHECKED int control_triggers_read(const mc_settings_t *settings, control_bounds_t *ret_bounds);

control_triggers_t *control_triggers_new(control_t *control, const control_bounds_t *bounds);
void control_triggers_destroy(control_triggers_t **address);

typedef struct control_deeds control_deeds_t;
control_deeds_t *control_triggers_deeds(control_triggers_t *self);

#endif
