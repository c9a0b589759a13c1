/*
 *  files - small files read and replaced whole
 */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

int
missionctl_make_folder(const char *path, unsigned mode)
{
    missionctl_path_t part = missionctl_path("%s", path);
    for (char *at = part.text + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part.text, 0755) == -1 && errno != EEXIST)
            return mc_fail_errno("making the folder %s", part.text);
        *at = '/';
    }
    if (mkdir(part.text, mode) == -1 && errno != EEXIST)
        return mc_fail_errno("making the folder %s", part.text);
    return 0;
}

static int
read_all(int fd, const char *path, size_t max, mc_buffer_t *out)
{
    char piece[4096];
    ssize_t size;
    while ((size = read(fd, piece, sizeof piece)) > 0) {
        mc_buffer_append(out, piece, (size_t)size);
        if (out->size > max)
            return mc_fail("%s has more than %zu bytes", path, max);
    }
    if (size == -1)
        return mc_fail_errno("reading %s", path);
    mc_buffer_byte(out, '\0');
    out->size--;
    return 0;
}

int
missionctl_file_read(const char *path, size_t max, mc_buffer_t *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return mc_fail_errno("opening %s", path);
    int result = read_all(fd, path, max, out);
    close(fd);
    return result;
}

static int
write_all(int fd, const char *path, mc_text_t content)
{
    while (content.size) {
        ssize_t size = write(fd, content.data, content.size);
        if (size == -1)
            return mc_fail_errno("writing %s", path);
        content.data += size;
        content.size -= (size_t)size;
    }
    return 0;
}

int
missionctl_file_write(const char *path, unsigned mode, mc_text_t content)
{
    missionctl_path_t next = missionctl_path("%s.new", path);
    unlink(next.text);
    int fd = open(next.text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd == -1)
        return mc_fail_errno("writing %s", next.text);
    int result = write_all(fd, next.text, content);
    if (result == 0 && fchmod(fd, mode) == -1)
        result = mc_fail_errno("protecting %s", next.text);
    close(fd);
    if (result == 0 && rename(next.text, path) == -1)
        result = mc_fail_errno("replacing %s", path);
    return result;
}
