/*
 *  control - parts that speak HTTP: hello, acknowledgement, and the stream of what holds
 *
 *      POST /api/v1/control/parts       "I enforce this run": answered with its verdict
 *      GET  /api/v1/control/stream?run= the verdict now and whenever it changes
 *      POST /api/v1/control/ack         "it is done"
 *
 *      event: hold
 *      data: {"runId": "r", "epoch": 7, "receiptId": "...", "verdict": "pause", "mode": "now", ...}
 *
 *  Each hold is to be acknowledged with its epoch. Every second there is a
 *  comment, and control is told whose stream is open: that is the sign of life of
 *  the parts of the run. What is decided is decided by control.
 */
#ifndef GATEWAY_CONTROL_H
#define GATEWAY_CONTROL_H

#include "gateway.h"

gateway_watchers_t *gateway_watchers_new(gateway_t *gateway);
void gateway_watchers_destroy(gateway_watchers_t **address);

/* The routes. */
void gateway_on_part(void *state, mc_http_request_t *request);
void gateway_on_ack(void *state, mc_http_request_t *request);
void gateway_on_control_stream(void *state, mc_http_request_t *request);
void gateway_on_receipts(void *state, mc_http_request_t *request);

/* By the clock, once a second. state is the gateway. */
void gateway_watchers_beat(void *state);

#endif
