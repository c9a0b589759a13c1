/*
 *  openapi - the description of the HTTP API, as part of the program
 *
 *  docs/openapi.json is made from the tables by make proto; the assembler copies
 *  it in, so that there is no file to find where the service runs.
 */
#ifndef GATEWAY_OPENAPI_H
#define GATEWAY_OPENAPI_H

#include "gateway.h"

/* GET /api/v1/openapi.json */
void gateway_on_openapi(void *state, mc_http_request_t *request);

#endif
