/*
 *  budget_slices - parts of budgets that this process holds, and what its calls reserve of them
 *
 *  Arithmetic only: nothing here waits, asks or allocates. A call reserves its
 *  worst case of every budget above it, or of none; what it used in the end is
 *  settled, and the rest of its reservation goes back to the budget.
 */
#ifndef MC_COMMON_BUDGET_SLICES_H
#define MC_COMMON_BUDGET_SLICES_H

#include "proto/proto.h"

#define MC_BUDGET_ID_BYTES 224
#define MC_BUDGET_PARTS_MAX 96 /* budgets above one call */

typedef enum {
    MC_BUDGET_TOKENS,
    MC_BUDGET_USD,
    MC_BUDGET_REQUESTS,
    MC_BUDGET_SECONDS,
    MC_BUDGET_CONCURRENCY,
    MC_BUDGET_UNITS,
} mc_budget_unit_t;

/* The worst case of a call, and the least that it can do with: with the smallest output limit that
 * makes sense. Money in billionths of a dollar. */
typedef struct {
    int64_t tokens;
    int64_t tokens_least;
    int64_t usd;
    int64_t usd_least;
    int64_t duration_ms;
    bool is_grace;    /* a summary: may use the grace tokens */
    bool is_unpriced; /* nobody knows what it costs */
} mc_budget_need_t;

/* What a call used. */
typedef struct {
    int64_t tokens;
    int64_t usd;
    int64_t requests; /* 0 when nothing was sent */
    int64_t duration_ms;
} mc_budget_use_t;

/* One budget as this process knows it. */
typedef struct {
    char id[MC_BUDGET_ID_BYTES];
    mc_budget_unit_t unit;
    bool is_limited;
    bool is_used;  /* since it was last looked at */
    int64_t left;  /* of the budget, beside what is held here, as last heard */
    int64_t held;  /* by this process */
    int64_t taken; /* of that, by calls */
} mc_budget_part_t;

/* What a call has of one budget. */
typedef struct {
    mc_budget_part_t *part;
    int64_t amount;
} mc_budget_hold_t;

/* MC_BUDGET_UNITS for a word that is none. */
mc_budget_unit_t mc_budget_unit(mc_text_t word);

/* Reserves the need of every part, or of none; with may_clamp what there is, where that is the
 * least at least. True when done; the holds are count. */
bool mc_budget_take(mc_budget_part_t *const *parts, size_t count, const mc_budget_need_t *need,
                    bool may_clamp, mc_budget_hold_t *ret_holds);

/* Has the call used more than it reserved? Takes more of what is free first. True when it may go
 * on. */
bool mc_budget_meter(mc_budget_hold_t *holds, size_t count, const mc_budget_use_t *use);

/* The part of a use that counts for a unit. */
int64_t mc_budget_used(mc_budget_unit_t unit, const mc_budget_use_t *use);

/* The reservation is over: it leaves the slice. */
void mc_budget_drop(mc_budget_hold_t *holds, size_t count);

/* The least that any limited hold of that unit has, or INT64_MAX. */
int64_t mc_budget_granted(const mc_budget_hold_t *holds, size_t count, mc_budget_unit_t unit);

/* The least that is left of any limited budget of that unit, for calls to come, or INT64_MAX. */
int64_t mc_budget_left(const mc_budget_hold_t *holds, size_t count, mc_budget_unit_t unit);

#endif
