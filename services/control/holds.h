/*
 *  holds - the holds in force, as the store has them
 *
 *      verb committed --> holds, receipts and members read --> parts judged,
 *      holds and verdicts published, receipts opened --> parts acknowledge
 *
 *  Nothing is kept here that the store does not have: control that is started
 *  again reads it and goes on. What was read is taken whole or not at all.
 */
#ifndef CONTROL_HOLDS_H
#define CONTROL_HOLDS_H

#include "common/holds.h"
#include "services/control/control.h"

control_holds_t *control_holds_new(control_t *control);
void control_holds_destroy(control_holds_t **address);

/* Something changed in the store: reads again, and once more if that is under way. */
void control_holds_reload(control_holds_t *self);

/* What parts have done changed: the states of the holds are published soon. */
void control_holds_tell(control_holds_t *self);

/* The set in force; NULL until it was read for the first time. */
const mc_holds_t *control_holds_set(const control_holds_t *self);

/* Tasks were born: they may be in a hold. */
void control_holds_on_tasks(control_holds_t *self);

#endif
