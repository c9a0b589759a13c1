/*
 *  budget_lease - how a router or a proxy stays within every budget above its calls
 *
 *      mc_budget_lease_new -> reserve -> (meter ...) -> settle | release
 *                             tick, every 100 ms or so
 *
 *  A call for which the slices of this process are large enough is granted at
 *  once, without the bus. Else it waits for the budget service, bounded by its
 *  time limit, and is granted or refused. Settlements are sent until they are
 *  answered, and counted once by the id of the call. A beat each second keeps the
 *  slices alive; what is idle for a second is given back. While the service or
 *  its store is away, calls go on where there was no limit when it was asked last.
 *
 *  One thread, the one of the bus.
 */
#ifndef MC_COMMON_BUDGET_LEASE_H
#define MC_COMMON_BUDGET_LEASE_H

#include "common/budget_slices.h"
#include "common/bus.h"

#define MC_BUDGET_TICK_MS 100
#define MC_BUDGET_UNSETTLED_MAX 100000 /* lines kept while the service is away, then refused */
#define MC_BUDGET_CHAIN_MS 5000        /* how long it is believed which budgets are above whom */

typedef struct mc_budget_lease mc_budget_lease_t;
typedef struct mc_budget_call mc_budget_call_t;

/* Whose call it is. Each may be empty. */
typedef struct {
    mc_text_t task_id;
    mc_text_t root_task_id;
    mc_text_t actor;
    mc_text_t key_id;
} mc_budget_who_t;

typedef struct {
    mc_text_t call_id; /* never used again for another call */
    mc_budget_who_t who;
    mc_budget_need_t need;
    int timeout_ms; /* 0: MC_BUS_TIMEOUT_MS */
} mc_budget_question_t;

#define MC_BUDGET_WAITS 2 /* the answer comes later */

/* The call that waited is granted, or is refused and gone. Codes: over_budget, price_unknown; and
 * service_missing, deadline_passed, store_away, too_busy: nobody can say just now. */
typedef void mc_budget_answer_fn(void *arg, mc_budget_call_t *call, const mc_refusal_t *refusal);

typedef struct {
    mc_bus_t *bus;          /* lent */
    const char *holder;     /* service and instance; a process id is added */
    bool is_open_when_away; /* calls whose budgets are not known go on while no service is there */
} mc_budget_lease_options_t;

mc_budget_lease_t *mc_budget_lease_new(const mc_budget_lease_options_t *options);
/* When the bus has ended its calls, as it has when a service stops. What is not settled by then
 * stays reserved, and counts as spent. */
void mc_budget_lease_destroy(mc_budget_lease_t **address);

/* Gives back all that is free, and holds nothing free from now on: before the end, with ticks until
 * nothing is unsettled. */
void mc_budget_lease_leave(mc_budget_lease_t *self);

/* Settles, beats, gives back. */
void mc_budget_lease_tick(mc_budget_lease_t *self);

/* Reserves the worst case: 0 and the call, granted; or MC_BUDGET_WAITS and the call, and answer is
 * called later, exactly once. */
int mc_budget_reserve(mc_budget_lease_t *self, const mc_budget_question_t *question,
                      mc_budget_answer_fn *answer, void *arg, mc_budget_call_t **ret_call);

/* Of a granted call: what it may use, which is less than it asked for where that was clamped.
 * INT64_MAX where no budget counts the unit. */
int64_t mc_budget_call_granted(const mc_budget_call_t *call, mc_budget_unit_t unit);
/* What is left for calls to come, likewise. */
int64_t mc_budget_call_left(const mc_budget_call_t *call, mc_budget_unit_t unit);

/* What it has used so far. False: it has crossed a limit and must end now. */
bool mc_budget_call_meter(mc_budget_call_t *call, const mc_budget_use_t *use);

/* Each takes the call, granted or waiting: what it used; or nothing, for one that was never sent.
 * One that waits is not answered any more. */
void mc_budget_settle(mc_budget_call_t **address, const mc_budget_use_t *use);
void mc_budget_release(mc_budget_call_t **address);

/* Settlements that are not answered yet. */
size_t mc_budget_lease_unsettled(const mc_budget_lease_t *self);

#endif
