/*
 *  test_circuit - the circuit of a lane as a table of states, by a clock that is given
 */
#include <criterion/criterion.h>

#include "services/router/health.h"

#define S INT64_C(1000000)

static const router_circuit_options_t options = {
    .failures = 3, .base_us = 15 * S, .max_us = 120 * S, .jitter_percent = 0};

typedef enum { LOOK, CALL, CALL_PROBE } step_kind_t;

/* At a second: what a look says, or a call that begins and ends so. */
typedef struct {
    int64_t at_s;
    step_kind_t kind;
    router_lane_news_t news;
    int64_t retry_after_s;
    int state; /* expected of a look */
    int64_t until_s;
} step_t;

static const struct {
    const char *sentence;
    step_t steps[24];
} rows[] = {
    {"opens at the third failure in a row, for 15 s",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {2, CALL, .news = ROUTER_LANE_FAILED},
      {2, LOOK, .state = 0},
      {3, CALL, .news = ROUTER_LANE_FAILED},
      {3, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 18},
      {17, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 18},
      {18, LOOK, .state = 0},
      {0}}},
    {"a success between begins the count anew",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {2, CALL, .news = ROUTER_LANE_FAILED},
      {3, CALL, .news = ROUTER_LANE_SERVED},
      {4, CALL, .news = ROUTER_LANE_FAILED},
      {5, CALL, .news = ROUTER_LANE_FAILED},
      {5, LOOK, .state = 0},
      {0}}},
    {"what says nothing leaves the count",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {2, CALL, .news = ROUTER_LANE_UNKNOWN},
      {3, CALL, .news = ROUTER_LANE_FAILED},
      {4, CALL, .news = ROUTER_LANE_FAILED},
      {4, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 19},
      {0}}},
    {"a probe that fails doubles the time, up to 120 s",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {16, CALL_PROBE, .news = ROUTER_LANE_FAILED},
      {16, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 46},
      {46, CALL_PROBE, .news = ROUTER_LANE_FAILED},
      {46, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 106},
      {106, CALL_PROBE, .news = ROUTER_LANE_FAILED},
      {106, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 226},
      {226, CALL_PROBE, .news = ROUTER_LANE_FAILED},
      {226, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 346},
      {0}}},
    {"a probe that succeeds closes it, and the next time is 15 s again",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {16, CALL_PROBE, .news = ROUTER_LANE_FAILED},
      {46, CALL_PROBE, .news = ROUTER_LANE_SERVED},
      {46, LOOK, .state = 0},
      {50, CALL, .news = ROUTER_LANE_FAILED},
      {50, CALL, .news = ROUTER_LANE_FAILED},
      {50, CALL, .news = ROUTER_LANE_FAILED},
      {50, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 65},
      {0}}},
    {"a probe whose client left lets the next one try",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {16, CALL_PROBE, .news = ROUTER_LANE_UNKNOWN},
      {16, LOOK, .state = 0},
      {17, CALL_PROBE, .news = ROUTER_LANE_SERVED},
      {17, LOOK, .state = 0},
      {0}}},
    {"Retry-After is the floor of the open time",
     {{1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED},
      {1, CALL, .news = ROUTER_LANE_FAILED, .retry_after_s = 40},
      {1, LOOK, .state = ROUTER_LANE_OPEN, .until_s = 41},
      {0}}},
    {"a closed lane cools down for its Retry-After",
     {{1, CALL, .news = ROUTER_LANE_FAILED, .retry_after_s = 7},
      {1, LOOK, .state = ROUTER_LANE_COOLING, .until_s = 8},
      {8, LOOK, .state = 0},
      {0}}},
    {"no more than an hour of it",
     {{1, CALL, .news = ROUTER_LANE_FAILED, .retry_after_s = 999999},
      {2, LOOK, .state = ROUTER_LANE_COOLING, .until_s = 3601},
      {0}}},
};

static void
do_step(router_circuit_t *self, const step_t *step, const char *sentence)
{
    uint64_t chance = 1;
    int64_t until_us = 0;
    bool is_probe = false;
    int64_t now_us = step->at_s * S;
    if (step->kind == LOOK) {
        cr_expect_eq(router_circuit_look(self, now_us, &until_us), step->state, "%s at %lld s",
                     sentence, (long long)step->at_s);
        if (step->until_s)
            cr_expect_eq(until_us, step->until_s * S, "%s: until %lld", sentence,
                         (long long)until_us);
        return;
    }
    cr_assert_eq(router_circuit_begin(self, now_us, &is_probe), 0, "%s at %lld s", sentence,
                 (long long)step->at_s);
    cr_expect_eq(is_probe, step->kind == CALL_PROBE, "%s at %lld s", sentence,
                 (long long)step->at_s);
    router_circuit_end_t end = {step->news, is_probe, step->retry_after_s * S};
    router_circuit_end(self, &options, &end, now_us, &chance);
}

Test(circuit, goes_through_its_states)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_circuit_t self = {0};
        for (const step_t *step = rows[i].steps; step->at_s; step++)
            do_step(&self, step, rows[i].sentence);
    }
}

Test(circuit, lets_one_probe_through)
{
    router_circuit_t self = {.is_open = true, .wait_us = 15 * S, .until_us = 5 * S};
    int64_t until_us;
    bool is_probe = false;
    cr_expect_eq(router_circuit_begin(&self, 6 * S, &is_probe), 0);
    cr_expect(is_probe);
    cr_expect_eq(router_circuit_look(&self, 6 * S, &until_us), ROUTER_LANE_PROBING);
    cr_expect_eq(router_circuit_begin(&self, 7 * S, &is_probe), ROUTER_LANE_PROBING);
}

Test(circuit, an_old_call_neither_closes_nor_opens_it_more)
{
    router_circuit_t self = {.is_open = true, .wait_us = 15 * S, .until_us = 20 * S};
    uint64_t chance = 1;
    router_circuit_end_t served = {ROUTER_LANE_SERVED, false, 0};
    router_circuit_end_t failed = {ROUTER_LANE_FAILED, false, 0};
    router_circuit_end(&self, &options, &served, 10 * S, &chance);
    cr_expect(self.is_open);
    router_circuit_end(&self, &options, &failed, 10 * S, &chance);
    cr_expect_eq(self.until_us, 20 * S);
}

Test(circuit, jitter_stays_within_a_tenth_and_is_the_same_for_the_same_seed)
{
    router_circuit_options_t jittery = options;
    jittery.jitter_percent = 10;
    jittery.failures = 1;
    uint64_t chance = 42;
    uint64_t again = 42;
    bool has_less = false;
    bool has_more = false;
    for (int i = 0; i < 1000; i++) {
        router_circuit_t one = {0};
        router_circuit_t other = {0};
        router_circuit_end_t end = {ROUTER_LANE_FAILED, false, 0};
        router_circuit_end(&one, &jittery, &end, 0, &chance);
        router_circuit_end(&other, &jittery, &end, 0, &again);
        cr_assert_eq(one.until_us, other.until_us);
        cr_assert(one.until_us >= 135 * S / 10);
        cr_assert(one.until_us <= 165 * S / 10);
        has_less = has_less || one.until_us < 14 * S;
        has_more = has_more || one.until_us > 16 * S;
    }
    cr_expect(has_less);
    cr_expect(has_more);
}
