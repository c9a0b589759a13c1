/*
 *  flags - Developer Mode, as control says it
 */
#ifndef VAULT_FLAGS_H
#define VAULT_FLAGS_H

#include "services/vault/vault.h"

/* From now on vault->dev_mode is what is in force. */
void vault_flags_follow(vault_t *vault);

#endif
