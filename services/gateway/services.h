/*
 *  services - every instance of every service, as it says of itself
 */
#ifndef GATEWAY_SERVICES_H
#define GATEWAY_SERVICES_H

#include "gateway.h"

/* GET /api/v1/services */
void gateway_on_services(void *state, mc_http_request_t *request);

#endif
