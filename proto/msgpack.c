/*
 *  msgpack - a cursor over msgpack that comes from anywhere
 *
 *      00..7f integer   80..8f map   90..9f array   a0..bf string   e0..ff integer below 0
 *      c0 nil           c2 c3 bool   c4..c6 binary  c7..c9 extension  ca cb float
 *      cc..cf unsigned  d0..d3 signed  d4..d8 extension of 1, 2, 4, 8, 16 bytes
 *      d9..db string    dc dd array    de df map
 *
 *  Within a group the width of the number that follows is 1, 2, 4, 8 in turn;
 *  arrays and maps begin at 2. c1 is never used.
 */
#include "msgpack.h"

#define refuse(refusal, ...) mc_refuse((refusal), MC_BAD_ENCODING_ERROR, NULL, __VA_ARGS__)

static const char *const kind_words[] = {
    [MC_MSGPACK_NIL] = "nil",
    [MC_MSGPACK_BOOL] = "a boolean",
    [MC_MSGPACK_INTEGER] = "an integer",
    [MC_MSGPACK_UNSIGNED] = "an integer",
    [MC_MSGPACK_FLOAT] = "a float",
    [MC_MSGPACK_STRING] = "a string",
    [MC_MSGPACK_BINARY] = "binary",
    [MC_MSGPACK_EXTENSION] = "an extension",
    [MC_MSGPACK_ARRAY] = "an array",
    [MC_MSGPACK_MAP] = "a map",
};

const char *
mc_msgpack_kind_word(mc_msgpack_kind_t kind)
{
    return kind_words[kind];
}

/* A big-endian number of 1, 2, 4 or 8 bytes. */
static int
read_number(mc_msgpack_cursor_t *self, size_t width, uint64_t *ret_number, mc_refusal_t *refusal)
{
    if (mc_msgpack_left(self) < width)
        return refuse(refusal, "msgpack ends inside a number of %zu bytes", width);
    uint64_t number = 0;
    for (size_t i = 0; i < width; i++)
        number = number << 8 | self->at[i];
    self->at += width;
    *ret_number = number;
    return 0;
}

static int
read_body(mc_msgpack_cursor_t *self, uint64_t size, mc_msgpack_head_t *head, mc_refusal_t *refusal)
{
    if (mc_msgpack_left(self) < size)
        return refuse(refusal, "msgpack ends inside %s of %llu bytes", kind_words[head->kind],
                      (unsigned long long)size);
    head->bytes = (mc_text_t){(const char *)self->at, size};
    self->at += size;
    return 0;
}

/* An item needs at least one byte, a pair two. */
static int
check_count(mc_msgpack_cursor_t *self, uint64_t count, mc_msgpack_head_t *head,
            mc_refusal_t *refusal)
{
    size_t most = mc_msgpack_left(self) / (head->kind == MC_MSGPACK_MAP ? 2 : 1);
    if (count > most)
        return refuse(refusal, "%s claims %llu items in %zu bytes",
                      head->kind == MC_MSGPACK_MAP ? "map" : "array", (unsigned long long)count,
                      mc_msgpack_left(self));
    head->count = count;
    return 0;
}

/* What follows the number that stands after the first byte. */
static int
read_rest(mc_msgpack_cursor_t *self, uint64_t number, mc_msgpack_head_t *head,
          mc_refusal_t *refusal)
{
    if (head->kind == MC_MSGPACK_ARRAY || head->kind == MC_MSGPACK_MAP)
        return check_count(self, number, head, refusal);
    if (head->kind != MC_MSGPACK_EXTENSION)
        return read_body(self, number, head, refusal);
    if (mc_msgpack_left(self) == 0)
        return refuse(refusal, "msgpack ends before the type of an extension");
    head->extension = (int8_t)*self->at++;
    return read_body(self, number, head, refusal);
}

