/*
 *  operator_changes - listing, making and removing operators, and their roles
 *
 *  A change is in force at once: sessions of who was removed end, those of who
 *  has another role have it, on every gateway. There is always an admin.
 */
#ifndef GATEWAY_OPERATOR_CHANGES_H
#define GATEWAY_OPERATOR_CHANGES_H

#include "gateway.h"

#define GATEWAY_NEW_OPERATOR_BYTES_MAX 64 /* of a name that is given today */

/* GET /api/v1/operators */
void gateway_on_operators(void *state, mc_http_request_t *request);
/* POST /api/v1/operators {"name", "role", "passphrase"?}; one that is made here is shown once. */
void gateway_on_operator_new(void *state, mc_http_request_t *request);
/* PATCH /api/v1/operators/{name} {"role"} */
void gateway_on_operator_role(void *state, mc_http_request_t *request);
/* DELETE /api/v1/operators/{name} */
void gateway_on_operator_remove(void *state, mc_http_request_t *request);

#endif
