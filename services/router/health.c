/*
 *  health - how each lane has been doing, and whether it may be called
 */
#include "services/router/health.h"

#include <stdlib.h>

#include "proto/utf8.h"
#include "services/router/health_lanes.h"
#include "services/router/usage.h"

#define QUALITY_FIRST_SUCCESS 0.72
#define QUALITY_FIRST_FAILURE 0.62
#define QUALITY_UP 0.02
#define QUALITY_DOWN 0.08
#define QUALITY_LEAST 0.05
#define QUALITY_MOST 0.99
#define NANOUSD 1e9

static double
clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

double
router_quality_clamp(double quality)
{
    return clamp(quality, QUALITY_LEAST, QUALITY_MOST);
}

static double
weigh(double average, double value, bool is_first)
{
    return is_first ? value : ROUTER_HEALTH_ALPHA * value + (1 - ROUTER_HEALTH_ALPHA) * average;
}

static double
next_quality(const router_lane_stats_t *stats, bool is_success)
{
    if (stats->total_calls == 0 && stats->quality == ROUTER_QUALITY_UNSEEN)
        return is_success ? QUALITY_FIRST_SUCCESS : QUALITY_FIRST_FAILURE;
    return router_quality_clamp(stats->quality + (is_success ? QUALITY_UP : -QUALITY_DOWN));
}

/* A failure that cost nothing says nothing of what a call costs. */
static bool
has_cost(const router_outcome_t *outcome)
{
    return outcome->cost_nanousd != ROUTER_PRICE_UNKNOWN &&
           (outcome->fault == ROUTER_FAULT_NONE || outcome->cost_nanousd > 0);
}

static void
count(router_lane_stats_t *stats, const router_outcome_t *outcome)
{
    bool is_success = outcome->fault == ROUTER_FAULT_NONE;
    stats->quality = next_quality(stats, is_success);
    stats->avg_latency_ms =
        weigh(stats->avg_latency_ms, (double)outcome->latency_us / 1000, stats->total_calls == 0);
    if (has_cost(outcome)) {
        stats->avg_cost_usd = weigh(stats->avg_cost_usd, (double)outcome->cost_nanousd / NANOUSD,
                                    stats->cost_calls == 0);
        stats->cost_calls++;
    }
    stats->total_calls++;
    stats->success_calls += is_success;
    stats->failed_calls += !is_success;
}

static router_lane_news_t
news_of(router_fault_t fault)
{
    switch (fault) {
    case ROUTER_FAULT_LANE:
        return ROUTER_LANE_FAILED;
    case ROUTER_FAULT_CLIENT:
        return ROUTER_LANE_UNKNOWN;
    case ROUTER_FAULT_NONE:
    case ROUTER_FAULT_KEY:
    case ROUTER_FAULT_CALLER:
        break;
    }
    return ROUTER_LANE_SERVED; /* whoever refuses a request is up */
}

static void
apply(router_health_t *self, size_t number, int64_t now_us, bool is_probe,
      const router_outcome_t *outcome)
{
    router_lane_t *lane = router_lanes_get(&self->lanes, number);
    router_circuit_end_t end = {news_of(outcome->fault), is_probe, outcome->retry_after_us};
    /* A refusal of the request is an answer, but no proof against failures in a row. */
    if (end.news == ROUTER_LANE_SERVED && outcome->fault != ROUTER_FAULT_NONE && !is_probe)
        end.news = ROUTER_LANE_UNKNOWN;
    router_circuit_end(&lane->circuit, &self->options, &end, now_us, &self->chance);

    if (outcome->fault == ROUTER_FAULT_NONE || outcome->fault == ROUTER_FAULT_LANE)
        count(&lane->stats, outcome);
    if (outcome->fault == ROUTER_FAULT_LANE || outcome->fault == ROUTER_FAULT_KEY)
        router_lane_set_error(lane, outcome->error);
    lane->last_used_us = now_us > lane->last_used_us ? now_us : lane->last_used_us;
    lane->updated_us = now_us;
    router_lanes_mark(&self->lanes, number);
}

router_health_t *
router_health_new(const router_circuit_options_t *options, uint64_t seed)
{
    router_health_t *self = calloc(1, sizeof *self);
    assert(self);
    self->options = *options;
    self->chance = seed;
    router_lanes_init(&self->lanes);
    return self;
}

void
router_health_destroy(router_health_t **address)
{
    router_health_t *self = mc_take(address);
    if (!self)
        return;
    router_lanes_clear(&self->lanes);
    router_keys_clear(&self->keys);
    free(self->news);
    free(self);
}

size_t
router_health_lane(router_health_t *self, mc_text_t provider, mc_text_t model_id)
{
    return router_lanes_require(&self->lanes, provider, model_id);
}

size_t
router_health_count(const router_health_t *self)
{
    return self->lanes.count;
}

