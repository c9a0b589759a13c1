/*
 *  uuid - UUIDs as text
 */
#include "uuid.h"

static const char digits[] = "0123456789abcdef";

/* Does a dash stand before this byte in the long form? */
static bool
has_dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void
mc_uuid_print(mc_uuid_t uuid, char ret_text[MC_UUID_TEXT_SIZE])
{
    char *at = ret_text;
    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (has_dash_before(i))
            *at++ = '-';
        *at++ = digits[uuid.bytes[i] >> 4];
        *at++ = digits[uuid.bytes[i] & 15];
    }
    *at = '\0';
}

/* The value of a hex digit, or -1. */
static int
digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int
mc_uuid_read(mc_text_t text, mc_uuid_t *ret_uuid)
{
    if (text.size != 32 && text.size != MC_UUID_TEXT_SIZE - 1)
        return MC_REFUSED;
    bool is_long = text.size != 32;
    const char *at = text.data;
    mc_uuid_t uuid;

    for (size_t i = 0; i < sizeof uuid.bytes; i++, at += 2) {
        if (is_long && has_dash_before(i) && *at++ != '-')
            return MC_REFUSED;
        int high = digit_value(at[0]);
        int low = digit_value(at[1]);
        if (high < 0 || low < 0)
            return MC_REFUSED;
        uuid.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_uuid = uuid;
    return 0;
}

bool
mc_uuid_is_zero(mc_uuid_t uuid)
{
    static const mc_uuid_t zero;
    return !memcmp(&uuid, &zero, sizeof zero);
}
