/*
 *  place - where this Mission Control lives, and its settings
 */
#include "place.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"

#define HOME_LEVELS_MAX 4 /* build/san/bin is three below home */

missionctl_path_t
missionctl_path(const char *format, ...)
{
    missionctl_path_t path = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(path.text, sizeof path.text, format, args);
    va_end(args);
    return path;
}

missionctl_path_t
missionctl_place_var(const missionctl_place_t *self, const char *format, ...)
{
    char name[MISSIONCTL_PATH_BYTES_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return missionctl_path("%s/%s", self->var.text, name);
}

missionctl_path_t
missionctl_place_program(const missionctl_place_t *self, const char *name)
{
    return missionctl_path("%s/%s", self->programs.text, name);
}

static int
find_programs(missionctl_place_t *self)
{
    char path[MISSIONCTL_PATH_BYTES_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return mc_fail_errno("finding the path of missionctl");
    path[size] = '\0';
    self->programs = missionctl_path("%s", dirname(path));
    return 0;
}

/* The nearest folder above the programs that has the migrations, else where we are. */
static int
find_home(missionctl_place_t *self)
{
    missionctl_path_t folder = self->programs;
    for (int level = 0; level < HOME_LEVELS_MAX && strcmp(folder.text, "/"); level++) {
        missionctl_path_t mark = missionctl_path("%s/deploy/migrations", folder.text);
        if (!access(mark.text, X_OK)) {
            self->home = folder;
            return 0;
        }
        folder = missionctl_path("%s", dirname(folder.text));
    }
    return getcwd(self->home.text, sizeof self->home.text)
               ? 0
               : mc_fail_errno("finding the working folder");
}

/* Settings are read from home; a wrapped command must find the working folder as it was. */
static int
read_settings(missionctl_place_t *self)
{
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (missionctl_place_enter(self) == 0)
        self->settings = mc_settings_new();
    int back = here == -1 ? -1 : fchdir(here);
    if (here != -1)
        close(here);
    if (!self->settings)
        return -1;
    return back == 0 ? 0 : mc_fail_errno("going back to the working folder");
}

missionctl_place_t *
missionctl_place_new(void)
{
    missionctl_place_t *self = calloc(1, sizeof *self);
    assert(self);
    if (find_programs(self) == -1 || find_home(self) == -1 || read_settings(self) == -1) {
        missionctl_place_destroy(&self);
        return NULL;
    }
    const char *var = self->settings->var_dir;
    self->var =
        var[0] == '/' ? missionctl_path("%s", var) : missionctl_path("%s/%s", self->home.text, var);
    return self;
}

void
missionctl_place_destroy(missionctl_place_t **address)
{
    missionctl_place_t *self = mc_take(address);
    if (!self)
        return;
    mc_settings_destroy(&self->settings);
    free(self);
}

int
missionctl_place_enter(const missionctl_place_t *self)
{
    return chdir(self->home.text) == 0 ? 0 : mc_fail_errno("entering %s", self->home.text);
}

const char *
missionctl_place_host(const missionctl_place_t *self)
{
    const char *address = self->settings->listen_address;
    bool is_any = !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
    return is_any ? "127.0.0.1" : address;
}
