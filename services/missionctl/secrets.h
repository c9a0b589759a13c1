/*
 *  secrets - keys of providers that stand in .env, and the way of them into the vault
 */
#ifndef MISSIONCTL_SECRETS_H
#define MISSIONCTL_SECRETS_H

#include "place.h"

/* Takes every known variable of .env that the vault has no secret for; says each on standard
 * output's lines. Counts what was taken. */
MC_CHECKED int missionctl_secrets_import(const missionctl_place_t *place, size_t *ret_taken);

/* How many known variables stand in .env with a value; their names, with commas, in ret_names. */
size_t missionctl_secrets_in_env(char *ret_names, size_t size);

#endif
