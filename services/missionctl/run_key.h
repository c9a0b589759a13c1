/*
 *  run_key - the key by which model calls of a wrapped command are known as its run's
 *
 *  Made by the gateway for this run; where the gateway is away, or refuses, an
 *  open one, which only says who calls and opens nothing once keys are needed.
 */
#ifndef MISSIONCTL_RUN_KEY_H
#define MISSIONCTL_RUN_KEY_H

#include "api.h"
#include "run_identity.h"

#define MISSIONCTL_RUN_KEY_BYTES 8192

/* api may be NULL. */
void missionctl_run_key(missionctl_api_t *api, const missionctl_run_identity_t *identity,
                        char ret_key[MISSIONCTL_RUN_KEY_BYTES]);

#endif
