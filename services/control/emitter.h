/*
 *  emitter - audit rows of older emitters, made into events
 *
 *  A row is sent to ingest and done once ingest has answered for it. Its event
 *  has an id made of the row's, so a row that is sent again, as after a restart,
 *  is stored once. Which rows are done is in emitter_window.
 */
#ifndef CONTROL_EMITTER_H
#define CONTROL_EMITTER_H

#include "services/control/control.h"

control_emitter_t *control_emitter_new(control_t *control);
void control_emitter_destroy(control_emitter_t **address);

/* The event of a row; is_task says that its target is one. The texts are lent by the entry. */
void control_emitter_make_event(const mc_audit_entry_t *entry, bool is_task,
                                mc_agent_event_t *ret_event);

#endif
