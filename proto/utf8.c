/*
 *  utf8 - is this text UTF-8, and where may it be cut
 *
 *  Nearly all text is ASCII, so eight bytes at a time are looked at first and
 *  only what is left goes through the table of well-formed sequences:
 *
 *      first byte   second byte   bytes
 *      C2..DF       80..BF        2
 *      E0           A0..BF        3   below is overlong
 *      E1..EF       80..BF        3
 *      ED           80..9F        3   above are surrogates
 *      F0           90..BF        4   below is overlong
 *      F1..F3       80..BF        4
 *      F4           80..8F        4   above is past U+10FFFF
 */
#include "utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS UINT64_C(0x0101010101010101)

/* True when none of the eight bytes is NUL or above 0x7f. */
static inline bool
is_plain(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return !((word | (word - LOW_BITS)) & HIGH_BITS);
}

static inline bool
is_between(uint8_t byte, uint8_t low, uint8_t high)
{
    return byte >= low && byte <= high;
}

/* Bytes of the sequence that a byte above 0x7f begins; 0 when it begins none. */
static size_t
sequence_size(uint8_t first)
{
    if (is_between(first, 0xc2, 0xdf))
        return 2;
    if (is_between(first, 0xe0, 0xef))
        return 3;
    return is_between(first, 0xf0, 0xf4) ? 4 : 0;
}

static bool
is_second_fine(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return is_between(second, 0xa0, 0xbf);
    case 0xed:
        return is_between(second, 0x80, 0x9f);
    case 0xf0:
        return is_between(second, 0x90, 0xbf);
    case 0xf4:
        return is_between(second, 0x80, 0x8f);
    default:
        return is_between(second, 0x80, 0xbf);
    }
}

/* Bytes of the sequence at bytes, which begins above 0x7f; 0 when it is broken. */
static size_t
sequence_at(const uint8_t *bytes, size_t left)
{
    size_t size = sequence_size(bytes[0]);
    if (size == 0 || size > left || !is_second_fine(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < size; i++)
        if (!is_between(bytes[i], 0x80, 0xbf))
            return 0;
    return size;
}

mc_utf8_t
mc_utf8_check(mc_text_t text)
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    size_t at = 0;

    while (at < text.size) {
        if (text.size - at >= 8 && is_plain(bytes + at)) {
            at += 8;
            continue;
        }
        if (bytes[at] == 0)
            return MC_UTF8_HOLDS_NUL;
        size_t size = bytes[at] < 0x80 ? 1 : sequence_at(bytes + at, text.size - at);
        if (size == 0)
            return MC_UTF8_BROKEN;
        at += size;
    }
    return MC_UTF8_FINE;
}

mc_text_t
mc_utf8_cut(mc_text_t text, size_t size)
{
    if (text.size <= size)
        return text;
    while (size > 0 && is_between((uint8_t)text.data[size], 0x80, 0xbf))
        size--;
    return (mc_text_t){text.data, size};
}

void
mc_utf8_mend(char *text)
{
    uint8_t *bytes = (uint8_t *)text;
    size_t left = strlen(text);
    while (left > 0) {
        size_t size = *bytes < 0x80 ? 1 : sequence_at(bytes, left);
        if (size == 0) {
            *bytes = '?';
            size = 1;
        }
        bytes += size;
        left -= size;
    }
}
