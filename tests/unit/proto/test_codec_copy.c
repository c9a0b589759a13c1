/*
 *  test_codec_copy - values as PostgreSQL's own send functions write them
 *
 *  The expected bytes come from numeric_send, timestamptz_send and their kin of
 *  PostgreSQL 15.
 */
#include "proto/codec.h"

#include <criterion/criterion.h>

static mc_buffer_t bytes;

static void
tear_down(void)
{
    mc_buffer_clear(&bytes);
}

TestSuite(codec_copy, .fini = tear_down);

static const mc_field_t *
find_field(const mc_shape_t *shape, const char *name)
{
    const mc_field_t *field = mc_shape_find_name(shape, mc_text(name));
    cr_assert(field, "no field %s", name);
    return field;
}

static void
expect_bytes(const char *sentence, mc_text_t expected)
{
    cr_expect(mc_text_equals(mc_buffer_content(&bytes), expected), "%s: %zu bytes, not %zu",
              sentence, bytes.size, expected.size);
}

typedef struct {
    const char *sentence;
    int64_t nanousd;
    mc_text_t expected;
} money_t;

#define NUMERIC(literal)                                                                           \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const money_t money_rows[] = {
    {"0", 0, NUMERIC("\0\0\0\0\0\0\0\0")},
    {"0.25", 250000000, NUMERIC("\0\1\xff\xff\0\0\0\2\x09\xc4")},
    {"1234.000000001", INT64_C(1234000000001),
     NUMERIC("\0\4\0\0\0\0\0\x09\x04\xd2\0\0\0\0\x03\xe8")},
    {"-1000000000", INT64_C(-1000000000000000000), NUMERIC("\0\1\0\2\x40\0\0\0\0\x0a")},
    {"0.000000001", 1, NUMERIC("\0\1\xff\xfd\0\0\0\x09\x03\xe8")},
    {"1", 1000000000, NUMERIC("\0\1\0\0\0\0\0\0\0\1")},
    {"10000", INT64_C(10000000000000), NUMERIC("\0\1\0\1\0\0\0\0\0\1")},
    {"-12345.678900000", INT64_C(-12345678900000),
     NUMERIC("\0\3\0\1\x40\0\0\4\0\1\x09\x29\x1a\x85")},
    {"0.0001", 100000, NUMERIC("\0\1\xff\xff\0\0\0\4\0\1")},
};

Test(codec_copy, money_is_numeric)
{
    const mc_field_t *field = find_field(&mc_agent_event_shape, "cost_usd");
    for (size_t i = 0; i < MC_COUNT(money_rows); i++) {
        mc_agent_event_t event = {0};
        mc_set(&event, agent_event, cost_usd, money_rows[i].nanousd);
        mc_buffer_reset(&bytes);
        mc_copy_value(field, &event, &bytes);
        expect_bytes(money_rows[i].sentence, money_rows[i].expected);
    }
}

Test(codec_copy, numeric_is_read_back_as_money)
{
    for (size_t i = 0; i < MC_COUNT(money_rows); i++) {
        int64_t nanousd = 42;
        cr_expect_eq(mc_copy_read_money(money_rows[i].expected, &nanousd), 0);
        cr_expect_eq(nanousd, money_rows[i].nanousd, "%s: %lld", money_rows[i].sentence,
                     (long long)nanousd);
    }
}

Test(codec_copy, every_amount_comes_back)
{
    const mc_field_t *field = find_field(&mc_agent_event_shape, "cost_usd");
    uint64_t state = 1;
    for (int i = 0; i < 2000; i++) {
        mc_agent_event_t event = {0};
        int64_t back = 0;
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        int64_t amount = (int64_t)state >> (i % 64);
        mc_set(&event, agent_event, cost_usd, amount == INT64_MIN ? 0 : amount);
        mc_buffer_reset(&bytes);
        mc_copy_value(field, &event, &bytes);
        cr_assert_eq(mc_copy_read_money(mc_buffer_content(&bytes), &back), 0);
        cr_assert_eq(back, event.cost_usd);
    }
}

Test(codec_copy, decimals_after_the_ninth_are_rounded_away_from_zero)
{
    static const money_t rows[] = {
        {"0.0000000005", 1, NUMERIC("\0\1\xff\xfd\0\0\0\x0a\x01\xf4")},
        {"0.0000000004", 0, NUMERIC("\0\1\xff\xfd\0\0\0\x0a\x01\x90")},
        {"-0.0000000015", -2, NUMERIC("\0\1\xff\xfd\x40\0\0\x0a\x05\xdc")},
        {"0.0000000000005", 0, NUMERIC("\0\1\xff\xfc\0\0\0\x0d\x13\x88")},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        int64_t nanousd = 42;
        cr_expect_eq(mc_copy_read_money(rows[i].expected, &nanousd), 0);
        cr_expect_eq(nanousd, rows[i].nanousd, "%s", rows[i].sentence);
    }
}

