/*
 *  run_multi - transfers of curl behind one descriptor that can be waited for
 */
#ifndef MISSIONCTL_RUN_MULTI_H
#define MISSIONCTL_RUN_MULTI_H

#include <curl/curl.h>

#include "proto/base.h"

typedef struct {
    CURLM *transfers;
    int epoll;      /* readable when turn has something to do */
    int64_t due_us; /* when it wants its turn anyway, steady clock; 0: never */
} missionctl_multi_t;

/* It may not move while it is in use. */
void missionctl_multi_init(missionctl_multi_t *self);

/* After its transfers were taken off. */
void missionctl_multi_clear(missionctl_multi_t *self);

/* Goes on with all transfers; what ended is to be asked of curl_multi_info_read. */
void missionctl_multi_turn(missionctl_multi_t *self);

#endif
