/*
 *  test_field - what each kind of field takes, and the words for what it does not
 */
#include "proto/codec.h"
#include "proto/uuid.h"

#include <criterion/criterion.h>
#include <math.h>

static mc_refusal_t refusal;
static mc_agent_event_t event;
static mc_task_t task;

static void
set_up(void)
{
    refusal = (mc_refusal_t){0};
    event = (mc_agent_event_t){0};
    task = (mc_task_t){0};
}

TestSuite(field, .init = set_up);

static const mc_field_t *
find_field(const mc_shape_t *shape, const char *name)
{
    const mc_field_t *field = mc_shape_find_json(shape, mc_text(name), 0);
    cr_assert(field, "no field %s", name);
    return field;
}

static int
set_text(const char *name, mc_text_t value)
{
    return mc_field_set_text(&mc_agent_event_shape, find_field(&mc_agent_event_shape, name), &event,
                             value, &refusal);
}

static int
set_i64(const char *name, int64_t value)
{
    return mc_field_set_i64(&mc_agent_event_shape, find_field(&mc_agent_event_shape, name), &event,
                            value, &refusal);
}

static int
set_f64(const char *name, double value)
{
    return mc_field_set_f64(&mc_agent_event_shape, find_field(&mc_agent_event_shape, name), &event,
                            value, &refusal);
}

static mc_text_t
repeat(char byte, size_t size)
{
    static char text[70000];
    cr_assert_leq(size, sizeof text);
    memset(text, byte, size);
    return (mc_text_t){text, size};
}

Test(field, text_within_its_bytes_is_lent)
{
    mc_text_t actor = repeat('a', 200);
    cr_expect_eq(set_text("actor", actor), 0);
    cr_expect_eq(event.actor.data, actor.data);
    cr_expect(mc_has(&event, agent_event, actor));
    cr_expect_eq(set_text("message", MC_TEXT("")), 0);
    cr_expect(mc_has(&event, agent_event, message), "a message may be empty");
}

Test(field, an_empty_optional_text_is_absent)
{
    cr_expect_eq(set_text("provider", MC_TEXT("")), 0);
    cr_expect(!mc_has(&event, agent_event, provider));
}

typedef struct {
    const char *name;
    mc_text_t value;
    int code;
    const char *message;
} text_row_t;

static const text_row_t refused_texts[] = {
    {"actor", {"", 0}, MC_BAD_INPUT_ERROR, "actor is empty"},
    {"message", {"a\0b", 3}, MC_BAD_INPUT_ERROR, "message holds a NUL"},
    {"message", {"\xc0\x80", 2}, MC_BAD_ENCODING_ERROR, "message is not valid UTF-8"},
    {"payloadJson", {"\xed\xa0\x80", 3}, MC_BAD_ENCODING_ERROR, "payloadJson is not valid UTF-8"},
    {"tier", {"high", 4}, MC_BAD_INPUT_ERROR, "tier is \"high\", must be an integer"},
    {"tier", {"\xff", 1}, MC_BAD_INPUT_ERROR, "tier is text, must be an integer"},
    {"tier",
     {"1234567890123456789012345678901234567890123", 43},
     MC_BAD_INPUT_ERROR,
     "tier is \"1234567890123456789012345678901234567890...\", must be an integer"},
    {"isPart", {"true", 4}, MC_BAD_INPUT_ERROR, "isPart is \"true\", must be true or false"},
    {"costUsd", {"1", 1}, MC_BAD_INPUT_ERROR, "costUsd is \"1\", must be a number of dollars"},
    {"createdAt",
     {"now", 3},
     MC_BAD_INPUT_ERROR,
     "createdAt is \"now\", must be a time as an integer"},
    {"eventUid", {"7", 1}, MC_BAD_INPUT_ERROR, "eventUid is \"7\", must be a UUID"},
};

Test(field, a_wrong_text_is_refused_by_name_and_value)
{
    for (size_t i = 0; i < MC_COUNT(refused_texts); i++) {
        const text_row_t *row = &refused_texts[i];
        cr_expect_eq(set_text(row->name, row->value), MC_REFUSED, "%s", row->message);
        cr_expect_eq(refusal.code, row->code, "%s", row->message);
        cr_expect_str_eq(refusal.message, row->message);
        cr_expect_str_eq(refusal.field, row->name);
        cr_expect_eq(event.present, 0);
    }
}

