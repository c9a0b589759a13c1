/*
 *  emitter - audit rows of older emitters, made into events
 *
 *  An older emitter writes its row straight into aop_audit_log, where it gets a
 *  number at once and becomes visible when its transaction commits: so rows
 *  become visible out of their order. The cursor therefore stays below every
 *  number that may still appear, and the rows above it that are done are
 *  remembered. An event has an id made of the row's, so a row that is sent again,
 *  as after a restart, is stored once.
 */
#ifndef CONTROL_EMITTER_H
#define CONTROL_EMITTER_H

#include "services/control/control.h"

#define CONTROL_EMITTER_PAGE 250 /* rows in one message: 64 KiB of details each fit */
/* Done rows above the cursor that are remembered; no more are read until it moves. */
#define CONTROL_EMITTER_WINDOW_MAX 50000

control_emitter_t *control_emitter_new(control_t *control);
void control_emitter_destroy(control_emitter_t **address);

/* The event of a row; is_task says that its target is one. The texts are lent by the entry. */
void control_emitter_make_event(const mc_audit_entry_t *entry, bool is_task,
                                mc_agent_event_t *ret_event);

#endif
