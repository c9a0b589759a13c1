/*
 *  logs - the logs of the parts of the stack, the end of them first, then what follows
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "common/error.h"
#include "stack.h"

#define LOOK_EVERY_MS 200
#define LINES_MAX 100000
#define TAIL_BYTES_MAX ((size_t)8 << 20)

typedef struct {
    const char *name;
    missionctl_path_t path;
    int fd; /* -1: not there yet */
    ino_t file;
    bool is_mid_line;
} log_t;

static const char *const names[] = {"supervisor", "postgres", "migrate", "ingest", "control",
                                    "vault",      "budget",   "router",  "gateway"};

/* With more than one log each line says whose it is. */
static void
print_bytes(log_t *self, const char *data, size_t size, bool has_name)
{
    for (size_t i = 0; i < size; i++) {
        if (!self->is_mid_line && has_name)
            printf("%-10s | ", self->name);
        self->is_mid_line = data[i] != '\n';
        putchar(data[i]);
    }
}

static void
open_log(log_t *self)
{
    struct stat status;
    self->fd = open(self->path.text, O_RDONLY | O_CLOEXEC);
    if (self->fd != -1 && fstat(self->fd, &status) == 0)
        self->file = status.st_ino;
}

/* Moves to the last count lines. */
static void
seek_tail(const log_t *self, int64_t count)
{
    char piece[4096];
    off_t end = lseek(self->fd, 0, SEEK_END);
    off_t at = end;
    int64_t left = count + 1; /* the newline at the very end is of the last line */
    while (at > 0 && end - at < (off_t)TAIL_BYTES_MAX) {
        off_t from = at > (off_t)sizeof piece ? at - (off_t)sizeof piece : 0;
        ssize_t size = pread(self->fd, piece, (size_t)(at - from), from);
        for (ssize_t i = size; i-- > 0;)
            if (piece[i] == '\n' && --left == 0) {
                lseek(self->fd, from + i + 1, SEEK_SET);
                return;
            }
        at = from;
    }
    lseek(self->fd, at, SEEK_SET);
}

static bool
print_news(log_t *self, bool has_name)
{
    char piece[16384];
    ssize_t size;
    bool is_news = false;
    while (self->fd != -1 && (size = read(self->fd, piece, sizeof piece)) > 0) {
        print_bytes(self, piece, (size_t)size, has_name);
        is_news = true;
    }
    return is_news;
}

/* A log that was rotated goes on in a file of the same name. */
static void
follow_name(log_t *self, bool has_name)
{
    struct stat status;
    if (stat(self->path.text, &status) == -1 || (self->fd != -1 && status.st_ino == self->file))
        return;
    (void)print_news(self, has_name);
    if (self->fd != -1)
        close(self->fd);
    open_log(self);
}

static void
follow(log_t *logs, size_t count)
{
    for (;;) {
        for (size_t i = 0; i < count; i++) {
            (void)print_news(&logs[i], count > 1);
            follow_name(&logs[i], count > 1);
        }
        if (fflush(stdout) == EOF)
            return;
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

static int
print_logs(const missionctl_place_t *place, const missionctl_args_t *args, int64_t lines)
{
    log_t logs[MC_COUNT(names)];
    size_t count = 0;
    for (size_t i = 0; i < MC_COUNT(names); i++) {
        if (args->word_count && strcmp(args->words[0], names[i]))
            continue;
        logs[count] =
            (log_t){.name = names[i], .path = missionctl_place_var(place, "log/%s.log", names[i])};
        open_log(&logs[count++]);
    }
    if (!count)
        return mc_fail("there is no part %s: supervisor, postgres, migrate, ingest, control, "
                       "vault, budget, router and gateway are the parts",
                       args->words[0]);
    for (size_t i = 0; i < count; i++) {
        if (logs[i].fd == -1)
            continue;
        seek_tail(&logs[i], lines);
        (void)print_news(&logs[i], count > 1);
    }
    if (missionctl_args_has(args, "follow"))
        follow(logs, count);
    return 0;
}

int
missionctl_logs(const missionctl_args_t *args)
{
    int64_t lines = 40;
    if (missionctl_args_number(args, "lines", (int64_t[]){0, LINES_MAX}, &lines) == -1)
        return missionctl_wrong_use(args);
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? print_logs(place, args, lines) : -1;
    missionctl_place_destroy(&place);
    return result;
}
