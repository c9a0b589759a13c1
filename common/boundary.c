/*
 *  boundary - who may call: admission of model calls and tool calls under holds
 */
#include "common/boundary.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "proto/uuid.h"

struct mc_boundary {
    mc_boundary_limits_t limits;
    const mc_boundary_calls_t *calls;
    mc_holds_t *holds; /* NULL before the first set */
    uint64_t generation;
    struct mc_boundary_queue held; /* the oldest first */
    struct mc_boundary_queue flying;
    struct mc_boundary_queue moving; /* to be told, in mc_boundary_apply */
    mc_boundary_counts_t counts;
};

mc_boundary_t *
mc_boundary_new(const mc_boundary_limits_t *limits, const mc_boundary_calls_t *calls)
{
    mc_boundary_t *self = calloc(1, sizeof *self);
    assert(self);
    self->limits = *limits;
    self->calls = calls;
    self->generation = 1;
    self->counts.epoch = -1;
    TAILQ_INIT(&self->held);
    TAILQ_INIT(&self->flying);
    TAILQ_INIT(&self->moving);
    return self;
}

void
mc_boundary_destroy(mc_boundary_t **address)
{
    mc_boundary_t *self = mc_take(address);
    if (!self)
        return;
    assert(TAILQ_EMPTY(&self->held));
    assert(TAILQ_EMPTY(&self->flying));
    mc_holds_destroy(&self->holds);
    free(self);
}

uint64_t
mc_boundary_generation(const mc_boundary_t *self)
{
    return self->generation;
}

mc_boundary_counts_t
mc_boundary_counts(const mc_boundary_t *self)
{
    return self->counts;
}

bool
mc_boundary_is_held(const mc_boundary_call_t *call)
{
    return call->queue && call->queue == &call->boundary->held;
}

static void
put(mc_boundary_t *self, mc_boundary_call_t *call, struct mc_boundary_queue *queue)
{
    TAILQ_INSERT_TAIL(queue, call, link);
    call->queue = queue;
    if (queue == &self->held) {
        self->counts.held++;
        self->counts.held_bytes += call->bytes;
    } else if (queue == &self->flying) {
        self->counts.in_flight++;
    }
}

static void
take_out(mc_boundary_call_t *call)
{
    mc_boundary_t *self = call->boundary;
    if (call->queue == &self->held) {
        self->counts.held--;
        self->counts.held_bytes -= call->bytes;
    } else if (call->queue == &self->flying) {
        self->counts.in_flight--;
    }
    TAILQ_REMOVE(call->queue, call, link);
    call->queue = NULL;
}

void
mc_boundary_leave(mc_boundary_call_t *call)
{
    if (call->queue)
        take_out(call);
    call->boundary = NULL;
}

/* What holds for the call. Nothing is known before the first set. */
static mc_holds_verdict_t
judge(mc_boundary_t *self, mc_boundary_call_t *call, const mc_hold_t **ret_hold)
{
    *ret_hold = NULL;
    call->generation = self->generation;
    if (self->holds)
        return mc_holds_judge(self->holds, call->identity, ret_hold);
    return self->limits.is_open_at_first ? MC_HOLDS_RUN : MC_HOLDS_PAUSE;
}

static bool
is_waiting(mc_holds_verdict_t verdict)
{
    return verdict == MC_HOLDS_DRAIN || verdict == MC_HOLDS_PAUSE || verdict == MC_HOLDS_FREEZE;
}

/* Does it end what is in flight? */
static bool
is_cutting(mc_holds_verdict_t verdict)
{
    return verdict == MC_HOLDS_QUARANTINE || verdict >= MC_HOLDS_FREEZE;
}

#define SHOWN_BYTES 60 /* of an id */
#define REASON_BYTES 80

static mc_text_t
begin_of(mc_text_t text, size_t size)
{
    return (mc_text_t){text.data, text.size < size ? text.size : size};
}

/* "tree r-17, by hold 0199...: too expensive". */
static void
describe(const mc_hold_t *hold, char *out, size_t size)
{
    char id[MC_UUID_TEXT_SIZE], tier[32] = "";
    bool is_of_task = hold->agent_task_id.size > 0;
    mc_text_t scope = begin_of(is_of_task ? hold->agent_task_id : hold->root_task_id, SHOWN_BYTES);
    mc_text_t reason = begin_of(hold->reason, REASON_BYTES);
    mc_uuid_print(hold->id, id);
    if (mc_has(hold, hold, tier))
        snprintf(tier, sizeof tier, " %lld of", (long long)hold->tier);
    snprintf(out, size, "%.*s%s%s%.*s, by hold %s%s%.*s", MC_FMT(hold->scope_type), tier,
             scope.size ? " " : "", MC_FMT(scope), id, reason.size ? ": " : "", MC_FMT(reason));
}

static void
fill_refusal(mc_refusal_t *refusal, mc_holds_verdict_t verdict, const mc_hold_t *hold)
{
    char what[256] = "";
    if (hold)
        describe(hold, what, sizeof what);
    if (verdict == MC_HOLDS_QUARANTINE)
        mc_refusal_fill(refusal, MC_SCOPE_QUARANTINED_ERROR, NULL, "in quarantine: %s", what);
    else if (verdict == MC_HOLDS_RESTART)
        mc_refusal_fill(refusal, MC_SCOPE_STOPPED_ERROR, NULL,
                        "this run was restarted, another one stands in its place: %s", what);
    else
        mc_refusal_fill(refusal, MC_SCOPE_STOPPED_ERROR, NULL, "%s: %s",
                        verdict == MC_HOLDS_STOP ? "stopped" : "frozen", what);
}