Test(field, a_text_over_its_bytes_is_refused)
{
    cr_expect_eq(set_text("actor", repeat('a', 201)), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "actor has 201 bytes, at most 200");
    cr_expect_eq(set_text("message", repeat('a', 65537)), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "message has 65537 bytes, at most 65536");
}

Test(field, a_secret_is_never_quoted)
{
    mc_field_t secret = {.kind = MC_I64_KIND, .rule = MC_SECRET, .json = "pin", .json_size = 3};
    mc_shape_t shape = {.fields = &secret, .field_count = 1};
    cr_expect_eq(mc_field_set_text(&shape, &secret, &event, MC_TEXT("hush"), &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "pin is text, must be an integer");
}

Test(field, a_refusal_may_be_of_no_interest)
{
    const mc_field_t *field = find_field(&mc_agent_event_shape, "tier");
    cr_expect_eq(mc_field_set_i64(&mc_agent_event_shape, field, &event, 7, NULL), MC_REFUSED);
}

typedef struct {
    const char *name;
    int64_t value;
    const char *message; /* NULL: taken */
} integer_row_t;

static const integer_row_t integer_rows[] = {
    {"tier", 1, NULL},
    {"tier", 3, NULL},
    {"tier", 7, "tier is 7, at most 3"},
    {"tier", 0, "tier is 0, at least 1"},
    {"tier", INT64_C(9007199254740993), "tier is 9007199254740993, at most 3"},
    {"tokensIn", MC_JSON_INTEGER_MAX, NULL},
    {"tokensIn", -MC_JSON_INTEGER_MAX, NULL},
    {"tokensIn", INT64_C(9007199254740993), "tokensIn is 9007199254740993, beyond 2^53"},
    {"tokensIn", INT64_C(-9007199254740993), "tokensIn is -9007199254740993, beyond 2^53"},
    {"latencyMs", -1, "latencyMs is -1, at least 0"},
    {"createdAt", MC_TIME_MAX, NULL},
    {"createdAt", MC_TIME_MAX + 1, "createdAt is 253402300800000000, at most 253402300799999999"},
    {"createdAt", -1, "createdAt is -1, at least 0"},
    {"costUsd", 1000000000, NULL},
    {"costUsd", 1000000001, "costUsd is 1000000001, at most 1000000000"},
    {"costUsd", -1000000001, "costUsd is -1000000001, at least -1000000000"},
    {"actor", 5, "actor is 5, must be text"},
    {"isPart", 1, "isPart is 1, must be true or false"},
    {"eventUid", 1, "eventUid is 1, must be a UUID"},
};

Test(field, integers_keep_within_their_bounds)
{
    for (size_t i = 0; i < MC_COUNT(integer_rows); i++) {
        const integer_row_t *row = &integer_rows[i];
        int result = set_i64(row->name, row->value);
        cr_expect_eq(result, row->message ? MC_REFUSED : 0, "%s %lld", row->name,
                     (long long)row->value);
        if (row->message)
            cr_expect_str_eq(refusal.message, row->message);
    }
    cr_expect_eq(event.cost_usd, MC_MONEY_MAX);
}

typedef struct {
    const char *name;
    double value;
    const char *message; /* NULL: taken */
} number_row_t;

static const number_row_t number_rows[] = {
    {"tier", 2.0, NULL},
    {"tier", 2.5, "tier is 2.5, must be an integer"},
    {"tokensIn", 9007199254740991.0, NULL},
    {"tokensIn", 9007199254740992.0, "tokensIn is 9007199254740992, beyond 2^53"},
    {"tokensIn", -1e300, "tokensIn is -1.0000000000000001e+300, beyond 2^53"},
    {"tokensIn", NAN, "tokensIn is not a finite number, must be an integer"},
    {"costUsd", 1e9, NULL},
    {"costUsd", 1.5e9, "costUsd is 1500000000, at most 1000000000"},
    {"costUsd", -INFINITY, "costUsd is not a finite number, must be a number of dollars"},
    {"costUsd", 1e300, "costUsd is 1e+300, at most 1000000000"},
    {"actor", 0.5, "actor is 0.5, must be text"},
};

Test(field, an_integer_may_come_as_a_whole_floating_number)
{
    for (size_t i = 0; i < MC_COUNT(number_rows); i++) {
        const number_row_t *row = &number_rows[i];
        int result = set_f64(row->name, row->value);
        cr_expect_eq(result, row->message ? MC_REFUSED : 0, "%s %g", row->name, row->value);
        if (row->message)
            cr_expect_str_eq(refusal.message, row->message);
    }
    cr_expect_eq(event.tier, 2);
    cr_expect_eq(event.tokens_in, MC_JSON_INTEGER_MAX);
}

Test(field, dollars_are_rounded_to_billionths_half_away_from_zero)
{
    static const struct {
        double dollars;
        int64_t nanousd;
    } rows[] = {
        {0.25, 250000000},   {0.1, 100000000},   {0.0000000005, 1},
        {-0.0000000005, -1}, {0.00000000049, 0}, {1234.000000001, INT64_C(1234000000001)},
        {-0.0, 0},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        cr_expect_eq(set_f64("costUsd", rows[i].dollars), 0);
        cr_expect_eq(event.cost_usd, rows[i].nanousd, "%g", rows[i].dollars);
    }
}

Test(field, billionths_of_a_dollar_have_bounds_too)
{
    const mc_field_t *field = find_field(&mc_agent_event_shape, "costUsd");
    cr_expect_eq(mc_field_set_nanousd(&mc_agent_event_shape, field, &event, 7, &refusal), 0);
    cr_expect_eq(event.cost_usd, 7);
    cr_expect_eq(mc_field_set_nanousd(&mc_agent_event_shape, field, &event, INT64_MAX, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "costUsd is 9223372036.854776, at most 1000000000");
    cr_expect_eq(mc_field_set_nanousd(&mc_agent_event_shape, field, &event, INT64_MIN, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "costUsd is -9223372036.854776, at least -1000000000");
}

Test(field, seconds_become_microseconds)
{
    static const struct {
        double seconds;
        int64_t us;
        const char *message;
    } rows[] = {
        {0, 0, NULL},
        {1720000000, INT64_C(1720000000000000), NULL},
        {1720000000.25, INT64_C(1720000000250000), NULL},
        {253402300799, INT64_C(253402300799000000), NULL},
        {253402300800, 0, "createdAt is 253402300800, at most 253402300799"},
        {-1, 0, "createdAt is -1, at least 0"},
        {1e300, 0, "createdAt is 1e+300, at most 253402300799"},
        {NAN, 0, "createdAt is not a finite number, must be a time as an integer"},
    };
    const mc_field_t *field = find_field(&mc_agent_event_shape, "createdAt");
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        int result =
            mc_field_set_seconds(&mc_agent_event_shape, field, &event, rows[i].seconds, &refusal);
        cr_expect_eq(result, rows[i].message ? MC_REFUSED : 0, "%g", rows[i].seconds);
        if (rows[i].message)
            cr_expect_str_eq(refusal.message, rows[i].message);
        else
            cr_expect_eq(event.ts, rows[i].us);
    }
}

Test(field, a_number_keeps_within_its_bounds)
{
    static const struct {
        double value;
        const char *message;
    } rows[] = {
        {0, NULL},
        {1000, NULL},
        {1000.5, "riskFactor is 1000.5, at most 1000"},
        {-0.25, "riskFactor is -0.25, at least 0"},
        {NAN, "riskFactor is not a finite number, must be a number"},
    };
    const mc_field_t *field = find_field(&mc_task_shape, "riskFactor");
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        int result = mc_field_set_f64(&mc_task_shape, field, &task, rows[i].value, &refusal);
        cr_expect_eq(result, rows[i].message ? MC_REFUSED : 0, "%g", rows[i].value);
        if (rows[i].message)
            cr_expect_str_eq(refusal.message, rows[i].message);
    }
    cr_expect_eq(mc_field_set_i64(&mc_task_shape, field, &task, 7, &refusal), 0);
    cr_expect_eq(task.risk_factor, 7.0);
}

Test(field, limited_and_clamped_integers_are_moved_inside)
{
    static const struct {
        double value;
        int64_t flag;
        int64_t limit;
    } rows[] = {
        {0, 1, 10}, {50, 50, 50}, {1000, 95, 300}, {-1e300, 1, 10}, {1e300, 95, 300},
    };
    mc_runtime_flags_t flags = {0};
    mc_snapshot_query_t query = {0};
    const mc_field_t *percent = find_field(&mc_runtime_flags_shape, "budgetHeadroomPercent");
    const mc_field_t *limit = find_field(&mc_snapshot_query_shape, "limit");
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        double value = rows[i].value;
        cr_expect_eq(mc_field_set_f64(&mc_runtime_flags_shape, percent, &flags, value, &refusal),
                     0);
        cr_expect_eq(mc_field_set_f64(&mc_snapshot_query_shape, limit, &query, value, &refusal), 0);
        cr_expect_eq(flags.budget_headroom_percent, rows[i].flag);
        cr_expect_eq(query.limit, rows[i].limit);
    }
    cr_expect_eq(mc_field_set_u64(&mc_snapshot_query_shape, limit, &query, UINT64_MAX, &refusal),
                 0);
    cr_expect_eq(query.limit, 300);
    cr_expect_eq(mc_field_set_i64(&mc_snapshot_query_shape, limit, &query, INT64_MIN, &refusal), 0);
    cr_expect_eq(query.limit, 10);
}

