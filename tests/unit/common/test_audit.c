/*
 *  test_audit - lines of the audit log, also while the database is away
 */
#define DATABASE_HAS_TABLES
#include "tests/fakes/database.h"
#include "tests/fakes/loop.h"

#include "common/audit.h"

static mc_service_t *service;
static mc_store_t *store;

static void
open_store(void)
{
    database_run("TRUNCATE aop_audit_log");
    service = loop_new();
    store = mc_store_new(service, &(mc_store_options_t){.connections = 2,
                                                        .statement_timeout_ms = 20000,
                                                        .application = "test_audit"});
}

static void
close_store(void)
{
    mc_store_destroy(&store);
    loop_destroy(&service);
}

/* Asks a boolean again and again, from the loop, until it is true. */
typedef struct {
    const char *sql;
    bool is_true;
} question_t;

static void
look(void *arg)
{
    question_t *question = arg;
    question->is_true = !strcmp(database_run(question->sql), "t");
    if (!question->is_true)
        mc_service_after(service, 20, look, question);
}

static void
run_until(const char *sql)
{
    question_t question = {.sql = sql};
    look(&question);
    loop_until(service, &question.is_true);
}

TestSuite(audit, .init = open_store, .fini = close_store, .timeout = 60);

Test(audit, writes_a_line)
{
    mc_audit(store, MC_TEXT("anna"), MC_TEXT("task_paused"), MC_TEXT("task-7"), MC_TEXT("because"));
    mc_audit(store, MC_TEXT("anna"), MC_TEXT("login"), (mc_text_t){0}, (mc_text_t){0});
    run_until("SELECT count(*) = 2 FROM aop_audit_log WHERE actor = 'anna' AND source = 'platform'"
              " AND abs(extract(epoch FROM now() - timestamp)) < 30");
    cr_assert_str_eq(database_run("SELECT count(*) FROM aop_audit_log WHERE action = 'task_paused'"
                                  " AND target_id = 'task-7' AND details = 'because'"),
                     "1");
    cr_assert_str_eq(database_run("SELECT count(*) FROM aop_audit_log WHERE action = 'login'"
                                  " AND target_id IS NULL AND details IS NULL"),
                     "1");
    cr_assert_eq(mc_audit_lost(store), 0);
}

static void
on_answer(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)refusal;
    cr_assert(result);
    *(bool *)arg = true;
}

Test(audit, tells_when_the_line_is_written)
{
    bool is_written = false;
    mc_audit_then(store, MC_TEXT("anna"), MC_TEXT("secret_shown"), MC_TEXT("s"), (mc_text_t){0},
                  on_answer, &is_written);
    cr_assert(!is_written);
    loop_until(service, &is_written);
    cr_assert_str_eq(database_run("SELECT count(*) FROM aop_audit_log"), "1");
}

Test(audit, tries_again_what_did_not_arrive)
{
    PGconn *locker = PQconnectdb(getenv("AOP_DATABASE_URL"));
    PQclear(PQexec(locker, "BEGIN; LOCK TABLE aop_audit_log"));
    mc_audit(store, MC_TEXT("anna"), MC_TEXT("login"), (mc_text_t){0}, (mc_text_t){0});
    run_until("SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity"
              " WHERE application_name = 'test_audit' AND wait_event_type = 'Lock'");
    PQfinish(locker);
    run_until("SELECT count(*) = 1 FROM aop_audit_log");
    cr_assert_eq(mc_audit_lost(store), 0);
}

/* The commit is done, but waits for a standby that there is not, and its connection is broken. */
Test(audit, stores_once_a_line_whose_answer_was_lost)
{
    database_run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    database_run("SELECT pg_reload_conf()");
    mc_audit(store, MC_TEXT("anna"), MC_TEXT("login"), MC_TEXT("x"), (mc_text_t){0});
    run_until("SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity"
              " WHERE application_name = 'test_audit' AND wait_event = 'SyncRep'");
    database_run("ALTER SYSTEM RESET synchronous_standby_names");
    database_run("SELECT pg_reload_conf()");
    cr_assert_str_eq(database_run("SELECT count(*) FROM aop_audit_log"), "1");
    /* Until the second try is over. */
    run_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'test_audit'"
              " AND query LIKE '%NOT EXISTS%' AND state = 'idle'");
    cr_assert_str_eq(database_run("SELECT count(*) FROM aop_audit_log"), "1");
    cr_assert_eq(mc_audit_lost(store), 0);
}

Test(audit, counts_what_it_gives_up)
{
    mc_text_t nothing = {0};
    mc_store_destroy(&store);
    setenv("AOP_DATABASE_URL", "host=/nonexistent", 1);
    mc_settings_destroy(&service->settings);
    service->settings = mc_settings_new();
    store = mc_store_new(service, &(mc_store_options_t){.connections = 1});
    for (int i = 0; i < MC_AUDIT_WAITING_MAX + 3; i++)
        mc_audit(store, MC_TEXT("anna"), MC_TEXT("login"), nothing, nothing);
    cr_assert_eq(mc_audit_lost(store), 3);
}
