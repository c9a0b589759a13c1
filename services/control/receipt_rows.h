/*
 *  receipt_rows - one open receipt and its parts
 */
#ifndef CONTROL_RECEIPT_ROWS_H
#define CONTROL_RECEIPT_ROWS_H

#include <sys/queue.h>

#include "services/control/parts.h"

typedef struct control_receipt {
    LIST_ENTRY(control_receipt) link;
    mc_arena_t *arena;
    mc_control_receipt_t record; /* its parts are those below */
    mc_receipt_part_t *parts;
    size_t count;
    size_t capacity;
    mc_hold_t scope; /* until it is opened; its members are of the reading */
    bool is_opened;  /* it is known who must acknowledge */
    bool is_reading; /* that, from the store */
    bool is_written; /* complete, and the store has it */
    bool must_tell;
} control_receipt_t;

/* A copy of the record, without parts. */
control_receipt_t *control_receipt_new(const mc_control_receipt_t *record);
void control_receipt_destroy(control_receipt_t **address);

/* The scope as a hold that is asked whom it covers. */
void control_receipt_make_scope(control_receipt_t *self);

/* The part must acknowledge; or is read from a row that says so. */
void control_receipt_expect(control_receipt_t *self, const control_part_t *part);
void control_receipt_read_part(control_receipt_t *self, const PGresult *result, int row);

/* Is it this receipt that the acknowledgement is of? */
bool control_receipt_is_meant(const control_receipt_t *self, const control_part_t *part,
                              const mc_part_ack_t *ack);

/* Takes it: false when it says nothing new. A part that came later is added. */
bool control_receipt_take(control_receipt_t *self, const control_part_t *part,
                          const mc_part_ack_t *ack);

/* Adds up the parts and names the state. */
void control_receipt_sum(control_receipt_t *self);

/* pausing, paused, ... of a verb. */
const char *control_receipt_word(mc_text_t verb, int64_t acknowledged, int64_t expected);

/* Rows for the store, with a comma before each but the first. */
void control_receipt_write_parts(mc_buffer_t *out, const control_receipt_t *self);
void control_receipt_write_ack(mc_buffer_t *out, const control_receipt_t *self,
                               const control_part_t *part, const mc_part_ack_t *ack);

#endif
