/*
 *  store_bench - one store on a real PostgreSQL, asked step by step
 */
#include "tests/fakes/database.h"
#include "tests/fakes/loop.h"

#include "common/store.h"

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

static inline void
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

static inline void
wait_for(int answers)
{
    bench.wanted = answers;
    bench.is_answered = bench.answers >= answers;
    loop_until(bench.service, &bench.is_answered);
    bench.answers = 0;
}

static inline void
open_with(int connections)
{
    bench.service = loop_new();
    bench.store = mc_store_new(bench.service, &(mc_store_options_t){.connections = connections,
                                                                    .statement_timeout_ms = 5000,
                                                                    .application = "test_store"});
    bench.arena = mc_arena_new();
}

static inline void
open_bench(void)
{
    open_with(1);
}

static inline void
close_bench(void)
{
    mc_store_session_destroy(&bench.session);
    mc_store_destroy(&bench.store);
    PQclear(bench.result);
    mc_arena_destroy(&bench.arena);
    loop_destroy(&bench.service);
}

/* Asks and waits; what came is in the bench. */
static inline void
ask(const char *sql, const mc_store_params_t *params)
{
    mc_store_ask(bench.store, sql, params, on_answer, &bench);
    wait_for(1);
}

static inline void
must(const char *sql)
{
    ask(sql, NULL);
    cr_assert(!bench.is_refused, "%s: %s", sql, bench.refusal.message);
}

/* Until the database answers again. */
static inline void
wait_until_back(void)
{
    do {
        mc_store_ask(bench.store, "SELECT 1", NULL, on_answer, &bench);
        wait_for(1);
    } while (bench.is_refused);
}

static inline void
step(const char *sql)
{
    mc_store_session_ask(bench.session, sql, NULL, on_answer, &bench);
    wait_for(1);
}

static inline void
must_step(const char *sql)
{
    step(sql);
    cr_assert(!bench.is_refused, "%s: %s", sql, bench.refusal.message);
}

static inline void
terminate(void)
{
    cr_assert_str_neq(database_run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                   " WHERE application_name = 'test_store'"),
                      "0");
}
