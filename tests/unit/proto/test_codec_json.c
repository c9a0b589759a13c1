/*
 *  test_codec_json - records as JSON, letter by letter
 */
#include "proto/codec.h"

#include <criterion/criterion.h>
#include <math.h>

static mc_buffer_t out;

static void
tear_down(void)
{
    mc_buffer_clear(&out);
}

TestSuite(codec_json, .fini = tear_down);

static void
expect_text(const char *expected)
{
    cr_expect(mc_text_is(mc_buffer_content(&out), expected), "%.*s\nis not\n%s",
              MC_FMT(mc_buffer_content(&out)), expected);
    mc_buffer_reset(&out);
}

Test(codec_json, shows_every_public_field_in_table_order)
{
    mc_audit_entry_t entry = {0};
    mc_set(&entry, audit_entry, id, 7);
    mc_set(&entry, audit_entry, timestamp, INT64_C(1720000000123456));
    mc_set(&entry, audit_entry, actor, MC_TEXT("operator"));
    mc_set(&entry, audit_entry, action, MC_TEXT("pause"));
    mc_set(&entry, audit_entry, details, MC_TEXT(""));
    mc_write_json(&mc_audit_entry_shape, &entry, &out);
    expect_text("{\"id\":7,\"timestamp\":1720000000,\"timestampUs\":1720000000123456,"
                "\"actor\":\"operator\",\"action\":\"pause\",\"targetId\":null,\"details\":\"\"}");
}

Test(codec_json, shows_a_run_as_clients_know_it)
{
    mc_agent_run_t run = {0};
    mc_set(&run, agent_run, id, MC_TEXT("a::t"));
    mc_set(&run, agent_run, tier, 3);
    mc_set(&run, agent_run, actor, MC_TEXT("a"));
    mc_set(&run, agent_run, status, MC_TEXT("executing"));
    mc_set(&run, agent_run, started_at, INT64_C(1720000000000001));
    mc_set(&run, agent_run, tokens_in, 1500);
    mc_set(&run, agent_run, tokens_out, 0);
    mc_set(&run, agent_run, token_delta, -3);
    mc_set(&run, agent_run, cost_usd, 250000000);
    mc_set(&run, agent_run, metadata_json, MC_TEXT("{\"a\":\"b\"}"));
    mc_set(&run, agent_run, tier_derived, true);
    mc_write_json(&mc_agent_run_shape, &run, &out);
    expect_text(
        "{\"id\":\"a::t\",\"rootTaskId\":null,\"taskId\":null,\"tier\":3,\"actor\":\"a\","
        "\"persona\":null,\"skill\":null,\"provider\":null,\"modelId\":null,\"adapterKind\":null,"
        "\"status\":\"executing\",\"startedAt\":1720000000,\"startedAtUs\":1720000000000001,"
        "\"endedAt\":null,\"endedAtUs\":null,\"tokensIn\":1500,\"tokensOut\":0,\"tokenDelta\":-3,"
        "\"costUsd\":0.25,\"metadataJson\":\"{\\\"a\\\":\\\"b\\\"}\",\"parentRunId\":null,"
        "\"lastEventAt\":null,\"lastEventAtUs\":null,\"lastAction\":null,\"lastMessage\":null,"
        "\"mcpServer\":null,\"mcpTool\":null,\"eventCount\":null,\"errorCount\":null,"
        "\"tierDerived\":true,\"lastEventId\":null}");
}

Test(codec_json, never_shows_what_is_secret_internal_or_inbound)
{
    mc_api_key_t key = {0};
    mc_agent_event_t event = {0};
    mc_set(&key, api_key, secret_hash, MC_TEXT("hush"));
    mc_write_json(&mc_api_key_shape, &key, &out);
    cr_expect(!memmem(out.data, out.size, "hush", 4));
    cr_expect(!memmem(out.data, out.size, "secret", 6));
    mc_buffer_reset(&out);

    mc_set(&event, agent_event, details, MC_TEXT("hush"));
    mc_set(&event, agent_event, span_id, MC_TEXT("hush"));
    mc_write_json(&mc_agent_event_shape, &event, &out);
    cr_expect(!memmem(out.data, out.size, "hush", 4));
    cr_expect(!memmem(out.data, out.size, "spanId", 6));
    cr_expect(!memmem(out.data, out.size, "\"details\"", 9));
}

Test(codec_json, nests_records_and_lists)
{
    mc_runtime_flags_t flags = {0};
    mc_flags_change_t change = {0};
    mc_stored_receipt_t receipt = {0};
    mc_rejection_t rejections[2] = {0};
    mc_set(&flags, runtime_flags, dev_mode, false);
    mc_set(&flags, runtime_flags, budget_min_increment, 250);
    mc_set(&change, flags_change, flags, ((mc_list_t){&flags, 1}));
    mc_set(&change, flags_change, restart_required, false);
    mc_write_json(&mc_flags_change_shape, &change, &out);
    expect_text("{\"flags\":{\"devMode\":false,\"modelAdapterEnabled\":null,"
                "\"modelAdapterStrict\":null,\"autoApproveBudgetRequests\":null,"
                "\"budgetHeadroomPercent\":null,\"budgetAutoMaxPercent\":null,"
                "\"budgetMinIncrement\":250,\"telemetryRetentionDays\":null},"
                "\"restartRequired\":false}");

    mc_set(&rejections[0], rejection, index, 1);
    mc_set(&rejections[1], rejection, index, 2);
    mc_set(&receipt, stored_receipt, accepted, 3);
    mc_set(&receipt, stored_receipt, duplicates, 0);
    mc_set(&receipt, stored_receipt, rejected, ((mc_list_t){rejections, 2}));
    mc_write_json(&mc_stored_receipt_shape, &receipt, &out);
    expect_text("{\"accepted\":3,\"duplicates\":0,\"rejected\":["
                "{\"index\":1,\"code\":null,\"message\":null},"
                "{\"index\":2,\"code\":null,\"message\":null}]}");
    mc_write_json_list(&mc_rejection_shape, (mc_list_t){NULL, 0}, &out);
    expect_text("[]");
    mc_write_json(&mc_nothing_shape, &(mc_nothing_t){0}, &out);
    expect_text("{}");
}

