/*
 *  test_score - the numbers of a lane, and what they are worth: worked by hand
 */
#include "routing_case.h"

typedef struct {
    const char *sentence;
    double prior_calls;
    router_lane_stats_t stats;
    double score;
} row_t;

static const row_t rows[] = {
    {"an unseen model: 0.385 + 0.18 + 0.075 + 0.05", 0, {.quality = 0.70}, 0.69},
    {"the same with priors", 5, {.quality = 0.70}, 0.69},
    {"one success: 0.396 + 0.2 + 0.1125 + 0.08",
     0,
     {.total_calls = 1,
      .success_calls = 1,
      .cost_calls = 1,
      .avg_latency_ms = 1000,
      .avg_cost_usd = 0.05,
      .quality = 0.72},
     0.7885},
    {"one slow failure: 0.341 + 0 + 0 + 0.05 - 0.2",
     0,
     {.total_calls = 1, .failed_calls = 1, .avg_latency_ms = 4000, .quality = 0.62},
     0.191},
    {"one failure changes nothing beside priors",
     5,
     {.total_calls = 1, .failed_calls = 1, .avg_latency_ms = 4000, .quality = 0.62},
     0.69},
    {"one success changes nothing beside priors",
     5,
     {.total_calls = 1,
      .success_calls = 1,
      .cost_calls = 1,
      .avg_latency_ms = 1,
      .avg_cost_usd = 0.0001,
      .quality = 0.72},
     0.69},
    {"six successes count half: 0.3905 + 0.19 + 0.09375 + 0.065",
     5,
     {.total_calls = 6,
      .success_calls = 6,
      .cost_calls = 6,
      .avg_latency_ms = 1000,
      .avg_cost_usd = 0.05,
      .quality = 0.72},
     0.73925},
    {"three of four: 0.385 + 0.15 + 0.075 + 0.05 - 0.05",
     0,
     {.total_calls = 4,
      .success_calls = 3,
      .failed_calls = 1,
      .cost_calls = 4,
      .avg_latency_ms = 2000,
      .avg_cost_usd = 0.125,
      .quality = 0.70},
     0.61},
    {"the best there is: 0.5445 + 0.2 + 0.15 + 0.1",
     0,
     {.total_calls = 9, .success_calls = 9, .cost_calls = 9, .quality = 0.99},
     0.9945},
    {"below nothing is nothing",
     0,
     {.total_calls = 9,
      .failed_calls = 9,
      .cost_calls = 9,
      .avg_latency_ms = 9999,
      .avg_cost_usd = 1,
      .quality = 0.05},
     0},
    {"beyond the norms is as bad as at them",
     0,
     {.total_calls = 2,
      .success_calls = 2,
      .cost_calls = 2,
      .avg_latency_ms = 80000,
      .avg_cost_usd = 3,
      .quality = 0.74},
     0.607},
};

Test(score, is_what_the_contract_says)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_weights_t weights = case_weights;
        router_terms_t terms;
        weights.prior_calls = rows[i].prior_calls;
        router_score(&weights, &rows[i].stats, &terms);
        cr_expect_float_eq(terms.score, rows[i].score, 1e-12, "%s: %.12f", rows[i].sentence,
                           terms.score);
    }
}

Test(health, counts_as_the_contract_says)
{
    case_t self = case_open(CASE_FILE);
    size_t lane = case_lane(&self, "keyed", "m");
    const router_lane_stats_t *stats = router_health_stats(self.health, lane);
    router_outcome_t good = {.latency_us = 1000000, .cost_nanousd = 100000000};
    router_outcome_t slow = {.latency_us = 2000000, .cost_nanousd = ROUTER_PRICE_UNKNOWN};
    router_outcome_t bad = {.fault = ROUTER_FAULT_LANE, .latency_us = 1200000};

    cr_expect_eq(stats->quality, 0.70);
    router_health_end(self.health, lane, 1, false, &good);
    cr_expect_eq(stats->quality, 0.72, "a first success");
    cr_expect_eq(stats->avg_latency_ms, 1000, "the first value as it is");
    cr_expect_eq(stats->avg_cost_usd, 0.1);
    router_health_end(self.health, lane, 2, false, &slow);
    cr_expect_float_eq(stats->avg_latency_ms, 1200, 1e-9, "0.2 * 2000 + 0.8 * 1000");
    cr_expect_eq(stats->avg_cost_usd, 0.1, "an unknown cost says nothing");
    cr_expect_float_eq(stats->quality, 0.74, 1e-12);
    router_health_end(self.health, lane, 3, false, &bad);
    cr_expect_float_eq(stats->quality, 0.66, 1e-12);
    cr_expect_eq(stats->total_calls, 3);
    cr_expect_eq(stats->failed_calls, 1);
    case_close(&self);
}

