/*
 *  control_store_holds - the holds in force, who is in them, and the parts that enforce
 */
#ifndef CONTROL_STORE_HOLDS_H
#define CONTROL_STORE_HOLDS_H

#include "services/control/control_store.h"

/* Rows: set_epoch and the columns of a hold; NULLs behind set_epoch when none is in force. */
void control_store_read_holds(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                              void *arg);

/* Who is in the holds, and in the scopes of receipts whose parts are not known yet. Rows: owner (a
 * hold or a receipt), what (see below) and id, in this order. */
void control_store_read_members(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                                void *arg);
enum { CONTROL_MEMBER_OWNER, CONTROL_MEMBER_WHAT, CONTROL_MEMBER_ID };
enum { CONTROL_MEMBER_TASK = 1, CONTROL_MEMBER_RUN = 2, CONTROL_MEMBER_OLD_RUN = 3 };

/* Puts runs that spend too fast into the holds that ask for them: a row for each that is new. */
void control_store_find_spenders(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                                 void *arg);

/* A row when it had not been warned of before. */
void control_store_mark_warned(control_t *control, mc_arena_t *arena, mc_uuid_t hold,
                               mc_store_answer_fn *answer, void *arg);

/* Parts as records. Saving gives back the part with what the store knows of its run and task. */
void control_store_read_parts(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                              void *arg);
void control_store_save_part(control_t *control, mc_arena_t *arena, const mc_control_part_t *part,
                             mc_store_answer_fn *answer, void *arg);
void control_store_remove_part(control_t *control, mc_arena_t *arena, mc_text_t id,
                               mc_store_answer_fn *answer, void *arg);
/* The part that was there, or no row; the deed's target is its name. */
void control_store_forget_part(control_t *control, const control_deed_t *deed,
                               mc_store_answer_fn *answer, mc_ask_t *ask);

/* Those of the runs that have ended. */
void control_store_find_ended(control_t *control, mc_arena_t *arena, const mc_text_t *runs,
                              size_t count, mc_store_answer_fn *answer, void *arg);

#endif
