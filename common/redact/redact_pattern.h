/*
 *  redact_pattern - the small pattern language of redact_rules.def
 *
 *  Literals and counted classes, each taking as many characters as there are:
 *  no choice is ever taken back, so a match looks at each byte once.
 */
#ifndef MC_REDACT_PATTERN_H
#define MC_REDACT_PATTERN_H

#include "proto/base.h"

#define MC_REDACT_COUNT_MAX 8192 /* of a class without an upper bound */

/* One element of a pattern. */
typedef struct {
    char class; /* the letter behind %, or 0 for a literal character */
    char literal;
    uint16_t min;
    uint16_t max;
} mc_redact_item_t;

/* Reads the element at *pattern and moves on; false at the end. */
bool mc_redact_pattern_next(const char **pattern, mc_redact_item_t *ret_item);

bool mc_redact_class_has(char class, char byte);

/* Matches around a place where the pattern's literal was found in text. ret_start and ret_end are
 * offsets of the whole match. Behind it comes no character of the last class, and before it none
 * of a word. */
bool mc_redact_pattern_match(const char *pattern, mc_text_t literal, mc_text_t text, size_t found,
                             size_t *ret_start, size_t *ret_end);

/* True where a token may begin: no letter, digit or _ before, but for the tail of an escape: \n,
 * %3D or the end of a terminal's colour. */
bool mc_redact_is_boundary(mc_text_t text, size_t at);

#endif
