/*
 *  json_fault - where a text stops being JSON
 *
 *  Reads the grammar of RFC 8259 without building anything. The open containers
 *  are bits: 1 for an object.
 */
#include "json_fault.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "proto/utf8.h"

#define NUMBER_BYTES_MAX 400 /* longer than any double that is not 0 or infinite */

typedef struct {
    const char *at;
    const char *end;
    const char *what; /* set at the first fault, at is there then */
    bool is_too_deep;
    uint64_t objects;
    size_t depth;
    size_t depth_max;
} scan_t;

static bool
fault(scan_t *self, const char *what)
{
    self->what = what;
    return false;
}

static int
peek(const scan_t *self)
{
    return self->at < self->end ? (uint8_t)*self->at : -1;
}

static bool
take(scan_t *self, char wanted)
{
    if (peek(self) != (uint8_t)wanted)
        return false;
    self->at++;
    return true;
}

static void
skip_space(scan_t *self)
{
    while (peek(self) == ' ' || peek(self) == '\t' || peek(self) == '\n' || peek(self) == '\r')
        self->at++;
}

static bool
is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static bool
is_hex(int byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* Bytes of the character that is next, 0 where there is none. */
static size_t
character_size(const scan_t *self)
{
    size_t left = (size_t)(self->end - self->at);
    for (size_t size = 1; size <= 4 && size <= left; size++)
        if (mc_utf8_check((mc_text_t){self->at, size}) == MC_UTF8_FINE)
            return size;
    return 0;
}

static bool
scan_escape(scan_t *self)
{
    self->at++;
    if (peek(self) < 0 || !strchr("\"\\/bfnrtu", peek(self)))
        return fault(self, "unknown escape in a string");
    if (*self->at++ != 'u')
        return true;
    for (int i = 0; i < 4; i++, self->at++)
        if (!is_hex(peek(self)))
            return fault(self, "expected four hex digits after \\u");
    return true;
}

static bool
scan_string(scan_t *self)
{
    const char *start = self->at++;
    while (peek(self) != '"') {
        if (peek(self) < 0) {
            self->at = start;
            return fault(self, "string without an end");
        }
        if (peek(self) < ' ')
            return fault(self, "control byte in a string");
        if (peek(self) == '\\') {
            if (!scan_escape(self))
                return false;
            continue;
        }
        size_t length = character_size(self);
        if (length == 0)
            return fault(self, "invalid UTF-8");
        self->at += length;
    }
    self->at++;
    return true;
}

/* The grammar is met; does the value fit 64 bits? */
static bool
check_range(scan_t *self, const char *start, bool is_integer)
{
    char number[NUMBER_BYTES_MAX + 1];
    size_t size = (size_t)(self->at - start);
    if (size > NUMBER_BYTES_MAX)
        return true;
    memcpy(number, start, size);
    number[size] = '\0';

    errno = 0;
    if (!is_integer)
        return isinf(strtod(number, NULL)) ? fault(self, "number beyond a double") : true;
    if (*number == '-')
        (void)strtoll(number, NULL, 10);
    else
        (void)strtoull(number, NULL, 10);
    return errno == ERANGE ? fault(self, "number beyond 64 bits") : true;
}

static bool
scan_digits(scan_t *self)
{
    if (!is_digit(peek(self)))
        return fault(self, "expected a digit");
    while (is_digit(peek(self)))
        self->at++;
    return true;
}

static bool
scan_number(scan_t *self)
{
    const char *start = self->at;
    bool is_integer = true;
    (void)take(self, '-');
    if (take(self, '0')) {
        if (is_digit(peek(self)))
            return fault(self, "number with a leading zero");
    } else if (!scan_digits(self)) {
        return false;
    }
    if (take(self, '.')) {
        is_integer = false;
        if (!scan_digits(self))
            return false;
    }
    if (take(self, 'e') || take(self, 'E')) {
        is_integer = false;
        if (!take(self, '+'))
            (void)take(self, '-');
        if (!scan_digits(self))
            return false;
    }
    if (check_range(self, start, is_integer))
        return true;
    self->at = start;
    return false;
}

static bool
scan_word(scan_t *self, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(self->end - self->at) < size || memcmp(self->at, word, size) != 0)
        return fault(self, "expected a value");
    self->at += size;
    return true;
}

static bool
scan_name(scan_t *self)
{
    skip_space(self);
    if (peek(self) != '"')
        return fault(self, "expected a name in quotes");
    if (!scan_string(self))
        return false;
    skip_space(self);
    return take(self, ':') ? true : fault(self, "expected a colon");
}

/* Goes into a container; an empty one is left again at once. */
static bool
scan_open(scan_t *self, bool *ret_is_inside)
{
    if (self->depth >= self->depth_max) {
        self->is_too_deep = true;
        return fault(self, "nested too deep");
    }
    bool is_object = *self->at++ == '{';
    self->objects = self->objects << 1 | is_object;
    self->depth++;
    skip_space(self);
    if (take(self, is_object ? '}' : ']')) {
        self->depth--;
        self->objects >>= 1;
        *ret_is_inside = false;
        return true;
    }
    *ret_is_inside = true;
    return is_object ? scan_name(self) : true;
}

static bool
scan_value(scan_t *self, bool *ret_is_inside)
{
    *ret_is_inside = false;
    skip_space(self);
    switch (peek(self)) {
    case '{':
    case '[':
        return scan_open(self, ret_is_inside);
    case '"':
        return scan_string(self);
    case 't':
        return scan_word(self, "true");
    case 'f':
        return scan_word(self, "false");
    case 'n':
        return scan_word(self, "null");
    default:
        if (peek(self) == '-' || is_digit(peek(self)))
            return scan_number(self);
        return fault(self, peek(self) < 0 ? "expected a value, found the end" : "expected a value");
    }
}

/* After a value: closes what ends here. True when another value must follow. */
static bool
scan_rest(scan_t *self)
{
    while (self->depth > 0) {
        bool is_object = self->objects & 1;
        skip_space(self);
        if (take(self, ','))
            return is_object ? scan_name(self) : true;
        if (!take(self, is_object ? '}' : ']'))
            return fault(self, is_object ? "expected a comma or }" : "expected a comma or ]");
        self->depth--;
        self->objects >>= 1;
    }
    skip_space(self);
    if (self->at < self->end)
        self->what = "more after the end of the document";
    return false;
}

bool
mc_json_find_fault(mc_text_t text, size_t depth_max, mc_json_fault_t *ret_fault)
{
    assert(depth_max <= 64);
    scan_t scan = {.at = text.data, .end = text.data + text.size, .depth_max = depth_max};
    bool is_inside;
    while (scan_value(&scan, &is_inside) && (is_inside || scan_rest(&scan)))
        ;
    if (!scan.what)
        return false;
    *ret_fault = (mc_json_fault_t){(size_t)(scan.at - text.data), scan.what, scan.is_too_deep};
    return true;
}
