/*
 *  files - small files of the vault's own folder
 */
#ifndef VAULT_FILES_H
#define VAULT_FILES_H

#include "proto/base.h"

#define VAULT_PATH_BYTES_MAX 2048

/* Makes the folder with mode 0700; one that is there must be ours and closed to others. */
MC_CHECKED int vault_folder_make(const char *folder);

/* Keeps other processes from using the folder as long as the descriptor is open; fails where one
 * does already. */
MC_CHECKED int vault_folder_take(const char *folder, int *ret_lock);

/* The whole file as text, at most max bytes and a NUL: 0, VAULT_FILE_MISSING, or -1. */
MC_CHECKED int vault_file_read(const char *folder, const char *name, char *ret_text, size_t max);
#define VAULT_FILE_MISSING 1

/* Replaces the file whole, with mode 0600, on stable storage when this returns 0. */
MC_CHECKED int vault_file_write(const char *folder, const char *name, mc_text_t text);

#endif