mc_text_t
router_health_provider(const router_health_t *self, size_t lane)
{
    return mc_text(router_lanes_get(&self->lanes, lane)->provider);
}

mc_text_t
router_health_model(const router_health_t *self, size_t lane)
{
    return mc_text(router_lanes_get(&self->lanes, lane)->model_id);
}

const router_lane_stats_t *
router_health_stats(const router_health_t *self, size_t lane)
{
    return &router_lanes_get(&self->lanes, lane)->stats;
}

int
router_health_look(const router_health_t *self, size_t lane, int64_t now_us, int64_t *ret_until_us)
{
    return router_circuit_look(&router_lanes_get(&self->lanes, lane)->circuit, now_us,
                               ret_until_us);
}

int
router_health_begin(router_health_t *self, size_t lane, int64_t now_us, bool *ret_is_probe)
{
    return router_circuit_begin(&router_lanes_get(&self->lanes, lane)->circuit, now_us,
                                ret_is_probe);
}

/* The oldest go when nobody fetches them. Texts are of the lane, which stays. */
static mc_lane_outcome_t *
add_news(router_health_t *self, size_t lane, int64_t now_us)
{
    if (!self->news)
        self->news = calloc(ROUTER_OUTCOMES_MAX, sizeof *self->news);
    assert(self->news);
    if (self->news_count == ROUTER_OUTCOMES_MAX) {
        self->news_count -= ROUTER_OUTCOMES_MAX / 2;
        memmove(self->news, self->news + ROUTER_OUTCOMES_MAX / 2,
                self->news_count * sizeof *self->news);
    }
    mc_lane_outcome_t *news = &self->news[self->news_count++];
    *news = (mc_lane_outcome_t){0};
    mc_set(news, lane_outcome, provider, router_health_provider(self, lane));
    mc_set(news, lane_outcome, model_id, router_health_model(self, lane));
    mc_set(news, lane_outcome, ended_at, now_us);
    mc_set(news, lane_outcome, fault, 0);
    mc_set(news, lane_outcome, latency_us, 0);
    mc_set(news, lane_outcome, retry_after_us, 0);
    return news;
}

void
router_health_end(router_health_t *self, size_t lane, int64_t now_us, bool is_probe,
                  const router_outcome_t *outcome)
{
    apply(self, lane, now_us, is_probe, outcome);
    if (outcome->fault == ROUTER_FAULT_CLIENT)
        return;
    mc_lane_outcome_t *news = add_news(self, lane, now_us);
    news->fault = outcome->fault;
    news->latency_us = outcome->latency_us > 0 ? outcome->latency_us : 0;
    news->retry_after_us = outcome->retry_after_us > 0 ? outcome->retry_after_us : 0;
    if (outcome->cost_nanousd != ROUTER_PRICE_UNKNOWN)
        mc_set(news, lane_outcome, cost_usd, outcome->cost_nanousd);
    if (outcome->fault != ROUTER_FAULT_NONE)
        mc_set(news, lane_outcome, error, mc_text(router_lanes_get(&self->lanes, lane)->error));
}

static void
rate(router_health_t *self, size_t number, int64_t now_us, double score)
{
    router_lane_t *lane = router_lanes_get(&self->lanes, number);
    double quality =
        lane->stats.quality + ROUTER_HEALTH_ALPHA * (clamp(score, 0, 1) - lane->stats.quality);
    lane->stats.quality = router_quality_clamp(quality);
    lane->updated_us = now_us;
    router_lanes_mark(&self->lanes, number);
}

void
router_health_rate(router_health_t *self, size_t lane, int64_t now_us, double score)
{
    rate(self, lane, now_us, score);
    mc_lane_outcome_t *news = add_news(self, lane, now_us);
    mc_set(news, lane_outcome, quality, clamp(score, 0, 1));
}

mc_list_t
router_health_news(const router_health_t *self)
{
    return (mc_list_t){self->news, self->news_count};
}

void
router_health_forget_news(router_health_t *self)
{
    self->news_count = 0;
}

void
router_health_hear(router_health_t *self, const mc_lane_outcome_t *outcome)
{
    size_t lane = router_health_lane(self, outcome->provider, outcome->model_id);
    if (mc_has(outcome, lane_outcome, quality)) {
        rate(self, lane, outcome->ended_at, outcome->quality);
        return;
    }
    if (outcome->fault > ROUTER_FAULT_CLIENT)
        return;
    bool has_price = mc_has(outcome, lane_outcome, cost_usd);
    router_outcome_t heard = {
        .fault = (router_fault_t)outcome->fault,
        .latency_us = outcome->latency_us,
        .cost_nanousd = has_price ? outcome->cost_usd : ROUTER_PRICE_UNKNOWN,
        .retry_after_us = outcome->retry_after_us,
        .error = outcome->error,
    };
    apply(self, lane, outcome->ended_at, false, &heard);
}
