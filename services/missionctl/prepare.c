/*
 *  prepare - what must be so before the stack is started
 */
#include "stack.h"

#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/error.h"
#include "env_check.h"

#define FREE_BYTES_LEAST ((uint64_t)256 << 20) /* the cluster, its log and some events */

int
missionctl_stack_make_folders(const missionctl_place_t *place)
{
    /* Root's PostgreSQL runs as another user, who must get through. */
    if (missionctl_make_folder(place->var.text, geteuid() == 0 ? 0711 : 0700) == -1 ||
        missionctl_make_folder(missionctl_place_var(place, "run").text, 0700) == -1 ||
        missionctl_make_folder(missionctl_place_var(place, "log").text, 0700) == -1)
        return mc_fail_while("AOP_VAR_DIR is %s", place->settings->var_dir);
    if (access(place->var.text, W_OK) == -1)
        return mc_fail_errno("AOP_VAR_DIR is %s, which cannot be written", place->var.text);
    return 0;
}

static int
check_disk(const missionctl_place_t *place)
{
    struct statvfs status;
    if (statvfs(place->var.text, &status) == -1)
        return mc_fail_errno("looking at the disk of %s", place->var.text);
    uint64_t free_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    if (free_bytes >= FREE_BYTES_LEAST)
        return 0;
    return mc_fail("only %llu MiB are free on the disk of %s, %llu are needed: make room, or set "
                   "AOP_VAR_DIR to another disk",
                   (unsigned long long)(free_bytes >> 20), place->var.text,
                   (unsigned long long)(FREE_BYTES_LEAST >> 20));
}

static int
prepare_cluster(const missionctl_place_t *place, missionctl_say_fn *say,
                missionctl_cluster_t *cluster)
{
    bool is_new = false;
    if (missionctl_cluster_find(place, cluster) == -1 ||
        missionctl_cluster_prepare(cluster, &is_new) == -1)
        return -1;
    missionctl_path_t where = missionctl_path("private PostgreSQL in %s%s", cluster->folder.text,
                                              is_new ? ", just made" : "");
    if (say)
        say("database", where.text);
    return 0;
}

int
missionctl_stack_prepare(const missionctl_place_t *place, missionctl_say_fn *say,
                         missionctl_cluster_t *ret_cluster)
{
    if (missionctl_env_check(place->settings) == -1 || missionctl_stack_make_folders(place) == -1 ||
        check_disk(place) == -1)
        return -1;
    if (missionctl_cluster_is_private(place))
        return prepare_cluster(place, say, ret_cluster);
    if (say)
        say("database", "as AOP_DATABASE_URL says");
    return 0;
}
