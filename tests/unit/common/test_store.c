/*
 *  test_store - questions to a real PostgreSQL, which may go away
 *
 *  AOP_DATABASE_URL names the database; where it is not set, the program starts
 *  a cluster of its own through tests/postgres.
 */
#include "tests/fakes/loop.h"

#include <criterion/hooks.h>
#include <unistd.h>

#include "common/error.h"
#include "common/ids.h"
#include "common/store.h"
#include "proto/codec.h"

static char cluster[] = "/tmp/mc-test-store-XXXXXX";
static bool has_cluster;

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    (void)set;
    if (getenv("AOP_DATABASE_URL"))
        return;
    char command[128], url[256] = "";
    cr_assert(mkdtemp(cluster));
    snprintf(command, sizeof command, "tests/postgres start %s", cluster);
    FILE *pipe = popen(command, "r");
    has_cluster = pipe && fgets(url, sizeof url, pipe);
    cr_assert(pipe && pclose(pipe) == 0 && has_cluster, "tests/postgres did not start a cluster");
    url[strcspn(url, "\n")] = '\0';
    setenv("AOP_DATABASE_URL", url, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    char command[128];
    if (!has_cluster)
        return;
    snprintf(command, sizeof command, "tests/postgres stop %s; rmdir %s", cluster, cluster);
    cr_assert(system(command) == 0);
}

/* One store, and what the last answer was. */
typedef struct {
    mc_service_t *service;
    mc_store_t *store;
    mc_store_session_t *session;
    mc_arena_t *arena;
    bool is_answered;
    bool is_refused;
    mc_refusal_t refusal;
    PGresult *result;
    int answers;
    int wanted;
} bench_t;

static bench_t bench;

static void
on_answer(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    bench_t *self = arg;
    cr_assert((result == NULL) == (refusal != NULL));
    PQclear(self->result);
    self->result = result ? PQcopyResult(result, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES) : NULL;
    self->is_refused = refusal != NULL;
    self->refusal = refusal ? *refusal : (mc_refusal_t){0};
    self->is_answered = ++self->answers >= self->wanted;
}

static void
wait_for(int answers)
{
    bench.wanted = answers;
    bench.is_answered = bench.answers >= answers;
    loop_until(bench.service, &bench.is_answered);
    bench.answers = 0;
}

static void
open_with(int connections)
{
    bench.service = loop_new();
    bench.store = mc_store_new(bench.service, &(mc_store_options_t){.connections = connections,
                                                                    .statement_timeout_ms = 5000,
                                                                    .application = "test_store"});
    bench.arena = mc_arena_new();
}

static void
open_bench(void)
{
    open_with(1);
}

static void
close_bench(void)
{
    mc_store_session_destroy(&bench.session);
    mc_store_destroy(&bench.store);
    PQclear(bench.result);
    mc_arena_destroy(&bench.arena);
    loop_destroy(&bench.service);
}

/* Asks and waits; what came is in the bench. */
static void
ask(const char *sql, const mc_store_params_t *params)
{
    mc_store_ask(bench.store, sql, params, on_answer, &bench);
    wait_for(1);
}

static void
must(const char *sql)
{
    ask(sql, NULL);
    cr_assert(!bench.is_refused, "%s: %s", sql, bench.refusal.message);
}

/* Until the database answers again. */
static void
wait_until_back(void)
{
    do {
        mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &bench);
        wait_for(1);
    } while (bench.is_refused);
}

static void
step(const char *sql)
{
    mc_store_session_ask(bench.session, sql, NULL, on_answer, &bench);
    wait_for(1);
}

static void
must_step(const char *sql)
{
    step(sql);
    cr_assert(!bench.is_refused, "%s: %s", sql, bench.refusal.message);
}

TestSuite(store, .init = open_bench, .fini = close_bench, .timeout = 60);

Test(store, gives_back_every_kind_of_parameter)
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

Test(store, reads_every_width_of_number)
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

Test(store, sends_arrays)
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

Test(store, carries_a_record_there_and_back)
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

Test(store, reads_all_rows)
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

Test(store, refuses_a_column_that_its_field_cannot_hold)
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

Test(store, prepares_a_statement_once)
{
    static const char sql[] = "SELECT count(*) FROM pg_prepared_statements WHERE name = 's0'";
    must(sql);
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), 1);
    for (int i = 0; i < 3; i++)
        must(sql);
    must("SELECT count(*) FROM pg_prepared_statements");
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), 2);
}

Test(store, takes_a_parameter_that_was_null_the_first_time)
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

Test(store, asks_text_made_at_run_time)
{
    char sql[] = "SELECT 5";
    mc_store_ask_once(bench.store, sql, NULL, on_answer, &bench);
    memset(sql, 'x', sizeof sql - 1);
    wait_for(1);
    cr_assert(!bench.is_refused, "%s", bench.refusal.message);
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), 5);
}

