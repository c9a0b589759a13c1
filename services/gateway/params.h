/*
 *  params - query parameters of a GET, read into the input record of a command
 *
 *  Names are the JSON names of the input's fields. Numbers are decimal; times
 *  are Unix seconds with an optional fraction, or microseconds when they are
 *  too large to be seconds; booleans are the words of the settings.
 */
#ifndef GATEWAY_PARAMS_H
#define GATEWAY_PARAMS_H

#include "gateway.h"

/* Reads one value of any kind but UUID, JSON and lists. The text must live as long as the record.
 * Returns 0 or MC_REFUSED. */
MC_CHECKED int gateway_param_set(const mc_shape_t *shape, const mc_field_t *field, void *record,
                                 mc_text_t value, mc_refusal_t *refusal);

/* Reads all of them; texts are copied to the arena. The names in others (NULL-terminated, or NULL)
 * are left to the caller; any other name that the shape does not have is refused. An empty value
 * is as good as none. Returns 0 or MC_REFUSED. */
MC_CHECKED int gateway_params_read(const mc_http_request_t *request, const mc_shape_t *shape,
                                   const char *const *others, mc_arena_t *arena, void *ret_record,
                                   mc_refusal_t *refusal);

/* Refuses names that are not in the list. Returns 0 or MC_REFUSED. */
MC_CHECKED int gateway_params_only(const mc_http_request_t *request, const char *const *names,
                                   mc_refusal_t *refusal);

/* The number of a parameter within bounds; the fallback where it is absent or empty. */
MC_CHECKED int gateway_param_limit(mc_text_t value, int64_t most, int64_t fallback,
                                   int64_t *ret_limit, mc_refusal_t *refusal);

#endif
