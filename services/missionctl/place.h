/*
 *  place - where this Mission Control lives, and its settings
 *
 *  home is the checkout that missionctl was built in, found from its own path,
 *  so that it works from any folder; without one it is the working folder. The
 *  file .env and relative paths in settings are looked up there.
 */
#ifndef MISSIONCTL_PLACE_H
#define MISSIONCTL_PLACE_H

#include "common/settings.h"
#include "proto/buffer.h"

#define MISSIONCTL_PATH_BYTES_MAX 2048
/* What the kernel takes as the name of a Unix socket, with the NUL. */
#define MISSIONCTL_SOCKET_PATH_BYTES_MAX 108

/* A path by value. What would be longer is cut, which no file then has as its name. */
typedef struct {
    char text[MISSIONCTL_PATH_BYTES_MAX];
} missionctl_path_t;

typedef struct missionctl_place {
    missionctl_path_t home;
    missionctl_path_t programs; /* folder of missionctl and the services */
    missionctl_path_t var;      /* absolute */
    mc_settings_t *settings;
} missionctl_place_t;

/* Finds the place and reads its settings. NULL on failure. */
missionctl_place_t *missionctl_place_new(void);
void missionctl_place_destroy(missionctl_place_t **address);

/* Makes home the working folder, as the services expect it. */
MC_CHECKED int missionctl_place_enter(const missionctl_place_t *self);

/* A path under the folder of everything that is kept. */
missionctl_path_t missionctl_place_var(const missionctl_place_t *self, const char *format, ...)
    MC_PRINTF(2, 3);

missionctl_path_t missionctl_path(const char *format, ...) MC_PRINTF(1, 2);

/* The path of a program beside missionctl. */
missionctl_path_t missionctl_place_program(const missionctl_place_t *self, const char *name);

/* The address under which this machine reaches a port of the stack. */
const char *missionctl_place_host(const missionctl_place_t *self);

/* Makes a folder and those above it, unless it is there. */
MC_CHECKED int missionctl_make_folder(const char *path, unsigned mode);

/* The whole file as text with a NUL behind it, into out; refuses more than max bytes. */
MC_CHECKED int missionctl_file_read(const char *path, size_t max, mc_buffer_t *out);

/* Replaces the file in one step. A reader sees the old content or the new. */
MC_CHECKED int missionctl_file_write(const char *path, unsigned mode, mc_text_t content);

#endif
