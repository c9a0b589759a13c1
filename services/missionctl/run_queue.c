/*
 *  run_queue - events of one run that are not delivered yet, in a file
 */
#include "run_queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define LINE_BYTES_MAX ((size_t)1 << 20)

missionctl_path_t
missionctl_queue_folder(const missionctl_place_t *place)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    missionctl_path_t folder = missionctl_place_var(place, "run-buffer");
    bool is_ours = !access(place->var.text, W_OK);
    if (is_ours && missionctl_make_folder(folder.text, 0700) == 0 && !access(folder.text, W_OK))
        return folder;
    if (state && state[0] == '/')
        folder = missionctl_path("%s/mission-control/run-buffer", state);
    else if (home && home[0] == '/')
        folder = missionctl_path("%s/.local/state/mission-control/run-buffer", home);
    else
        return (missionctl_path_t){0};
    return missionctl_make_folder(folder.text, 0700) == 0 ? folder : (missionctl_path_t){0};
}

/* What all runs have left in a folder. */
static int64_t
size_of_folder(const char *folder)
{
    int64_t total = 0;
    DIR *entries = opendir(folder);
    struct stat status;
    for (const struct dirent *entry; entries && (entry = readdir(entries));)
        if (fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            total += status.st_size;
    if (entries)
        closedir(entries);
    return total;
}

int
missionctl_queue_init(missionctl_queue_t *self, const char *folder, const char *run_id)
{
    *self = (missionctl_queue_t){.fd = -1};
    if (folder[0] && size_of_folder(folder) < MISSIONCTL_QUEUES_BYTES_MAX) {
        self->path = missionctl_path("%s/%s.jsonl", folder, run_id);
        self->fd = open(self->path.text, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    if (self->fd == -1) {
        self->path.text[0] = '\0';
        self->fd = memfd_create("run-buffer", MFD_CLOEXEC);
    }
    if (self->fd == -1)
        return mc_fail_errno("making a buffer for events");
    return flock(self->fd, LOCK_EX | LOCK_NB) == -1 ? mc_fail_errno("locking a buffer") : 0;
}

/* Behind the last newline: a line that was being written when its run was killed is not whole. */
static int64_t
end_of_lines(int fd, int64_t size)
{
    char piece[4096];
    while (size > 0) {
        int64_t from = size > (int64_t)sizeof piece ? size - (int64_t)sizeof piece : 0;
        ssize_t read = pread(fd, piece, (size_t)(size - from), from);
        const char *newline = read > 0 ? memrchr(piece, '\n', (size_t)read) : NULL;
        if (newline)
            return from + (newline + 1 - piece);
        size = from;
    }
    return 0;
}

int
missionctl_queue_open(missionctl_queue_t *self, const char *path)
{
    struct stat status;
    *self = (missionctl_queue_t){.path = missionctl_path("%s", path)};
    self->fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (self->fd == -1)
        return mc_fail_errno("opening %s", path);
    if (flock(self->fd, LOCK_EX | LOCK_NB) == -1 || fstat(self->fd, &status) == -1) {
        close(self->fd);
        self->fd = -1;
        return MISSIONCTL_QUEUE_LOCKED;
    }
    self->tail = end_of_lines(self->fd, status.st_size);
    return 0;
}

void
missionctl_queue_clear(missionctl_queue_t *self)
{
    if (self->fd == -1)
        return;
    if (self->path.text[0] && missionctl_queue_is_empty(self))
        unlink(self->path.text);
    close(self->fd);
    self->fd = -1;
}

bool
missionctl_queue_is_empty(const missionctl_queue_t *self)
{
    return self->head == self->tail;
}

int
missionctl_queue_append(missionctl_queue_t *self, mc_text_t line, bool is_vital)
{
    int64_t most = MISSIONCTL_QUEUE_BYTES_MAX + (is_vital ? MISSIONCTL_QUEUE_RESERVE : 0);
    assert(line.size && line.data[line.size - 1] == '\n');
    if (missionctl_queue_is_empty(self) && self->head > 0) {
        if (ftruncate(self->fd, 0) == -1)
            return mc_fail_errno("emptying the buffer of events");
        self->head = self->tail = 0;
    }
    if (self->tail + (int64_t)line.size > most || line.size > LINE_BYTES_MAX)
        return MISSIONCTL_QUEUE_FULL;
    ssize_t size = pwrite(self->fd, line.data, line.size, self->tail);
    if (size != (ssize_t)line.size) {
        int result = mc_fail_errno("writing the buffer of events");
        if (ftruncate(self->fd, self->tail) == -1)
            return mc_fail_while("and taking back a part of a line");
        return result;
    }
    self->tail += size;
    return 0;
}

int
missionctl_queue_peek(const missionctl_queue_t *self, size_t size, size_t count, mc_buffer_t *out)
{
    int64_t left = self->tail - self->head;
    size_t wanted = left < (int64_t)size ? (size_t)left : size;
    char *room = malloc(LINE_BYTES_MAX + size);
    assert(room);
    ssize_t got = pread(self->fd, room, wanted, self->head);
    if (got == (ssize_t)wanted && !memchr(room, '\n', wanted) && left > (int64_t)wanted) {
        wanted = left < (int64_t)LINE_BYTES_MAX ? (size_t)left : LINE_BYTES_MAX;
        got = pread(self->fd, room, wanted, self->head);
    }
    size_t whole = 0;
    for (size_t i = 0; got > 0 && i < (size_t)got && count > 0; i++)
        if (room[i] == '\n') {
            whole = i + 1;
            count--;
            if (whole >= size)
                break;
        }
    mc_buffer_append(out, room, whole);
    free(room);
    return whole ? 0 : mc_fail("the buffer of events cannot be read");
}

void
missionctl_queue_advance(missionctl_queue_t *self, size_t size)
{
    self->head += (int64_t)size;
    assert(self->head <= self->tail);
}

size_t
missionctl_queue_count(const missionctl_queue_t *self)
{
    char piece[65536];
    size_t count = 0;
    int64_t at = self->head;
    while (at < self->tail) {
        int64_t left = self->tail - at;
        size_t wanted = left < (int64_t)sizeof piece ? (size_t)left : sizeof piece;
        ssize_t size = pread(self->fd, piece, wanted, at);
        if (size <= 0)
            break;
        for (ssize_t i = 0; i < size; i++)
            count += piece[i] == '\n';
        at += size;
    }
    return count;
}
