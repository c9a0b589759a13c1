/*
 *  parts - what enforces: routers, proxies, supervisors, agents that listen
 *
 *  A part says hello, is told its verdict, does it and acknowledges it with the
 *  verdict's epoch. Routers and proxies hear the holds themselves and say which
 *  epoch they have applied; the others are told what holds for their run.
 *
 *      HERE --no sign of life--> GONE --hello--> HERE
 *        '--leaves, or its run has ended--> forgotten <--'
 *
 *  A part that is gone is missed by name wherever it must acknowledge.
 */
#ifndef CONTROL_PARTS_H
#define CONTROL_PARTS_H

#include "common/holds.h"
#include "services/control/control.h"

#define CONTROL_PART_GONE_US INT64_C(5000000) /* without a sign of life */
#define CONTROL_PARTS_MAX 20000
#define CONTROL_MISSING_MAX 100 /* named in a hold */

typedef struct control_part {
    mc_arena_t *arena;
    mc_control_part_t record;
    mc_identity_t identity;
    int64_t seen_us; /* steady */
    bool is_bus;     /* a router or a proxy: applies epochs */
    bool is_gone;
    bool is_judged;
    bool is_settled; /* has acknowledged its verdict */
    bool must_tell;
    mc_holds_verdict_t judged;
    mc_verdict_t verdict; /* in the arena below */
    mc_arena_t *verdict_arena;
    char acknowledged[16]; /* what it said last; empty: nothing */
} control_part_t;

control_parts_t *control_parts_new(control_t *control);
void control_parts_destroy(control_parts_t **address);
bool control_parts_is_loaded(const control_parts_t *self);

control_part_t *control_parts_find(const control_parts_t *self, mc_text_t id);

/* The supervisor or the agent of a run; NULL: none. */
control_part_t *control_parts_find_run(const control_parts_t *self, mc_text_t run);

/* Every part in turn: NULL begins, NULL ends. */
control_part_t *control_parts_next(const control_parts_t *self, const control_part_t *at);

/* Judges a part by the holds in force; receipt, which may be NULL, is the verb that it must
 * acknowledge. What it must hear is told by control_parts_tell. */
void control_parts_judge(control_parts_t *self, control_part_t *part,
                         const mc_control_receipt_t *receipt);

/* Judges those that no receipt was for, and publishes the verdicts that changed. */
void control_parts_tell(control_parts_t *self);

/* Fills in state, parts_settled, parts_total and missing of the hold at that place of the set. */
void control_parts_show(const control_parts_t *self, size_t index, mc_hold_t *hold,
                        mc_arena_t *arena);

/* What a part says that has done the verdict. */
const char *control_parts_done_word(mc_holds_verdict_t verdict);

#endif
