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

/* Called after each batch of events; true when it did something. A turn of the loop costs more than
 * a batch, so while there is more to do here, some batches are handled in one turn. */
typedef bool mc_watches_batch_fn(void *arg);
void mc_watches_set_batch_end(mc_watches_t *self, mc_watches_batch_fn *end, void *arg);

/* See mc_service_watch. */
void mc_watches_set(mc_watches_t *self, int fd, int events, mc_watch_fn *ready, void *arg);

#endif
