/*
 *  control_store_receipts - receipts, who acknowledged, and the chain of hashes
 *
 *  An entry is hashed together with the hash of the one before it, in the
 *  statement that writes it, under the lock of the one row of the chain.
 */
#ifndef CONTROL_STORE_RECEIPTS_H
#define CONTROL_STORE_RECEIPTS_H

#include "services/control/control_store.h"

/* Receipts that some part has not acknowledged yet, as records with parts_seq (NULL: it is not
 * known yet who must) and is_superseded; by epoch. */
void control_store_read_open_receipts(control_t *control, mc_arena_t *arena,
                                      mc_store_answer_fn *answer, void *arg);
void control_store_list_receipts(control_t *control, const mc_receipt_query_t *query,
                                 mc_store_answer_fn *answer, mc_ask_t *ask);

/* receipt_id and the columns of a receipt_part, by receipt, those that wait first. */
typedef struct {
    const mc_text_t *ids;
    size_t count;
    mc_arena_t *arena;
} control_receipt_ids_t;
void control_store_read_receipt_parts(control_t *control, const control_receipt_ids_t *ids,
                                      mc_store_answer_fn *answer, void *arg);

/* Says who must acknowledge: [{"receipt_id", "part_id", "kind", "run_id", "instance"}]; without a
 * part_id: nobody. Rows: receipts of which it was not said before. */
void control_store_open_receipts(control_t *control, mc_arena_t *arena, mc_text_t parts,
                                 mc_store_answer_fn *answer, void *arg);

/* Writes acknowledgements, also of parts that came later: those members, "acknowledged",
 * "acked_us", "enforcement", "held", "cut", "processes", "note" and "is_last" for the one that
 * completes its receipt. Rows: receipts that are complete now. */
void control_store_acknowledge(control_t *control, mc_arena_t *arena, mc_text_t acks,
                               mc_store_answer_fn *answer, void *arg);

/* The next thousand entries of the chain: seq, record, hash as hex. */
void control_store_read_entries(control_t *control, int64_t after, mc_store_answer_fn *answer,
                                mc_ask_t *ask);

/* One row: last number, last hash, count of receipts, and the first receipt that does not say what
 * the chain says (NULL: none). */
void control_store_compare_receipts(control_t *control, mc_store_answer_fn *answer, mc_ask_t *ask);
enum { CONTROL_CHAIN_SEQ, CONTROL_CHAIN_HASH, CONTROL_CHAIN_RECEIPTS, CONTROL_CHAIN_BROKEN };

#endif
