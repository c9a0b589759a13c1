/*
 *  audit_read - the files of the audit chain, held against one another
 *
 *  The log must follow from its first mark to its end, reach every mark and
 *  every signed checkpoint where those say, and must not end before the head.
 *  It may go on behind it by what was written when the process was killed: then
 *  nobody has been answered for it. A last line without its end is of such a
 *  moment too, and is cut off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "services/vault/audit.h"
#include "services/vault/audit_files.h"

/* Points that the chain has to go through, in no order. */
typedef struct {
    vault_chain_t *points;
    size_t count;
} points_t;

static void
add_point(points_t *self, const vault_chain_t *point)
{
    self->points = reallocarray(self->points, self->count + 1, sizeof *self->points);
    assert(self->points);
    self->points[self->count++] = *point;
}

/* Both slots of the head: at least one must hold. */
static int
read_head(const char *folder, const vault_keyring_t *ring, points_t *points,
          const vault_chain_t *start)
{
    char text[2 * VAULT_MARK_BYTES_MAX + 1] = "";
    int result = vault_file_read(folder, VAULT_AUDIT_HEAD, text, sizeof text - 1);
    if (result == VAULT_FILE_MISSING)
        return mc_fail("the head of the audit log, %s, is gone", VAULT_AUDIT_HEAD);
    size_t before = points->count;
    size_t size = strlen(text);
    for (size_t at = 0; result == 0 && at < size; at += VAULT_MARK_BYTES_MAX) {
        vault_chain_t point = *start;
        size_t left = size - at < VAULT_MARK_BYTES_MAX ? size - at : VAULT_MARK_BYTES_MAX;
        if (vault_chain_read_mark(&point, ring, (mc_text_t){text + at, left}) == 0)
            add_point(points, &point);
    }
    if (result == 0 && points->count == before)
        return mc_fail("the head of the audit log, %s, was changed", VAULT_AUDIT_HEAD);
    return result;
}

static int
read_checkpoints(const char *folder, const vault_keyring_t *ring, points_t *points,
                 const vault_chain_t *start)
{
    char path[VAULT_PATH_BYTES_MAX];
    char *line = NULL;
    size_t room = 0;
    int result = 0;
    snprintf(path, sizeof path, "%s/%s", folder, VAULT_AUDIT_CHECKPOINTS);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? 0 : mc_fail_errno("opening %s", path);
    for (ssize_t size; result == 0 && (size = getline(&line, &room, file)) > 0;) {
        vault_chain_t point = *start;
        bool is_whole = line[size - 1] == '\n';
        if (!is_whole)
            break;
        if (vault_chain_read_signed(&point, ring, (mc_text_t){line, (size_t)size - 1}))
            result =
                mc_fail("%s has a line that is not signed by this vault", VAULT_AUDIT_CHECKPOINTS);
        else
            add_point(points, &point);
    }
    free(line);
    fclose(file);
    return result;
}

/* The first line of a log that was put aside tells less than the points before it. */
static int
check_points(const points_t *points, const vault_chain_t *chain)
{
    for (size_t i = 0; i < points->count; i++) {
        const vault_chain_t *point = &points->points[i];
        if (point->sequence == chain->sequence && !vault_mac_is(point->head, chain->head))
            return mc_fail("record %lld is not the one that was signed",
                           (long long)chain->sequence);
    }
    return 0;
}

static int64_t
furthest(const points_t *points)
{
    int64_t sequence = 0;
    for (size_t i = 0; i < points->count; i++)
        if (points->points[i].sequence > sequence)
            sequence = points->points[i].sequence;
    return sequence;
}

static int
follow_line(vault_chain_t *chain, const vault_keyring_t *ring, const points_t *points,
            mc_text_t line, bool is_first)
{
    if (is_first && vault_chain_read_mark(chain, ring, line))
        return mc_fail("the first line of the audit log was changed");
    if (!is_first && vault_chain_follow(chain, ring, line))
        return mc_fail_while("the audit log was changed");
    return check_points(points, chain);
}

/* Follows the log; ret_size is where its last whole line ends. */
static int
follow_log(FILE *file, const vault_keyring_t *ring, const points_t *points, vault_chain_t *chain,
           off_t *ret_size)
{
    char *line = NULL;
    size_t room = 0;
    int result = 0;
    *ret_size = 0;
    for (ssize_t size; result == 0 && (size = getline(&line, &room, file)) > 0;) {
        if (line[size - 1] != '\n')
            break;
        result =
            follow_line(chain, ring, points, (mc_text_t){line, (size_t)size - 1}, *ret_size == 0);
        *ret_size += size;
    }
    free(line);
    if (result == 0 && *ret_size == 0)
        return mc_fail("the audit log is empty");
    return result;
}

static int
read_log(const char *folder, const vault_keyring_t *ring, const points_t *points,
         vault_chain_t *chain)
{
    char path[VAULT_PATH_BYTES_MAX];
    off_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, VAULT_AUDIT_LOG);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? mc_fail("the audit log %s was deleted", path)
                               : mc_fail_errno("opening %s", path);
    int result = follow_log(file, ring, points, chain, &size);
    fclose(file);
    if (result == 0 && chain->sequence < furthest(points))
        return mc_fail("the audit log ends at record %lld, there were %lld",
                       (long long)chain->sequence, (long long)furthest(points));
    if (result == 0 && truncate(path, size) == -1)
        return mc_fail_errno("cutting a line without end off %s", path);
    return result;
}

/* Where to go on from when the log cannot be believed: the furthest point that is proven. */
static void
stand_at_furthest(const points_t *points, vault_chain_t *chain)
{
    for (size_t i = 0; i < points->count; i++)
        if (points->points[i].sequence >= chain->sequence)
            *chain = points->points[i];
}

int
vault_audit_files_read(const char *folder, const vault_keyring_t *ring, vault_chain_t *chain)
{
    points_t points = {0};
    vault_chain_t start = *chain;
    int result = read_head(folder, ring, &points, &start);
    if (result == 0)
        result = read_checkpoints(folder, ring, &points, &start);
    if (result == 0)
        result = read_log(folder, ring, &points, chain);
    if (result == -1) {
        *chain = start;
        stand_at_furthest(&points, chain);
    }
    free(points.points);
    return result;
}
