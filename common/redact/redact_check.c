/*
 *  redact_check - the proofs that some tokens carry in themselves
 */
#include "redact_check.h"

#include <zlib.h>

#define GITHUB_BODY_BYTES 36
#define GITHUB_SUM_BYTES 6
#define DECODED_BYTES_MAX 1024

/* The sum is written in the digits 0-9 A-Z a-z, the highest first. */
bool
mc_redact_has_github_checksum(mc_text_t body)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (body.size != GITHUB_BODY_BYTES)
        return false;
    size_t size = body.size - GITHUB_SUM_BYTES;
    uint32_t sum = (uint32_t)crc32(0, (const unsigned char *)body.data, (unsigned)size);
    for (size_t i = body.size; i > size; i--, sum /= 62)
        if (body.data[i - 1] != digits[sum % 62])
            return false;
    return true;
}

static int
base64_digit(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' || byte == '-' ? 62 : byte == '/' || byte == '_' ? 63 : -1;
}

/* Decodes the beginning of base64 in either alphabet, as far as it is that. */
static mc_text_t
decode_head(mc_text_t value, char ret_bytes[DECODED_BYTES_MAX])
{
    uint32_t bits = 0;
    size_t decoded = 0, kept = 0;
    for (size_t i = 0; i < value.size && decoded < DECODED_BYTES_MAX; i++) {
        int digit = base64_digit(value.data[i]);
        if (digit < 0)
            break;
        bits = bits << 6 | (uint32_t)digit;
        kept += 6;
        if (kept >= 8) {
            kept -= 8;
            ret_bytes[decoded++] = (char)(bits >> kept);
        }
    }
    return (mc_text_t){ret_bytes, decoded};
}

static bool
has_text(mc_text_t value, const char *part)
{
    return value.size > 0 && memmem(value.data, value.size, part, strlen(part)) != NULL;
}

bool
mc_redact_is_jwt(mc_text_t token)
{
    char bytes[DECODED_BYTES_MAX];
    const char *dot = memchr(token.data, '.', token.size);
    if (!dot)
        return false;
    mc_text_t header = decode_head((mc_text_t){token.data, (size_t)(dot - token.data)}, bytes);
    return header.size > 0 && header.data[0] == '{' &&
           (has_text(header, "\"alg\"") || has_text(header, "\"typ\""));
}

bool
mc_redact_is_base64_private_key(mc_text_t value)
{
    char bytes[DECODED_BYTES_MAX];
    return has_text(decode_head(value, bytes), "PRIVATE KEY");
}

bool
mc_redact_is_basic_credential(mc_text_t value)
{
    char bytes[DECODED_BYTES_MAX];
    mc_text_t decoded = decode_head(value, bytes);
    for (size_t i = 0; i < decoded.size; i++)
        if ((unsigned char)decoded.data[i] < ' ')
            return false;
    return decoded.size > 0 && memchr(decoded.data, ':', decoded.size) != NULL;
}
