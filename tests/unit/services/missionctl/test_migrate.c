/*
 *  test_migrate - migrations on a real PostgreSQL
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "services/missionctl/database.h"
#include "services/missionctl/migrations.h"
#include "tests/fakes/database.h"

static char folder[] = "/tmp/mc-test-migrate-XXXXXX";

static void
set_up(void)
{
    cr_assert(mkdtemp(folder));
    database_run("DROP SCHEMA IF EXISTS migrate CASCADE; CREATE SCHEMA migrate");
}

static void
tear_down(void)
{
    char command[128];
    database_run("DROP SCHEMA migrate CASCADE");
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(migrate, .init = set_up, .fini = tear_down);

static void
write_file(const char *name, const char *text)
{
    missionctl_path_t path = missionctl_path("%s/%s", folder, name);
    cr_assert_eq(missionctl_file_write(path.text, 0600, mc_text(text)), 0);
}

/* A connection whose tables are the test's own. */
static PGconn *
open_connection(void)
{
    PGconn *connection = missionctl_database_open(getenv("AOP_DATABASE_URL"), NULL, 0);
    cr_assert(connection, "%s", mc_error());
    cr_assert_eq(missionctl_database_do(connection, "SET search_path TO migrate"), 0);
    return connection;
}

/* Applies what is in the folder: how many were new, or -1. */
static int
apply(void)
{
    missionctl_migrations_t migrations;
    size_t applied = 0;
    PGconn *connection = open_connection();
    int result = missionctl_migrations_init(&migrations, folder);
    if (result == 0)
        result = missionctl_migrations_apply(&migrations, connection, &applied);
    missionctl_migrations_clear(&migrations);
    PQfinish(connection);
    return result == 0 ? (int)applied : -1;
}

Test(migrate, applies_each_file_once)
{
    write_file("0001_table.sql", "CREATE TABLE thing (id int); INSERT INTO thing VALUES (1);");
    cr_assert_eq(apply(), 1, "%s", mc_error());
    cr_assert_eq(apply(), 0, "%s", mc_error());
    write_file("0002_more.sql", "INSERT INTO thing VALUES (2);");
    cr_assert_eq(apply(), 1, "%s", mc_error());
    cr_assert_str_eq(database_run("SELECT count(*) FROM migrate.thing"), "2");
    cr_assert_str_eq(database_run("SELECT string_agg(name, ' ' ORDER BY name) FROM "
                                  "migrate.aop_schema_migrations"),
                     "0001_table 0002_more");
}

Test(migrate, leaves_nothing_of_one_that_fails)
{
    write_file("0001_table.sql", "CREATE TABLE thing (id int);");
    write_file("0002_wrong.sql", "INSERT INTO thing VALUES (1); INSERT INTO nothing VALUES (1);");
    write_file("0003_later.sql", "INSERT INTO thing VALUES (3);");
    cr_assert_eq(apply(), -1);
    cr_assert(strstr(mc_error(), "applying migration 0002_wrong: ERROR:  relation \"nothing\""),
              "%s", mc_error());
    cr_assert_str_eq(database_run("SELECT count(*) FROM migrate.thing"), "0");
    cr_assert_str_eq(database_run("SELECT count(*) FROM migrate.aop_schema_migrations"), "1");

    write_file("0002_wrong.sql", "INSERT INTO thing VALUES (2);");
    cr_assert_eq(apply(), 2, "%s", mc_error());
}

Test(migrate, refuses_a_file_that_was_changed_afterwards)
{
    write_file("0001_table.sql", "CREATE TABLE thing (id int);");
    cr_assert_eq(apply(), 1);
    write_file("0001_table.sql", "CREATE TABLE thing (id bigint);");
    write_file("0002_more.sql", "INSERT INTO thing VALUES (1);");
    cr_assert_eq(apply(), -1);
    cr_assert(strstr(mc_error(), "0001_table was changed after it was applied"), "%s", mc_error());
    cr_assert_str_eq(database_run("SELECT count(*) FROM migrate.thing"), "0");
}

Test(migrate, says_when_the_database_cannot_be_reached)
{
    cr_assert_null(missionctl_database_open("host=/nonexistent", NULL, 0));
    cr_assert(strstr(mc_error(), "No such file or directory"), "%s", mc_error());
    cr_assert_null(strchr(mc_error(), '\n'));
}
