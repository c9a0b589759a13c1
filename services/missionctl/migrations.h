/*
 *  migrations - the numbered SQL files that make the schema
 *
 *  deploy/migrations/0001_what.sql, 0002_..., applied once each, in order, each
 *  in a transaction of its own. What was applied is kept with its checksum in
 *  aop_schema_migrations: a file that was changed afterwards, or a database
 *  that is ahead of the files, is refused.
 */
#ifndef MISSIONCTL_MIGRATIONS_H
#define MISSIONCTL_MIGRATIONS_H

#include <libpq-fe.h>

#include "place.h"

#define MISSIONCTL_MIGRATIONS_MAX 1000
#define MISSIONCTL_MIGRATION_BYTES_MAX ((size_t)4 << 20)

typedef struct {
    char name[128];    /* of the file, without .sql */
    char checksum[65]; /* SHA-256 of the content, in hex */
    bool is_applied;
    missionctl_path_t path;
} missionctl_migration_t;

typedef struct {
    missionctl_migration_t *items; /* by number */
    size_t count;
} missionctl_migrations_t;

/* Lists the files of a folder. Refuses a name that has no number, and a number that is twice. */
MC_CHECKED int missionctl_migrations_init(missionctl_migrations_t *self, const char *folder);
void missionctl_migrations_clear(missionctl_migrations_t *self);

/* Marks one as applied, as the database has it. Refuses one that is unknown, has another content,
 * or follows one that is not applied. To be called in the order of names. */
MC_CHECKED int missionctl_migrations_mark(missionctl_migrations_t *self, const char *name,
                                          const char *checksum);

/* Brings the database up to date; several may try at once. *ret_applied: how many were new. */
MC_CHECKED int missionctl_migrations_apply(missionctl_migrations_t *self, PGconn *connection,
                                           size_t *ret_applied);

#endif
