/*
 *  keys - making, listing and taking back API keys
 */
#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include "gateway.h"

#define GATEWAY_KEY_NAME_BYTES_MAX 100

/* GET /api/v1/keys */
void gateway_on_keys(void *state, mc_http_request_t *request);
/* POST /api/v1/keys {"name", "role"}: the only time that the key is shown. */
void gateway_on_key_new(void *state, mc_http_request_t *request);
/* POST /api/v1/run-keys {"runId", "taskId"?, ...}: a key for the model calls of one run. */
void gateway_on_run_key_new(void *state, mc_http_request_t *request);
/* DELETE /api/v1/keys/{id} */
void gateway_on_key_revoke(void *state, mc_http_request_t *request);

#endif
