/*
 *  boundary - who may call: admission of model calls and tool calls under holds
 *
 *  Each call enters with its identity. It passes, is held until its scope goes
 *  on, or is refused; a held one is told once, by go_on or by refuse. What has
 *  passed is in flight until it leaves, and is cut when its scope is stopped,
 *  frozen or put into quarantine.
 *
 *      enter --PASS--> in flight --leave--> over
 *        |               ^   '--cut (stop, now, quarantine, restart)--> owner ends it, leaves
 *        '--HELD--> held-'go_on
 *                     '--refuse (stop, restart, quarantine, too long)--> over
 *
 *  Until the first set of holds is applied nobody knows what is stopped: calls
 *  are held, but for MC_BOUNDARY_UNKNOWN_US at most. Bounds: calls held, their
 *  bytes, and the time of each; a call over a bound is refused, never dropped.
 *
 *  The owner of a call embeds mc_boundary_call_t, zeroed, and never moves it. It
 *  enters each call, calls mc_boundary_look for each frame of a stream that it
 *  forwards, and leaves, whatever becomes of the call. Keep-alive comments on the
 *  streams of held calls are the owner's, by its clock. Callbacks come out of
 *  mc_boundary_apply and mc_boundary_tick; they may leave any call.
 */
#ifndef MC_COMMON_BOUNDARY_H
#define MC_COMMON_BOUNDARY_H

#include <sys/queue.h>

#include "common/holds.h"

typedef struct mc_boundary mc_boundary_t;
typedef struct mc_boundary_call mc_boundary_call_t;

TAILQ_HEAD(mc_boundary_queue, mc_boundary_call);

/* Lives in the owner's call. Its members are the boundary's. */
struct mc_boundary_call {
    TAILQ_ENTRY(mc_boundary_call) link;
    struct mc_boundary_queue *queue; /* that it is in; NULL: it has not entered, or is over */
    mc_boundary_t *boundary;
    const mc_identity_t *identity;
    void *arg;
    size_t bytes;
    int64_t since_us;
    uint64_t generation; /* of the holds that it was looked at with */
};

/* All get the arg of the call. go_on: it is in flight now. refuse: it is over, answer it. cut: end
 * what is upstream and the client's stream, then leave. */
typedef struct {
    void (*go_on)(void *arg);
    void (*refuse)(void *arg, const mc_refusal_t *refusal);
    void (*cut)(void *arg, const mc_refusal_t *refusal);
} mc_boundary_calls_t;

typedef struct {
    size_t held_max;
    size_t held_bytes_max;
    int64_t held_us_max;
    bool is_open_at_first; /* calls pass before the holds are known: there is no control */
} mc_boundary_limits_t;

/* How long a call waits for the first set of holds; then it is refused: service_missing. */
#define MC_BOUNDARY_UNKNOWN_US INT64_C(30000000)

/* Outcomes of entering, beside 0 for PASS and MC_REFUSED. */
#define MC_BOUNDARY_HELD 2

/* calls is lent for ever. */
mc_boundary_t *mc_boundary_new(const mc_boundary_limits_t *limits,
                               const mc_boundary_calls_t *calls);
/* Every call must have left. */
void mc_boundary_destroy(mc_boundary_t **address);

/* What a call is and what it holds in memory; identity and its texts are lent until it leaves. */
typedef struct {
    const mc_identity_t *identity;
    size_t bytes;
    void *arg;
} mc_boundary_entry_t;

/* 0: it is in flight. MC_BOUNDARY_HELD: go_on or refuse comes later. MC_REFUSED: it may not. */
MC_CHECKED int mc_boundary_enter(mc_boundary_t *self, mc_boundary_call_t *call,
                                 const mc_boundary_entry_t *entry, mc_refusal_t *refusal);

/* Takes the call out, wherever it is; one that is over may leave again. */
void mc_boundary_leave(mc_boundary_call_t *call);

bool mc_boundary_is_held(const mc_boundary_call_t *call);

/* A new set of holds is in force: cuts, refuses and lets go on. */
void mc_boundary_apply(mc_boundary_t *self, const mc_hold_set_t *set);

/* By the clock, about once a second: refuses what was held for too long. */
void mc_boundary_tick(mc_boundary_t *self);

/* Slow: asks the holds; see mc_boundary_look. */
MC_CHECKED int mc_boundary_judge(mc_boundary_call_t *call, mc_refusal_t *refusal);

/* The identity of the call has grown, by a model or a tool: it is judged again at the next look. */
static inline void
mc_boundary_touch(mc_boundary_call_t *call)
{
    call->generation = 0;
}

uint64_t mc_boundary_generation(const mc_boundary_t *self);

/* For each frame: 0, or MC_REFUSED when the call must end. Costs a comparison of numbers as long as
 * the holds are the same. */
MC_CHECKED static inline int
mc_boundary_look(mc_boundary_call_t *call, mc_refusal_t *refusal)
{
    if (!call->boundary || call->generation == mc_boundary_generation(call->boundary))
        return 0;
    return mc_boundary_judge(call, refusal);
}

/* For acknowledgements and metrics. */
typedef struct {
    int64_t epoch; /* -1 before the first set */
    size_t held;
    size_t held_bytes;
    size_t in_flight;
    int64_t cut;     /* since the start */
    int64_t gone_on; /* likewise */
    int64_t refused;
} mc_boundary_counts_t;
mc_boundary_counts_t mc_boundary_counts(const mc_boundary_t *self);

#endif
