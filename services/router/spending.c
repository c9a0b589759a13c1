/*
 *  spending - what a call may spend, reserved of every budget above it, metered and settled
 */
#include "services/router/spending.h"

#include <stdlib.h>

#include "common/clock.h"
#include "services/router/call.h"

#define RESERVE_MS 10000     /* that a call waits for a slice that is large enough */
#define DURATION_MS 300000   /* that is reserved of a budget of time; a call may take more */
#define OUTPUT_ASSUMED 16384 /* where neither request nor card have a limit */
#define OUTPUT_LEAST 16      /* with less no answer is worth its prompt */
#define PERCENT_FIRST 133    /* an estimate of a lane that has not answered yet is raised so far */
#define PERCENT_LEAST 50
#define PERCENT_MOST 400
#define OUTPUT_PERCENT_MOST 200

void
router_spendings_open(router_spendings_t *self, const mc_budget_lease_options_t *options)
{
    self->lease = mc_budget_lease_new(options);
}

void
router_spendings_close(router_spendings_t *self)
{
    mc_budget_lease_destroy(&self->lease);
    free(mc_take(&self->lanes));
    self->lane_count = 0;
}

static router_estimates_t *
estimates_of(router_spendings_t *self, size_t lane)
{
    if (lane >= self->lane_count) {
        size_t count = lane + 64;
        self->lanes = realloc(self->lanes, count * sizeof *self->lanes);
        if (!self->lanes)
            mc_fatal("out of memory");
        memset(self->lanes + self->lane_count, 0, (count - self->lane_count) * sizeof *self->lanes);
        self->lane_count = count;
    }
    return &self->lanes[lane];
}

static int64_t
raised(int64_t estimate, int64_t percent)
{
    return (estimate * (percent ? percent : PERCENT_FIRST) + 99) / 100;
}

