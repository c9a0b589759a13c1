/*
 *  budget_lease - how a router or a proxy stays within every budget above its calls
 *
 *  Calls of one identity are a chain: they have the same budgets above them and
 *  wait in one queue. One question of a chain is on its way at a time, for all
 *  that wait. Settlements of before are sent first: both are heard in order.
 */
#include "common/budget_lease.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/budget/parts.h"
#include "common/clock.h"
#include "common/ids.h"

#define CHAINS_MAX 20000
#define WAITERS_MAX 64 /* that one question speaks for */

static void
free_chain(void **address)
{
    mc_budget_chain_t *chain = *address;
    for (size_t i = 0; i < MC_COUNT(chain->names); i++)
        free(chain->names[i]);
    free(chain);
    *address = NULL;
}

static void
free_part(void **address)
{
    free(*address);
    *address = NULL;
}

/* Another set of budgets may be above everybody. */
static void
forget_chains(mc_budget_lease_t *self)
{
    for (mc_budget_chain_t *chain = zhashx_first(self->chains); chain;
         chain = zhashx_next(self->chains))
        chain->known_us = 0;
}

static void
on_budgets(void *arg, mc_list_t records)
{
    (void)records;
    forget_chains(arg);
}

static void
on_gap(void *arg)
{
    forget_chains(arg);
}

mc_budget_lease_t *
mc_budget_lease_new(const mc_budget_lease_options_t *options)
{
    char process[MC_UUID_TEXT_SIZE];
    mc_budget_lease_t *self = calloc(1, sizeof *self);
    assert(self);
    mc_uuid_print(mc_uuid_new(), process);
    snprintf(self->holder, sizeof self->holder, "%.100s/%s", options->holder, process);
    self->bus = options->bus;
    self->is_open_when_away = options->is_open_when_away;
    self->parts = zhashx_new();
    self->chains = zhashx_new();
    zhashx_set_destructor(self->parts, free_part);
    zhashx_set_destructor(self->chains, free_chain);
    STAILQ_INIT(&self->lines);
    mc_bus_subscribe(self->bus, MC_BUDGET_SERVICE, MC_MESSAGE_BUDGETS_CHANGED, on_budgets, on_gap,
                     self);
    return self;
}

size_t
mc_budget_lease_unsettled(const mc_budget_lease_t *self)
{
    return self->line_count;
}

static bool
try_call(mc_budget_call_t *call, bool may_clamp)
{
    mc_budget_chain_t *chain = call->chain;
    mc_budget_hold_t *holds = calloc(chain->count + 1, sizeof *holds);
    assert(holds);
    if (!mc_budget_take(chain->parts, chain->count, &call->need, may_clamp, holds)) {
        free(holds);
        return false;
    }
    call->holds = holds;
    call->count = chain->count;
    return true;
}

static void
end_waiting(mc_budget_call_t *call, const mc_refusal_t *refusal)
{
    mc_budget_answer_fn *answer = call->answer;
    void *arg = call->arg;
    TAILQ_REMOVE(&call->chain->waiting, call, link);
    call->is_waiting = false;
    if (refusal)
        mc_budget_call_free(call);
    answer(arg, refusal ? NULL : call, refusal);
}

static void ask(mc_budget_chain_t *chain);

/* What came is for the first; the others take what is there, or ask again. */
static void
serve(mc_budget_chain_t *chain)
{
    bool may_clamp = true;
    mc_budget_call_t *call;
    while ((call = TAILQ_FIRST(&chain->waiting)) && try_call(call, may_clamp)) {
        may_clamp = false;
        end_waiting(call, NULL);
    }
}

/* Member by member: what lies between them may be anything. */
static bool
is_same_need(const mc_budget_need_t *one, const mc_budget_need_t *other)
{
    return one->tokens == other->tokens && one->tokens_least == other->tokens_least &&
           one->usd == other->usd && one->usd_least == other->usd_least &&
           one->duration_ms == other->duration_ms && one->is_grace == other->is_grace &&
           one->is_unpriced == other->is_unpriced;
}