static int
hold_call(mc_boundary_t *self, mc_boundary_call_t *call, mc_refusal_t *refusal)
{
    if (self->counts.held >= self->limits.held_max) {
        self->counts.refused++;
        return mc_refuse(refusal, MC_TOO_BUSY_ERROR, NULL, "paused, and %zu calls are held already",
                         self->counts.held);
    }
    if (call->bytes > self->limits.held_bytes_max - self->counts.held_bytes) {
        self->counts.refused++;
        return mc_refuse(refusal, MC_TOO_BUSY_ERROR, NULL,
                         "paused, and the calls that are held have %zu bytes already",
                         self->counts.held_bytes);
    }
    put(self, call, &self->held);
    return MC_BOUNDARY_HELD;
}

int
mc_boundary_enter(mc_boundary_t *self, mc_boundary_call_t *call, const mc_boundary_entry_t *entry,
                  mc_refusal_t *refusal)
{
    const mc_hold_t *hold;
    assert(!call->queue);
    *call = (mc_boundary_call_t){.boundary = self,
                                 .identity = entry->identity,
                                 .arg = entry->arg,
                                 .bytes = entry->bytes,
                                 .since_us = mc_clock_steady_us()};
    mc_holds_verdict_t verdict = judge(self, call, &hold);
    if (is_waiting(verdict))
        return hold_call(self, call, refusal);
    if (verdict == MC_HOLDS_RUN) {
        put(self, call, &self->flying);
        return 0;
    }
    self->counts.refused++;
    fill_refusal(refusal, verdict, hold);
    return MC_REFUSED;
}

int
mc_boundary_judge(mc_boundary_call_t *call, mc_refusal_t *refusal)
{
    const mc_hold_t *hold;
    mc_holds_verdict_t verdict = judge(call->boundary, call, &hold);
    if (!is_cutting(verdict))
        return 0;
    fill_refusal(refusal, verdict, hold);
    return MC_REFUSED;
}

/* Each call is moved away before anybody is told, so that callbacks may do as they like. */
static void
cut_flying(mc_boundary_t *self)
{
    mc_boundary_call_t *call, *next;
    mc_refusal_t refusal;
    for (call = TAILQ_FIRST(&self->flying); call; call = next) {
        next = TAILQ_NEXT(call, link);
        if (mc_boundary_judge(call, &refusal) == 0)
            continue;
        take_out(call);
        put(self, call, &self->moving);
    }
    while ((call = TAILQ_FIRST(&self->moving))) {
        const mc_hold_t *hold;
        mc_holds_verdict_t verdict = judge(self, call, &hold);
        fill_refusal(&refusal, verdict, hold);
        take_out(call);
        put(self, call, &self->flying); /* until its owner has ended it */
        self->counts.cut++;
        self->calls->cut(call->arg, &refusal);
    }
}

static void
end_held(mc_boundary_t *self, mc_boundary_call_t *call, const mc_refusal_t *refusal)
{
    self->counts.refused++;
    self->calls->refuse(call->arg, refusal);
}

static void
release_held(mc_boundary_t *self)
{
    mc_boundary_call_t *call, *next;
    const mc_hold_t *hold;
    mc_refusal_t refusal;
    for (call = TAILQ_FIRST(&self->held); call; call = next) {
        next = TAILQ_NEXT(call, link);
        if (is_waiting(judge(self, call, &hold)))
            continue;
        take_out(call);
        put(self, call, &self->moving);
    }
    while ((call = TAILQ_FIRST(&self->moving))) {
        mc_holds_verdict_t verdict = judge(self, call, &hold);
        take_out(call);
        if (verdict == MC_HOLDS_RUN) {
            put(self, call, &self->flying);
            self->counts.gone_on++;
            self->calls->go_on(call->arg);
            continue;
        }
        fill_refusal(&refusal, verdict, hold);
        end_held(self, call, &refusal);
    }
}

void
mc_boundary_apply(mc_boundary_t *self, const mc_hold_set_t *set)
{
    mc_holds_destroy(&self->holds);
    self->holds = mc_holds_new(set);
    self->generation++;
    self->counts.epoch = set->epoch;
    cut_flying(self);
    release_held(self);
}

static void
fill_too_long(const mc_boundary_t *self, mc_refusal_t *refusal)
{
    if (!self->holds)
        mc_refusal_fill(refusal, MC_SERVICE_MISSING_ERROR, NULL,
                        "control has not said what is paused and what is stopped");
    else
        mc_refusal_fill(refusal, MC_DEADLINE_PASSED_ERROR, NULL,
                        "paused, and held for %lld seconds, which is the limit",
                        (long long)(self->limits.held_us_max / 1000000));
}

void
mc_boundary_tick(mc_boundary_t *self)
{
    int64_t most_us = self->limits.held_us_max;
    if (!self->holds && most_us > MC_BOUNDARY_UNKNOWN_US)
        most_us = MC_BOUNDARY_UNKNOWN_US;
    int64_t oldest_us = mc_clock_steady_us() - most_us;
    mc_boundary_call_t *call;
    mc_refusal_t refusal;
    while ((call = TAILQ_FIRST(&self->held)) && call->since_us < oldest_us) {
        take_out(call);
        fill_too_long(self, &refusal);
        end_held(self, call, &refusal);
    }
}