static int64_t
bounded(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Up at once, down slowly, so that a worst case is rather too high. */
static void
learn_prompt(router_estimates_t *self, int64_t estimate, int64_t actual)
{
    if (estimate <= 0 || actual <= 0)
        return;
    int64_t seen = bounded(actual * 110 / estimate + 1, PERCENT_LEAST, PERCENT_MOST);
    int64_t known = self->prompt_percent;
    self->prompt_percent = !known || seen > known ? seen : known - (known - seen) / 16;
}

/* The mean: a stream is ended by it, neither too early nor too late. */
static void
learn_output(router_estimates_t *self, int64_t estimate, int64_t actual)
{
    if (estimate <= 0 || actual <= 0)
        return;
    int64_t seen = bounded(actual * 100 / estimate, PERCENT_LEAST, OUTPUT_PERCENT_MOST);
    int64_t known = self->output_percent ? self->output_percent : 100;
    self->output_percent = known + (seen - known) / 8;
}

/* --- the worst case --- */

static bool
may_clamp(const router_call_t *self)
{
    return self->router->settings->budget_clamp_output;
}

int64_t
router_spending_output(const router_call_t *self, const router_model_t *model)
{
    int64_t most = model->card ? model->card->output_tokens_max : 0;
    int64_t asked = self->scan.output_tokens;
    if (self->dialect == ROUTER_EMBEDDINGS)
        return 0;
    if (!most)
        most = asked ? asked : OUTPUT_ASSUMED;
    return asked && asked < most ? asked : most;
}

static int64_t
smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static int64_t
larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static int64_t
least_of(const router_call_t *self, const router_model_t *model)
{
    int64_t output = router_spending_output(self, model);
    return may_clamp(self) ? smaller(output, OUTPUT_LEAST) : output;
}

static int64_t
prompt_of(const router_call_t *self, const router_model_t *model)
{
    router_estimates_t *estimates = estimates_of(&self->router->spendings, model->lane);
    return raised(self->scan.input_tokens, estimates->prompt_percent);
}

/* The cost with so much output of each choice, the prompt being written to a cache where that is
 * dearer; or ROUTER_PRICE_UNKNOWN. */
static int64_t
cost_of(const router_call_t *self, const router_model_t *model, int64_t output)
{
    const router_card_t *card = model->card;
    router_usage_t usage = {
        .is_known = true, .input = prompt_of(self, model), .output = output * self->scan.choices};
    if (!card)
        return ROUTER_PRICE_UNKNOWN;
    int64_t plain = router_usage_cost(&usage, card->steps, card->step_count, 100);
    if (plain == ROUTER_PRICE_UNKNOWN || !self->scan.has_cache_control)
        return plain;
    usage.cache_write_1h = usage.input;
    return larger(plain, router_usage_cost(&usage, card->steps, card->step_count, 100));
}

/* Of the candidates that may come to be asked: the dearest, and the least that one can do with. */
static mc_budget_need_t
need_of(const router_call_t *self)
{
    mc_budget_need_t need = {.tokens_least = INT64_MAX,
                             .usd_least = INT64_MAX,
                             .duration_ms = DURATION_MS,
                             .is_grace = self->is_grace,
                             .is_unpriced = true};
    size_t most = (size_t)self->router->settings->router_attempts_max;
    for (size_t i = 0; i < self->decision.ranked_count && i < most; i++) {
        const router_model_t *model = self->decision.candidates[self->decision.ranked[i]].model;
        int64_t prompt = prompt_of(self, model), choices = self->scan.choices;
        int64_t output = router_spending_output(self, model), least = least_of(self, model);
        int64_t cost = cost_of(self, model, output);
        need.tokens = larger(need.tokens, prompt + output * choices);
        need.tokens_least = smaller(need.tokens_least, prompt + least * choices);
        if (cost == ROUTER_PRICE_UNKNOWN)
            continue;
        need.is_unpriced = false;
        need.usd = larger(need.usd, cost);
        need.usd_least = smaller(need.usd_least, cost_of(self, model, least));
    }
    if (need.is_unpriced)
        need.usd_least = 0;
    return need;
}

/* --- reserving --- */

static void
take_grant(router_call_t *self)
{
    router_spending_t *spending = &self->spending;
    spending->is_granted = true;
    for (mc_budget_unit_t unit = 0; unit < MC_BUDGET_UNITS; unit++)
        if (unit != MC_BUDGET_REQUESTS && unit != MC_BUDGET_CONCURRENCY)
            spending->is_metered |= mc_budget_call_granted(spending->call, unit) != INT64_MAX;
}

static void
on_answer(void *arg, mc_budget_call_t *call, const mc_refusal_t *refusal)
{
    router_call_t *self = arg;
    self->spending.call = call;
    mc_metrics_observe_us(self->router->metrics, ROUTER_METRIC_reserve,
                          mc_clock_steady_us() - self->spending.asked_us);
    if (refusal) {
        mc_refusal_t kept = *refusal;
        ROUTER_COUNT(self->router, over_budget, 1);
        router_call_end(self, &kept);
        return;
    }
    take_grant(self);
    router_attempt_next(self);
}

bool
router_spending_reserve(router_call_t *self)
{
    router_spending_t *spending = &self->spending;
    const router_identity_t *who = &self->identity;
    if (spending->is_granted || self->dialect == ROUTER_COUNT_TOKENS)
        return true;
    spending->asked_us = self->began_us;
    mc_budget_question_t question = {
        .call_id = mc_text(self->id),
        .who = {.task_id = who->task_id,
                .root_task_id = who->root_task_id,
                .actor = who->actor,
                .key_id = who->key_id},
        .need = need_of(self),
        .timeout_ms = RESERVE_MS,
    };
    if (mc_budget_reserve(self->router->spendings.lease, &question, on_answer, self,
                          &spending->call) != 0)
        return false;
    take_grant(self);
    return true;
}

/* The most output of each choice whose cost is within what is there. */
static int64_t
affordable(const router_call_t *self, const router_model_t *model, int64_t most, int64_t nanousd)
{
    int64_t low = -1, high = most;
    if (cost_of(self, model, most) <= nanousd)
        return most;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (cost_of(self, model, middle) <= nanousd)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool
router_spending_fits(const router_call_t *self, const router_model_t *model,
                     int64_t *ret_output_max)
{
    const router_spending_t *spending = &self->spending;
    *ret_output_max = 0;
    if (!spending->is_granted || !spending->is_metered)
        return true;
    int64_t tokens = mc_budget_call_granted(spending->call, MC_BUDGET_TOKENS);
    int64_t usd = mc_budget_call_granted(spending->call, MC_BUDGET_USD);
    int64_t own = router_spending_output(self, model), most = own;
    if (tokens != INT64_MAX) {
        int64_t room = tokens - spending->used.tokens - prompt_of(self, model);
        if (room < 0)
            return false;
        most = smaller(most, room / self->scan.choices);
    }
    if (usd != INT64_MAX && cost_of(self, model, 0) == ROUTER_PRICE_UNKNOWN)
        return false;
    if (usd != INT64_MAX)
        most = affordable(self, model, most, usd - spending->used.usd);
    if (most < least_of(self, model))
        return false;
    bool is_told = self->scan.output_tokens && self->scan.output_tokens <= most;
    bool is_carded = !self->scan.output_tokens && model->card && most == own &&
                     model->card->output_tokens_max == own;
    if (!is_told && !is_carded && self->dialect != ROUTER_EMBEDDINGS)
        *ret_output_max = most;
    return true;
}

/* --- using --- */

/* Output tokens by what was delivered. The provider keeps to the limit that it was told; it does
 * not where the estimate is far beyond. */
static int64_t
delivered_of(const router_call_t *self)
{
    const router_attempt_t *attempt = &self->attempt;
    router_estimates_t *estimates = estimates_of(&self->router->spendings, attempt->model->lane);
    int64_t percent = estimates->output_percent ? estimates->output_percent : 100;
    int64_t estimate = raised(attempt->watch.content_bytes / 4, percent);
    int64_t limit = attempt->output_max * self->scan.choices;
    return estimate > limit && estimate <= limit + limit / 2 ? limit : estimate;
}

/* What the attempt has used so far, by what the provider said or else by what was delivered. */
static mc_budget_use_t
use_of(const router_call_t *self)
{
    const router_watch_t *watch = &self->attempt.watch;
    const router_model_t *model = self->attempt.model;
    const router_card_t *card = model->card;
    mc_budget_use_t use = self->spending.used;
    router_usage_t usage = watch->usage;
    bool is_final = usage.is_known && usage.output && (watch->has_finish || watch->has_end);
    if (!usage.input)
        usage.input = self->scan.input_tokens;
    if (!is_final)
        usage.output = larger(usage.output, delivered_of(self));
    usage.is_known = true;
    int64_t cost =
        router_usage_cost(&usage, card ? card->steps : NULL, card ? card->step_count : 0, 100);
    use.tokens += usage.input + usage.output;
    use.usd += cost == ROUTER_PRICE_UNKNOWN ? 0 : cost;
    return use;
}

static int64_t
duration_ms(const router_call_t *self)
{
    return (mc_clock_steady_us() - self->began_us - self->waited_us) / 1000;
}

void
router_spending_meter(router_call_t *self)
{
    router_spending_t *spending = &self->spending;
    const router_watch_t *watch = &self->attempt.watch;
    if (!spending->is_metered || spending->is_crossed || watch->has_finish || watch->has_end)
        return;
    mc_budget_use_t use = use_of(self);
    use.duration_ms = duration_ms(self);
    if (!mc_budget_call_meter(spending->call, &use)) {
        spending->is_crossed = true;
        ROUTER_COUNT(self->router, crossed, 1);
    }
}

void
router_spending_refuse(const router_call_t *self, mc_refusal_t *refusal)
{
    (void)self;
    mc_refusal_fill(refusal, MC_OVER_BUDGET_ERROR, NULL,
                    "a budget above this call is used up; what was delivered is counted");
}

void
router_spending_sent(router_call_t *self)
{
    self->spending.used.requests++;
}

void
router_spending_add(router_call_t *self, bool is_whole)
{
    router_spending_t *spending = &self->spending;
    const router_attempt_t *attempt = &self->attempt;
    router_watch_t *watch = &self->attempt.watch;
    if (!attempt->model)
        return;
    if (is_whole && !watch->usage.is_known)
        router_watch_estimate(watch, self->scan.input_tokens);
    const router_usage_t *usage = &watch->usage;
    if (!usage->is_known && !usage->is_estimated)
        return;
    if (!is_whole) {
        spending->used = use_of(self);
        return;
    }
    int64_t cost = router_call_cost(self);
    spending->used.tokens += usage->input + usage->output;
    spending->used.usd += cost == ROUTER_PRICE_UNKNOWN ? 0 : cost;
    if (usage->is_estimated)
        return;
    router_estimates_t *estimates = estimates_of(&self->router->spendings, attempt->model->lane);
    learn_prompt(estimates, self->scan.input_tokens, usage->input);
    learn_output(estimates, watch->content_bytes / 4, usage->output - usage->reasoning);
}

void
router_spending_settle(router_call_t *self)
{
    router_spending_t *spending = &self->spending;
    if (!spending->call)
        return;
    spending->used.duration_ms = spending->used.requests ? duration_ms(self) : 0;
    if (spending->used.requests)
        mc_budget_settle(&spending->call, &spending->used);
    else
        mc_budget_release(&spending->call);
    spending->is_metered = false;
}

int64_t
router_spending_left(const router_call_t *self, mc_budget_unit_t unit)
{
    const router_spending_t *spending = &self->spending;
    if (!spending->call || !spending->is_granted)
        return INT64_MAX;
    int64_t left = mc_budget_call_left(spending->call, unit);
    if (left == INT64_MAX || self->attempt.is_stream)
        return left;
    return left + mc_budget_call_granted(spending->call, unit) -
           mc_budget_used(unit, &spending->used);
}
