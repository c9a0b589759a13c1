/*
 *  gzip - a compressed body within bounds
 */
#ifndef INGEST_GZIP_H
#define INGEST_GZIP_H

#include "proto/buffer.h"
#include "proto/proto.h"

/* Inflates the whole body into out. Returns 0, or MC_REFUSED: too_large when it would pass max
 * bytes, bad_encoding when it is not gzip, is cut or has bytes behind it. */
MC_CHECKED int ingest_gzip_inflate(mc_text_t body, size_t bytes_max, mc_buffer_t *out,
                                   mc_refusal_t *refusal);

#endif
