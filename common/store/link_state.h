/*
 *  link_state - what the two files of a link share
 */
#ifndef MC_COMMON_STORE_LINK_STATE_H
#define MC_COMMON_STORE_LINK_STATE_H

#include "link.h"

typedef enum {
    MC_LINK_CLOSED,
    MC_LINK_CONNECTING,
    MC_LINK_FREE,
    MC_LINK_PREPARING,
    MC_LINK_ASKING,
    MC_LINK_COPYING
} mc_link_state_t;

struct mc_link {
    mc_store_t *store;
    mc_service_t *service;
    const mc_link_owner_t *calls;
    void *owner;
    PGconn *connection;
    mc_link_state_t state;
    mc_question_t *question; /* from MC_LINK_PREPARING to MC_LINK_COPYING */
    PGresult *result;        /* the last of the question */
    size_t copied;           /* bytes of its data */
    size_t statement;
    bool prepared[MC_STORE_STATEMENTS_MAX];
    bool must_close; /* its statements are out of date */

    int64_t free_since_us;
    int pause_ms;
    int timer; /* of the pause, or of the attempt; -1 for none */
    int fd;    /* watched, or -1 */
    int events;
    int depth; /* of drive: it may be destroyed by a callback */
    bool is_destroyed;
};

/* link.c: watches the socket, -1 for none. */
void mc_link_watch(mc_link_t *self, int fd, int events);
/* Keeps what libpq says and is -1. */
int mc_link_fail(const mc_link_t *self);

/* talk.c: begins with self->question; goes on when the socket is ready. -1 when the connection is
 * of no more use. */
MC_CHECKED int mc_link_talk_begin(mc_link_t *self);
MC_CHECKED int mc_link_talk(mc_link_t *self, int events);

#endif
