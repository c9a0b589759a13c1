/*
 *  redact_pair - names that stand beside their values instead of before them
 */
#ifndef MC_REDACT_PAIR_H
#define MC_REDACT_PAIR_H

#include "common/json.h"
#include "redact_custom.h"

/* The verdict on what has no name. */
extern const mc_redact_name_t mc_redact_no_name;

/* The name under which the value of a pair stands: {name, value}, {key, value} and the like. */
mc_redact_name_t mc_redact_pair_name(const mc_redact_custom_t *custom, mc_json_t object);

/* Is a member of that name the value of a pair? */
bool mc_redact_is_pair_value(mc_text_t key);

/* What a container passes on to what is in it; nothing when it describes a value instead of holding
 * it, as a JSON Schema does. */
mc_redact_name_t mc_redact_inherited(mc_redact_name_t name, mc_json_t value);

/* The name that a text in an array is for the next: [["authorization", "..."]] (is_pair),
 * ["--token", "..."], and the flat list of headers that Node gives. */
mc_redact_name_t mc_redact_name_before(const mc_redact_custom_t *custom, mc_text_t text,
                                       mc_text_t next, bool is_pair);

#endif
