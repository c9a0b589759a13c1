/*
 *  pages - the routes that every service has: /healthz, /readyz, /metrics
 */
#ifndef MC_COMMON_SERVICE_PAGES_H
#define MC_COMMON_SERVICE_PAGES_H

#include "common/service.h"

typedef struct mc_pages mc_pages_t;

/* service and routes are lent; routes end in a zero row or are NULL. */
mc_pages_t *mc_pages_new(mc_service_t *service, const mc_http_route_t *routes);
void mc_pages_destroy(mc_pages_t **address);

/* The service's routes and those of every service, with a zero row behind. */
const mc_http_route_t *mc_pages_routes(const mc_pages_t *self);

#endif
