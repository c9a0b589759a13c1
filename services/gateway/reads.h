/*
 *  reads - GET forms of the reads, with query parameters and pages
 *
 *  Each is a row: a path, the command it is a form of, and what its cursor is
 *  made of. Query parameters are the fields of the command's input.
 */
#ifndef GATEWAY_READS_H
#define GATEWAY_READS_H

#include "gateway.h"

/* A list of a command: {"items", "nextCursor"}; or its bare result, for those that are one record.
 */
void gateway_on_read(void *state, mc_http_request_t *request);

/* /api/v1/runs/{id} and /api/v1/tasks/{id}: the one record. */
void gateway_on_read_one(void *state, mc_http_request_t *request);

/* /api/v1/events/{id} */
void gateway_on_event(void *state, mc_http_request_t *request);

/* /api/v1/model-health */
void gateway_on_model_health(void *state, mc_http_request_t *request);

/* /api/v1/quarantine?limit=&cursor= */
void gateway_on_quarantine(void *state, mc_http_request_t *request);

#endif
