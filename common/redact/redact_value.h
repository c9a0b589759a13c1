/*
 *  redact_value - what a value is: a mark, a placeholder, a word, noise
 */
#ifndef MC_REDACT_VALUE_H
#define MC_REDACT_VALUE_H

#include "proto/base.h"

/* The marks that are put in a secret's place: [REDACTED:rule]. */
#define MC_REDACT_MARK_HEAD "[REDACTED:"

/* Exactly one mark, as made before. */
bool mc_redact_is_mark(mc_text_t text);
/* The size of the mark at the start of the text, or 0. */
size_t mc_redact_mark_size(mc_text_t text);

/* Nobody's secret: ${NAME}, <your key>, {{ x }}, ****, xxxx, EXAMPLE, your-api-key, a mark. */
bool mc_redact_is_placeholder(mc_text_t value);

/* The body of a token that is somebody's filler: xxxx, 00000000, EXAMPLE, your-key-here. */
bool mc_redact_is_filler(mc_text_t body);

/* A word of a form or of code, never a secret: required, string, null, bearer. */
bool mc_redact_is_plain_word(mc_text_t value);

/* 8 or more characters without spaces that are no number, URL, path, date, word, identifier or
 * words joined by - _ . : as in enums, versions and slugs. */
bool mc_redact_is_opaque(mc_text_t value);

/* ^1.2.3, ~0.6, 2.0.0-beta.1: what a package is at, also under the name tough-cookie. */
bool mc_redact_is_version(mc_text_t value);

/* Letters and digits both; letters of both cases. */
bool mc_redact_is_mixed(mc_text_t value);
bool mc_redact_has_both_cases(mc_text_t value);

/* 7 to 128 hex digits, or a UUID: ids and digests, unless a name says otherwise. */
bool mc_redact_is_hex(mc_text_t value);
bool mc_redact_is_uuid(mc_text_t value);
bool mc_redact_is_number(mc_text_t value);

#endif
