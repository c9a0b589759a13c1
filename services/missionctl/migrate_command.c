/*
 *  migrate_command - missionctl migrate
 */
#include <stdio.h>

#include "commands.h"
#include "database.h"
#include "migrations.h"
#include "stack.h"

#define WAIT_S 30
#define WAIT_S_MAX 86400

static int
apply(const missionctl_place_t *place, int wait_s)
{
    missionctl_path_t folder = missionctl_path("%s/deploy/migrations", place->home.text);
    missionctl_migrations_t migrations = {0};
    size_t applied = 0;
    int result = missionctl_migrations_init(&migrations, folder.text);
    PGconn *connection = result == 0 ? missionctl_database_open_settings(place, wait_s) : NULL;
    result = connection ? missionctl_migrations_apply(&migrations, connection, &applied) : -1;
    if (result == 0)
        printf("%zu migrations, %zu of them new\n", migrations.count, applied);
    PQfinish(connection);
    missionctl_migrations_clear(&migrations);
    return result;
}

static int
migrate(const missionctl_place_t *place, int wait_s)
{
    missionctl_cluster_t cluster;
    if (missionctl_place_enter(place) == -1)
        return -1;
    if (missionctl_cluster_is_private(place) && (missionctl_cluster_find(place, &cluster) == -1 ||
                                                 missionctl_cluster_setup(&cluster, wait_s) == -1))
        return -1;
    return apply(place, wait_s);
}

int
missionctl_migrate(const missionctl_args_t *args)
{
    int64_t wait_s = WAIT_S;
    if (missionctl_args_number(args, "wait", (int64_t[]){0, WAIT_S_MAX}, &wait_s) == -1)
        return missionctl_wrong_use(args);
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? migrate(place, (int)wait_s) : -1;
    missionctl_place_destroy(&place);
    return result;
}
