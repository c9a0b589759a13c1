/*
 *  run_text - terminal output cut into pieces that are text
 *
 *  A program writes bytes; a read may end inside a character. Pieces are whole
 *  characters; what is not UTF-8 becomes U+FFFD, and NUL, which no terminal
 *  shows, is left out. Joined, the pieces are the same whatever the reads were.
 */
#ifndef MISSIONCTL_RUN_TEXT_H
#define MISSIONCTL_RUN_TEXT_H

#include "proto/buffer.h"

#define MISSIONCTL_HEAD_CHARACTERS 200

/* Bytes at the beginning that can be taken now: all but a character that has only begun. */
size_t missionctl_text_whole(mc_text_t bytes);

/* Appends the bytes as valid UTF-8 without NUL. */
void missionctl_text_clean(mc_text_t bytes, mc_buffer_t *out);

/* Appends the beginning of clean text as a person would read it: escape sequences are left out,
 * white space is one space, at most MISSIONCTL_HEAD_CHARACTERS characters. */
void missionctl_text_head(mc_text_t text, mc_buffer_t *out);

#endif
