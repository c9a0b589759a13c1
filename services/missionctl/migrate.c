/*
 *  migrate - brings a database up to date with the migrations
 *
 *  A lock of the session makes others wait, so that several services may start
 *  it at once.
 */
#include "migrations.h"

#include "common/error.h"
#include "database.h"

#define LOCK "SELECT pg_advisory_lock(7041776)"
#define UNLOCK "SELECT pg_advisory_unlock(7041776)"
#define MAKE_TABLE                                                                                 \
    "CREATE TABLE IF NOT EXISTS aop_schema_migrations ("                                           \
    " name text PRIMARY KEY, checksum text NOT NULL,"                                              \
    " applied_at timestamptz NOT NULL DEFAULT now())"
#define LIST "SELECT name, checksum FROM aop_schema_migrations ORDER BY name COLLATE \"C\""
#define RECORD "INSERT INTO aop_schema_migrations (name, checksum) VALUES ($1, $2)"

static int
mark_applied(missionctl_migrations_t *self, PGconn *connection)
{
    PGresult *rows = missionctl_database_ask(connection, LIST, 0, NULL);
    int result = rows ? 0 : -1;
    for (int i = 0; rows && result == 0 && i < PQntuples(rows); i++)
        result = missionctl_migrations_mark(self, PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1));
    PQclear(rows);
    return result;
}

static int
record(PGconn *connection, const missionctl_migration_t *migration)
{
    const char *values[] = {migration->name, migration->checksum};
    PGresult *result = missionctl_database_ask(connection, RECORD, 2, values);
    PQclear(result);
    return result ? 0 : -1;
}

static int
apply(PGconn *connection, const missionctl_migration_t *migration)
{
    mc_buffer_t sql = {0};
    int result = missionctl_file_read(migration->path.text, MISSIONCTL_MIGRATION_BYTES_MAX, &sql);
    if (result == 0)
        result = missionctl_database_do(connection, "BEGIN");
    if (result == 0)
        result = missionctl_database_do(connection, sql.data);
    if (result == 0)
        result = record(connection, migration);
    if (result == 0)
        result = missionctl_database_do(connection, "COMMIT");
    mc_buffer_clear(&sql);
    if (result == 0)
        return 0;
    mc_fail_while("applying migration %s", migration->name);
    PQclear(PQexec(connection, "ROLLBACK"));
    return -1;
}

static int
apply_all(missionctl_migrations_t *self, PGconn *connection, size_t *applied)
{
    if (missionctl_database_do(connection, "SET client_min_messages = warning; " MAKE_TABLE) == -1)
        return -1;
    if (mark_applied(self, connection) == -1)
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        if (self->items[i].is_applied)
            continue;
        if (apply(connection, &self->items[i]) == -1)
            return -1;
        ++*applied;
    }
    return 0;
}

int
missionctl_migrations_apply(missionctl_migrations_t *self, PGconn *connection, size_t *ret_applied)
{
    size_t applied = 0;
    if (missionctl_database_do(connection, LOCK) == -1)
        return mc_fail_while("waiting for the lock of the migrations");
    int result = apply_all(self, connection, &applied);
    PQclear(PQexec(connection, UNLOCK));
    *ret_applied = applied;
    return result;
}