Test(field, integers_above_64_bits_keep_their_digits)
{
    const mc_field_t *tokens = find_field(&mc_agent_event_shape, "tokensIn");
    const mc_field_t *cost = find_field(&mc_agent_event_shape, "costUsd");
    cr_expect_eq(mc_field_set_u64(&mc_agent_event_shape, tokens, &event, UINT64_MAX, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "tokensIn is 18446744073709551615, beyond 2^53");
    cr_expect_eq(mc_field_set_u64(&mc_agent_event_shape, cost, &event, UINT64_MAX, &refusal),
                 MC_REFUSED);
    cr_expect_eq(mc_field_set_u64(&mc_agent_event_shape, tokens, &event, 5, &refusal), 0);
    cr_expect_eq(event.tokens_in, 5);
}

Test(field, booleans_and_uuids_go_where_they_belong)
{
    const mc_shape_t *shape = &mc_agent_event_shape;
    mc_uuid_t uuid = {{1, [15] = 2}};
    cr_expect_eq(mc_field_set_bool(shape, find_field(shape, "isPart"), &event, true, &refusal), 0);
    cr_expect(event.is_part);
    cr_expect_eq(mc_field_set_bool(shape, find_field(shape, "tier"), &event, true, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "tier is true, must be an integer");
    cr_expect_eq(mc_field_set_uuid(shape, find_field(shape, "eventUid"), &event, uuid, &refusal),
                 0);
    cr_expect_eq(event.event_uid.bytes[15], 2);
    cr_expect_eq(mc_field_set_uuid(shape, find_field(shape, "actor"), &event, uuid, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "actor is a UUID, must be text");
    cr_expect_eq(set_text("eventUid", MC_TEXT("0190163D8694739BAEA5966C26F8AD91")), 0);
    cr_expect_eq(event.event_uid.bytes[15], 0x91);
}

Test(field, lists_keep_within_their_bounds)
{
    mc_snapshot_t snapshot = {0};
    mc_flags_change_t change = {0};
    const mc_field_t *runs = find_field(&mc_snapshot_shape, "activeRuns");
    const mc_field_t *flags = find_field(&mc_flags_change_shape, "flags");
    mc_list_t list = {&snapshot, 301};
    cr_expect_eq(mc_field_set_list(&mc_snapshot_shape, runs, &snapshot, list, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "activeRuns has 301 items, at most 300");
    list.count = 0;
    cr_expect_eq(mc_field_set_list(&mc_snapshot_shape, runs, &snapshot, list, &refusal), 0);
    cr_expect_eq(mc_field_set_list(&mc_flags_change_shape, flags, &change, list, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "flags has 0 items, at least 1");
    cr_expect_eq(mc_field_set_list(&mc_agent_event_shape, find_field(&mc_agent_event_shape, "tier"),
                                   &event, list, &refusal),
                 MC_REFUSED);
    cr_expect_str_eq(refusal.message, "tier is an array, must be an integer");
}
