/*
 *  line - one line of the log in the making
 *
 *  Bytes are added unit by unit: one character or one escape, whole or not at
 *  all. The last TAIL_BYTES are kept for "...", the quote, the brace and the
 *  newline.
 */
#include "line.h"

#include <stdio.h>

#include "proto/utf8.h"

#define TAIL_BYTES 8

void
mc_log_line_open(mc_log_line_t *self, char *data, bool is_json)
{
    *self = (mc_log_line_t){.data = data, .is_json = is_json};
    if (is_json)
        self->data[self->size++] = '{';
}

static void
append(mc_log_line_t *self, const char *data, size_t size)
{
    memcpy(self->data + self->size, data, size);
    self->size += size;
}

/* Adds the unit if it fits before the tail. */
static bool
add_unit(mc_log_line_t *self, const char *unit, size_t size)
{
    if (self->size + size > MC_LOG_LINE_BYTES_MAX - TAIL_BYTES)
        return false;
    append(self, unit, size);
    return true;
}

/* The bytes of the UTF-8 character at the start of the text, 0 when there is none. */
static size_t
utf8_size(mc_text_t text)
{
    unsigned char first = (unsigned char)text.data[0];
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size == 1 || size > text.size)
        return size == 1;
    return mc_utf8_check((mc_text_t){text.data, size}) == MC_UTF8_FINE ? size : 0;
}

/* Writes the escape of one byte and returns its size. */
static size_t
escape(char *room, size_t size, unsigned char byte, bool is_json)
{
    static const char letters[] = "\n\r\t\"\\", names[] = "nrt\"\\";
    const char *found = byte ? strchr(letters, byte) : NULL;
    if (found)
        return (size_t)snprintf(room, size, "\\%c", names[found - letters]);
    if (is_json)
        return (size_t)snprintf(room, size, "\\u%04x", byte < 0x80 ? byte : 0xfffd);
    return (size_t)snprintf(room, size, "\\x%02x", byte);
}

static bool
is_plain(char letter)
{
    return (unsigned char)letter >= ' ' && letter != '"' && letter != '\\' && letter != 0x7f;
}

/* The value between quotes; false when it had to be cut. */
static bool
add_quoted(mc_log_line_t *self, mc_text_t value)
{
    char unit[8];
    while (value.size) {
        size_t size = utf8_size(value);
        size_t step = size ? size : 1;
        bool is_added;
        if (size > 1 || (size == 1 && is_plain(value.data[0])))
            is_added = add_unit(self, value.data, size);
        else
            is_added = add_unit(
                self, unit, escape(unit, sizeof unit, (unsigned char)value.data[0], self->is_json));
        if (!is_added)
            return false;
        value = (mc_text_t){value.data + step, value.size - step};
    }
    return true;
}

static bool
needs_quotes(mc_text_t value)
{
    if (value.size == 0)
        return true;
    for (size_t i = 0; i < value.size; i++)
        if (!is_plain(value.data[i]) || value.data[i] == ' ' || value.data[i] == '=' ||
            (value.data[i] & 0x80))
            return true;
    return false;
}

/* The name with what stands before and behind it; false when it does not fit. */
static bool
add_key(mc_log_line_t *self, mc_text_t key)
{
    char unit[128];
    bool is_first = self->size <= 1;
    const char *format = self->is_json ? "%s\"%.*s\":" : "%s%.*s=";
    const char *between = is_first ? "" : self->is_json ? "," : " ";
    int size = snprintf(unit, sizeof unit, format, between, MC_FMT(key));
    assert(size > 0 && (size_t)size < sizeof unit);
    /* Room for two quotes and one character besides, or it would be an empty pair. */
    if (self->size + (size_t)size + 3 > MC_LOG_LINE_BYTES_MAX - TAIL_BYTES)
        return false;
    return add_unit(self, unit, (size_t)size);
}

void
mc_log_line_pair(mc_log_line_t *self, mc_text_t key, mc_text_t value, bool is_number)
{
    if (self->is_full)
        return;
    size_t before = self->size;
    if (!add_key(self, key)) {
        self->is_full = true;
        return;
    }
    bool is_bare = self->is_json ? is_number : !needs_quotes(value);
    if (is_bare && add_unit(self, value.data, value.size))
        return;
    if (is_bare && self->is_json) {
        self->size = before;
        self->is_full = true;
        return;
    }

    append(self, "\"", 1);
    if (!add_quoted(self, value)) {
        append(self, "...", 3);
        self->is_full = true;
    }
    append(self, "\"", 1);
}

size_t
mc_log_line_close(mc_log_line_t *self)
{
    if (self->is_json)
        append(self, "}", 1);
    append(self, "\n", 1);
    assert(self->size <= MC_LOG_LINE_BYTES_MAX);
    return self->size;
}
