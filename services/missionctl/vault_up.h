/*
 *  vault_up - how the vault is, in one line of up
 */
#ifndef MISSIONCTL_VAULT_UP_H
#define MISSIONCTL_VAULT_UP_H

#include "stack.h"

/* Says whether it is open and by what, and what there is to do. */
void missionctl_vault_say(const missionctl_place_t *place, missionctl_say_fn *say);

#endif
