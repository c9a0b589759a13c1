/*
 *  spending - what a call may spend, reserved of every budget above it, metered and settled
 *
 *      reserve (worst case of the candidates) -> attempts, each within what was granted
 *          -> meter each frame -> settle once, when the call is over
 *
 *  All attempts of a call share one reservation. The worst case is the prompt, by
 *  an estimate that is calibrated by what each lane really counted, and the output
 *  limit of the request or of the model's card; where less was granted the request
 *  is forwarded with a smaller limit.
 */
#ifndef ROUTER_SPENDING_H
#define ROUTER_SPENDING_H

#include "common/budget_lease.h"
#include "services/router/registry.h"

typedef struct router_call router_call_t;

/* What a call has of its budgets; zero at first. */
typedef struct {
    mc_budget_call_t *call; /* NULL: nothing is reserved */
    bool is_granted;
    bool is_metered; /* a limit is above it that a stream can cross */
    bool is_crossed;
    mc_budget_use_t used; /* by attempts that are over */
    int64_t asked_us;     /* steady, when it was asked for */
} router_spending_t;

/* How much is counted wrongly, by lane: in percent of the estimate. */
typedef struct {
    int64_t prompt_percent; /* 0: not seen yet */
    int64_t output_percent;
} router_estimates_t;

typedef struct {
    mc_budget_lease_t *lease;
    router_estimates_t *lanes;
    size_t lane_count;
} router_spendings_t;

void router_spendings_open(router_spendings_t *self, const mc_budget_lease_options_t *options);
void router_spendings_close(router_spendings_t *self);

/* Reserves, before the first attempt. True: go on. False: it waits and goes on by itself, or was
 * refused and ended. */
bool router_spending_reserve(router_call_t *self);

/* Does what was granted suffice for that model? *ret_output_max becomes the output limit that it
 * must be told, or 0 where the client's own is fine. */
bool router_spending_fits(const router_call_t *self, const router_model_t *model,
                          int64_t *ret_output_max);

/* Output tokens of one choice at most, by the request or the model's card. */
int64_t router_spending_output(const router_call_t *self, const router_model_t *model);

/* Counts what the attempt under way has delivered so far; sets is_crossed. */
void router_spending_meter(router_call_t *self);
/* Refuses a call whose limit was crossed. */
void router_spending_refuse(const router_call_t *self, mc_refusal_t *refusal);

/* The attempt is over: what it used counts, and is learned from. */
void router_spending_add(router_call_t *self, bool is_whole);
/* The request was sent to a provider. */
void router_spending_sent(router_call_t *self);

/* Once, when nothing more can be spent; may be called again. */
void router_spending_settle(router_call_t *self);

/* What is left of the budgets for calls to come; INT64_MAX where no budget counts the unit. */
int64_t router_spending_left(const router_call_t *self, mc_budget_unit_t unit);

#endif
