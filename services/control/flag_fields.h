/*
 *  flag_fields - the flags as a record, as variables and as JSON
 *
 *  A flag is a field of runtime_flags and a setting of the same name. These
 *  functions walk both tables, so a new flag needs no code here.
 */
#ifndef CONTROL_FLAG_FIELDS_H
#define CONTROL_FLAG_FIELDS_H

#include "proto/buffer.h"
#include "proto/proto.h"
#include "services/control/env_text.h"

/* Moves numbers outside their bounds inside. */
void control_flags_clamp(mc_runtime_flags_t *flags);

/* Takes the fields over that are present in asked and are flags, save those that the environment
 * of this process sets: they stay. Returns how many stay that were asked to be another. */
size_t control_flags_merge(mc_runtime_flags_t *flags, const mc_runtime_flags_t *asked);

/* Takes all of them over that are present in asked. */
void control_flags_overlay(mc_runtime_flags_t *flags, const mc_runtime_flags_t *asked);

bool control_flags_equal(const mc_runtime_flags_t *one, const mc_runtime_flags_t *other);

/* The lines of .env for what is present in asked. Returns their number. */
size_t control_flags_values(const mc_runtime_flags_t *asked,
                            control_env_value_t ret_values[MC_FIELDS_runtime_flags]);

/* {"devMode":{"from":false,"to":true}} of what is present in asked and not as in old. */
void control_flags_write_change(const mc_runtime_flags_t *old, const mc_runtime_flags_t *asked,
                                mc_buffer_t *out);

#endif
