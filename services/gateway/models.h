/*
 *  models - providers, routing and ratings over HTTP: forms of commands that the router answers
 */
#ifndef GATEWAY_MODELS_H
#define GATEWAY_MODELS_H

#include "gateway.h"

/* POST /api/v1/providers, DELETE /api/v1/providers/{name}, POST /api/v1/providers/{name}/test */
void gateway_on_provider_put(void *state, mc_http_request_t *request);
void gateway_on_provider_remove(void *state, mc_http_request_t *request);
void gateway_on_provider_test(void *state, mc_http_request_t *request);

/* POST /api/v1/router/explain */
void gateway_on_explain(void *state, mc_http_request_t *request);

/* GET /api/v1/router/decisions/{id}: from its event, else from the memory of a router. */
void gateway_on_decision(void *state, mc_http_request_t *request);

/* POST /api/v1/runs/{id}/quality */
void gateway_on_run_quality(void *state, mc_http_request_t *request);

#endif