Test(store, refuses_with_the_words_of_the_server)
{
    static const struct {
        const char *sql;
        mc_error_code_t code;
        const char *state;
        const char *message;
    } cases[] = {
        {"SELECT * FROM no_such_table", MC_INTERNAL_ERROR, "42P01",
         "relation \"no_such_table\" does not exist"},
        {"SELECT 1/0", MC_INTERNAL_ERROR, "22012", "division by zero"},
        {"COPY (SELECT 1) TO STDOUT", MC_STORE_AWAY_ERROR, "",
         "the connection to the database broke: only mc_store_session_copy can copy, and only"
         " from here"},
        {"COPY kept FROM STDIN", MC_STORE_AWAY_ERROR, "",
         "the connection to the database broke: only mc_store_session_copy can copy, and only"
         " from here"},
    };
    must("CREATE TABLE IF NOT EXISTS kept (a int)");
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        ask(cases[i].sql, NULL);
        cr_assert(bench.is_refused);
        cr_assert_eq(bench.refusal.code, (int)cases[i].code, "%s: %d", cases[i].sql,
                     bench.refusal.code);
        cr_assert_str_eq(bench.refusal.field, cases[i].state);
        cr_assert_str_eq(bench.refusal.message, cases[i].message);
        wait_until_back();
    }
}

Test(store, answers_a_slow_statement_with_deadline_passed)
{
    must("SET statement_timeout = 50");
    ask("SELECT pg_sleep(20)", NULL);
    cr_assert_eq(bench.refusal.code, (int)MC_DEADLINE_PASSED_ERROR);
    cr_assert_str_eq(bench.refusal.message, "the database did not answer in time");
    must("SELECT 1");
}

static void
on_not_yet(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result, (void)refusal;
    *(bool *)arg = true;
}

Test(store, never_answers_before_ask_returns)
{
    bool is_called = false;
    mc_store_destroy(&bench.store);
    setenv("AOP_DATABASE_URL", "host=/nonexistent dbname=x", 1);
    close_bench();
    open_bench();
    ask("SELECT 1", NULL);
    cr_assert_eq(bench.refusal.code, (int)MC_STORE_AWAY_ERROR);
    cr_assert(strstr(bench.refusal.message, "the database cannot be reached: "), "%s",
              bench.refusal.message);
    cr_assert(!mc_store_is_up(bench.store));
    cr_assert(mc_store_reason(bench.store));
    mc_store_ask(bench.store, "SELECT 1", NULL, on_not_yet, &is_called);
    cr_assert(!is_called);
    loop_until(bench.service, &is_called);
}

Test(store, says_when_the_queue_is_full)
{
    for (int i = 0; i < MC_STORE_QUEUE_MAX; i++)
        mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &bench);
    bench_t extra = {.wanted = 1};
    mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &extra);
    wait_for(MC_STORE_QUEUE_MAX);
    cr_assert(!bench.is_refused);
    cr_assert(extra.is_answered && extra.is_refused);
    cr_assert_eq(extra.refusal.code, (int)MC_TOO_BUSY_ERROR);
    cr_assert_str_eq(extra.refusal.message, "1024 questions wait for the database");
}

Test(store, opens_more_connections_for_those_that_wait)
{
    close_bench();
    open_with(4);
    bench.session = mc_store_session_new(bench.store);
    must_step("SELECT pg_advisory_lock(7)");
    bench_t slow[3] = {{.wanted = 1}, {.wanted = 1}, {.wanted = 1}};
    for (int i = 0; i < 3; i++)
        mc_store_ask(bench.store, "SELECT pg_advisory_lock_shared(7)", NULL, on_answer, &slow[i]);
    do
        must_step("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'");
    while (mc_store_i64(bench.result, 0, 0) < 3);
    must_step("SELECT pg_advisory_unlock(7)");
    for (int i = 0; i < 3; i++) {
        loop_until(bench.service, &slow[i].is_answered);
        cr_assert(!slow[i].is_refused, "%s", slow[i].refusal.message);
        PQclear(slow[i].result);
    }
}

static void
terminate(const char *application)
{
    char *url = mc_settings_database_url(bench.service->settings);
    PGconn *other = PQconnectdb(url);
    free(url);
    PGresult *result = PQexecParams(other,
                                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                    " WHERE application_name = $1 AND pid <> pg_backend_pid()",
                                    1, NULL, &application, NULL, NULL, 0);
    cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s", PQerrorMessage(other));
    cr_assert_str_neq(PQgetvalue(result, 0, 0), "0");
    PQclear(result);
    PQfinish(other);
}

static void
terminate_now(void *arg)
{
    (void)arg;
    terminate("test_store");
}

Test(store, answers_store_away_when_the_backend_ends_and_comes_back)
{
    must("SELECT 1");
    bench_t waiting = {.wanted = 1};
    mc_service_after(bench.service, 50, terminate_now, NULL);
    mc_store_ask(bench.store, "SELECT pg_sleep(20)", NULL, on_answer, &bench);
    mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &waiting);
    wait_for(1);
    cr_assert(bench.is_refused);
    cr_assert_eq(bench.refusal.code, (int)MC_STORE_AWAY_ERROR, "%s", bench.refusal.message);
    loop_until(bench.service, &waiting.is_answered);
    cr_assert_eq(waiting.refusal.code, (int)MC_STORE_AWAY_ERROR);
    wait_until_back();
    must("SELECT 1"); /* is prepared again */
}

