/*
 *  env_file - the lines of a .env file
 *
 *      # a comment
 *      NAME=value            spaces at the ends and " # ..." behind it are cut
 *      export NAME='value'   as it stands
 *      NAME="value"          with \n \t \" \\ \$
 *
 *  Nothing is expanded: a dollar is a dollar.
 */
#ifndef MC_COMMON_ENV_FILE_H
#define MC_COMMON_ENV_FILE_H

#include "proto/arena.h"

#define MC_ENV_FILE_BYTES_MAX ((size_t)64 << 10)

typedef struct {
    mc_text_t name;  /* empty: a comment or a blank line */
    mc_text_t value; /* unquoted, with a NUL behind it */
    int number;      /* of the line, from 1 */
} mc_env_line_t;

/* Reads one line without its newline. Texts are lent by the arena. 0, or -1 with the reason. */
MC_CHECKED int mc_env_line_read(mc_text_t line, int number, mc_arena_t *arena,
                                mc_env_line_t *ret_line);

/* Cuts the next line off the rest: false at the end. */
bool mc_env_line_next(mc_text_t *rest, mc_text_t *ret_line);

/* The whole file as text in the arena: 0, -1 with the reason, MC_ENV_FILE_MISSING. */
MC_CHECKED int mc_env_file_load(const char *path, mc_arena_t *arena, mc_text_t *ret_text);
#define MC_ENV_FILE_MISSING 1

#endif
