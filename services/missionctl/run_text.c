/*
 *  run_text - terminal output cut into pieces that are text
 */
#include "run_text.h"

#include "proto/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ESCAPE 0x1b
#define BELL 0x07

/* Bytes of the character that this byte begins; 1 for one that begins none. */
static size_t
size_of_character(unsigned char first)
{
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    return 1;
}

static bool
is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t
missionctl_text_whole(mc_text_t bytes)
{
    for (size_t back = 1; back <= 3 && back <= bytes.size; back++) {
        char byte = bytes.data[bytes.size - back];
        if (is_continuation(byte))
            continue;
        bool is_begun = size_of_character((unsigned char)byte) > back;
        return is_begun ? bytes.size - back : bytes.size;
    }
    return bytes.size;
}

void
missionctl_text_clean(mc_text_t bytes, mc_buffer_t *out)
{
    for (size_t i = 0; i < bytes.size;) {
        size_t size = size_of_character((unsigned char)bytes.data[i]);
        mc_text_t character = {bytes.data + i, size};
        if (bytes.data[i] == '\0') {
            i++;
        } else if (size <= bytes.size - i && mc_utf8_check(character) == MC_UTF8_FINE) {
            mc_buffer_text(out, character);
            i += size;
        } else {
            mc_buffer_string(out, REPLACEMENT);
            i++;
        }
    }
}

/* Bytes of the escape sequence at the beginning: CSI, OSC and other strings, two-byte ones. */
static size_t
size_of_escape(mc_text_t text)
{
    if (text.size < 2)
        return text.size;
    size_t i = 2;
    switch (text.data[1]) {
    case '[':
        while (i < text.size && !(text.data[i] >= 0x40 && text.data[i] <= 0x7e))
            i++;
        return i < text.size ? i + 1 : i;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        for (; i < text.size; i++) {
            if (text.data[i] == BELL)
                return i + 1;
            if (text.data[i] == ESCAPE && i + 1 < text.size && text.data[i + 1] == '\\')
                return i + 2;
        }
        return i;
    case '(':
    case ')':
        return text.size < 3 ? text.size : 3;
    default:
        return 2;
    }
}

void
missionctl_text_head(mc_text_t text, mc_buffer_t *out)
{
    size_t start = out->size;
    size_t characters = 0;
    for (size_t i = 0; i < text.size && characters < MISSIONCTL_HEAD_CHARACTERS;) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == ESCAPE) {
            i += size_of_escape((mc_text_t){text.data + i, text.size - i});
            continue;
        }
        size_t size = size_of_character(byte);
        bool is_space = byte <= ' ' || byte == 0x7f;
        bool is_wanted = !is_space || (out->size > start && out->data[out->size - 1] != ' ');
        if (is_wanted) {
            mc_buffer_append(out, is_space ? " " : text.data + i, size);
            characters++;
        }
        i += size;
    }
    while (out->size > start && out->data[out->size - 1] == ' ')
        out->size--;
}
