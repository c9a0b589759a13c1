/*
 *  stream - GET /api/v1/stream: the live feed to many clients
 *
 *  A client is a place in the ring and a sieve; it copies what it wants when its
 *  connection has room, so a slow one costs nothing but its own delay. One whose
 *  place was pushed out, or that goes on from an earlier event, reads the store
 *  in pages until the ring has what comes next:
 *
 *      resume or pushed out --> BEHIND --page, page, ... joined--> LIVE
 *                                  ^-------- place pushed out -------'
 *
 *      retry: 1000                       the first frame
 *      id: 4711
 *      event: ready
 *      data: {"lastEventId": 4711}
 */
#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

#include "gateway.h"

gateway_streams_t *gateway_streams_new(gateway_t *gateway);
void gateway_streams_destroy(gateway_streams_t **address);

/* The route. */
void gateway_on_stream(void *state, mc_http_request_t *request);

/* There is something new: clients are told soon, at most every 20 ms. */
void gateway_streams_wake(gateway_streams_t *self);

/* Ends the streams whose login or key is no longer in force. */
void gateway_streams_check_callers(gateway_streams_t *self);

/* By the clock, once a second: tries again what the store refused. */
void gateway_streams_tick(gateway_streams_t *self);

/* By the clock, every 15 seconds: a sign of life; who does not take it for a minute is cut off.
 * state is the gateway. */
void gateway_streams_heartbeat(void *state);

#endif
