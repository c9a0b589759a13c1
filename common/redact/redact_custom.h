/*
 *  redact_custom - what people add: their rules, their names, their allow-lists
 *
 *      { "rules": [ { "id": "acme_key", "pattern": "acme_[0-9a-f]{32}" } ],
 *        "names": [ "acme pin" ],
 *        "allow": { "rules": [ "session" ], "names": [ "session id" ],
 *                   "values": [ "hunter2" ] } }
 *
 *  Patterns are vectorscan's, in any text; names count by their words.
 */
#ifndef MC_REDACT_CUSTOM_H
#define MC_REDACT_CUSTOM_H

#include "redact_name.h"

#define MC_REDACT_CUSTOM_MAX 256 /* entries of each list */

typedef struct mc_redact_custom mc_redact_custom_t;

/* Reads the file; an empty one for NULL or "". NULL on failure: the reason names file and entry. */
mc_redact_custom_t *mc_redact_custom_new(const char *file);
void mc_redact_custom_destroy(mc_redact_custom_t **address);

size_t mc_redact_custom_rule_count(const mc_redact_custom_t *self);
const char *mc_redact_custom_rule_id(const mc_redact_custom_t *self, size_t index);

/* A word of each name, for the filter; NULL-terminated, lent. */
const char *const *mc_redact_custom_names(const mc_redact_custom_t *self);

/* The verdict on a name with the lists of the file in force. */
mc_redact_name_t mc_redact_custom_name(const mc_redact_custom_t *self, mc_text_t name);

bool mc_redact_custom_allows(const mc_redact_custom_t *self, size_t rule, mc_text_t value);

/* Calls back with each match of a rule of the file. */
typedef void mc_redact_custom_fn(void *arg, size_t index, size_t start, size_t end);
MC_CHECKED int mc_redact_custom_scan(const mc_redact_custom_t *self, mc_text_t text,
                                     mc_redact_custom_fn *found, void *arg);

#endif
