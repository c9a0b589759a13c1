/*
 *  work - one thread for slow computation, started when it is first needed
 */
#ifndef MC_COMMON_SERVICE_WORK_H
#define MC_COMMON_SERVICE_WORK_H

#include "common/service/watches.h"

typedef struct mc_work mc_work_t;
typedef void mc_work_fn(void *arg);

#define MC_WORK_WAITING_MAX 64

mc_work_t *mc_work_new(mc_watches_t *watches);
/* Waits for the piece under way and drops the rest. */
void mc_work_destroy(mc_work_t **address);

/* See mc_service_work. */
MC_CHECKED int mc_work_add(mc_work_t *self, mc_work_fn *work, mc_work_fn *done, void *arg);

#endif