/* All that wait for the same are told the same. */
static void
refuse_waiting(mc_budget_chain_t *chain, const mc_refusal_t *refusal)
{
    mc_refusal_t kept = *refusal;
    mc_budget_call_t *call;
    while ((call = TAILQ_FIRST(&chain->waiting)) && is_same_need(&call->need, &chain->asked))
        end_waiting(call, &kept);
}

/* A service that is only slow may know of a limit that was set meanwhile. */
static bool
is_away(const mc_refusal_t *refusal)
{
    return refusal->code == MC_SERVICE_MISSING_ERROR || refusal->code == MC_STORE_AWAY_ERROR;
}

/* Nobody can say just now, and there was no limit when somebody could: while the service is away
 * none is set. */
static bool
may_pass(const mc_budget_chain_t *chain, const mc_refusal_t *refusal)
{
    bool is_limited = false;
    bool is_open = chain->lease->is_open_when_away && refusal->code == MC_SERVICE_MISSING_ERROR;
    for (size_t i = 0; i < chain->count; i++)
        is_limited = is_limited || chain->parts[i]->is_limited;
    return (is_open || (chain->was_known && is_away(refusal))) && !is_limited &&
           chain->lease->line_count < MC_BUDGET_UNSETTLED_MAX;
}

static void
on_lines(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_budget_chain_t *chain = arg;
    chain->is_asking = false;
    chain->lease->asking--;
    if (refusal && may_pass(chain, refusal)) {
        serve(chain);
    } else if (refusal) {
        refuse_waiting(chain, refusal);
    } else {
        const mc_budget_line_t *line = records->items;
        chain->count = records->count < MC_BUDGET_PARTS_MAX ? records->count : MC_BUDGET_PARTS_MAX;
        for (size_t i = 0; i < chain->count; i++)
            chain->parts[i] = mc_budget_take_line(chain->lease, &line[i]);
        chain->known_us = mc_clock_steady_us();
        chain->was_known = true;
        if (chain->lease->trusted_us < chain->asked_us)
            chain->lease->trusted_us = chain->asked_us;
        serve(chain);
    }
    ask(chain);
}

static int64_t
count_waiting(const mc_budget_chain_t *chain)
{
    int64_t count = 0;
    const mc_budget_call_t *call;
    TAILQ_FOREACH(call, &chain->waiting, link)
    {
        if (++count == WAITERS_MAX)
            break;
    }
    return count;
}

static void
ask(mc_budget_chain_t *chain)
{
    const mc_budget_call_t *call = TAILQ_FIRST(&chain->waiting);
    mc_budget_lease_t *self = chain->lease;
    if (!call || chain->is_asking)
        return;
    mc_budget_send_lines(self);
    const mc_budget_need_t *need = &call->need;
    mc_budget_ask_t question = {0};
    mc_set(&question, budget_ask, holder, mc_text(self->holder));
    mc_set(&question, budget_ask, seq, ++self->seq);
    mc_set(&question, budget_ask, task_id, mc_text(chain->names[0]));
    mc_set(&question, budget_ask, root_task_id, mc_text(chain->names[1]));
    mc_set(&question, budget_ask, actor, mc_text(chain->names[2]));
    mc_set(&question, budget_ask, key_id, mc_text(chain->names[3]));
    mc_set(&question, budget_ask, tokens, need->tokens);
    mc_set(&question, budget_ask, tokens_least, need->tokens_least);
    mc_set(&question, budget_ask, usd, need->usd);
    mc_set(&question, budget_ask, usd_least, need->usd_least);
    mc_set(&question, budget_ask, duration_ms, need->duration_ms);
    mc_set(&question, budget_ask, calls, count_waiting(chain));
    mc_set(&question, budget_ask, is_grace, need->is_grace);
    mc_set(&question, budget_ask, is_unpriced, need->is_unpriced);
    chain->asked = *need;
    chain->asked_us = mc_clock_steady_us();
    chain->is_asking = true;
    self->asking++;
    mc_bus_call(self->bus, MC_BUDGET_SERVICE, MC_MESSAGE_LEASE_BUDGET, mc_list_one(&question),
                call->timeout_ms, on_lines, chain);
}

