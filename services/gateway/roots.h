/*
 *  roots - the root tasks to choose from, and what the runs of one have in common
 */
#ifndef GATEWAY_ROOTS_H
#define GATEWAY_ROOTS_H

#include "gateway.h"

/* GET /api/v1/roots?search=&limit=&cursor= */
void gateway_on_roots(void *state, mc_http_request_t *request);

/* GET /api/v1/facets?rootTaskId= */
void gateway_on_facets(void *state, mc_http_request_t *request);

#endif
