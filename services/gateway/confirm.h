/*
 *  confirm - an operator says with the passphrase that a secret may be shown or overwritten
 *
 *  The passphrase is checked here, where operators are kept, and goes no further;
 *  the vault then makes a token that is bound to this login. An API key has no
 *  passphrase and cannot confirm. Five failures lock a name out for a while.
 */
#ifndef GATEWAY_CONFIRM_H
#define GATEWAY_CONFIRM_H

#include "ask.h"

/* The command confirm_provider_secret_access. */
void gateway_confirm(gateway_ask_t *ask);

#endif
