/*
 *  adoption - the spools of instances that no longer run
 */
#include "services/ingest/adoption.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "services/ingest/writer.h"

#define PATH_BYTES_MAX 1300
#define ENDING ".db"
#define CLAIM_LOOK_MS 20 /* between two tries for a lock */
#define BUSY_MS 5        /* until batches that are being taken are committed */

struct ingest_adoption {
    ingest_t *ingest;
    DIR *folder; /* while a look is under way */
    char path[PATH_BYTES_MAX];
    ingest_spool_t *spool; /* the one that is being emptied */
    int lock;
    int64_t moved_id; /* the last batch of it that is in ours */
    int64_t events;   /* moved so far */
};

/* Waits for the lock, up to wait_ms: there is no loop yet that could be held up. */
static int
take_lock(int lock, int wait_ms)
{
    static const struct timespec pause = {.tv_nsec = CLAIM_LOOK_MS * 1000000L};
    for (int waited_ms = 0; flock(lock, LOCK_EX | LOCK_NB) == -1; waited_ms += CLAIM_LOOK_MS) {
        if (waited_ms >= wait_ms)
            return -1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

int
ingest_spool_claim(const char *path, int wait_ms)
{
    char lock_path[PATH_BYTES_MAX];
    int size = (int)(strlen(path) - strlen(ENDING));
    snprintf(lock_path, sizeof lock_path, "%.*s.lock", size, path);
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock == -1)
        return mc_fail_errno("opening %s", lock_path);
    if (take_lock(lock, wait_ms) == 0)
        return lock;
    close(lock);
    return mc_fail("another ingest has the spool %s: give this one another AOP_INSTANCE", path);
}

ingest_adoption_t *
ingest_adoption_new(ingest_t *ingest)
{
    ingest_adoption_t *self = calloc(1, sizeof *self);
    assert(self);
    *self = (ingest_adoption_t){.ingest = ingest, .lock = -1};
    return self;
}

/* Closes the spool that was looked into; its lock is free again. */
static void
leave_spool(ingest_adoption_t *self)
{
    ingest_spool_destroy(&self->spool);
    if (self->lock != -1)
        close(self->lock);
    self->lock = -1;
}

static void
end_look(ingest_adoption_t *self)
{
    leave_spool(self);
    if (self->folder)
        closedir(self->folder);
    self->folder = NULL;
}

void
ingest_adoption_destroy(ingest_adoption_t **address)
{
    ingest_adoption_t *self = mc_take(address);
    if (!self)
        return;
    end_look(self);
    free(self);
}

/* "ingest.db" or "ingest-<instance>.db" */
static bool
is_spool(const char *file)
{
    size_t size = strlen(file), head = strlen("ingest"), tail = strlen(ENDING);
    return size >= head + tail && !strncmp(file, "ingest", head) &&
           (file[head] == '.' || file[head] == '-') && !strcmp(file + size - tail, ENDING);
}

/* The next spool that is nobody's, with something in it: true when there is one. */
static bool
find_spool(ingest_adoption_t *self)
{
    for (struct dirent *entry; (entry = readdir(self->folder));) {
        snprintf(self->path, sizeof self->path, "%s/spool/%s", self->ingest->settings->var_dir,
                 entry->d_name);
        if (!is_spool(entry->d_name) || (self->lock = ingest_spool_claim(self->path, 0)) == -1)
            continue; /* our own is locked as well */
        self->spool = ingest_spool_new(self->path, INT64_MAX);
        if (!self->spool)
            mc_log(&ingest_log_adoption_failed, "path=%s reason=%s", self->path, mc_error());
        self->moved_id = self->events = 0;
        if (self->spool && ingest_spool_bytes(self->spool) > 0)
            return true;
        leave_spool(self);
    }
    return false;
}

/* Appends batches to our spool, up to a slice: 0, INGEST_SPOOL_END after the last,
 * INGEST_SPOOL_FULL or -1. */
static int
move_slice(ingest_adoption_t *self)
{
    int result = 0;
    ingest_spool_row_t row;
    for (size_t bytes = 0; result == 0 && bytes < INGEST_ADOPTION_SLICE_BYTES;) {
        result = ingest_spool_read(self->spool, self->moved_id, &row);
        if (result != 0)
            break;
        bytes += row.stored.size + row.quarantined.size;
        result = ingest_spool_append(self->ingest->spool, row.events, row.stored, row.quarantined);
        if (result != 0)
            break;
        self->moved_id = row.id;
        self->events += row.events;
    }
    return result;
}

/* Makes the slice durable here, then forgets it there. */
static int
settle_slice(ingest_adoption_t *self)
{
    int result = ingest_spool_commit(self->ingest->spool);
    if (result != 0)
        return result;
    if (ingest_spool_forget(self->spool, self->moved_id) == -1 ||
        ingest_spool_commit(self->spool) != 0)
        return -1;
    ingest_measure_spool(self->ingest);
    ingest_writer_wake(self->ingest->writer);
    return 0;
}

static void
next_slice(void *arg)
{
    ingest_adoption_t *self = arg;
    if (!ingest_intake_is_idle(self->ingest->intake)) { /* their commit is not ours to make */
        mc_service_after(self->ingest->service, BUSY_MS, next_slice, self);
        return;
    }
    int moved = move_slice(self);
    int settled = settle_slice(self);
    if (moved == -1 || settled == -1)
        mc_log(&ingest_log_adoption_failed, "path=%s reason=%s", self->path, mc_error());
    bool is_over = moved != 0 || settled != 0;
    if (is_over) {
        mc_log(&ingest_log_spool_adopted, "path=%s events=%lld left=%lld", self->path,
               (long long)self->events, (long long)ingest_spool_events(self->spool));
        leave_spool(self);
    }
    if (is_over && !find_spool(self))
        end_look(self);
    else
        mc_service_after(self->ingest->service, 1, next_slice, self);
}

void
ingest_adopt(void *state)
{
    ingest_adoption_t *self = ((ingest_t *)state)->adoption;
    char folder[PATH_BYTES_MAX];
    if (self->folder)
        return; /* still at it */
    snprintf(folder, sizeof folder, "%s/spool", self->ingest->settings->var_dir);
    self->folder = opendir(folder);
    if (!self->folder)
        return;
    if (find_spool(self))
        mc_service_after(self->ingest->service, 1, next_slice, self);
    else
        end_look(self);
}
