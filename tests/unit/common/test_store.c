/*
 *  test_store - questions to a real PostgreSQL, which may go away
 */
#include "store_bench.h"

TestSuite(store, .init = open_bench, .fini = close_bench, .timeout = 60);

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
terminate_now(void *arg)
{
    (void)arg;
    terminate();
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
    terminate();
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

/* What control does: looks at its store and asks again when it is refused. */
static void
on_refused_ask(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    int *asked = arg;
    (void)result;
    cr_assert(refusal);
    cr_assert(!mc_store_is_up(bench.store));
    cr_assert(mc_store_reason(bench.store));
    ++*asked;
    mc_store_ask(bench.store, "SELECT 1", NULL, on_refused_ask, asked);
}

Test(store, ends_although_those_it_refuses_ask_again)
{
    int asked = 0;
    must("SELECT 1");
    mc_store_ask(bench.store, "SELECT pg_sleep(20)", NULL, on_refused_ask, &asked);
    mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &bench);
    mc_store_destroy(&bench.store);
    cr_assert(!bench.store);
    cr_assert_gt(asked, 1);
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
