/*
 *  log_file - the log of one program, bounded in size
 */
#include "log_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

static int
open_file(missionctl_log_file_t *self)
{
    struct stat status;
    self->fd = open(self->path.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (self->fd == -1)
        return mc_fail_errno("opening %s", self->path.text);
    self->size = fstat(self->fd, &status) == 0 ? (size_t)status.st_size : 0;
    return 0;
}

int
missionctl_log_file_init(missionctl_log_file_t *self, const char *path)
{
    *self = (missionctl_log_file_t){.path = missionctl_path("%s", path), .fd = -1};
    return open_file(self);
}

void
missionctl_log_file_clear(missionctl_log_file_t *self)
{
    if (self->fd != -1)
        close(self->fd);
    self->fd = -1;
}

/* A file that cannot be opened again is done without. */
static void
rotate(missionctl_log_file_t *self)
{
    close(self->fd);
    for (int i = MISSIONCTL_LOG_FILES - 1; i > 0; i--) {
        missionctl_path_t newer =
            i == 1 ? self->path : missionctl_path("%s.%d", self->path.text, i - 1);
        missionctl_path_t older = missionctl_path("%s.%d", self->path.text, i);
        (void)rename(newer.text, older.text);
    }
    if (open_file(self) == -1)
        self->fd = -1;
}

/* What PostgreSQL adds below the line that says why it ends. */
static bool
is_afterthought(const char *line)
{
    static const char *const marks[] = {"DETAIL:  ", "HINT:  ", "LOCATION:  ", "LOG:  "};
    for (size_t i = 0; i < MC_COUNT(marks); i++)
        if (strstr(line, marks[i]))
            return true;
    return false;
}

static void
end_line(missionctl_log_file_t *self)
{
    self->line[self->line_size] = '\0';
    bool is_kept = strstr(self->last_line, "FATAL:  ") && is_afterthought(self->line);
    if (!self->line_size || is_kept) {
        self->line_size = 0;
        return;
    }
    memcpy(self->last_line, self->line, self->line_size);
    self->last_line[self->line_size] = '\0';
    self->line_size = 0;
}

static void
remember_lines(missionctl_log_file_t *self, mc_text_t bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] == '\n')
            end_line(self);
        else if (self->line_size < sizeof self->line - 1)
            self->line[self->line_size++] = bytes.data[i];
}

void
missionctl_log_file_write(missionctl_log_file_t *self, mc_text_t bytes)
{
    remember_lines(self, bytes);
    if (self->fd != -1 && self->size + bytes.size > MISSIONCTL_LOG_BYTES_MAX)
        rotate(self);
    ssize_t written = self->fd == -1 ? -1 : write(self->fd, bytes.data, bytes.size);
    if (written > 0)
        self->size += (size_t)written;
    if (written != (ssize_t)bytes.size)
        self->lost += bytes.size - (written > 0 ? (size_t)written : 0);
}
