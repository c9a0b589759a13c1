/*
 *  test_gzip - compressed bodies within bounds
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <zlib.h>

#include "services/ingest/gzip.h"

/* size bytes of the same letter, compressed; the caller frees. */
static mc_text_t
deflate_letters(size_t size)
{
    char *plain = malloc(size);
    memset(plain, 'a', size);
    size_t room = compressBound(size) + 64;
    char *packed = malloc(room);
    z_stream stream = {.next_in = (Bytef *)plain,
                       .avail_in = (uInt)size,
                       .next_out = (Bytef *)packed,
                       .avail_out = (uInt)room};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t packed_size = room - stream.avail_out;
    deflateEnd(&stream);
    free(plain);
    return (mc_text_t){packed, packed_size};
}

Test(gzip, gives_back_what_was_compressed)
{
    mc_text_t packed = deflate_letters(100000);
    mc_buffer_t out = {0};
    mc_refusal_t refusal;
    cr_assert_eq(ingest_gzip_inflate(packed, 100000, &out, &refusal), 0);
    cr_assert_eq(out.size, 100000);
    mc_buffer_clear(&out);
    free((char *)packed.data);
}

Test(gzip, stops_a_bomb_at_the_limit)
{
    mc_text_t packed = deflate_letters((size_t)64 << 20);
    mc_buffer_t out = {0};
    mc_refusal_t refusal;
    cr_assert_lt(packed.size, 100000, "it is a bomb");
    cr_assert_eq(ingest_gzip_inflate(packed, 1 << 20, &out, &refusal), MC_REFUSED);
    cr_assert_eq(refusal.code, MC_TOO_LARGE_ERROR);
    cr_assert_leq(out.capacity, (size_t)4 << 20, "memory follows the limit");
    mc_buffer_clear(&out);
    free((char *)packed.data);
}

Test(gzip, refuses_a_body_that_is_cut_at_any_byte)
{
    mc_text_t packed = deflate_letters(2000);
    for (size_t size = 0; size < packed.size; size++) {
        mc_buffer_t out = {0};
        mc_refusal_t refusal;
        mc_text_t cut = {packed.data, size};
        cr_assert_eq(ingest_gzip_inflate(cut, 100000, &out, &refusal), MC_REFUSED, "%zu", size);
        cr_assert_eq(refusal.code, MC_BAD_ENCODING_ERROR);
        mc_buffer_clear(&out);
    }
    free((char *)packed.data);
}

Test(gzip, refuses_what_is_not_gzip)
{
    mc_buffer_t out = {0};
    mc_refusal_t refusal;
    cr_assert_eq(ingest_gzip_inflate(MC_TEXT("{\"plain\":1}"), 100, &out, &refusal), MC_REFUSED);
    cr_assert_eq(refusal.code, MC_BAD_ENCODING_ERROR);
    mc_buffer_clear(&out);
}