Test(store, notices_a_backend_that_ends_while_nothing_is_asked)
{
    must("SELECT 1");
    terminate("test_store");
    bool is_back = false;
    while (!is_back) {
        ask("SELECT 1", NULL);
        is_back = !bench.is_refused;
    }
}

Test(store, prepares_again_when_a_table_changed)
{
    static const char sql[] = "SELECT * FROM changing";
    must("DROP TABLE IF EXISTS changing");
    must("CREATE TABLE changing (a int)");
    must(sql);
    must("ALTER TABLE changing ADD b int");
    ask(sql, NULL);
    cr_assert_str_eq(bench.refusal.field, "0A000");
    wait_until_back();
    must(sql);
    cr_assert_eq(PQnfields(bench.result), 2);
    must("DROP TABLE changing");
}

/* One row of two bigints for COPY. */
static void
add_row(mc_buffer_t *out, int64_t id, int64_t value)
{
    mc_buffer_u16(out, 2);
    mc_buffer_u32(out, 8);
    mc_buffer_u64(out, (uint64_t)id);
    mc_buffer_u32(out, 8);
    mc_buffer_u64(out, (uint64_t)value);
}

static void
copy(const mc_buffer_t *data)
{
    mc_store_session_copy(bench.session, "COPY copied FROM STDIN (FORMAT binary)",
                          mc_buffer_content(data), on_answer, &bench);
    wait_for(1);
}

#define COPIED_ROWS 200000

Test(store, copies_in_a_transaction_and_rolls_back_a_duplicate)
{
    bench.session = mc_store_session_new(bench.store);
    must_step("DROP TABLE IF EXISTS copied");
    must_step("CREATE TABLE copied (id bigint PRIMARY KEY, value bigint)");
    mc_buffer_t data = {0};
    mc_copy_header(&data);
    for (int64_t i = 0; i < COPIED_ROWS; i++)
        add_row(&data, i, i * 2);
    mc_copy_trailer(&data);

    must_step("BEGIN");
    copy(&data);
    cr_assert(!bench.is_refused, "%s", bench.refusal.message);
    must_step("COMMIT");

    must_step("BEGIN");
    copy(&data);
    cr_assert(bench.is_refused);
    cr_assert_eq(bench.refusal.code, (int)MC_INTERNAL_ERROR);
    cr_assert_str_eq(bench.refusal.field, "23505");
    cr_assert(strstr(bench.refusal.message, "duplicate key value"), "%s", bench.refusal.message);
    step("SELECT 1");
    cr_assert_str_eq(bench.refusal.field, "25P02", "the transaction is broken until ROLLBACK");
    must_step("ROLLBACK");

    must_step("SELECT count(*), sum(value)::bigint FROM copied");
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), COPIED_ROWS);
    cr_assert_eq(mc_store_i64(bench.result, 0, 1), (int64_t)COPIED_ROWS * (COPIED_ROWS - 1));
    must_step("DROP TABLE copied");
    mc_buffer_clear(&data);
}

Test(store, refuses_a_copy_of_broken_data)
{
    bench.session = mc_store_session_new(bench.store);
    must_step("CREATE TEMP TABLE copied (id bigint, value bigint)");
    mc_buffer_t data = {0};
    mc_buffer_string(&data, "no copy");
    copy(&data);
    cr_assert_str_eq(bench.refusal.field, "22P04");
    mc_buffer_clear(&data);
    must_step("SELECT 1");
}

Test(store, loses_the_transaction_with_its_connection)
{
    bench.session = mc_store_session_new(bench.store);
    must_step("BEGIN");
    must("SELECT 1");
    terminate("test_store");
    step("SELECT 1");
    cr_assert_eq(bench.refusal.code, (int)MC_STORE_AWAY_ERROR, "%s", bench.refusal.message);
    do
        step("SELECT pg_current_xact_id_if_assigned() IS NULL");
    while (bench.is_refused);
    cr_assert(mc_store_session_is_up(bench.session));
}

Test(store, answers_open_questions_when_it_is_destroyed)
{
    must("SELECT 1");
    bench.session = mc_store_session_new(bench.store);
    mc_store_session_ask(bench.session, "SELECT pg_sleep(20)", NULL, on_answer, &bench);
    mc_store_ask(bench.store, "SELECT pg_sleep(20)", NULL, on_answer, &bench);
    mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &bench);
    mc_store_session_destroy(&bench.session);
    mc_store_destroy(&bench.store);
    cr_assert_eq(bench.answers, 3);
    cr_assert_eq(bench.refusal.code, (int)MC_STORE_AWAY_ERROR);
}

Test(store, names_a_password_file_that_cannot_be_read)
{
    close_bench();
    setenv("AOP_DATABASE_PASSWORD_FILE", "/nonexistent/password", 1);
    open_bench();
    ask("SELECT 1", NULL);
    cr_assert_str_eq(bench.refusal.message,
                     "the database cannot be reached: reading the password file"
                     " /nonexistent/password: No such file or directory");
}