Test(codec_json, a_document_under_a_plain_name_is_the_value_itself)
{
    mc_model_registry_t registry = {0};
    mc_set(&registry, model_registry, config_path, MC_TEXT("aop_models.json"));
    mc_set(&registry, model_registry, loaded_from_file, true);
    mc_set(&registry, model_registry, config, MC_TEXT("{\"version\":2}"));
    mc_write_json(&mc_model_registry_shape, &registry, &out);
    expect_text("{\"configPath\":\"aop_models.json\",\"loadedFromFile\":true,\"loadError\":null,"
                "\"config\":{\"version\":2}}");
}

Test(codec_json, uuids_are_36_lower_case_characters)
{
    mc_quarantined_t entry = {0};
    mc_set(&entry, quarantined, event_uid,
           ((mc_uuid_t){{0x01, 0x90, 0xAB, 0xcd, [8] = 0x80, [15] = 0xff}}));
    mc_write_json(&mc_quarantined_shape, &entry, &out);
    const char *expected = "\"eventUid\":\"0190abcd-0000-0000-8000-0000000000ff\",";
    cr_expect(memmem(out.data, out.size, expected, strlen(expected)));
}

Test(codec_json, times_before_1970_round_down)
{
    mc_audit_entry_t entry = {0};
    mc_set(&entry, audit_entry, timestamp, -1);
    mc_write_json(&mc_audit_entry_shape, &entry, &out);
    const char *expected = "\"timestamp\":-1,\"timestampUs\":-1,";
    cr_expect(memmem(out.data, out.size, expected, strlen(expected)));
}

Test(codec_json, text_is_escaped_where_json_wants_it)
{
    static const struct {
        mc_text_t text;
        const char *expected;
    } rows[] = {
        {{"", 0}, "\"\""},
        {{"plain text of some length", 25}, "\"plain text of some length\""},
        {{"\"", 1}, "\"\\\"\""},
        {{"1234567\"9", 9}, "\"1234567\\\"9\""},
        {{"12345678\\0", 10}, "\"12345678\\\\0\""},
        {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
        {{"\x00\x01\x0b\x1f", 4}, "\"\\u0000\\u0001\\u000b\\u001f\""},
        {{"\x7f é € 🚀 /", 15}, "\"\x7f é € 🚀 /\""},
        {{"aaaaaaa\naaaaaaaa\naaaaaaaaa", 26}, "\"aaaaaaa\\naaaaaaaa\\naaaaaaaaa\""},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_write_json_text(&out, rows[i].text);
        expect_text(rows[i].expected);
    }
}

Test(codec_json, each_byte_at_each_place_is_escaped_or_not)
{
    for (int byte = 0; byte < 256; byte++)
        for (size_t place = 0; place < 17; place++) {
            char text[17];
            memset(text, 'x', sizeof text);
            text[place] = (char)byte;
            mc_buffer_reset(&out);
            mc_write_json_text(&out, (mc_text_t){text, sizeof text});
            bool is_short = byte == '"' || byte == '\\' || (byte && strchr("\b\f\n\r\t", byte));
            size_t expected = 19 + (is_short ? 1 : byte < 0x20 ? 5 : 0);
            cr_assert_eq(out.size, expected, "byte %d at %zu", byte, place);
        }
}

Test(codec_json, integers_are_digits)
{
    static const struct {
        int64_t value;
        const char *expected;
    } rows[] = {
        {0, "0"},
        {-1, "-1"},
        {9007199254740991, "9007199254740991"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_write_json_i64(&out, rows[i].value);
        expect_text(rows[i].expected);
    }
}

Test(codec_json, fractions_are_as_short_as_they_can_be)
{
    static const struct {
        double value;
        const char *expected;
    } rows[] = {
        {0.0, "0"},
        {-0.0, "0"},
        {1.0, "1"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3.0, "0.3333333333333333"},
        {-2.5, "-2.5"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {9007199254740991.0, "9007199254740991"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_write_json_f64(&out, rows[i].value);
        expect_text(rows[i].expected);
    }
}

Test(codec_json, money_is_exact)
{
    static const struct {
        int64_t nanousd;
        const char *expected;
    } rows[] = {
        {0, "0"},
        {1, "0.000000001"},
        {-1, "-0.000000001"},
        {250000000, "0.25"},
        {1000000000, "1"},
        {INT64_C(1234000000001), "1234.000000001"},
        {INT64_C(-1000000000000000000), "-1000000000"},
        {INT64_C(10000000000), "10"},
        {INT64_MAX, "9223372036.854775807"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_write_json_money(&out, rows[i].nanousd);
        expect_text(rows[i].expected);
    }
}

Test(codec_json, a_full_buffer_stops_and_says_so)
{
    mc_audit_entry_t entry = {0};
    mc_set(&entry, audit_entry, actor, MC_TEXT("somebody"));
    mc_write_json(&mc_audit_entry_shape, &entry, &out);
    for (size_t max = 1; max <= out.size; max++) {
        mc_buffer_t small;
        mc_buffer_init(&small, max);
        mc_write_json(&mc_audit_entry_shape, &entry, &small);
        cr_expect_leq(small.size, max);
        cr_expect_eq(small.is_full, max < out.size, "%zu", max);
        mc_buffer_clear(&small);
    }
}