static int
read_sized(mc_msgpack_cursor_t *self, mc_msgpack_kind_t kind, size_t width, mc_msgpack_head_t *head,
           mc_refusal_t *refusal)
{
    uint64_t number;
    head->kind = kind;
    if (read_number(self, width, &number, refusal) == MC_REFUSED)
        return MC_REFUSED;
    return read_rest(self, number, head, refusal);
}

static int
read_unsigned(mc_msgpack_cursor_t *self, size_t width, mc_msgpack_head_t *head,
              mc_refusal_t *refusal)
{
    uint64_t number;
    if (read_number(self, width, &number, refusal) == MC_REFUSED)
        return MC_REFUSED;
    head->kind = number > INT64_MAX ? MC_MSGPACK_UNSIGNED : MC_MSGPACK_INTEGER;
    head->number = number;
    return 0;
}

static int
read_signed(mc_msgpack_cursor_t *self, size_t width, mc_msgpack_head_t *head, mc_refusal_t *refusal)
{
    uint64_t number;
    assert(width > 0);
    if (read_number(self, width, &number, refusal) == MC_REFUSED)
        return MC_REFUSED;
    unsigned unused_bits = 64 - 8 * (unsigned)width;
    head->kind = MC_MSGPACK_INTEGER;
    head->integer = (int64_t)(number << unused_bits) >> unused_bits;
    return 0;
}

static int
read_float(mc_msgpack_cursor_t *self, size_t width, mc_msgpack_head_t *head, mc_refusal_t *refusal)
{
    uint64_t number;
    if (read_number(self, width, &number, refusal) == MC_REFUSED)
        return MC_REFUSED;
    head->kind = MC_MSGPACK_FLOAT;
    if (width == 8) {
        memcpy(&head->real, &number, sizeof head->real);
        return 0;
    }
    uint32_t bits = (uint32_t)number;
    float real;
    memcpy(&real, &bits, sizeof real);
    head->real = (double)real;
    return 0;
}

/* c0..df */
static int
read_wide(mc_msgpack_cursor_t *self, uint8_t byte, mc_msgpack_head_t *head, mc_refusal_t *refusal)
{
    switch (byte) {
    case 0xc0:
        head->kind = MC_MSGPACK_NIL;
        return 0;
    case 0xc1:
        return refuse(refusal, "msgpack holds the byte c1, which means nothing");
    case 0xc2 ... 0xc3:
        head->kind = MC_MSGPACK_BOOL;
        head->boolean = byte == 0xc3;
        return 0;
    case 0xc4 ... 0xc6:
        return read_sized(self, MC_MSGPACK_BINARY, (size_t)1 << (byte - 0xc4), head, refusal);
    case 0xc7 ... 0xc9:
        return read_sized(self, MC_MSGPACK_EXTENSION, (size_t)1 << (byte - 0xc7), head, refusal);
    case 0xca ... 0xcb:
        return read_float(self, (size_t)4 << (byte - 0xca), head, refusal);
    case 0xcc ... 0xcf:
        return read_unsigned(self, (size_t)1 << (byte - 0xcc), head, refusal);
    case 0xd0 ... 0xd3:
        return read_signed(self, (size_t)1 << (byte - 0xd0), head, refusal);
    case 0xd4 ... 0xd8:
        head->kind = MC_MSGPACK_EXTENSION;
        return read_rest(self, (uint64_t)1 << (byte - 0xd4), head, refusal);
    case 0xd9 ... 0xdb:
        return read_sized(self, MC_MSGPACK_STRING, (size_t)1 << (byte - 0xd9), head, refusal);
    case 0xdc ... 0xdd:
        return read_sized(self, MC_MSGPACK_ARRAY, (size_t)2 << (byte - 0xdc), head, refusal);
    default:
        return read_sized(self, MC_MSGPACK_MAP, (size_t)2 << (byte - 0xde), head, refusal);
    }
}

