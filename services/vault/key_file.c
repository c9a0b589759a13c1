/*
 *  key_file - a file with 32 random bytes that only its owner can read
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "services/vault/kek.h"

static int
check_file(int fd, const char *path)
{
    struct stat status;
    if (fstat(fd, &status) == -1)
        return mc_fail_errno("looking at the key file %s", path);
    if (!S_ISREG(status.st_mode))
        return mc_fail("the key file %s is not a file", path);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return mc_fail("the key file %s belongs to another user", path);
    if (status.st_mode & 077)
        return mc_fail("the key file %s is open to others (mode %04o): chmod 600 it", path,
                       status.st_mode & 07777);
    return status.st_size == VAULT_KEY_BYTES
               ? 0
               : mc_fail("the key file %s has %lld bytes, not %d", path, (long long)status.st_size,
                         VAULT_KEY_BYTES);
}

int
vault_key_file_read(const char *path, vault_locked_t *ret_key)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return mc_fail_errno("opening the key file %s", path);
    int result = check_file(fd, path);
    if (result == 0) {
        vault_locked_t key = {vault_locked_alloc(VAULT_KEY_BYTES), VAULT_KEY_BYTES};
        if (read(fd, key.data, key.size) == (ssize_t)key.size) {
            *ret_key = key;
        } else {
            result = mc_fail_errno("reading the key file %s", path);
            vault_locked_clear(&key);
        }
    }
    close(fd);
    return result;
}

int
vault_key_file_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1 && errno == EEXIST)
        return VAULT_KEY_FILE_IS_THERE;
    if (fd == -1)
        return mc_fail_errno("making the key file %s", path);
    uint8_t *key = vault_locked_alloc(VAULT_KEY_BYTES);
    randombytes_buf(key, VAULT_KEY_BYTES);
    bool is_written = write(fd, key, VAULT_KEY_BYTES) == VAULT_KEY_BYTES && fsync(fd) == 0;
    vault_locked_free(key);
    if (close(fd) == 0 && is_written)
        return 0;
    (void)mc_fail_errno("writing the key file %s", path);
    unlink(path);
    return -1;
}
