/*
 *  trigger_deeds - what follows from a firing: its row, its event, its pause; one after the other
 */
#ifndef CONTROL_TRIGGER_DEEDS_H
#define CONTROL_TRIGGER_DEEDS_H

#include "services/control/triggers.h"

#define CONTROL_DEEDS_MAX 1000 /* that wait; more are dropped and counted as refused */

/* The book is told when a run that was paused goes on. */
control_deeds_t *control_deeds_new(control_t *control, control_book_t *book);
void control_deeds_destroy(control_deeds_t **address);

/* A new firing; or one whose row is stored already. Copied. */
void control_deeds_add(control_deeds_t *self, const control_firing_t *firing, control_mode_t mode);
void control_deeds_resume(control_deeds_t *self, const mc_trigger_firing_t *record, bool has_task);

/* By the clock: what could not be done is tried again; who goes on starts anew. */
void control_deeds_look(control_deeds_t *self);

#endif
