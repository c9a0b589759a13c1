/*
 *  env_draft - a file that takes the place of another whole or not at all
 */
#include "services/control/env_draft.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

struct control_env_draft {
    char target[PATH_MAX];
    char draft[PATH_MAX + 8];
    bool is_there; /* the draft, in its folder */
};

/* The file behind the links; path itself where there is none yet. */
static int
find_target(control_env_draft_t *self, const char *path)
{
    if (realpath(path, self->target))
        return 0;
    if (errno != ENOENT)
        return mc_fail_errno("finding %s", path);
    if (snprintf(self->target, sizeof self->target, "%s", path) >= (int)sizeof self->target)
        return mc_fail("the path of the file is over %d bytes", PATH_MAX);
    return 0;
}

static int
write_all(int fd, mc_text_t text)
{
    while (text.size) {
        ssize_t written = write(fd, text.data, text.size);
        if (written == -1 && errno == EINTR)
            continue;
        if (written == -1)
            return -1;
        text = (mc_text_t){text.data + written, text.size - (size_t)written};
    }
    return 0;
}

/* As the file was; only root may give files away, so an owner that stays ours is fine. */
static int
keep_owner_and_mode(const control_env_draft_t *self, int fd)
{
    struct stat old;
    if (stat(self->target, &old) == -1)
        return errno == ENOENT ? 0 : -1;
    if (fchown(fd, old.st_uid, old.st_gid) == -1 && errno != EPERM)
        return -1;
    return fchmod(fd, old.st_mode & 07777);
}

static int
write_draft(control_env_draft_t *self, mc_text_t text)
{
    snprintf(self->draft, sizeof self->draft, "%s.XXXXXX", self->target);
    int fd = mkostemp(self->draft, O_CLOEXEC);
    if (fd == -1)
        return mc_fail_errno("making %s", self->draft);
    self->is_there = true;
    int result = write_all(fd, text);
    if (result == 0)
        result = keep_owner_and_mode(self, fd);
    if (result == 0)
        result = fsync(fd);
    if (result == -1)
        (void)mc_fail_errno("writing %s", self->draft);
    close(fd);
    return result;
}

control_env_draft_t *
control_env_draft_new(const char *path, mc_text_t text)
{
    control_env_draft_t *self = calloc(1, sizeof *self);
    assert(self);
    if (find_target(self, path) == -1 || write_draft(self, text) == -1)
        control_env_draft_destroy(&self);
    return self;
}

void
control_env_draft_destroy(control_env_draft_t **address)
{
    control_env_draft_t *self = mc_take(address);
    if (!self)
        return;
    if (self->is_there)
        unlink(self->draft);
    free(self);
}

/* A rename is on stable storage when its folder is. */
static int
sync_folder(const control_env_draft_t *self)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", self->target);
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

int
control_env_draft_commit(control_env_draft_t *self)
{
    assert(self->is_there);
    if (rename(self->draft, self->target) == -1)
        return mc_fail_errno("putting %s in its place", self->target);
    self->is_there = false;
    if (sync_folder(self) == -1)
        return mc_fail_errno("syncing the folder of %s", self->target);
    return 0;
}
