/*
 *  audit_files - the files of the audit chain, as they are written
 */
#include "services/vault/audit_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/vault/audit.h"

static void
path_of(const char *folder, const char *name, char ret_path[VAULT_PATH_BYTES_MAX])
{
    snprintf(ret_path, VAULT_PATH_BYTES_MAX, "%s/%s", folder, name);
}

void
vault_audit_files_close(vault_audit_files_t *self)
{
    if (self->log != -1)
        close(self->log);
    if (self->head != -1)
        close(self->head);
    self->log = self->head = -1;
}

static int
open_one(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd == -1 ? mc_fail_errno("opening %s", path) : fd;
}

static int
open_both(vault_audit_files_t *self, const char *folder, int flags)
{
    char head[VAULT_PATH_BYTES_MAX];
    path_of(folder, VAULT_AUDIT_LOG, self->path);
    path_of(folder, VAULT_AUDIT_HEAD, head);
    self->slot = false;
    self->is_full = false;
    self->log = open_one(self->path, O_RDWR | O_APPEND | flags);
    if (self->log != -1)
        self->head = open_one(head, O_RDWR | O_CREAT);
    self->size = self->log == -1 ? 0 : lseek(self->log, 0, SEEK_END);
    return self->head == -1 ? -1 : 0;
}

int
vault_audit_files_make(vault_audit_files_t *self, const char *folder, const vault_keyring_t *ring,
                       const vault_chain_t *chain)
{
    char mark[VAULT_MARK_BYTES_MAX];
    size_t size = vault_chain_mark(chain, ring, mark);
    if (open_both(self, folder, O_CREAT | O_EXCL) == -1 ||
        vault_audit_files_append(self, (mc_text_t){mark, size}) == -1 ||
        vault_audit_files_mark(self, (mc_text_t){mark, size}) == -1)
        return -1;
    int fd = open_one(folder, O_RDONLY | O_DIRECTORY);
    int result = fd == -1 || fsync(fd) == -1 ? mc_fail_errno("syncing %s", folder) : 0;
    if (fd != -1)
        close(fd);
    return result;
}

static bool
is_there(const char *folder, const char *name)
{
    char path[VAULT_PATH_BYTES_MAX];
    path_of(folder, name, path);
    return access(path, F_OK) == 0;
}

int
vault_audit_files_open(vault_audit_files_t *self, const char *folder, const vault_keyring_t *ring,
                       vault_chain_t *chain)
{
    bool is_new = !is_there(folder, VAULT_AUDIT_LOG) && !is_there(folder, VAULT_AUDIT_HEAD) &&
                  !is_there(folder, VAULT_AUDIT_CHECKPOINTS);
    if (is_new)
        return vault_audit_files_make(self, folder, ring, chain);
    if (vault_audit_files_read(folder, ring, chain) == -1)
        return -1;
    return open_both(self, folder, 0);
}

int
vault_audit_files_check(vault_audit_files_t *self)
{
    struct stat ours;
    struct stat there;
    if (self->log == -1)
        return mc_fail("the audit log is not open");
    if (fstat(self->log, &ours) == -1)
        return mc_fail_errno("looking at the audit log");
    if (ours.st_nlink == 0 || stat(self->path, &there) == -1)
        return mc_fail("the audit log %s was deleted", self->path);
    if (there.st_ino != ours.st_ino || there.st_dev != ours.st_dev)
        return mc_fail("the audit log %s was replaced by another file", self->path);
    if (ours.st_nlink != 1)
        return mc_fail("the audit log %s has %u names", self->path, (unsigned)ours.st_nlink);
    if (ours.st_size != self->size)
        return mc_fail("the audit log %s has %lld bytes, we left it with %lld", self->path,
                       (long long)ours.st_size, (long long)self->size);
    return 0;
}

/* A part that was written is taken back, so that the next attempt begins where this did. */
static int
fail_append(vault_audit_files_t *self)
{
    self->is_full = errno == ENOSPC || errno == EFBIG || errno == EDQUOT || errno == EIO;
    (void)mc_fail_errno("writing the audit log %s", self->path);
    if (ftruncate(self->log, self->size) == -1)
        self->is_full = false;
    return -1;
}

int
vault_audit_files_append(vault_audit_files_t *self, mc_text_t lines)
{
    self->is_full = false;
    if (vault_audit_files_check(self) == -1)
        return -1;
    size_t written = 0;
    while (written < lines.size) {
        ssize_t size = write(self->log, lines.data + written, lines.size - written);
        if (size == -1 && errno == EINTR)
            continue;
        if (size == -1)
            return fail_append(self);
        written += (size_t)size;
    }
    if (fdatasync(self->log) == -1)
        return fail_append(self);
    self->size += (off_t)lines.size;
    return 0;
}

int
vault_audit_files_mark(vault_audit_files_t *self, mc_text_t mark)
{
    char slot[VAULT_MARK_BYTES_MAX];
    assert(mark.size <= sizeof slot);
    memset(slot, ' ', sizeof slot);
    memcpy(slot, mark.data, mark.size);
    off_t at = self->slot ? (off_t)sizeof slot : 0;
    if (pwrite(self->head, slot, sizeof slot, at) != (ssize_t)sizeof slot ||
        fdatasync(self->head) == -1) {
        self->is_full = errno == ENOSPC || errno == EFBIG || errno == EDQUOT;
        return mc_fail_errno("writing the head of the audit log");
    }
    self->slot = !self->slot;
    return 0;
}

static int
put_one_aside(const char *folder, const char *name)
{
    char path[VAULT_PATH_BYTES_MAX];
    char aside[VAULT_PATH_BYTES_MAX + 32];
    path_of(folder, name, path);
    snprintf(aside, sizeof aside, "%s.%lld", path, (long long)mc_clock_us());
    if (rename(path, aside) == -1 && errno != ENOENT)
        return mc_fail_errno("putting %s aside", path);
    return 0;
}

int
vault_audit_files_put_aside(const char *folder)
{
    if (put_one_aside(folder, VAULT_AUDIT_LOG) == -1)
        return -1;
    return put_one_aside(folder, VAULT_AUDIT_CHECKPOINTS);
}

int
vault_audit_files_checkpoint(const char *folder, mc_text_t line)
{
    char path[VAULT_PATH_BYTES_MAX];
    path_of(folder, VAULT_AUDIT_CHECKPOINTS, path);
    int fd = open_one(path, O_WRONLY | O_APPEND | O_CREAT);
    if (fd == -1)
        return -1;
    bool is_written = write(fd, line.data, line.size) == (ssize_t)line.size && fdatasync(fd) == 0;
    if (!is_written)
        (void)mc_fail_errno("writing %s", path);
    close(fd);
    return is_written ? 0 : -1;
}
