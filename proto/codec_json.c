/*
 *  codec_json - records as JSON text
 *
 *  Written for the live stream, where each event is written once and sent to
 *  many: numbers are made by hand, text is copied in runs between the few bytes
 *  that need an escape, and no value passes through printf but a fraction.
 */
#include "codec.h"
#include "uuid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS UINT64_C(0x0101010101010101)
#define NUMBER_BYTES 24 /* the longest: a sign, 19 digits and a point */

/* The letter after the backslash, 0 for what needs none; u is followed by the number in hex. */
static inline char
escape_letter(uint8_t byte)
{
    static const char letters[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
    if (byte < sizeof letters - 1)
        return letters[byte];
    return byte == '"' || byte == '\\' ? (char)byte : 0;
}

/* Sets the high bit of bytes that are 0; those above the first may be set in error. */
static inline uint64_t
zero_bytes(uint64_t word)
{
    return (word - LOW_BITS) & ~word & HIGH_BITS;
}

/* True when none of eight bytes needs an escape. */
static inline bool
is_plain(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    uint64_t low = (word - LOW_BITS * 0x20) & ~word & HIGH_BITS;
    return !(low | zero_bytes(word ^ LOW_BITS * '"') | zero_bytes(word ^ LOW_BITS * '\\'));
}

/* Bytes at the start that need no escape. */
static size_t
plain_run(const char *bytes, size_t size)
{
    size_t at = 0;
    while (size - at >= 8 && is_plain(bytes + at))
        at += 8;
    while (at < size && !escape_letter((uint8_t)bytes[at]))
        at++;
    return at;
}

static void
write_escape(mc_buffer_t *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    char letter = escape_letter(byte);
    char text[6] = {'\\', letter, '0', '0', digits[byte >> 4], digits[byte & 15]};
    mc_buffer_append(out, text, letter == 'u' ? 6 : 2);
}

void
mc_write_json_text(mc_buffer_t *out, mc_text_t text)
{
    size_t at = 0;
    mc_buffer_byte(out, '"');
    while (at < text.size) {
        size_t run = plain_run(text.data + at, text.size - at);
        mc_buffer_append(out, text.data + at, run);
        at += run;
        if (at < text.size)
            write_escape(out, (uint8_t)text.data[at++]);
    }
    mc_buffer_byte(out, '"');
}

/* Puts the digits before end and returns where they begin. */
static char *
digits_before(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

static uint64_t
magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void
mc_write_json_i64(mc_buffer_t *out, int64_t value)
{
    char text[NUMBER_BYTES];
    char *end = text + sizeof text;
    char *start = digits_before(end, magnitude(value));
    if (value < 0)
        *--start = '-';
    mc_buffer_append(out, start, (size_t)(end - start));
}

void
mc_write_json_f64(mc_buffer_t *out, double value)
{
    char text[32];
    if (!isfinite(value)) {
        mc_buffer_string(out, "null");
        return;
    }
    if (value == trunc(value) && fabs(value) <= (double)MC_JSON_INTEGER_MAX) {
        mc_write_json_i64(out, (int64_t)value);
        return;
    }
    /* Most are decimals of nine digits or less: a division that is exact proves it, and is ten
     * times cheaper than printing and reading back. */
    double billionths = nearbyint(value * 1e9);
    if (fabs(value) >= 1e-4 && fabs(value) < 1e6 && billionths / 1e9 == value) {
        mc_write_json_money(out, (int64_t)billionths);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    mc_buffer_string(out, text);
}

/* Nine decimals before end, without the zeros at their end; nothing for a whole amount. */
static char *
decimals_before(char *end, uint64_t billionths, char **ret_end)
{
    if (billionths == 0) {
        *ret_end = end;
        return end;
    }
    char *start = end;
    for (int i = 0; i < 9; i++, billionths /= 10)
        *--start = (char)('0' + billionths % 10);
    while (end[-1] == '0')
        end--;
    *--start = '.';
    *ret_end = end;
    return start;
}

void
mc_write_json_money(mc_buffer_t *out, int64_t nanousd)
{
    char text[NUMBER_BYTES + 8];
    char *end;
    uint64_t amount = magnitude(nanousd);
    char *start = decimals_before(text + sizeof text, amount % MC_NANOUSD, &end);
    start = digits_before(start, amount / MC_NANOUSD);
    if (nanousd < 0)
        *--start = '-';
    mc_buffer_append(out, start, (size_t)(end - start));
}

/* "name": with a comma before all but the first, and suffix as the end of the name. */
static void
write_name(mc_buffer_t *out, const mc_field_t *field, const char *suffix, size_t suffix_size)
{
    size_t size = field->json_size + suffix_size + 4;
    char *at = mc_buffer_room(out, size);
    if (!at)
        return;
    bool is_first = out->size > 0 && at[-1] == '{';
    if (!is_first)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, field->json, field->json_size);
    at += field->json_size;
    memcpy(at, suffix, suffix_size);
    at += suffix_size;
    memcpy(at, "\":", 2);
    out->size += size - is_first;
}

static int64_t
whole_seconds(int64_t us)
{
    return us / 1000000 - (us % 1000000 < 0);
}

static void
write_uuid(mc_buffer_t *out, mc_uuid_t uuid)
{
    char text[MC_UUID_TEXT_SIZE + 2];
    text[0] = '"';
    mc_uuid_print(uuid, text + 1);
    text[MC_UUID_TEXT_SIZE] = '"';
    mc_buffer_append(out, text, MC_UUID_TEXT_SIZE + 1);
}

/* A JSON field: as a string under a name that ends in Json, else as the value that it is. */
static void
write_document(mc_buffer_t *out, const mc_field_t *field, mc_text_t json)
{
    if (mc_field_is_json_string(field))
        mc_write_json_text(out, json);
    else
        mc_buffer_text(out, json);
}

static void
write_value(mc_buffer_t *out, const mc_field_t *field, const void *member)
{
    switch (field->kind) {
    case MC_TEXT_KIND:
        mc_write_json_text(out, *(const mc_text_t *)member);
        return;
    case MC_JSON_KIND:
        write_document(out, field, *(const mc_text_t *)member);
        return;
    case MC_F64_KIND:
        mc_write_json_f64(out, *(const double *)member);
        return;
    case MC_BOOL_KIND:
        mc_buffer_string(out, *(const bool *)member ? "true" : "false");
        return;
    case MC_MONEY_KIND:
        mc_write_json_money(out, *(const int64_t *)member);
        return;
    case MC_UUID_KIND:
        write_uuid(out, *(const mc_uuid_t *)member);
        return;
    case MC_RECORD_KIND:
        mc_write_json(field->child, ((const mc_list_t *)member)->items, out);
        return;
    case MC_LIST_KIND:
        mc_write_json_list(field->child, *(const mc_list_t *)member, out);
        return;
    default:
        mc_write_json_i64(out, *(const int64_t *)member);
    }
}

static void
write_time(mc_buffer_t *out, const mc_field_t *field, int64_t us)
{
    write_name(out, field, "", 0);
    mc_write_json_i64(out, whole_seconds(us));
    write_name(out, field, "Us", 2);
    mc_write_json_i64(out, us);
}

static void
write_absent(mc_buffer_t *out, const mc_field_t *field)
{
    write_name(out, field, "", 0);
    mc_buffer_append(out, "null", 4);
    if (field->kind != MC_TIME_KIND)
        return;
    write_name(out, field, "Us", 2);
    mc_buffer_append(out, "null", 4);
}

static bool
is_public(const mc_field_t *field)
{
    return field->rule != MC_SECRET && field->rule != MC_INTERNAL && field->rule != MC_INBOUND;
}

void
mc_write_json(const mc_shape_t *shape, const void *record, mc_buffer_t *out)
{
    mc_buffer_byte(out, '{');
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        const void *member = mc_record_member(record, field);
        if (!is_public(field))
            continue;
        if (!mc_record_has(record, i)) {
            write_absent(out, field);
        } else if (field->kind == MC_TIME_KIND) {
            write_time(out, field, *(const int64_t *)member);
        } else {
            write_name(out, field, "", 0);
            write_value(out, field, member);
        }
    }
    mc_buffer_byte(out, '}');
}

void
mc_write_json_list(const mc_shape_t *shape, mc_list_t records, mc_buffer_t *out)
{
    mc_buffer_byte(out, '[');
    for (size_t i = 0; i < records.count; i++) {
        if (i > 0)
            mc_buffer_byte(out, ',');
        mc_write_json(shape, (const char *)records.items + i * shape->size, out);
    }
    mc_buffer_byte(out, ']');
}
