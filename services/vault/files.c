/*
 *  files - small files of the vault's own folder
 */
#include "services/vault/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

static void
path_of(const char *folder, const char *name, char ret_path[VAULT_PATH_BYTES_MAX])
{
    snprintf(ret_path, VAULT_PATH_BYTES_MAX, "%s/%s", folder, name);
}

int
vault_folder_make(const char *folder)
{
    struct stat status;
    if (mkdir(folder, 0700) == -1 && errno != EEXIST)
        return mc_fail_errno("making the folder %s (AOP_VAR_DIR)", folder);
    if (stat(folder, &status) == -1)
        return mc_fail_errno("looking at the folder %s", folder);
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077))
        return mc_fail("%s is not a folder of ours that is closed to others: chmod 700 it", folder);
    return 0;
}

int
vault_folder_take(const char *folder, int *ret_lock)
{
    char path[VAULT_PATH_BYTES_MAX];
    path_of(folder, "lock", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1)
        return mc_fail_errno("opening %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *ret_lock = fd;
        return 0;
    }
    bool is_taken = errno == EWOULDBLOCK;
    close(fd);
    return is_taken ? mc_fail("another vault runs in %s", folder)
                    : mc_fail("%s cannot be locked", path);
}

int
vault_file_read(const char *folder, const char *name, char *ret_text, size_t max)
{
    char path[VAULT_PATH_BYTES_MAX];
    path_of(folder, name, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1 && errno == ENOENT)
        return VAULT_FILE_MISSING;
    if (fd == -1)
        return mc_fail_errno("opening %s", path);
    ssize_t size = read(fd, ret_text, max);
    int result = size == -1 ? mc_fail_errno("reading %s", path) : 0;
    if (size >= 0)
        ret_text[size] = '\0';
    close(fd);
    return result;
}

static int
write_draft(const char *path, mc_text_t text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1)
        return mc_fail_errno("making %s", path);
    bool is_written = write(fd, text.data, text.size) == (ssize_t)text.size && fsync(fd) == 0;
    if (!is_written)
        (void)mc_fail_errno("writing %s", path);
    close(fd);
    return is_written ? 0 : -1;
}

static int
sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1)
        return mc_fail_errno("opening %s", folder);
    int result = fsync(fd) == -1 ? mc_fail_errno("syncing %s", folder) : 0;
    close(fd);
    return result;
}

int
vault_file_write(const char *folder, const char *name, mc_text_t text)
{
    char path[VAULT_PATH_BYTES_MAX];
    char draft[VAULT_PATH_BYTES_MAX + 8];
    path_of(folder, name, path);
    snprintf(draft, sizeof draft, "%s.draft", path);
    if (write_draft(draft, text) == -1)
        return -1;
    if (rename(draft, path) == -1)
        return mc_fail_errno("putting %s in its place", path);
    return sync_folder(folder);
}
