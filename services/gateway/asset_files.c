/*
 *  asset_files - the files of a folder, read into memory
 */
#include "asset_files.h"

#include <fts.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define COMPRESS_BYTES_MIN 1024 /* less than that fits one packet anyway */
#define TAG_BYTES 8             /* of the content's SHA-256 */

static const struct {
    const char *ending;
    const char *type;
    bool is_text;
} types[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".svg", "image/svg+xml", true},
    {".json", "application/json", true},
    {".map", "application/json", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".webmanifest", "application/manifest+json", true},
    {".png", "image/png", false},
    {".ico", "image/vnd.microsoft.icon", false},
    {".woff2", "font/woff2", false},
    {".woff", "font/woff", false},
    {".wasm", "application/wasm", false},
};

static bool
ends_with(const char *name, const char *ending)
{
    size_t size = strlen(name), ending_size = strlen(ending);
    return size >= ending_size && !strcmp(name + size - ending_size, ending);
}

static const char *
type_of(const char *name, bool *ret_is_text)
{
    for (size_t i = 0; i < MC_COUNT(types); i++) {
        if (ends_with(name, types[i].ending)) {
            *ret_is_text = types[i].is_text;
            return types[i].type;
        }
    }
    *ret_is_text = false;
    return "application/octet-stream";
}

static bool
read_file(const char *path, mc_buffer_t *out)
{
    char piece[65536];
    size_t size;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while ((size = fread(piece, 1, sizeof piece, file)) > 0)
        mc_buffer_append(out, piece, size);
    bool is_read = !ferror(file) && !out->is_full;
    fclose(file);
    return is_read;
}

/* Makes the gzip form; leaves it empty when that is not smaller. */
static void
compress_text(const mc_buffer_t *plain, mc_buffer_t *out)
{
    z_stream stream = {0};
    if (plain->size < COMPRESS_BYTES_MIN ||
        deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    size_t room = deflateBound(&stream, plain->size);
    char *bytes = malloc(room);
    stream.next_in = (Bytef *)plain->data;
    stream.avail_in = (uInt)plain->size;
    stream.next_out = (Bytef *)bytes;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out < plain->size)
        mc_buffer_append(out, bytes, stream.total_out);
    deflateEnd(&stream);
    free(bytes);
}

static void
make_tag(gateway_asset_t *file)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * TAG_BYTES + 1];
    crypto_hash_sha256(digest, (const unsigned char *)file->plain.data, file->plain.size);
    sodium_bin2hex(hex, sizeof hex, digest, TAG_BYTES);
    snprintf(file->tag, sizeof file->tag, "\"%s\"", hex);
}

/* The build puts a hash before the ending of everything in assets/. */
static bool
is_hashed(const char *path)
{
    return !strncmp(path, "/assets/", 8) && strchr(path, '-');
}

static void
add_file(gateway_assets_t *assets, const char *folder, const char *path)
{
    char beside[4096];
    bool is_text;
    gateway_asset_t *file = &assets->files[assets->count];
    *file = (gateway_asset_t){.type = type_of(path, &is_text)};
    if (!read_file(path, &file->plain)) {
        mc_buffer_clear(&file->plain);
        return;
    }
    snprintf(beside, sizeof beside, "%s.gz", path);
    if (!read_file(beside, &file->gzip) && is_text)
        compress_text(&file->plain, &file->gzip);
    snprintf(beside, sizeof beside, "%s.br", path);
    (void)read_file(beside, &file->brotli);

    file->path = strdup(path + strlen(folder));
    file->is_hashed = is_hashed(file->path);
    make_tag(file);
    assets->bytes += file->plain.size + file->gzip.size + file->brotli.size;
    assets->count++;
}

void
gateway_asset_files_read(gateway_assets_t *assets, const char *folder)
{
    char *roots[] = {(char *)folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    while (walk && (entry = fts_read(walk))) {
        if (entry->fts_info != FTS_F || ends_with(entry->fts_path, ".gz") ||
            ends_with(entry->fts_path, ".br") || ends_with(entry->fts_path, ".map"))
            continue;
        if (assets->count == GATEWAY_ASSETS_MAX || assets->bytes > GATEWAY_ASSETS_BYTES_MAX)
            break;
        add_file(assets, folder, entry->fts_path);
    }
    if (walk)
        fts_close(walk);
}

void
gateway_asset_files_clear(gateway_assets_t *assets)
{
    for (size_t i = 0; i < assets->count; i++) {
        gateway_asset_t *file = &assets->files[i];
        free(file->path);
        mc_buffer_clear(&file->plain);
        mc_buffer_clear(&file->gzip);
        mc_buffer_clear(&file->brotli);
    }
}
