/*
 *  migrations - the numbered SQL files that make the schema
 */
#include "migrations.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"

#define NUMBER_DIGITS 4

/* "0001_first.sql" */
static int
is_migration(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && !strcmp(entry->d_name + size - 4, ".sql");
}

static int
check_name(const char *name)
{
    bool is_numbered = strspn(name, "0123456789") == NUMBER_DIGITS && name[NUMBER_DIGITS] == '_';
    if (!is_numbered || strlen(name) >= sizeof((missionctl_migration_t *)0)->name)
        return mc_fail("the migration %s is not named like 0001_what_it_does.sql", name);
    return 0;
}

static int
add_checksum(missionctl_migration_t *migration)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    mc_buffer_t content = {0};
    int result =
        missionctl_file_read(migration->path.text, MISSIONCTL_MIGRATION_BYTES_MAX, &content);
    if (result == 0) {
        crypto_hash_sha256(hash, (const unsigned char *)content.data, content.size);
        sodium_bin2hex(migration->checksum, sizeof migration->checksum, hash, sizeof hash);
    }
    mc_buffer_clear(&content);
    return result;
}

static int
add_file(missionctl_migrations_t *self, const char *folder, const char *file)
{
    if (check_name(file) == -1)
        return -1;
    missionctl_migration_t *added = &self->items[self->count];
    snprintf(added->name, sizeof added->name, "%.*s", (int)(strlen(file) - 4), file);
    if (self->count && !strncmp(added->name, self->items[self->count - 1].name, NUMBER_DIGITS))
        return mc_fail("two migrations have the number %.*s: %s and %s", NUMBER_DIGITS, added->name,
                       self->items[self->count - 1].name, added->name);
    added->path = missionctl_path("%s/%s", folder, file);
    self->count++;
    return add_checksum(added);
}

int
missionctl_migrations_init(missionctl_migrations_t *self, const char *folder)
{
    struct dirent **entries = NULL;
    *self = (missionctl_migrations_t){0};
    int count = scandir(folder, &entries, is_migration, alphasort);
    if (count == -1)
        return mc_fail_errno("reading the migrations in %s", folder);
    int result = count > MISSIONCTL_MIGRATIONS_MAX
                     ? mc_fail("more than %d migrations in %s", MISSIONCTL_MIGRATIONS_MAX, folder)
                     : 0;
    self->items = calloc((size_t)count + 1, sizeof *self->items);
    assert(self->items);
    for (int i = 0; i < count; i++) {
        if (result == 0)
            result = add_file(self, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return result;
}

void
missionctl_migrations_clear(missionctl_migrations_t *self)
{
    free(self->items);
    *self = (missionctl_migrations_t){0};
}

int
missionctl_migrations_mark(missionctl_migrations_t *self, const char *name, const char *checksum)
{
    for (size_t i = 0; i < self->count; i++) {
        missionctl_migration_t *item = &self->items[i];
        if (strcmp(item->name, name)) {
            if (!item->is_applied && strcmp(item->name, name) < 0)
                return mc_fail("migration %s is not applied but %s, which follows it, is: give it "
                               "a number behind that",
                               item->name, name);
            continue;
        }
        if (strcmp(item->checksum, checksum))
            return mc_fail("migration %s was changed after it was applied: put its content back "
                           "and make the change in a new file",
                           name);
        item->is_applied = true;
        return 0;
    }
    return mc_fail("the database has migration %s, which is not among the files: it was made by a "
                   "newer version",
                   name);
}
