/*
 *  redact_name - does this name hold a secret
 */
#ifndef MC_REDACT_NAME_H
#define MC_REDACT_NAME_H

#include "redact_rule.h"

typedef enum {
    MC_REDACT_NOT_SECRET,
    MC_REDACT_OPAQUE_NO_HEX,
    MC_REDACT_OPAQUE_NO_UUID,
    MC_REDACT_OPAQUE,
    MC_REDACT_PLURAL,
    MC_REDACT_NO_PATH,
    MC_REDACT_ALWAYS,
    MC_REDACT_END_ALWAYS,
    MC_REDACT_TAIL_NEVER,
    MC_REDACT_NEVER,
} mc_redact_strength_t;

typedef struct {
    mc_redact_strength_t strength; /* NOT_SECRET to ALWAYS */
    mc_redact_rule_t rule;
    bool is_harmless; /* the name says that it holds none: password_policy, token_count, id */
} mc_redact_name_t;

#define MC_REDACT_NAME_BYTES_MAX 160 /* of a longer name the end counts */

/* Looks the name up by its words, in any spelling. */
mc_redact_name_t mc_redact_name(mc_text_t name);

/* The name as its words: lower case, a space before each and one at the end. Returns its size. */
size_t mc_redact_name_words(mc_text_t name, char ret_words[MC_REDACT_NAME_BYTES_MAX * 2]);

/* Under such a name: is this value a secret? */
bool mc_redact_name_hides(mc_redact_name_t name, mc_text_t value);

/* The rows, for the test of their order. */
extern const char *const mc_redact_name_rows[];
extern const size_t mc_redact_name_count;

#endif
