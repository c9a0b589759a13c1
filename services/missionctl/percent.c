/*
 *  percent - text as it stands in a URL or in the baggage of OpenTelemetry
 */
#include <ctype.h>

#include "api.h"

void
missionctl_percent_encode(mc_buffer_t *out, mc_text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_plain = byte < 0x80 && (isalnum(byte) || strchr("-._~", byte));
        if (is_plain && byte)
            mc_buffer_byte(out, byte);
        else
            mc_buffer_printf(out, "%%%02X", byte);
    }
}
