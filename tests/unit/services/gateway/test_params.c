/*
 *  test_params - query parameters, read as the kind of their field
 */
#include "services/gateway/params.h"

#include <criterion/criterion.h>

static int
set(const mc_shape_t *shape, const char *name, void *record, const char *value,
    mc_refusal_t *refusal)
{
    const mc_field_t *field = mc_shape_find_name(shape, mc_text(name));
    cr_assert(field);
    return gateway_param_set(shape, field, record, mc_text(value), refusal);
}

Test(params, times_are_seconds_or_microseconds)
{
    static const struct {
        const char *text;
        int64_t time_us;
    } rows[] = {
        {"0", 0},
        {"1795359829", INT64_C(1795359829000000)},
        {"1795359829.25", INT64_C(1795359829250000)},
        {"1795359829109930", INT64_C(1795359829109930)},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_run_query_t query = {0};
        mc_refusal_t refusal;
        cr_assert_eq(set(&mc_run_query_shape, "since", &query, rows[i].text, &refusal), 0);
        cr_expect_eq(query.since, rows[i].time_us, "%s", rows[i].text);
    }
}

Test(params, integers_are_moved_into_their_bounds_or_refused)
{
    mc_run_query_t query = {0};
    mc_refusal_t refusal;
    cr_expect_eq(set(&mc_run_query_shape, "limit", &query, "99999", &refusal), 0);
    cr_expect_eq(query.limit, 500);
    cr_expect_eq(set(&mc_run_query_shape, "tier", &query, "7", &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.field, "tier");
}

Test(params, words_for_yes_and_no_come_in_any_case)
{
    static const struct {
        const char *text;
        bool value;
    } rows[] = {{"1", true},  {"TRUE", true},   {"yes", true}, {"On", true},
                {"0", false}, {"false", false}, {"No", false}, {"off", false}};
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_terminal_query_t query = {0};
        mc_refusal_t refusal;
        cr_assert_eq(
            set(&mc_terminal_query_shape, "include_inactive", &query, rows[i].text, &refusal), 0);
        cr_expect_eq(query.include_inactive, rows[i].value, "%s", rows[i].text);
    }
}

Test(params, what_is_no_such_value_is_refused_by_name)
{
    static const struct {
        const mc_shape_t *shape;
        const char *field;
        const char *text;
        const char *message;
    } rows[] = {
        {&mc_run_query_shape, "tier", "x", "tier must be an integer, not x"},
        {&mc_run_query_shape, "tier", "1.5", "tier must be an integer, not 1.5"},
        {&mc_run_query_shape, "tier", "0x2", "tier must be an integer, not 0x2"},
        {&mc_run_query_shape, "tier", "99999999999999999999",
         "tier must be an integer, not 99999999999999999999"},
        {&mc_run_query_shape, "since", "yesterday",
         "since must be Unix seconds, or microseconds, not yesterday"},
        {&mc_run_query_shape, "since", "-1", "since must be Unix seconds, or microseconds, not -1"},
        {&mc_run_query_shape, "since", "nan",
         "since must be Unix seconds, or microseconds, not nan"},
        {&mc_terminal_query_shape, "include_inactive", "maybe",
         "includeInactive must be true or false, not maybe"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        char record[512] = {0};
        mc_refusal_t refusal;
        cr_expect_eq(set(rows[i].shape, rows[i].field, record, rows[i].text, &refusal), MC_REFUSED);
        cr_expect_str_eq(refusal.message, rows[i].message);
    }
}

Test(params, a_limit_has_a_default_and_a_most)
{
    static const struct {
        const char *text;
        int64_t limit;
    } rows[] = {{"", 50}, {"7", 7}, {"0", 1}, {"-3", 1}, {"1000", 200}};
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        int64_t limit = -1;
        mc_refusal_t refusal;
        cr_assert_eq(gateway_param_limit(mc_text(rows[i].text), 200, 50, &limit, &refusal), 0);
        cr_expect_eq(limit, rows[i].limit, "%s", rows[i].text);
    }
    int64_t limit;
    mc_refusal_t refusal;
    cr_expect_eq(gateway_param_limit(MC_TEXT("many"), 200, 50, &limit, &refusal), MC_REFUSED);
}
