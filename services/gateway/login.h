/*
 *  login - a person's way in and out
 *
 *  Passphrases are checked on the work thread. A name that does not exist costs
 *  the same time as one that does.
 */
#ifndef GATEWAY_LOGIN_H
#define GATEWAY_LOGIN_H

#include "gateway.h"

#define GATEWAY_LOGIN_BYTES_MAX ((size_t)8192)

/* POST /api/v1/auth/login {"username", "passphrase"} */
void gateway_on_login(void *state, mc_http_request_t *request);
/* GET /api/v1/auth/session */
void gateway_on_session(void *state, mc_http_request_t *request);
/* POST /api/v1/auth/logout */
void gateway_on_logout(void *state, mc_http_request_t *request);
/* POST /api/v1/auth/passphrase {"current", "next"} */
void gateway_on_passphrase(void *state, mc_http_request_t *request);

#endif
