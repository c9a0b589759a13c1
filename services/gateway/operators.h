/*
 *  operators - the first operator, and the way in for the command line
 *
 *  Where there is no operator yet, admin is made with a random passphrase. It is
 *  written once to first-login in the var folder, as one line with the name and
 *  the passphrase; the file goes at the first login. local-token beside it is for whoever may read
 * it: see auth.h.
 */
#ifndef GATEWAY_OPERATORS_H
#define GATEWAY_OPERATORS_H

#include "gateway.h"

/* Reads local-token, or makes it where there is none. Returns 0 or -1. */
MC_CHECKED int gateway_local_token_open(gateway_t *gateway);

/* Makes the first operator if there is none, as soon as the store can be asked. */
void gateway_operators_begin(gateway_t *gateway);

/* Removes first-login, if it is still there. */
void gateway_operators_forget_first(gateway_t *gateway);

#endif
