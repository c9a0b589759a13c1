/*
 *  run_cgroup - control groups as folders, of both versions
 */
#include "run_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define PREFIX "missionctl-"
#define MAKE_TRIES 8
#define MEMBERS_BYTES ((size_t)1 << 20)

int
missionctl_cgroup_write(const char *path, const char *file, const char *word)
{
    missionctl_path_t name = missionctl_path("%s/%s", path, file);
    int handle = open(name.text, O_WRONLY | O_CLOEXEC);
    if (handle == -1)
        return mc_fail_errno("opening %s", name.text);
    ssize_t size = write(handle, word, strlen(word));
    int result = size == (ssize_t)strlen(word) ? 0 : mc_fail_errno("writing %s", name.text);
    close(handle);
    return result;
}

int
missionctl_cgroup_read(const char *path, const char *file, char *text, size_t size)
{
    missionctl_path_t name = missionctl_path("%s/%s", path, file);
    int handle = open(name.text, O_RDONLY | O_CLOEXEC);
    if (handle == -1)
        return mc_fail_errno("opening %s", name.text);
    size_t used = 0;
    ssize_t got = 0;
    while (used < size - 1 && (got = read(handle, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    close(handle);
    text[used] = '\0';
    return got == -1 ? mc_fail_errno("reading %s", name.text) : 0;
}

/* A line of /proc/self/mountinfo: id parent device root point options ... - type source super */
static bool
read_mount(char *line, bool is_freezer, missionctl_path_t *root, missionctl_path_t *point)
{
    char *tail = strstr(line, " - ");
    char type[32];
    char super[256];
    if (!tail || sscanf(tail, " - %31s %*s %255s", type, super) != 2)
        return false;
    bool is_it =
        is_freezer ? !strcmp(type, "cgroup") && strstr(super, "freezer") : !strcmp(type, "cgroup2");
    return is_it && sscanf(line, "%*s %*s %*s %2047s %2047s", root->text, point->text) == 2;
}

static bool
find_mount(bool is_freezer, missionctl_path_t *root, missionctl_path_t *point)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t size = 0;
    bool is_found = false;
    while (file && !is_found && getline(&line, &size, file) != -1)
        is_found = read_mount(line, is_freezer, root, point);
    free(line);
    if (file)
        fclose(file);
    return is_found;
}

/* Lines of /proc/self/cgroup: 0::/path for version 2, 6:freezer:/path for version 1. */
static bool
find_membership(bool is_freezer, missionctl_path_t *ret_path)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char *line = NULL;
    size_t size = 0;
    bool is_found = false;
    while (file && !is_found && getline(&line, &size, file) != -1) {
        char *names = strchr(line, ':');
        char *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        is_found = is_freezer ? strstr(names, "freezer") != NULL : !names[1];
        if (is_found)
            *ret_path = missionctl_path("%s", path);
    }
    free(line);
    if (file)
        fclose(file);
    return is_found;
}

int
missionctl_cgroup_own(bool is_freezer, missionctl_path_t *ret_path)
{
    missionctl_path_t root = {0};
    missionctl_path_t point = {0};
    missionctl_path_t own = {0};
    if (!find_mount(is_freezer, &root, &point) || !find_membership(is_freezer, &own))
        return mc_fail("there is no %s here", is_freezer ? "freezer" : "cgroup2");
    size_t skip = strcmp(root.text, "/") ? strlen(root.text) : 0;
    if (strncmp(own.text, root.text, skip) || strstr(own.text, ".."))
        return mc_fail("our group %.512s is not below %.512s", own.text, root.text);
    const char *rest = own.text + skip;
    *ret_path = missionctl_path("%s%s", point.text, strcmp(rest, "/") ? rest : "");
    return 0;
}

size_t
missionctl_cgroup_members(const char *path, missionctl_member_fn *member, void *arg)
{
    char *text = malloc(MEMBERS_BYTES);
    size_t count = 0;
    assert(text);
    if (missionctl_cgroup_read(path, "cgroup.procs", text, MEMBERS_BYTES) == 0) {
        char *at = text;
        char *end = NULL;
        for (long pid; (pid = strtol(at, &end, 10)), end != at; at = end, count++)
            if (member)
                member(arg, (pid_t)pid);
    }
    free(text);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            missionctl_path_t below = missionctl_path("%s/%s", path, entry->d_name);
            count += missionctl_cgroup_members(below.text, member, arg);
        }
    if (folder)
        closedir(folder);
    return count;
}

void
missionctl_cgroup_remove(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            missionctl_path_t below = missionctl_path("%s/%s", path, entry->d_name);
            missionctl_cgroup_remove(below.text);
        }
    if (folder)
        closedir(folder);
    rmdir(path);
}

/* The lock of a folder tells whether its supervisor lives. */
static int
lock(const char *path, int how)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder != -1 && flock(folder, how) == -1) {
        close(folder);
        return -1;
    }
    return folder;
}

/* Ends what a supervisor left that was killed. What is not gone at once is left to the next. */
static void
end_leftover(const char *path, missionctl_group_way_t way)
{
    int folder = lock(path, LOCK_EX | LOCK_NB);
    if (folder == -1)
        return;
    int result = way == MISSIONCTL_GROUP_CGROUP2 ? missionctl_cgroup2_kill(path)
                                                 : missionctl_freezer_kill(path);
    if (result == 0)
        missionctl_cgroup_remove(path);
    close(folder);
}

static void
end_leftovers(const char *parent, missionctl_group_way_t way)
{
    DIR *folder = opendir(parent);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_type == DT_DIR && !strncmp(entry->d_name, PREFIX, strlen(PREFIX))) {
            missionctl_path_t path = missionctl_path("%s/%s", parent, entry->d_name);
            end_leftover(path.text, way);
        }
    if (folder)
        closedir(folder);
}

/* Between making and locking somebody may take it for a leftover and remove it. */
int
missionctl_cgroup_make(missionctl_group_t *self, const char *name)
{
    missionctl_path_t parent;
    if (missionctl_cgroup_own(self->way == MISSIONCTL_GROUP_FREEZER, &parent) == -1)
        return -1;
    end_leftovers(parent.text, self->way);
    self->path = missionctl_path("%s/" PREFIX "%s", parent.text, name);
    for (int i = 0; i < MAKE_TRIES; i++) {
        if (mkdir(self->path.text, 0755) == -1 && errno != EEXIST)
            return mc_fail_errno("making %s", self->path.text);
        self->folder = lock(self->path.text, LOCK_EX);
        missionctl_path_t members = missionctl_path("%s/cgroup.procs", self->path.text);
        if (self->folder != -1 && access(members.text, W_OK) == 0)
            return 0;
        if (self->folder != -1)
            close(self->folder);
        self->folder = -1;
    }
    return mc_fail("%s cannot be written", self->path.text);
}