/* Chains that nobody waits for make room. */
static void
trim_chains(mc_budget_lease_t *self)
{
    if (zhashx_size(self->chains) < CHAINS_MAX)
        return;
    zlistx_t *keys = zhashx_keys(self->chains);
    for (const char *key = zlistx_first(keys); key; key = zlistx_next(keys)) {
        const mc_budget_chain_t *chain = zhashx_lookup(self->chains, key);
        if (!chain->is_asking && TAILQ_EMPTY(&chain->waiting))
            zhashx_delete(self->chains, key);
    }
    zlistx_destroy(&keys);
}

static mc_budget_chain_t *
require_chain(mc_budget_lease_t *self, const mc_budget_who_t *who)
{
    char key[1024];
    const mc_text_t names[] = {who->task_id, who->root_task_id, who->actor, who->key_id};
    snprintf(key, sizeof key, "%.*s\x1f%.*s\x1f%.*s\x1f%.*s", MC_FMT(names[0]), MC_FMT(names[1]),
             MC_FMT(names[2]), MC_FMT(names[3]));
    mc_budget_chain_t *chain = zhashx_lookup(self->chains, key);
    if (chain)
        return chain;
    trim_chains(self);
    chain = calloc(1, sizeof *chain);
    assert(chain);
    chain->lease = self;
    TAILQ_INIT(&chain->waiting);
    for (size_t i = 0; i < MC_COUNT(names); i++) {
        chain->names[i] = strndup(names[i].size ? names[i].data : "", names[i].size);
        assert(chain->names[i]);
    }
    (void)zhashx_insert(self->chains, key, chain);
    return chain;
}

int
mc_budget_reserve(mc_budget_lease_t *self, const mc_budget_question_t *question,
                  mc_budget_answer_fn *answer, void *arg, mc_budget_call_t **ret_call)
{
    mc_budget_call_t *call = calloc(1, sizeof *call);
    assert(call);
    call->lease = self;
    call->chain = require_chain(self, &question->who);
    call->id = strndup(question->call_id.data, question->call_id.size);
    call->need = question->need;
    call->timeout_ms = question->timeout_ms ? question->timeout_ms : MC_BUS_TIMEOUT_MS;
    call->answer = answer;
    call->arg = arg;
    *ret_call = call;
    mc_budget_chain_t *chain = call->chain;
    int64_t now_us = mc_clock_steady_us();
    bool is_known =
        chain->known_us && now_us - chain->known_us < MC_BUDGET_CHAIN_MS * INT64_C(1000);
    mc_budget_doubt(self, now_us);
    if (is_known && TAILQ_EMPTY(&chain->waiting) && try_call(call, false))
        return 0;
    call->is_waiting = true;
    TAILQ_INSERT_TAIL(&chain->waiting, call, link);
    ask(chain);
    return MC_BUDGET_WAITS;
}

int64_t
mc_budget_call_granted(const mc_budget_call_t *call, mc_budget_unit_t unit)
{
    return mc_budget_granted(call->holds, call->count, unit);
}

int64_t
mc_budget_call_left(const mc_budget_call_t *call, mc_budget_unit_t unit)
{
    return mc_budget_left(call->holds, call->count, unit);
}

bool
mc_budget_call_meter(mc_budget_call_t *call, const mc_budget_use_t *use)
{
    return mc_budget_meter(call->holds, call->count, use);
}

void
mc_budget_lease_destroy(mc_budget_lease_t **address)
{
    mc_budget_lease_t *self = mc_take(address);
    if (!self)
        return;
    zhashx_destroy(&self->chains);
    zhashx_destroy(&self->parts);
    while (!STAILQ_EMPTY(&self->lines)) {
        mc_budget_settled_t *line = STAILQ_FIRST(&self->lines);
        STAILQ_REMOVE_HEAD(&self->lines, link);
        free(line);
    }
    free(self);
}
