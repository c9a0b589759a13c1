/*
 *  scopes - what a verb says of its scope, for the store
 *
 *  One scope has one key, so that a resume finds its own pause and no other.
 */
#ifndef CONTROL_SCOPES_H
#define CONTROL_SCOPES_H

#include "services/control/expiry.h"

/* A filter must have a word; a spend rate must be above nothing. 0 or MC_REFUSED. */
MC_CHECKED int control_scope_check_filter(const mc_scope_action_t *action, mc_refusal_t *refusal);

/* The mode, and what happens at the limit, must be words that there are, and of a pause. */
MC_CHECKED int control_scope_check_mode(const mc_scope_action_t *action, control_verb_t verb,
                                        mc_refusal_t *refusal);

/* Fills in the order, the ids and the runs of the plan. action is NULL for a task and for what is
 * below it: its root is found by the store. */
void control_scope_order(mc_ask_t *ask, control_deed_plan_t *plan, const mc_scope_action_t *action);

/* Writes the key of a scope: "tree:R", "tier:2:R", "agent:T", "task:T", or a filter's words. */
void control_scope_key(const control_scope_t *scope, const mc_scope_action_t *action,
                       mc_buffer_t *out);

/* The verb as control itself: what was paused for too long ends, what a trigger found is paused. */
void control_scope_expire(control_expiry_t *expiry, const mc_scope_action_t *action);

#endif
