/*
 *  dir - the folder of ipc sockets
 *
 *  The name of a Unix socket has at most 107 bytes. Where the folder's own path
 *  is too long for that, a link in /tmp stands for it, whose name is made from
 *  the path, so that every service finds the same one.
 */
#include "endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/error.h"

#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)
#define NAME_BYTES_MAX 40 /* "/retention-" and an instance of 24 bytes and ".rpc" */

/* Makes a folder and those above it. */
static int
make_folders(const char *path)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return mc_fail("the path %.64s... is too long", path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0755) == -1 && errno != EEXIST)
            return mc_fail_errno("making the folder %s (AOP_VAR_DIR)", copy);
        *slash = '/';
    }
    if (mkdir(copy, 0700) == -1 && errno != EEXIST)
        return mc_fail_errno("making the folder %s (AOP_VAR_DIR)", copy);
    return 0;
}

/* FNV-1a: only to make a name. */
static uint64_t
hash(const char *text)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return value;
}

/* A link of that name that somebody else made, or that leads elsewhere, is not followed. */
static int
require_link(const char *link, const char *target)
{
    struct stat status;
    char found[PATH_MAX];
    if (symlink(target, link) == -1 && errno != EEXIST)
        return mc_fail_errno("linking %s to %s, whose path is too long for a socket", link, target);
    if (lstat(link, &status) == -1)
        return mc_fail_errno("looking at %s", link);
    ssize_t size = readlink(link, found, sizeof found - 1);
    found[size > 0 ? size : 0] = '\0';
    if (status.st_uid != geteuid() || strcmp(found, target))
        return mc_fail("%s is not our link to %s: remove it, or give AOP_VAR_DIR a shorter path",
                       link, target);
    return 0;
}

int
mc_bus_dir_init(mc_bus_dir_t *self, const mc_settings_t *settings)
{
    *self = (mc_bus_dir_t){.lock = -1, .path = mc_settings_path(settings, "bus")};
    if (make_folders(self->path) == -1)
        return -1;
    if (strlen(self->path) + NAME_BYTES_MAX <= SOCKET_PATH_MAX)
        return 0;

    char *link = NULL;
    if (asprintf(&link, "/tmp/mission-control-%u-%016" PRIx64, geteuid(), hash(self->path)) == -1)
        mc_fatal("out of memory");
    int result = require_link(link, self->path);
    free(self->path);
    self->path = link;
    return result;
}

void
mc_bus_dir_clear(mc_bus_dir_t *self)
{
    if (self->lock != -1)
        close(self->lock);
    free(self->path);
    *self = (mc_bus_dir_t){.lock = -1};
}

int
mc_bus_dir_lock(mc_bus_dir_t *self, const char *service, const char *instance)
{
    char path[PATH_MAX];
    if (strchr(instance, '/'))
        return mc_fail("AOP_INSTANCE is \"%s\", which has a slash", instance);
    snprintf(path, sizeof path, "%s/%s%s%s.lock", self->path, service, instance[0] ? "-" : "",
             instance);
    self->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock == -1)
        return mc_fail_errno("opening %s", path);
    if (flock(self->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return mc_fail_errno("locking %s", path);
    return mc_fail("another %s with instance \"%s\" runs on %s: stop it, or give this one another "
                   "AOP_INSTANCE",
                   service, instance, self->path);
}
