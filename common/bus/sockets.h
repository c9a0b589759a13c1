/*
 *  sockets - the bus's sockets in the loop, by their descriptors
 *
 *  Left to zloop, each of them is asked in each turn whether it has something:
 *  a few calls of the kernel for each. So their descriptors (ZMQ_FD) are watched
 *  instead, and a turn without word from the bus does not touch them.
 *
 *  Such a descriptor tells that libzmq's thread has sent word to the socket, and
 *  any use of the socket may take that word: so one that was used, or not read to
 *  its end, is read in the next turn, which does not wait then.
 */
#ifndef MC_COMMON_BUS_SOCKETS_H
#define MC_COMMON_BUS_SOCKETS_H

#include <czmq.h>

#include "common/bus/wire.h"
#include "common/metrics.h"

typedef struct mc_bus_sockets mc_bus_sockets_t;

/* Gets a message, and closes its frames. */
typedef void mc_bus_take_fn(void *arg, mc_bus_frames_t *frames);

typedef struct {
    mc_bus_sockets_t *sockets;
    zsock_t *zsock; /* call mc_bus_socket_touch when it was used */
    int fd;
    int frames; /* of each message; others are malformed */
    mc_bus_take_fn *take;
    void *arg;
    void *place; /* among those to be read in the next turn, or NULL */
} mc_bus_socket_t;

/* Messages that are malformed are counted in metrics, which are lent. */
mc_bus_sockets_t *mc_bus_sockets_new(zloop_t *loop, mc_metrics_t *metrics);
void mc_bus_sockets_destroy(mc_bus_sockets_t **address);

/* A socket with the options that all have in common. It is read as soon as it is said by whom. */
mc_bus_socket_t *mc_bus_socket_new(mc_bus_sockets_t *sockets, int type, int messages_max);
void mc_bus_socket_destroy(mc_bus_socket_t **address);
void mc_bus_socket_take(mc_bus_socket_t *self, int frames, mc_bus_take_fn *take, void *arg);

/* As mc_bus_send. */
int mc_bus_socket_send(mc_bus_socket_t *self, mc_bus_frames_t *frames);
void mc_bus_socket_touch(mc_bus_socket_t *self);
/* Takes what has come, up to some messages. True when there may be more. */
bool mc_bus_socket_read(mc_bus_socket_t *self);

#endif
