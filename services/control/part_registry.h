/*
 *  part_registry - which parts there are: hello, signs of life, gone, forgotten
 */
#ifndef CONTROL_PART_REGISTRY_H
#define CONTROL_PART_REGISTRY_H

#include "services/control/parts.h"

control_t *control_parts_owner(const control_parts_t *self);
size_t control_parts_count(const control_parts_t *self);

/* Puts a part in, in the place of the one of that name; the record is copied. */
control_part_t *control_parts_put(control_parts_t *self, const mc_control_part_t *record);
void control_parts_remove(control_parts_t *self, mc_text_t id);

/* A sign of life. */
void control_parts_see(control_parts_t *self, control_part_t *part);

#endif
