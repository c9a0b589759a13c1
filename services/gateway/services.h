/*
 *  services - which services are up, as the gateway sees them
 */
#ifndef GATEWAY_SERVICES_H
#define GATEWAY_SERVICES_H

#include "gateway.h"

/* GET /api/v1/services */
void gateway_on_services(void *state, mc_http_request_t *request);

#endif
