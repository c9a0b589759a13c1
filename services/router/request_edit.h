/*
 *  request_edit - what a provider must be told otherwise than the client said it
 *
 *  A body goes out byte for byte as it came, but for the model's name, the option
 *  that asks for usage, and the limit of output where the provider knows only the
 *  other one of its two names.
 */
#ifndef ROUTER_REQUEST_EDIT_H
#define ROUTER_REQUEST_EDIT_H

#include "services/router/registry.h"
#include "services/router/request_scan.h"

typedef struct {
    mc_text_t model;
    bool must_have_usage;
    router_limit_t limit; /* of chat; elsewhere ROUTER_LIMIT_EITHER */
} router_request_edit_t;

/* Appends the body with output limits that are not above that; where it has none, with one. */
void router_request_cap(const router_request_scan_t *self, router_dialect_t dialect,
                        int64_t output_max, mc_buffer_t *out);

/* Appends the edited body to out. */
void router_request_edit(const router_request_scan_t *self, const router_request_edit_t *edit,
                         mc_buffer_t *out);

#endif
