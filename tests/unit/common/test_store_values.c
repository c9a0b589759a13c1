/*
 *  test_store_values - what goes to PostgreSQL and comes back, in every type
 */
#include "store_bench.h"

#include "common/error.h"
#include "common/ids.h"

TestSuite(store_values, .init = open_bench, .fini = close_bench, .timeout = 60);

Test(store_values, gives_back_every_kind_of_parameter)
{
    mc_uuid_t uuid = mc_uuid_new();
    mc_store_params_t params = {.arena = bench.arena};
    mc_store_param_text(&params, MC_TEXT("h\303\251llo 'quoted' \\ back"));
    mc_store_param_i64(&params, INT64_MIN);
    mc_store_param_f64(&params, 0.1);
    mc_store_param_bool(&params, true);
    mc_store_param_time(&params, INT64_C(1784678400123456));
    mc_store_param_time(&params, INT64_C(-1500000));
    mc_store_param_money(&params, INT64_C(-1234567890123));
    mc_store_param_uuid(&params, uuid);
    mc_store_param_null(&params);
    ask("SELECT $1::text, $2::bigint, $3::float8, $4::boolean, $5::timestamptz, $6::timestamptz,"
        " $7::numeric, $8::uuid, $9::text",
        &params);
    cr_assert(!bench.is_refused, "%s", bench.refusal.message);
    cr_assert(mc_text_is(mc_store_text(bench.result, 0, 0), "h\303\251llo 'quoted' \\ back"));
    cr_assert_eq(mc_store_i64(bench.result, 0, 1), INT64_MIN);
    cr_assert_eq(mc_store_f64(bench.result, 0, 2), 0.1);
    cr_assert(mc_store_bool(bench.result, 0, 3));
    cr_assert_eq(mc_store_time(bench.result, 0, 4), INT64_C(1784678400123456));
    cr_assert_eq(mc_store_time(bench.result, 0, 5), INT64_C(-1500000));
    cr_assert_float_eq(mc_store_f64(bench.result, 0, 6), -1234.567890123, 1e-9);
    mc_uuid_t back = mc_store_uuid(bench.result, 0, 7);
    cr_assert(!memcmp(&back, &uuid, sizeof uuid));
    cr_assert(PQgetisnull(bench.result, 0, 8));
    cr_assert_eq(mc_store_text(bench.result, 0, 8).size, 0);
}

Test(store_values, reads_every_width_of_number)
{
    must("SELECT 7::smallint, -8::int, 9::bigint, 1.5::real, sum(x), true, 'j'::name,"
         " '{\"a\":1}'::jsonb, '[1]'::json FROM (VALUES (4::bigint), (6)) AS v(x)");
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), 7);
    cr_assert_eq(mc_store_i64(bench.result, 0, 1), -8);
    cr_assert_eq(mc_store_i64(bench.result, 0, 2), 9);
    cr_assert_eq(mc_store_f64(bench.result, 0, 3), 1.5);
    cr_assert_eq(mc_store_i64(bench.result, 0, 4), 10);
    cr_assert_eq(mc_store_f64(bench.result, 0, 4), 10);
    cr_assert_eq(mc_store_f64(bench.result, 0, 1), -8);
    cr_assert_eq(mc_store_i64(bench.result, 0, 5), 0, "a boolean is no number");
    cr_assert(mc_text_is(mc_store_text(bench.result, 0, 6), "j"));
    cr_assert(mc_text_is(mc_store_text(bench.result, 0, 7), "{\"a\": 1}"));
    cr_assert(mc_text_is(mc_store_text(bench.result, 0, 8), "[1]"));
}

Test(store_values, sends_arrays)
{
    const mc_text_t words[] = {MC_TEXT("a,b"), MC_TEXT(""), MC_TEXT("q\"\\{}"), MC_TEXT("null")};
    const int64_t numbers[] = {-5, INT64_MAX};
    mc_store_params_t params = {.arena = bench.arena};
    mc_store_param_texts(&params, words, MC_COUNT(words));
    mc_store_param_i64s(&params, numbers, MC_COUNT(numbers));
    mc_store_param_texts(&params, NULL, 0);
    ask("SELECT array_to_string($1::text[], '|'), array_to_string($2::bigint[], '|'),"
        " cardinality($3::text[])",
        &params);
    cr_assert(!bench.is_refused, "%s", bench.refusal.message);
    cr_assert(mc_text_is(mc_store_text(bench.result, 0, 0), "a,b||q\"\\{}|null"));
    cr_assert(mc_text_is(mc_store_text(bench.result, 0, 1), "-5|9223372036854775807"));
    cr_assert_eq(mc_store_i64(bench.result, 0, 2), 0);
}

