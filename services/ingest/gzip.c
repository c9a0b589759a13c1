/*
 *  gzip - a compressed body within bounds
 *
 *  Memory follows what comes out, a piece at a time, so a bomb costs no more
 *  than the limit. Members one after the other are one body, as gzip says.
 */
#include "services/ingest/gzip.h"

#include <zlib.h>

#define PIECE_BYTES 65536
#define GZIP_ONLY (15 + 16) /* the largest window, and a gzip header is required */

static int
refuse_size(size_t bytes_max, mc_refusal_t *refusal)
{
    return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "body",
                     "the body is over %zu bytes when decompressed", bytes_max);
}

static int
refuse_form(const z_stream *stream, mc_refusal_t *refusal)
{
    return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "body", "the body is not whole gzip: %s",
                     stream->msg ? stream->msg : "it ends too early");
}

/* One step; 0 to go on, 1 at the end of the body, MC_REFUSED is told apart by ret_refused. */
static bool
inflate_piece(z_stream *stream, mc_buffer_t *out, int *ret_result)
{
    char piece[PIECE_BYTES];
    stream->next_out = (Bytef *)piece;
    stream->avail_out = sizeof piece;
    *ret_result = inflate(stream, Z_NO_FLUSH);
    mc_buffer_append(out, piece, sizeof piece - stream->avail_out);
    return *ret_result == Z_OK || *ret_result == Z_STREAM_END;
}

static int
inflate_all(z_stream *stream, mc_buffer_t *out, size_t bytes_max, mc_refusal_t *refusal)
{
    for (;;) {
        int result;
        bool is_well = inflate_piece(stream, out, &result);
        if (out->is_full || out->size > bytes_max)
            return refuse_size(bytes_max, refusal);
        if (!is_well)
            return refuse_form(stream, refusal);
        if (result != Z_STREAM_END)
            continue;
        if (stream->avail_in == 0)
            return 0;
        if (inflateReset(stream) != Z_OK)
            return refuse_form(stream, refusal);
    }
}

int
ingest_gzip_inflate(mc_text_t body, size_t bytes_max, mc_buffer_t *out, mc_refusal_t *refusal)
{
    z_stream stream = {.next_in = (Bytef *)body.data, .avail_in = (uInt)body.size};
    if (inflateInit2(&stream, GZIP_ONLY) != Z_OK)
        return mc_refuse(refusal, MC_INTERNAL_ERROR, "body", "zlib did not start");
    int result = inflate_all(&stream, out, bytes_max, refusal);
    inflateEnd(&stream);
    return result;
}
