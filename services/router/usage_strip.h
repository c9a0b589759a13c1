/*
 *  usage_strip - takes usage out of a chat stream whose client did not ask for it
 *
 *  The router asks for it to know the cost; the client gets what it would have
 *  got: no chunk of nothing but usage, and no "usage": null.
 */
#ifndef ROUTER_USAGE_STRIP_H
#define ROUTER_USAGE_STRIP_H

#include "common/json.h"
#include "common/sse.h"

/* Appends what is left of the frame; maybe nothing. */
void router_usage_strip(mc_json_scanner_t *scanner, const mc_sse_frame_t *frame, mc_buffer_t *out);

#endif
