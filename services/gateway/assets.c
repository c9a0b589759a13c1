/*
 *  assets - the console's files, in memory from the start
 */
#include "assets.h"

#include <stdlib.h>
#include <strings.h>

#include "asset_files.h"

#define POLICY                                                                                     \
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

static const char no_console[] =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>Mission Control</title></head><body><h1>The console is not built</h1>"
    "<p>Run <code>make build</code> in the checkout and start the gateway again. "
    "The API is up: see <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>"
    "</body></html>\n";

gateway_assets_t *
gateway_assets_new(const char *folder)
{
    gateway_assets_t *self = calloc(1, sizeof *self);
    gateway_asset_files_read(self, folder);
    if (self->count)
        mc_log(&gateway_log_console_loaded, "folder=%s files=%zu bytes=%zu", folder, self->count,
               self->bytes);
    else
        mc_log(&gateway_log_console_missing, "folder=%s", folder);
    return self;
}

void
gateway_assets_destroy(gateway_assets_t **address)
{
    gateway_assets_t *self = mc_take(address);
    if (!self)
        return;
    gateway_asset_files_clear(self);
    free(self);
}

static const gateway_asset_t *
find_asset(const gateway_assets_t *self, mc_text_t path)
{
    for (size_t i = 0; i < self->count; i++)
        if (mc_text_is(path, self->files[i].path))
            return &self->files[i];
    return NULL;
}

/* A path whose last part has an ending asks for a file, not for a view. */
static bool
asks_for_file(mc_text_t path)
{
    for (size_t i = path.size; i-- > 0 && path.data[i] != '/';)
        if (path.data[i] == '.')
            return true;
    return false;
}

static bool
is_below(mc_text_t path, const char *folder)
{
    size_t size = strlen(folder);
    return path.size >= size && !memcmp(path.data, folder, size);
}

/* Is the word among those of a header? Good enough for codings: none is part of another. */
static bool
has_word(mc_text_t header, const char *word)
{
    return header.size && memmem(header.data, header.size, word, strlen(word));
}

static void
add_safety(mc_http_request_t *request)
{
    mc_http_add_header(request, "Content-Security-Policy", POLICY);
    mc_http_add_header(request, "X-Frame-Options", "DENY");
    mc_http_add_header(request, "Cross-Origin-Opener-Policy", "same-origin");
}

static void
answer_without_console(mc_http_request_t *request)
{
    mc_buffer_t out = {0};
    mc_buffer_string(&out, no_console);
    add_safety(request);
    mc_http_answer(request, 200, "text/html; charset=utf-8", &out);
}

/* The form that the client accepts, the smallest first. */
static const mc_buffer_t *
choose_form(mc_http_request_t *request, const gateway_asset_t *file)
{
    mc_text_t accepted = mc_http_header(request, "Accept-Encoding");
    if (file->brotli.size && has_word(accepted, "br")) {
        mc_http_add_header(request, "Content-Encoding", "br");
        return &file->brotli;
    }
    if (file->gzip.size && has_word(accepted, "gzip")) {
        mc_http_add_header(request, "Content-Encoding", "gzip");
        return &file->gzip;
    }
    return &file->plain;
}

static void
answer_file(mc_http_request_t *request, const gateway_asset_t *file)
{
    add_safety(request);
    mc_http_add_header(request, "ETag", file->tag);
    mc_http_add_header(request, "Vary", "Accept-Encoding");
    mc_http_add_header(request, "Cache-Control",
                       file->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (has_word(mc_http_header(request, "If-None-Match"), file->tag)) {
        mc_http_answer_empty(request, 304);
        return;
    }
    mc_buffer_t out = {0};
    mc_buffer_text(&out, mc_buffer_content(choose_form(request, file)));
    mc_http_answer(request, 200, file->type, &out);
}

void
gateway_on_asset(void *state, mc_http_request_t *request)
{
    const gateway_t *gateway = state;
    mc_text_t path = mc_http_path(request);
    const gateway_asset_t *file = find_asset(gateway->assets, path);
    if (!file && (is_below(path, "/api/") || is_below(path, "/v1/") || asks_for_file(path))) {
        mc_http_refuse_with(request, MC_UNKNOWN_ROUTE_ERROR, "there is no %.*s",
                            path.size > 128 ? 128 : (int)path.size, path.data);
        return;
    }
    if (!file)
        file = find_asset(gateway->assets, MC_TEXT("/index.html"));
    if (file)
        answer_file(request, file);
    else
        answer_without_console(request);
}
