/*
 *  receipts - what was asked of a scope, and what each part did
 *
 *  A receipt is open until every part that must has acknowledged, or a later
 *  verb on the same scope takes its place. Acknowledgements are written in
 *  batches, one under way at a time, each one entry of the chain.
 */
#ifndef CONTROL_RECEIPTS_H
#define CONTROL_RECEIPTS_H

#include "services/control/control.h"
#include "services/control/parts.h"

/* The open receipts as they were read; has_parts tells of which it is known who must acknowledge.
 */
typedef struct {
    mc_list_t receipts;
    const bool *has_parts;
    mc_arena_t *arena;
} control_opening_t;

control_receipts_t *control_receipts_new(control_t *control);
void control_receipts_destroy(control_receipts_t **address);

/* A reading begins: the scopes of receipts without parts are made. The scope of a receipt is asked
 * like a hold; NULL where there is none of that id. */
void control_receipts_begin(control_receipts_t *self, const control_opening_t *opening);
mc_hold_t *control_receipts_scope(control_receipts_t *self, mc_uuid_t id);

/* The reading is whole, and the holds are in force: says who must acknowledge what is new, drops
 * what is over, and answers who waits for a receipt. */
void control_receipts_take(control_receipts_t *self, const control_opening_t *opening);

/* Answers the ask with the receipt once it is open. */
void control_receipts_wait(control_receipts_t *self, mc_ask_t *ask, mc_uuid_t id);

/* A part has acknowledged; of a router or a proxy, all epochs up to that one. */
void control_receipts_acknowledge(control_receipts_t *self, const control_part_t *part,
                                  const mc_part_ack_t *ack);

#endif
