/*
 *  cluster_way - a folder of the cluster that its user may enter
 *
 *  Root's PostgreSQL runs as postgres, who may not enter a checkout in root's
 *  own folder, which Debian closes to others. A new cluster is then made under
 *  /var/lib/mission-control, and var/pg is a link to it, by which it is found
 *  again. No permission of a folder that is not ours is changed.
 */
#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define ELSEWHERE "/var/lib/mission-control"

int
missionctl_cluster_follow_link(missionctl_cluster_t *self)
{
    char target[PATH_MAX];
    struct stat status;
    if (realpath(self->folder.text, target))
        self->folder = missionctl_path("%s", target);
    else if (lstat(self->folder.text, &status) == 0)
        return mc_fail_errno("%s, which was made where PostgreSQL may go, is a link to nothing",
                             self->folder.text);
    return 0;
}

/* The first folder above ours that the user may not enter, "" when there is none. */
static int
find_closed(const missionctl_cluster_t *self, missionctl_path_t *ret_closed)
{
    missionctl_path_t part = self->folder;
    missionctl_path_t closed = {0};
    if (setegid(self->user.gid) == -1 || seteuid(self->user.uid) == -1)
        return mc_fail_errno("becoming the user %s", self->user.name);
    for (char *at = part.text + 1; *at && !closed.text[0]; at++)
        if (*at == '/') {
            *at = '\0';
            if (faccessat(AT_FDCWD, part.text, X_OK, AT_EACCESS) == -1)
                closed = part;
            *at = '/';
        }
    if (seteuid(0) == -1 || setegid(0) == -1)
        return mc_fail_errno("becoming root again");
    *ret_closed = closed;
    return 0;
}

/* The link is the last step: without it the folder is an empty one that nobody looks at. */
static int
move_elsewhere(missionctl_cluster_t *self)
{
    missionctl_path_t target = missionctl_path("%s/pg-XXXXXX", ELSEWHERE);
    if (missionctl_make_folder(ELSEWHERE, 0711) == -1)
        return -1;
    if (!mkdtemp(target.text) || chmod(target.text, 0711) == -1)
        return mc_fail_errno("making the folder %s", target.text);
    if (symlink(target.text, self->folder.text) == -1)
        return mc_fail_errno("making the link %s to %s", self->folder.text, target.text);
    self->folder = target;
    return 0;
}

int
missionctl_cluster_require_folder(missionctl_cluster_t *self)
{
    missionctl_path_t closed = {0};
    if (self->user.is_other && find_closed(self, &closed) == -1)
        return -1;
    if (!closed.text[0])
        return missionctl_make_folder(self->folder.text, self->user.is_other ? 0711 : 0700);
    if (rmdir(self->folder.text) == 0 || errno == ENOENT) /* an empty one is as good as none */
        return move_elsewhere(self);
    return mc_fail("PostgreSQL does not run as root, and its user %s may not enter %s: let it "
                   "through with chmod o+x %s, or move the checkout back to where it was",
                   self->user.name, closed.text, closed.text);
}
