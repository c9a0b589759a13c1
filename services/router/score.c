/*
 *  score - what a lane's numbers are worth; see routing.h
 */
#include "services/router/routing.h"

#define UNSEEN_SUCCESS 0.90
#define UNSEEN_LATENCY 0.50
#define UNSEEN_COST 0.50

/* How much of a number that was seen n times counts. */
static double
weight_of(double calls, double prior_calls)
{
    if (prior_calls <= 0)
        return calls > 0 ? 1 : 0;
    double beyond_first = calls > 1 ? calls - 1 : 0;
    return beyond_first / (beyond_first + prior_calls);
}

static double
blend(double weight, double observed, double unseen)
{
    return weight * observed + (1 - weight) * unseen;
}

/* 1 for nothing, 0 for the norm and all above. */
static double
less_of(double value, double norm)
{
    double share = value / norm;
    return 1 - (share > 1 ? 1 : share);
}

static double
clamp(double value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

void
router_score(const router_weights_t *weights, const router_lane_stats_t *stats,
             router_terms_t *ret_terms)
{
    double calls = (double)stats->total_calls;
    double weight = weight_of(calls, weights->prior_calls);
    double cost_weight = weight_of((double)stats->cost_calls, weights->prior_calls);
    double success_rate = calls > 0 ? (double)stats->success_calls / calls : 0;
    double failure_rate = calls > 0 ? (double)stats->failed_calls / calls : 0;

    router_terms_t terms = {
        .quality = weights->quality * blend(weight, stats->quality, ROUTER_QUALITY_UNSEEN),
        .success = weights->success * blend(weight, success_rate, UNSEEN_SUCCESS),
        .latency =
            weights->latency *
            blend(weight, less_of(stats->avg_latency_ms, weights->latency_norm_ms), UNSEEN_LATENCY),
        .cost =
            weights->cost *
            blend(cost_weight, less_of(stats->avg_cost_usd, weights->cost_norm_usd), UNSEEN_COST),
        .failure = weights->failure * blend(weight, failure_rate, 0),
    };
    terms.score = clamp(terms.quality + terms.success + terms.latency + terms.cost - terms.failure);
    *ret_terms = terms;
}
