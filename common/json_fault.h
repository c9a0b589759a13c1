/*
 *  json_fault - where a text stops being JSON
 *
 *  For the message of a refusal only: slow, and asked after simdjson refused.
 */
#ifndef MC_COMMON_JSON_FAULT_H
#define MC_COMMON_JSON_FAULT_H

#include "proto/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    size_t at;        /* byte, from 0 */
    const char *what; /* "expected a value" */
    bool is_too_deep; /* not a fault of the grammar, but of the limit */
} mc_json_fault_t;

/* Finds the first fault, or returns false. depth_max is at most 64. */
bool mc_json_find_fault(mc_text_t text, size_t depth_max, mc_json_fault_t *ret_fault);

#ifdef __cplusplus
}
#endif
#endif
