/*
 *  test_migrations - the order and the checksums of migrations
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "services/missionctl/migrations.h"

static char folder[] = "/tmp/mc-test-migrations-XXXXXX";
static missionctl_migrations_t migrations;

static void
write_file(const char *name, const char *text)
{
    missionctl_path_t path = missionctl_path("%s/%s", folder, name);
    cr_assert_eq(missionctl_file_write(path.text, 0600, mc_text(text)), 0);
}

static void
set_up(void)
{
    cr_assert(mkdtemp(folder));
}

static void
tear_down(void)
{
    char command[128];
    missionctl_migrations_clear(&migrations);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(migrations, .init = set_up, .fini = tear_down);

static void
write_three(void)
{
    write_file("0010_third.sql", "c");
    write_file("0002_second.sql", "b");
    write_file("0001_first.sql", "a");
    write_file("notes.txt", "not one");
}

Test(migrations, are_in_the_order_of_their_numbers)
{
    write_three();
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), 0, "%s", mc_error());
    cr_assert_eq(migrations.count, 3);
    cr_assert_str_eq(migrations.items[0].name, "0001_first");
    cr_assert_str_eq(migrations.items[1].name, "0002_second");
    cr_assert_str_eq(migrations.items[2].name, "0010_third");
    cr_assert_str_eq(migrations.items[0].checksum,
                     "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
}

Test(migrations, have_a_number_of_their_own)
{
    write_file("0001_first.sql", "a");
    write_file("0001_other.sql", "b");
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), -1);
    cr_assert_str_eq(mc_error(), "two migrations have the number 0001: 0001_first and 0001_other");
}

Test(migrations, are_named_after_a_number)
{
    write_file("first.sql", "a");
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), -1);
    cr_assert_str_eq(mc_error(), "the migration first.sql is not named like 0001_what_it_does.sql");
}

Test(migrations, that_are_applied_are_not_applied_again)
{
    write_three();
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), 0);
    char checksum[65];
    memcpy(checksum, migrations.items[0].checksum, sizeof checksum);
    cr_assert_eq(missionctl_migrations_mark(&migrations, "0001_first", checksum), 0);
    cr_assert(migrations.items[0].is_applied);
    cr_assert_not(migrations.items[1].is_applied);
}

Test(migrations, say_when_a_file_was_changed_afterwards)
{
    write_three();
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), 0);
    cr_assert_eq(missionctl_migrations_mark(&migrations, "0001_first", "another"), -1);
    cr_assert_str_eq(mc_error(), "migration 0001_first was changed after it was applied: put its "
                                 "content back and make the change in a new file");
}

Test(migrations, say_when_the_database_is_ahead)
{
    write_three();
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), 0);
    for (size_t i = 0; i < migrations.count; i++)
        migrations.items[i].is_applied = true;
    cr_assert_eq(missionctl_migrations_mark(&migrations, "0011_later", "x"), -1);
    cr_assert_str_eq(mc_error(), "the database has migration 0011_later, which is not among the "
                                 "files: it was made by a newer version");
}

Test(migrations, say_when_one_was_put_in_between)
{
    write_three();
    cr_assert_eq(missionctl_migrations_init(&migrations, folder), 0);
    migrations.items[0].is_applied = true;
    cr_assert_eq(
        missionctl_migrations_mark(&migrations, "0010_third", migrations.items[2].checksum), -1);
    cr_assert_str_eq(mc_error(), "migration 0002_second is not applied but 0010_third, which "
                                 "follows it, is: give it a number behind that");
}
