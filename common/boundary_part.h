/*
 *  boundary_part - a boundary as a part of the platform: hears holds, acknowledges epochs
 *
 *  Hears holds_changed of control and asks for the whole set where it missed
 *  one. Says hello each second with the epoch that it has applied, and
 *  acknowledges each new one at once, with the calls that it holds and has cut.
 *
 *      self->boundary = mc_boundary_new(&limits, &calls);
 *      self->part = mc_boundary_part_new(service, self->boundary, "router");
 *      {.every_ms = 1000, .tick = ...} calls mc_boundary_part_beat(self->part)
 */
#ifndef MC_COMMON_BOUNDARY_PART_H
#define MC_COMMON_BOUNDARY_PART_H

#include "common/boundary.h"
#include "common/service.h"

typedef struct mc_boundary_part mc_boundary_part_t;

/* kind is "router" or "mcp-proxy", a literal. Destroy it before the boundary. */
mc_boundary_part_t *mc_boundary_part_new(mc_service_t *service, mc_boundary_t *boundary,
                                         const char *kind);
void mc_boundary_part_destroy(mc_boundary_part_t **address);

/* By the clock, once a second. */
void mc_boundary_part_beat(mc_boundary_part_t *self);

/* Limits as the settings have them. */
mc_boundary_limits_t mc_boundary_limits(const mc_settings_t *settings);

#endif
