/*
 *  env_draft - a file that takes the place of another whole or not at all
 *
 *  The text lies in a file beside the other, on stable storage, before it is
 *  renamed: what can fail has then been done, and nobody has seen it yet.
 */
#ifndef CONTROL_ENV_DRAFT_H
#define CONTROL_ENV_DRAFT_H

#include "proto/base.h"

typedef struct control_env_draft control_env_draft_t;

/* Writes the text beside path, with the owner and the mode of what is there; a link is followed.
 * NULL on failure. The caller owns it. */
control_env_draft_t *control_env_draft_new(const char *path, mc_text_t text);
/* Removes what was not committed. */
void control_env_draft_destroy(control_env_draft_t **address);

/* Puts it in its place: 0, or -1 with the reason; the old file is then where it was, unless only
 * the folder could not be synced. */
MC_CHECKED int control_env_draft_commit(control_env_draft_t *self);

#endif
