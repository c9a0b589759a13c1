/*
 *  control_store_triggers - what triggers found
 */
#ifndef CONTROL_STORE_TRIGGERS_H
#define CONTROL_STORE_TRIGGERS_H

#include "services/control/control_store.h"

/* Stores a firing and its row of the audit log. A row with fired_at and has_task; none where the
 * cause had fired before, or the silent run is heard of again. */
void control_store_fire(control_t *control, mc_arena_t *arena, const mc_trigger_firing_t *firing,
                        mc_store_answer_fn *answer, void *arg);
enum { CONTROL_FIRED_AT, CONTROL_FIRED_HAS_TASK };

void control_store_finish_firing(control_t *control, mc_arena_t *arena,
                                 const mc_trigger_firing_t *firing, mc_store_answer_fn *answer,
                                 void *arg);

/* The columns of a firing and has_task: those of the last hour, and those that are not done. */
void control_store_read_firings(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                                void *arg);

void control_store_list_firings(control_t *control, const mc_trigger_query_t *query,
                                mc_store_answer_fn *answer, mc_ask_t *ask);

/* Runs that are executing, as records; most of them heard of within a day. */
void control_store_read_running(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                                void *arg);

#endif
