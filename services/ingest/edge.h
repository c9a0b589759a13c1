/*
 *  edge - what the HTTP doors of ingest share
 */
#ifndef INGEST_EDGE_H
#define INGEST_EDGE_H

#include "services/ingest/ingest.h"

/* The body as it was before Content-Encoding (none, identity or gzip). plain holds it when it had
 * to be inflated; the caller clears it. */
MC_CHECKED int ingest_edge_body(const ingest_t *self, mc_http_request_t *request,
                                mc_buffer_t *plain, mc_text_t *ret_body, mc_refusal_t *refusal);

#endif
