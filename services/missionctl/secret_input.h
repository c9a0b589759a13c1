/*
 *  secret_input - passphrases and keys from the terminal without echo, or from standard input
 *
 *  Never from the command line, which others can see. They are kept in locked
 *  memory, which is wiped when it is given back.
 */
#ifndef MISSIONCTL_SECRET_INPUT_H
#define MISSIONCTL_SECRET_INPUT_H

#include "proto/buffer.h"

#define MISSIONCTL_SECRET_BYTES_MAX 16384

typedef struct {
    char *data; /* NULL: none */
    size_t size;
} missionctl_secret_t;

/* What this process does before it holds secrets: no core file, nobody may look into it. */
MC_CHECKED int missionctl_secret_begin(void);

/* Asks on the terminal; where standard input is none, reads its next line. Refuses an empty one. */
MC_CHECKED int missionctl_secret_read(const char *prompt, missionctl_secret_t *ret_secret);
/* The same, asked twice on a terminal. */
MC_CHECKED int missionctl_secret_read_new(const char *prompt, missionctl_secret_t *ret_secret);
/* All of standard input but a newline at its end; a line on a terminal. */
MC_CHECKED int missionctl_secret_read_all(const char *prompt, missionctl_secret_t *ret_secret);
/* The first line of a file. */
MC_CHECKED int missionctl_secret_read_file(const char *path, missionctl_secret_t *ret_secret);

missionctl_secret_t missionctl_secret_copy(mc_text_t text);
void missionctl_secret_clear(missionctl_secret_t *self);

static inline mc_text_t
missionctl_secret_text(const missionctl_secret_t *self)
{
    return (mc_text_t){self->data, self->size};
}

/* Wipes the memory of a buffer that held one. It must have had room for all from the start. */
void missionctl_secret_wipe(mc_buffer_t *buffer);

#endif
