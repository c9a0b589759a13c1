/*
 *  watches - descriptors that somebody waits for, in one epoll descriptor
 */
#ifndef MC_COMMON_SERVICE_WATCHES_H
#define MC_COMMON_SERVICE_WATCHES_H

#include <czmq.h>

#include "proto/base.h"

typedef struct mc_watches mc_watches_t;
typedef void mc_watch_fn(void *arg, int events);

mc_watches_t *mc_watches_new(zloop_t *loop);
void mc_watches_destroy(mc_watches_t **address);

/* See mc_service_watch. */
void mc_watches_set(mc_watches_t *self, int fd, int events, mc_watch_fn *ready, void *arg);

#endif