Test(health, a_first_failure_gives_062)
{
    case_t self = case_open(CASE_FILE);
    size_t lane = case_lane(&self, "keyed", "m");
    case_call(&self, lane, 1, ROUTER_FAULT_LANE);
    cr_expect_eq(router_health_stats(self.health, lane)->quality, 0.62);
    case_close(&self);
}

Test(health, quality_stays_within_its_bounds)
{
    case_t self = case_open(CASE_FILE);
    size_t lane = case_lane(&self, "keyed", "m");
    router_outcome_t good = {0};
    router_outcome_t bad = {.fault = ROUTER_FAULT_LANE};
    for (int i = 0; i < 40; i++)
        router_health_end(self.health, lane, i, false, &good);
    cr_expect_eq(router_health_stats(self.health, lane)->quality, 0.99);
    for (int i = 0; i < 40; i++)
        router_health_end(self.health, lane, i, false, &bad);
    cr_expect_eq(router_health_stats(self.health, lane)->quality, 0.05);
    router_health_rate(self.health, lane, 99, 1);
    cr_expect_float_eq(router_health_stats(self.health, lane)->quality, 0.24, 1e-12,
                       "a fifth of the way from 0.05 to 1");
    case_close(&self);
}

Test(health, faults_of_others_do_not_count)
{
    case_t self = case_open(CASE_FILE);
    size_t lane = case_lane(&self, "keyed", "m");
    static const router_fault_t others[] = {ROUTER_FAULT_KEY, ROUTER_FAULT_CALLER,
                                            ROUTER_FAULT_CLIENT};
    for (size_t i = 0; i < MC_COUNT(others); i++)
        case_call(&self, lane, 1, others[i]);
    cr_expect_eq(router_health_stats(self.health, lane)->total_calls, 0);
    cr_expect_eq(router_health_stats(self.health, lane)->quality, 0.70);
    case_close(&self);
}

Test(health, two_routers_that_tell_one_another_count_the_same)
{
    case_t one = case_open(CASE_FILE);
    case_t other = case_open(CASE_FILE);
    size_t lane = case_lane(&one, "keyed", "m");
    for (int i = 0; i < 3; i++)
        case_call(&one, lane, i + 1, ROUTER_FAULT_LANE);
    router_health_rate(one.health, lane, 4, 0.9);
    mc_list_t news = router_health_news(one.health);
    const mc_lane_outcome_t *outcomes = news.items;
    cr_assert_eq(news.count, 4);
    for (size_t i = 0; i < news.count; i++)
        router_health_hear(other.health, &outcomes[i]);
    size_t same = case_lane(&other, "keyed", "m");
    const router_lane_stats_t *mine = router_health_stats(one.health, lane);
    const router_lane_stats_t *theirs = router_health_stats(other.health, same);
    cr_expect_eq(mine->total_calls, theirs->total_calls);
    cr_expect_eq(mine->quality, theirs->quality);
    cr_expect_eq(mine->avg_latency_ms, theirs->avg_latency_ms);
    int64_t until_us = 0;
    cr_expect_eq(router_health_look(other.health, same, 5, &until_us), ROUTER_LANE_OPEN,
                 "its circuit is open there too");
    cr_expect_eq(router_health_news(other.health).count, 0, "what is heard is not told again");
    case_close(&one);
    case_close(&other);
}

Test(health, calls_before_the_first_row_come_on_top_of_it)
{
    case_t self = case_open(CASE_FILE);
    size_t lane = case_lane(&self, "keyed", "m");
    mc_model_health_t row = {0};
    case_call(&self, lane, 1, ROUTER_FAULT_NONE);
    mc_set(&row, model_health, provider, MC_TEXT("keyed"));
    mc_set(&row, model_health, model_id, MC_TEXT("m"));
    row.total_calls = 10;
    row.success_calls = 10;
    row.avg_latency_ms = 500;
    row.quality_score = 0.9;
    router_health_restore(self.health, &row, 0);
    router_health_restored(self.health);
    const router_lane_stats_t *stats = router_health_stats(self.health, lane);
    cr_expect_eq(stats->total_calls, 11);
    cr_expect_float_eq(stats->avg_latency_ms, 600, 1e-9, "0.8 * 500 + 0.2 * 1000");
    cr_expect_float_eq(stats->quality, 0.92, 1e-12);
    row.total_calls = 5;
    router_health_restore(self.health, &row, 0);
    cr_expect_eq(stats->total_calls, 11, "fewer calls are further from the truth");
    row.total_calls = 20;
    router_health_restore(self.health, &row, 0);
    cr_expect_eq(stats->total_calls, 20);
    case_close(&self);
}
