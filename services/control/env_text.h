/*
 *  env_text - new values in the text of a .env file, everything else as it stands
 *
 *  Comments, order, unknown lines, quotes, spaces and line ends are kept. A
 *  variable that is not there yet is put at the end, under a line that says
 *  where it came from.
 */
#ifndef CONTROL_ENV_TEXT_H
#define CONTROL_ENV_TEXT_H

#include "proto/buffer.h"

#define CONTROL_ENV_VALUE_SIZE 24 /* a flag is a number or true or false */

typedef struct {
    const char *variable;
    char value[CONTROL_ENV_VALUE_SIZE]; /* letters and digits: needs no quotes */
} control_env_value_t;

/* Appends the text with these values to out: 0, or -1 with the reason when a line cannot be read.
 */
MC_CHECKED int control_env_rewrite(mc_text_t text, const control_env_value_t *values, size_t count,
                                   mc_buffer_t *out);

#endif
