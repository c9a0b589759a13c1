/*
 *  life - what the parts of the service loop know of the service besides service.h
 */
#ifndef MC_COMMON_SERVICE_LIFE_H
#define MC_COMMON_SERVICE_LIFE_H

#include "common/service.h"

const char *mc_service_name(const mc_service_t *self);

/* NULL when ready, else why not. */
const char *mc_service_unready(mc_service_t *self);

/* How it is, for whoever asks; texts are lent as long as the service lives. */
void mc_service_status(mc_service_t *self, mc_service_status_t *ret_status);

#endif
