/*
 *  asset_files - the files of a folder, read into memory
 */
#ifndef GATEWAY_ASSET_FILES_H
#define GATEWAY_ASSET_FILES_H

#include "assets.h"

typedef struct {
    char *path;       /* as in the URL: /assets/index-4f2a.js */
    const char *type; /* Content-Type */
    mc_buffer_t plain;
    mc_buffer_t gzip;   /* empty: none */
    mc_buffer_t brotli; /* empty: none */
    char tag[20];       /* ETag of the plain content, with quotes */
    bool is_hashed;
} gateway_asset_t;

struct gateway_assets {
    gateway_asset_t files[GATEWAY_ASSETS_MAX];
    size_t count;
    size_t bytes;
};

/* Reads every file below the folder. Stops at the bounds of assets.h. */
void gateway_asset_files_read(gateway_assets_t *assets, const char *folder);
void gateway_asset_files_clear(gateway_assets_t *assets);

#endif
