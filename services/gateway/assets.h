/*
 *  assets - the console's files, in memory from the start
 *
 *  A file whose name carries a hash of its content may be kept by browsers for
 *  ever; all others are asked for again, with an ETag. Where the build put a .gz
 *  or .br beside a file, who accepts it gets that; other texts are compressed
 *  once, at start. Paths that are no file are views of the console: index.html.
 */
#ifndef GATEWAY_ASSETS_H
#define GATEWAY_ASSETS_H

#include "gateway.h"

#define GATEWAY_ASSETS_MAX 2000
#define GATEWAY_ASSETS_BYTES_MAX ((size_t)64 << 20)

/* Reads the folder; an empty set when there is none. */
gateway_assets_t *gateway_assets_new(const char *folder);
void gateway_assets_destroy(gateway_assets_t **address);

/* GET of everything that is not the API. */
void gateway_on_asset(void *state, mc_http_request_t *request);

#endif