Test(codec_copy, what_is_no_amount_is_refused)
{
    static const struct {
        const char *sentence;
        mc_text_t numeric;
    } rows[] = {
        {"nothing", NUMERIC("")},
        {"half a head", NUMERIC("\0\1\0\0")},
        {"fewer digits than it claims", NUMERIC("\0\2\0\0\0\0\0\0\0\1")},
        {"more digits than it claims", NUMERIC("\0\0\0\0\0\0\0\0\0\1")},
        {"a digit of 10000", NUMERIC("\0\1\0\0\0\0\0\0\x27\x10")},
        {"NaN", NUMERIC("\0\0\0\0\xc0\0\0\0")},
        {"infinity", NUMERIC("\0\0\0\0\xd0\0\0\x20")},
        {"10^12", NUMERIC("\0\1\0\3\0\0\0\0\0\1")},
        {"9999999999", NUMERIC("\0\3\0\2\0\0\0\0\0\x63\x27\x0f\x27\x0f")},
        {"the greatest weight", NUMERIC("\0\1\x7f\xff\0\0\0\0\0\1")},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        int64_t nanousd = 42;
        cr_expect_eq(mc_copy_read_money(rows[i].numeric, &nanousd), MC_REFUSED, "%s",
                     rows[i].sentence);
        cr_expect_eq(nanousd, 42, "%s touched the result", rows[i].sentence);
    }
}

Test(codec_copy, each_kind_has_its_binary_form)
{
    mc_task_t task = {0};
    mc_agent_event_t event = {0};
    mc_set(&task, task, tier, 3);
    mc_set(&task, task, risk_factor, 0.5);
    mc_set(&task, task, created_at, INT64_C(1720000000123456));
    mc_set(&task, task, id, MC_TEXT("t1"));
    mc_set(&event, agent_event, is_part, true);
    mc_set(&event, agent_event, payload_json, MC_TEXT("{}"));
    mc_set(&event, agent_event, event_uid, ((mc_uuid_t){{1, 2, 3, [15] = 16}}));

    mc_copy_value(find_field(&mc_task_shape, "tier"), &task, &bytes);
    expect_bytes("bigint", MC_TEXT("\0\0\0\0\0\0\0\3"));
    mc_buffer_reset(&bytes);
    mc_copy_value(find_field(&mc_task_shape, "risk_factor"), &task, &bytes);
    expect_bytes("double precision", MC_TEXT("\x3f\xe0\0\0\0\0\0\0"));
    mc_buffer_reset(&bytes);
    mc_copy_value(find_field(&mc_task_shape, "created_at"), &task, &bytes);
    expect_bytes("timestamptz", MC_TEXT("\0\2\xbf\x53\x79\xcd\x82\x40"));
    mc_buffer_reset(&bytes);
    mc_copy_value(find_field(&mc_task_shape, "id"), &task, &bytes);
    expect_bytes("text", MC_TEXT("t1"));
    mc_buffer_reset(&bytes);
    mc_copy_value(find_field(&mc_agent_event_shape, "is_part"), &event, &bytes);
    expect_bytes("boolean", MC_TEXT("\1"));
    mc_buffer_reset(&bytes);
    mc_copy_value(find_field(&mc_agent_event_shape, "payload_json"), &event, &bytes);
    expect_bytes("text of JSON", MC_TEXT("{}"));
    mc_buffer_reset(&bytes);
    mc_copy_value(find_field(&mc_agent_event_shape, "event_uid"), &event, &bytes);
    expect_bytes("uuid", MC_TEXT("\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\x10"));
}

Test(codec_copy, a_file_is_header_rows_and_trailer)
{
    static const char *const skip[] = {"timestamp", "details", NULL};
    mc_audit_entry_t entry = {0};
    mc_columns_t columns;
    mc_set(&entry, audit_entry, id, 7);
    mc_set(&entry, audit_entry, actor, MC_TEXT("me"));
    mc_set(&entry, audit_entry, action, MC_TEXT("look"));
    mc_columns_init(&columns, &mc_audit_entry_shape, skip);

    mc_columns_write_names(&columns, &bytes);
    expect_bytes("names", MC_TEXT("id, actor, action, target_id"));
    mc_buffer_reset(&bytes);
    mc_copy_header(&bytes);
    mc_copy_row(&columns, &entry, &bytes);
    mc_copy_trailer(&bytes);
    expect_bytes("file", MC_TEXT("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"
                                 "\0\4\0\0\0\x08\0\0\0\0\0\0\0\7\0\0\0\2me\0\0\0\4look"
                                 "\xff\xff\xff\xff\xff\xff"));
}

Test(codec_copy, legacy_text_and_lists_have_no_column)
{
    mc_columns_t columns;
    mc_columns_init(&columns, &mc_agent_event_shape, NULL);
    cr_expect_eq(columns.count, MC_FIELDS_agent_event - 1);
    for (size_t i = 0; i < columns.count; i++)
        cr_expect(strcmp(columns.fields[i]->name, "details"));
    mc_columns_init(&columns, &mc_snapshot_shape, NULL);
    cr_expect_eq(columns.count, 1);
}
