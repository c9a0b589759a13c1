/*
 *  database - a PostgreSQL for one test program, gone when it ends
 *
 *  AOP_DATABASE_URL names the database; where it is not set, tests/postgres
 *  starts a cluster and the variable is set for all tests. Include it in one file
 *  of a test program; with DATABASE_HAS_TABLES defined, the migrations are run.
 */
#ifndef MC_TESTS_FAKES_DATABASE_H
#define MC_TESTS_FAKES_DATABASE_H

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef DATABASE_HAS_TABLES
#define DATABASE_OPTION "--migrate"
#else
#define DATABASE_OPTION ""
#endif

static char database_dir[] = "/tmp/mc-test-database-XXXXXX";
static bool database_is_ours;

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    (void)set;
    char command[128], url[256] = "";
    if (getenv("AOP_DATABASE_URL"))
        return;
    if (!mkdtemp(database_dir))
        abort();
    snprintf(command, sizeof command, "tests/postgres start %s " DATABASE_OPTION, database_dir);
    FILE *pipe = popen(command, "r");
    bool is_printed = pipe && fgets(url, sizeof url, pipe);
    if (!pipe || pclose(pipe) || !is_printed) {
        fprintf(stderr, "tests/postgres did not start a cluster\n");
        abort();
    }
    url[strcspn(url, "\n")] = '\0';
    setenv("AOP_DATABASE_URL", url, 1);
    database_is_ours = true;
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    char command[160];
    if (!database_is_ours)
        return;
    snprintf(command, sizeof command, "tests/postgres stop %s; rmdir %s", database_dir,
             database_dir);
    if (system(command))
        fprintf(stderr, "%s failed, ignored\n", command);
}

/* Runs a statement on a connection of its own and waits; the first value, or "". */
static inline const char *
database_run(const char *sql)
{
    static char value[256];
    PGconn *connection = PQconnectdb(getenv("AOP_DATABASE_URL"));
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, "%s: %s", sql,
              PQerrorMessage(connection));
    bool has_value = PQntuples(result) > 0 && PQnfields(result) > 0;
    snprintf(value, sizeof value, "%s", has_value ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(connection);
    return value;
}

#endif
