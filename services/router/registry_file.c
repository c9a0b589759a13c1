/*
 *  registry_file - aop_models.json on disk, and the last text of it that was good
 */
#include "services/router/registry_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "services/router/registry_config.h"

/* What tells one state of a file from another; all zero where there is none. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed_at;
} stamp_t;

struct router_registry_file {
    char *path;
    bool must_exist;
    stamp_t stamp;    /* of what was read last */
    mc_buffer_t good; /* the text in force; empty: that of the product */
    bool is_loaded;
    char error[512];
    int64_t version;
};

static stamp_t
stamp_of(const struct stat *status)
{
    return (stamp_t){status->st_dev, status->st_ino, status->st_size, status->st_ctim};
}

static stamp_t
look(const router_registry_file_t *self)
{
    struct stat status;
    return stat(self->path, &status) == 0 ? stamp_of(&status) : (stamp_t){0};
}

router_registry_file_t *
router_registry_file_new(const char *path, bool must_exist)
{
    router_registry_file_t *self = calloc(1, sizeof *self);
    assert(self);
    self->path = strdup(path);
    assert(self->path);
    self->must_exist = must_exist;
    return self;
}

void
router_registry_file_destroy(router_registry_file_t **address)
{
    router_registry_file_t *self = mc_take(address);
    if (!self)
        return;
    mc_buffer_clear(&self->good);
    free(self->path);
    free(self);
}

bool
router_registry_file_is_changed(const router_registry_file_t *self)
{
    stamp_t now = look(self);
    return now.device != self->stamp.device || now.inode != self->stamp.inode ||
           now.size != self->stamp.size || now.changed_at.tv_sec != self->stamp.changed_at.tv_sec ||
           now.changed_at.tv_nsec != self->stamp.changed_at.tv_nsec;
}

static int
read_open_file(router_registry_file_t *self, int fd, mc_buffer_t *out)
{
    struct stat status;
    if (fstat(fd, &status) == -1)
        return mc_fail_errno("%s", self->path);
    self->stamp = stamp_of(&status);
    if (!S_ISREG(status.st_mode))
        return mc_fail("%s is not a file", self->path);
    if ((size_t)status.st_size > ROUTER_CONFIG_BYTES_MAX)
        return mc_fail("%s has %lld bytes; at most %zu are read", self->path,
                       (long long)status.st_size, ROUTER_CONFIG_BYTES_MAX);
    for (;;) {
        char *room = mc_buffer_room(out, 65536);
        ssize_t got = room ? read(fd, room, 65536) : -1;
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return mc_fail_errno("%s", self->path);
        if (got == 0)
            return 0;
        out->size += (size_t)got;
    }
}

/* 0; -1 with the reason; ENOENT where there is none and none has to be. */
static int
read_file(router_registry_file_t *self, mc_buffer_t *out)
{
    int fd = open(self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        self->stamp = (stamp_t){0};
        bool is_missed = errno != ENOENT || self->must_exist || self->is_loaded;
        return is_missed ? mc_fail_errno("%s", self->path) : ENOENT;
    }
    int result = read_open_file(self, fd, out);
    close(fd);
    return result;
}

static router_registry_t *
make(router_registry_file_t *self, const router_registry_parts_t *parts, mc_text_t text,
     bool is_strict, mc_refusal_t *refusal)
{
    router_registry_sources_t sources = {
        .file = text,
        .rows = parts->rows,
        .row_count = parts->row_count,
        .are_rows_known = is_strict && parts->are_rows_known,
        .version = self->version + 1,
    };
    return router_registry_new(&sources, parts->health, parts->parser, refusal);
}

/* Of the last good text. It was taken before, so a provider of it that is gone since is left out
 * with its reason and breaks nothing. */
static router_registry_t *
make_of_good(router_registry_file_t *self, const router_registry_parts_t *parts)
{
    mc_refusal_t refusal = {0};
    mc_text_t text = self->good.size ? mc_buffer_content(&self->good) : router_models_text();
    router_registry_t *registry = make(self, parts, text, false, &refusal);
    assert(registry);
    return registry;
}

static router_registry_t *
make_of_file(router_registry_file_t *self, const router_registry_parts_t *parts)
{
    mc_buffer_t text = {.max = ROUTER_CONFIG_BYTES_MAX + 131072};
    mc_refusal_t refusal = {0};
    router_registry_t *registry = NULL;
    self->error[0] = '\0';
    int result = read_file(self, &text);
    if (result == -1)
        snprintf(self->error, sizeof self->error, "%s", mc_error());
    else if (result == 0) {
        registry = make(self, parts, mc_buffer_content(&text), true, &refusal);
        if (!registry)
            snprintf(self->error, sizeof self->error, "%.200s: %s", self->path, refusal.message);
    }
    if (registry) {
        mc_buffer_clear(&self->good);
        self->good = text;
        self->is_loaded = true;
        return registry;
    }
    mc_buffer_clear(&text);
    return NULL;
}

router_registry_t *
router_registry_file_load(router_registry_file_t *self, const router_registry_parts_t *parts)
{
    router_registry_t *registry = make_of_file(self, parts);
    if (!registry)
        registry = make_of_good(self, parts);
    self->version++;
    return registry;
}

const char *
router_registry_file_path(const router_registry_file_t *self)
{
    return self->path;
}

bool
router_registry_file_is_loaded(const router_registry_file_t *self)
{
    return self->is_loaded;
}

const char *
router_registry_file_error(const router_registry_file_t *self)
{
    return self->error[0] ? self->error : NULL;
}