Test(store_values, carries_a_record_there_and_back)
{
    mc_agent_event_t event = {0}, back;
    mc_set(&event, agent_event, id, 42);
    mc_set(&event, agent_event, event_uid, mc_uuid_new());
    mc_set(&event, agent_event, actor, MC_TEXT("planner"));
    mc_set(&event, agent_event, cost_usd, INT64_C(12345678901));
    mc_set(&event, agent_event, payload_json, MC_TEXT("{\"a\":[1]}"));
    mc_set(&event, agent_event, ts, INT64_C(1784678400123456));
    mc_set(&event, agent_event, is_part, true);
    static const size_t indexes[] = {
        MC_INDEX_agent_event_id,           MC_INDEX_agent_event_event_uid,
        MC_INDEX_agent_event_actor,        MC_INDEX_agent_event_cost_usd,
        MC_INDEX_agent_event_payload_json, MC_INDEX_agent_event_ts,
        MC_INDEX_agent_event_is_part,      MC_INDEX_agent_event_tier,
    };
    mc_store_params_t params = {.arena = bench.arena};
    for (size_t i = 0; i < MC_COUNT(indexes); i++)
        mc_store_param_member(&params, &mc_agent_event_shape, indexes[i], &event);
    ask("SELECT $1::bigint AS id, $2::uuid AS event_uid, $3::text AS actor, $4::numeric AS "
        "cost_usd,"
        " $5::text AS payload_json, $6::timestamptz AS ts, $7::boolean AS is_part,"
        " $8::bigint AS tier, 1 AS no_such_field",
        &params);
    cr_assert(!bench.is_refused, "%s", bench.refusal.message);
    cr_assert_eq(mc_store_read(bench.result, 0, &mc_agent_event_shape, bench.arena, &back), 0, "%s",
                 mc_error());
    cr_assert_eq(back.present, event.present);
    cr_assert_eq(back.id, 42);
    cr_assert(!memcmp(&back.event_uid, &event.event_uid, sizeof back.event_uid));
    cr_assert(mc_text_is(back.actor, "planner"));
    cr_assert_eq(back.cost_usd, INT64_C(12345678901));
    cr_assert(mc_text_is(back.payload_json, "{\"a\":[1]}"));
    cr_assert_eq(back.ts, INT64_C(1784678400123456));
    cr_assert(back.is_part);
}

Test(store_values, reads_all_rows)
{
    must("SELECT i::int AS tier, 'actor-' || i AS actor FROM generate_series(1, 3) AS i");
    mc_list_t events;
    cr_assert_eq(mc_store_read_all(bench.result, &mc_agent_event_shape, bench.arena, &events), 0);
    cr_assert_eq(events.count, 3);
    const mc_agent_event_t *third = (const mc_agent_event_t *)events.items + 2;
    cr_assert_eq(third->tier, 3);
    cr_assert(mc_text_is(third->actor, "actor-3"));
    cr_assert(!mc_has(third, agent_event, action));
}

Test(store_values, refuses_a_column_that_its_field_cannot_hold)
{
    static const struct {
        const char *sql;
        const char *reason;
    } cases[] = {
        {"SELECT 'x'::text AS tier", "column tier has type 25"},
        {"SELECT 1.5::numeric AS tier", "column tier has type 1700"},
        {"SELECT 1::int AS actor", "column actor has type 23"},
        {"SELECT 'infinity'::timestamptz AS ts", "column ts has type 1184"},
        {"SELECT 'NaN'::numeric AS cost_usd", "column cost_usd has type 1700"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_agent_event_t event;
        must(cases[i].sql);
        cr_assert_eq(mc_store_read(bench.result, 0, &mc_agent_event_shape, bench.arena, &event), -1,
                     "%s", cases[i].sql);
        cr_assert(strstr(mc_error(), cases[i].reason), "%s", mc_error());
    }
}

Test(store_values, takes_a_parameter_that_was_null_the_first_time)
{
    static const char sql[] = "SELECT coalesce($1, 7::bigint)";
    mc_store_params_t params = {.arena = bench.arena};
    mc_store_param_null(&params);
    ask(sql, &params);
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), 7);
    params.count = 0;
    mc_store_param_i64(&params, 8);
    ask(sql, &params);
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), 8);
}