int
mc_msgpack_read(mc_msgpack_cursor_t *self, mc_msgpack_head_t *ret_head, mc_refusal_t *refusal)
{
    if (self->at == self->end)
        return refuse(refusal, "msgpack ends where a value should be");
    uint8_t byte = *self->at++;
    if (byte < 0x80 || byte >= 0xe0) {
        ret_head->kind = MC_MSGPACK_INTEGER;
        ret_head->integer = (int8_t)byte;
        return 0;
    }
    if (byte >= 0xc0)
        return read_wide(self, byte, ret_head, refusal);
    if (byte >= 0xa0) {
        ret_head->kind = MC_MSGPACK_STRING;
        return read_body(self, byte & 0x1f, ret_head, refusal);
    }
    ret_head->kind = byte < 0x90 ? MC_MSGPACK_MAP : MC_MSGPACK_ARRAY;
    return check_count(self, byte & 0x0f, ret_head, refusal);
}

/* Values inside the container of a head; none in another kind. */
static uint64_t
inner_count(const mc_msgpack_head_t *head)
{
    if (head->kind == MC_MSGPACK_ARRAY)
        return head->count;
    return head->kind == MC_MSGPACK_MAP ? head->count * 2 : 0;
}

int
mc_msgpack_skip(mc_msgpack_cursor_t *self, const mc_msgpack_head_t *head, unsigned depth,
                mc_refusal_t *refusal)
{
    uint64_t inner = inner_count(head);
    if (inner > 0 && depth == 0)
        return mc_refuse(refusal, MC_TOO_DEEP_ERROR, NULL, "msgpack is nested deeper than %d",
                         MC_MSGPACK_DEPTH_MAX);
    while (inner-- > 0) {
        mc_msgpack_head_t item;
        if (mc_msgpack_read(self, &item, refusal) == MC_REFUSED ||
            mc_msgpack_skip(self, &item, depth - 1, refusal) == MC_REFUSED)
            return MC_REFUSED;
    }
    return 0;
}

/* Counts what is still to come instead of descending, so that depth costs nothing. */
int
mc_msgpack_take(mc_msgpack_cursor_t *self, mc_text_t *ret_value, mc_refusal_t *refusal)
{
    const uint8_t *start = self->at;
    uint64_t pending = 1;

    while (pending > 0) {
        mc_msgpack_head_t head;
        if (pending > mc_msgpack_left(self))
            return refuse(refusal, "msgpack ends before %llu values that it announced",
                          (unsigned long long)pending);
        if (mc_msgpack_read(self, &head, refusal) == MC_REFUSED)
            return MC_REFUSED;
        pending += inner_count(&head) - 1;
    }
    *ret_value = (mc_text_t){(const char *)start, (size_t)(self->at - start)};
    return 0;
}

static uint64_t
big_endian(const char *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | (uint8_t)bytes[i];
    return number;
}

/* 4 bytes: seconds; 8: nanoseconds in 30 bits, seconds in 34; 12: nanoseconds in 32, seconds. */
bool
mc_msgpack_timestamp(const mc_msgpack_head_t *head, int64_t *ret_us)
{
    if (head->kind != MC_MSGPACK_EXTENSION || head->extension != -1)
        return false;
    uint64_t nanoseconds = 0;
    int64_t seconds;
    if (head->bytes.size == 4) {
        seconds = (int64_t)big_endian(head->bytes.data, 4);
    } else if (head->bytes.size == 8) {
        uint64_t both = big_endian(head->bytes.data, 8);
        nanoseconds = both >> 34;
        seconds = (int64_t)(both & ((UINT64_C(1) << 34) - 1));
    } else if (head->bytes.size == 12) {
        nanoseconds = big_endian(head->bytes.data, 4);
        seconds = (int64_t)big_endian(head->bytes.data + 4, 8);
    } else {
        return false;
    }
    if (nanoseconds > 999999999 || seconds < 0 || seconds > MC_TIME_MAX / 1000000)
        return false;
    *ret_us = seconds * 1000000 + (int64_t)(nanoseconds / 1000);
    return true;
}
