/*
 *  policy - when the tokens of a task are raised, and by how much
 */
#ifndef BUDGET_POLICY_H
#define BUDGET_POLICY_H

#include "proto/proto.h"

#define BUDGET_PLANNED_LEAST 80     /* tokens that a stage needs at least */
#define BUDGET_INCREMENT_PERCENT 25 /* of the budget: less than that is never granted */

typedef struct {
    int64_t budget;
    int64_t usage;
    int64_t planned; /* 0: nothing to do */
    bool has_pending;
} budget_stage_t;

typedef enum {
    BUDGET_STAGE_ENOUGH,
    BUDGET_STAGE_PENDING,   /* a request waits already: go on, no second one */
    BUDGET_STAGE_APPROVED,  /* the increment is granted at once */
    BUDGET_STAGE_REQUESTED, /* a person must decide */
} budget_stage_outcome_t;

typedef struct {
    budget_stage_outcome_t outcome;
    int64_t planned; /* as it counts */
    int64_t remaining;
    int64_t threshold;
    int64_t increment; /* 0 when enough is left */
} budget_stage_verdict_t;

/* The policy before a stage, by the flags in force. */
budget_stage_verdict_t budget_policy_decide(const mc_runtime_flags_t *flags,
                                            const budget_stage_t *stage);

/* May that many tokens be granted to a task with this budget without a person? */
bool budget_policy_grants(const mc_runtime_flags_t *flags, int64_t budget, int64_t increment);

/* ceil(amount x percent / 100), never above MC_JSON_INTEGER_MAX. */
int64_t budget_policy_share(int64_t amount, int64_t percent);

const char *budget_stage_word(budget_stage_outcome_t outcome);

#endif
