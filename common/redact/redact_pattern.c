/*
 *  redact_pattern - the small pattern language of redact_rules.def
 */
#include "redact_pattern.h"

#include <ctype.h>
#include <stdlib.h>

#define HEAD_ITEMS_MAX 4    /* elements before the literal */
#define COLOUR_BYTES_MAX 16 /* of an escape sequence such as ESC [ 1 ; 32 m */
#define TERMINAL_ESCAPE '\x1b'

static bool
is_alnum(char byte)
{
    return isalnum((unsigned char)byte) && (unsigned char)byte < 0x80;
}

bool
mc_redact_class_has(char class, char byte)
{
    switch (class) {
    case 'd':
        return byte >= '0' && byte <= '9';
    case 'h':
        return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
    case 'H':
        return isxdigit((unsigned char)byte);
    case 'L':
        return is_alnum(byte) && (byte < '0' || byte > '9');
    case 'a':
        return is_alnum(byte) && (byte < 'A' || byte > 'Z');
    case 'C':
        return is_alnum(byte) && (byte < 'a' || byte > 'z');
    case 'A':
        return is_alnum(byte);
    case 'W':
        return is_alnum(byte) || byte == '_';
    case 'U':
        return is_alnum(byte) || byte == '_' || byte == '-';
    case 'V':
        return is_alnum(byte) || (byte && strchr("_-.~", byte));
    case 'Q':
        return is_alnum(byte) || byte == '+' || byte == '/';
    case 'B':
        return is_alnum(byte) || (byte && strchr("_-+/=", byte));
    case 'X':
        return is_alnum(byte) || (byte && strchr("./+_", byte));
    case 'Y':
        return is_alnum(byte) || (byte && strchr("./+_=,-", byte));
    default:
        assert(!"a known class");
        return false;
    }
}

bool
mc_redact_pattern_next(const char **pattern, mc_redact_item_t *ret_item)
{
    const char *at = *pattern;
    if (!*at)
        return false;
    if (*at != '%') {
        *ret_item = (mc_redact_item_t){.literal = *at, .min = 1, .max = 1};
        *pattern = at + 1;
        return true;
    }
    assert(at[1] && at[2] == '{');
    char *end;
    mc_redact_item_t item = {.class = at[1]};
    item.min = item.max = (uint16_t)strtoul(at + 3, &end, 10);
    if (*end == ',') {
        item.max = MC_REDACT_COUNT_MAX;
        if (*++end != '}')
            item.max = (uint16_t)strtoul(end, &end, 10);
    }
    assert(*end == '}');
    *pattern = end + 1;
    *ret_item = item;
    return true;
}

static bool
item_has(const mc_redact_item_t *item, char byte)
{
    return item->class ? mc_redact_class_has(item->class, byte) : byte == item->literal;
}

/* Takes what the element can from at on; false when it is too little. */
static bool
take_forward(const mc_redact_item_t *item, mc_text_t text, size_t *at)
{
    size_t count = 0;
    while (count < item->max && *at < text.size && item_has(item, text.data[*at])) {
        count++;
        ++*at;
    }
    return count >= item->min;
}

static bool
take_backward(const mc_redact_item_t *item, mc_text_t text, size_t *at)
{
    size_t count = 0;
    while (count<item->max && * at> 0 && item_has(item, text.data[*at - 1])) {
        count++;
        --*at;
    }
    return count >= item->min;
}

/* Where the match begins: the elements before the literal, taken backwards. */
static bool
find_start(const char *pattern, const char *literal_at, mc_text_t text, size_t *at)
{
    mc_redact_item_t items[HEAD_ITEMS_MAX];
    size_t count = 0;
    while (pattern < literal_at) {
        assert(count < HEAD_ITEMS_MAX);
        mc_redact_pattern_next(&pattern, &items[count++]);
    }
    while (count > 0)
        if (!take_backward(&items[--count], text, at))
            return false;
    return true;
}

bool
mc_redact_is_boundary(mc_text_t text, size_t at)
{
    if (at == 0 || !mc_redact_class_has('W', text.data[at - 1]))
        return true;
    char last = text.data[at - 1], before = at > 1 ? text.data[at - 2] : '\0';
    if (before == '\\' && strchr("nrt", last))
        return true;
    if (at > 2 && text.data[at - 3] == '%' && isxdigit((unsigned char)last) &&
        isxdigit((unsigned char)before))
        return true;
    if (last != 'm')
        return false;
    size_t head = at - 1;
    while (head > 0 && at - head < COLOUR_BYTES_MAX &&
           (mc_redact_class_has('d', text.data[head - 1]) || text.data[head - 1] == ';'))
        head--;
    return head > 1 && text.data[head - 1] == '[' && text.data[head - 2] == TERMINAL_ESCAPE;
}

bool
mc_redact_pattern_match(const char *pattern, mc_text_t literal, mc_text_t text, size_t found,
                        size_t *ret_start, size_t *ret_end)
{
    size_t start = found, end = found + literal.size;
    const char *literal_at = strstr(pattern, literal.data);
    assert(literal_at);
    if (!find_start(pattern, literal_at, text, &start) || !mc_redact_is_boundary(text, start))
        return false;

    mc_redact_item_t item = {0};
    const char *rest = literal_at + literal.size;
    while (mc_redact_pattern_next(&rest, &item))
        if (!take_forward(&item, text, &end))
            return false;
    bool goes_on = item.class && end < text.size && item.max < MC_REDACT_COUNT_MAX &&
                   mc_redact_class_has(item.class, text.data[end]);
    if (goes_on)
        return false;
    *ret_start = start;
    *ret_end = end;
    return true;
}
