/*
 *  field - storing a value in a record after the checks of kind and bounds
 *
 *  Decoders of msgpack, JSON, query strings and forms all end here, so a value
 *  is refused for the same reason and in the same words wherever it came from.
 */
#include "proto.h"
#include "utf8.h"
#include "uuid.h"

#include <math.h>
#include <stdio.h>

#define QUOTED_BYTES_MAX 40 /* of a wrong text, enough to recognise it */

static const char *const wanted[] = {
    [MC_TEXT_KIND] = "text",
    [MC_I64_KIND] = "an integer",
    [MC_F64_KIND] = "a number",
    [MC_BOOL_KIND] = "true or false",
    [MC_TIME_KIND] = "a time as an integer",
    [MC_MONEY_KIND] = "a number of dollars",
    [MC_UUID_KIND] = "a UUID",
    [MC_JSON_KIND] = "text that holds JSON",
    [MC_RECORD_KIND] = "an object",
    [MC_LIST_KIND] = "an array of objects",
};

#define refuse(field, refusal, ...)                                                                \
    mc_refuse((refusal), MC_BAD_INPUT_ERROR, (field)->json, __VA_ARGS__)

int
mc_field_refuse_kind(const mc_field_t *field, const char *what, mc_refusal_t *refusal)
{
    return refuse(field, refusal, "%s is %s, must be %s", field->json, what, wanted[field->kind]);
}

/* Quotes the beginning of a text that cannot be taken; a SECRET is only called text. */
static int
refuse_text(const mc_field_t *field, mc_text_t value, mc_refusal_t *refusal)
{
    if (field->rule == MC_SECRET || mc_utf8_check(value) != MC_UTF8_FINE)
        return mc_field_refuse_kind(field, "text", refusal);
    mc_text_t head = mc_utf8_cut(value, QUOTED_BYTES_MAX);
    char quoted[QUOTED_BYTES_MAX + 8];
    snprintf(quoted, sizeof quoted, "\"%.*s%s\"", MC_FMT(head),
             head.size < value.size ? "..." : "");
    return mc_field_refuse_kind(field, quoted, refusal);
}

static int
check_text(const mc_field_t *field, mc_text_t value, mc_refusal_t *refusal)
{
    if (value.size == 0 && field->low > 0)
        return refuse(field, refusal, "%s is empty", field->json);
    if (value.size < (size_t)field->low)
        return refuse(field, refusal, "%s has %zu bytes, at least %lld", field->json, value.size,
                      (long long)field->low);
    if (value.size > (size_t)field->high)
        return refuse(field, refusal, "%s has %zu bytes, at most %lld", field->json, value.size,
                      (long long)field->high);
    switch (mc_utf8_check(value)) {
    case MC_UTF8_HOLDS_NUL:
        return refuse(field, refusal, "%s holds a NUL", field->json);
    case MC_UTF8_BROKEN:
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, field->json, "%s is not valid UTF-8",
                         field->json);
    default:
        return 0;
    }
}

static int
set_uuid_text(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
              mc_refusal_t *refusal)
{
    mc_uuid_t uuid;
    if (mc_uuid_read(value, &uuid) == MC_REFUSED)
        return refuse_text(field, value, refusal);
    return mc_field_set_uuid(shape, field, record, uuid, refusal);
}

int
mc_field_set_text(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
                  mc_refusal_t *refusal)
{
    if (field->kind == MC_UUID_KIND)
        return set_uuid_text(shape, field, record, value, refusal);
    if (field->kind != MC_TEXT_KIND && field->kind != MC_JSON_KIND)
        return refuse_text(field, value, refusal);
    if (value.size == 0 && field->low > 0 && field->rule != MC_REQUIRED)
        return 0;
    if (check_text(field, value, refusal) == MC_REFUSED)
        return MC_REFUSED;

    *(mc_text_t *)mc_record_member(record, field) = value;
    mc_record_mark(record, mc_shape_index(shape, field));
    return 0;
}

static bool
is_moved_inside(const mc_field_t *field)
{
    return field->rule == MC_LIMITED || field->rule == MC_CLAMPED;
}

/* Stores an integer within the bounds, which are in its own unit. */
static int
set_integer(const mc_shape_t *shape, const mc_field_t *field, void *record, int64_t value)
{
    if (is_moved_inside(field))
        value = value < field->low ? field->low : value > field->high ? field->high : value;
    *(int64_t *)mc_record_member(record, field) = value;
    mc_record_mark(record, mc_shape_index(shape, field));
    return 0;
}

static int
refuse_integer(const mc_field_t *field, int64_t value, mc_refusal_t *refusal)
{
    int64_t bound = value < field->low ? field->low : field->high;
    if (bound == MC_JSON_INTEGER_MAX || bound == -MC_JSON_INTEGER_MAX)
        return refuse(field, refusal, "%s is %lld, beyond 2^53", field->json, (long long)value);
    return refuse(field, refusal, "%s is %lld, at %s %lld", field->json, (long long)value,
                  value < field->low ? "least" : "most", (long long)bound);
}

int
mc_field_set_nanousd(const mc_shape_t *shape, const mc_field_t *field, void *record,
                     int64_t nanousd, mc_refusal_t *refusal)
{
    assert(field->kind == MC_MONEY_KIND);
    if (nanousd >= field->low && nanousd <= field->high)
        return set_integer(shape, field, record, nanousd);
    int64_t bound = nanousd < field->low ? field->low : field->high;
    return refuse(field, refusal, "%s is %.16g, at %s %lld", field->json,
                  (double)nanousd / MC_NANOUSD, nanousd < field->low ? "least" : "most",
                  (long long)(bound / MC_NANOUSD));
}

/* The comparison is made in dollars, before the product can leave 64 bits. */
static int
set_dollars(const mc_shape_t *shape, const mc_field_t *field, void *record, double dollars,
            mc_refusal_t *refusal)
{
    double least = (double)(field->low / MC_NANOUSD);
    double most = (double)(field->high / MC_NANOUSD);
    if (dollars < least || dollars > most)
        return refuse(field, refusal, "%s is %.16g, at %s %.16g", field->json, dollars,
                      dollars < least ? "least" : "most", dollars < least ? least : most);
    return set_integer(shape, field, record, llround(dollars * (double)MC_NANOUSD));
}

static int
set_number(const mc_shape_t *shape, const mc_field_t *field, void *record, double value,
           mc_refusal_t *refusal)
{
    if (value < (double)field->low || value > (double)field->high)
        return refuse(field, refusal, "%s is %.16g, at %s %lld", field->json, value,
                      value < (double)field->low ? "least" : "most",
                      (long long)(value < (double)field->low ? field->low : field->high));
    *(double *)mc_record_member(record, field) = value;
    mc_record_mark(record, mc_shape_index(shape, field));
    return 0;
}

/* A whole number that came as a floating one. */
static int
set_whole(const mc_shape_t *shape, const mc_field_t *field, void *record, double value,
          mc_refusal_t *refusal)
{
    if (value != trunc(value))
        return refuse(field, refusal, "%s is %.16g, must be an integer", field->json, value);
    bool is_exact = fabs(value) <= (double)MC_JSON_INTEGER_MAX;
    if (!is_exact && is_moved_inside(field))
        return set_integer(shape, field, record, value < 0 ? field->low : field->high);
    if (!is_exact)
        return refuse(field, refusal, "%s is %.17g, beyond 2^53", field->json, value);
    return mc_field_set_i64(shape, field, record, (int64_t)value, refusal);
}

int
mc_field_set_i64(const mc_shape_t *shape, const mc_field_t *field, void *record, int64_t value,
                 mc_refusal_t *refusal)
{
    switch (field->kind) {
    case MC_I64_KIND:
    case MC_TIME_KIND:
        if (!is_moved_inside(field) && (value < field->low || value > field->high))
            return refuse_integer(field, value, refusal);
        return set_integer(shape, field, record, value);
    case MC_MONEY_KIND:
        return set_dollars(shape, field, record, (double)value, refusal);
    case MC_F64_KIND:
        return set_number(shape, field, record, (double)value, refusal);
    default:
        return refuse(field, refusal, "%s is %lld, must be %s", field->json, (long long)value,
                      wanted[field->kind]);
    }
}

int
mc_field_set_u64(const mc_shape_t *shape, const mc_field_t *field, void *record, uint64_t value,
                 mc_refusal_t *refusal)
{
    if (value <= INT64_MAX)
        return mc_field_set_i64(shape, field, record, (int64_t)value, refusal);
    bool is_integer = field->kind == MC_I64_KIND || field->kind == MC_TIME_KIND;
    if (!is_integer || is_moved_inside(field))
        return mc_field_set_f64(shape, field, record, (double)value, refusal);
    return refuse(field, refusal, "%s is %llu, beyond 2^53", field->json,
                  (unsigned long long)value);
}

int
mc_field_set_f64(const mc_shape_t *shape, const mc_field_t *field, void *record, double value,
                 mc_refusal_t *refusal)
{
    if (!isfinite(value))
        return mc_field_refuse_kind(field, "not a finite number", refusal);
    switch (field->kind) {
    case MC_I64_KIND:
    case MC_TIME_KIND:
        return set_whole(shape, field, record, value, refusal);
    case MC_MONEY_KIND:
        return set_dollars(shape, field, record, value, refusal);
    case MC_F64_KIND:
        return set_number(shape, field, record, value, refusal);
    default:
        return refuse(field, refusal, "%s is %.16g, must be %s", field->json, value,
                      wanted[field->kind]);
    }
}

/* Whole seconds and the rest apart: their product with a million may need more than the 53 bits
 * of a double. */
int
mc_field_set_seconds(const mc_shape_t *shape, const mc_field_t *field, void *record, double seconds,
                     mc_refusal_t *refusal)
{
    assert(field->kind == MC_TIME_KIND);
    double most = (double)(field->high / 1000000);
    if (!isfinite(seconds))
        return mc_field_refuse_kind(field, "not a finite number", refusal);
    if (seconds < (double)field->low || seconds > most)
        return refuse(field, refusal, "%s is %.16g, at %s %.16g", field->json, seconds,
                      seconds < (double)field->low ? "least" : "most",
                      seconds < (double)field->low ? (double)field->low : most);
    double whole = floor(seconds);
    int64_t us = (int64_t)whole * 1000000 + llround((seconds - whole) * 1e6);
    return set_integer(shape, field, record, us);
}

int
mc_field_set_bool(const mc_shape_t *shape, const mc_field_t *field, void *record, bool value,
                  mc_refusal_t *refusal)
{
    if (field->kind != MC_BOOL_KIND)
        return mc_field_refuse_kind(field, value ? "true" : "false", refusal);
    *(bool *)mc_record_member(record, field) = value;
    mc_record_mark(record, mc_shape_index(shape, field));
    return 0;
}

int
mc_field_set_uuid(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_uuid_t value,
                  mc_refusal_t *refusal)
{
    if (field->kind != MC_UUID_KIND)
        return mc_field_refuse_kind(field, "a UUID", refusal);
    *(mc_uuid_t *)mc_record_member(record, field) = value;
    mc_record_mark(record, mc_shape_index(shape, field));
    return 0;
}

int
mc_field_set_list(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_list_t value,
                  mc_refusal_t *refusal)
{
    if (field->kind != MC_LIST_KIND && field->kind != MC_RECORD_KIND)
        return mc_field_refuse_kind(field, "an array", refusal);
    if (value.count < (size_t)field->low || value.count > (size_t)field->high)
        return refuse(field, refusal, "%s has %zu items, at %s %lld", field->json, value.count,
                      value.count < (size_t)field->low ? "least" : "most",
                      (long long)(value.count < (size_t)field->low ? field->low : field->high));
    *(mc_list_t *)mc_record_member(record, field) = value;
    mc_record_mark(record, mc_shape_index(shape, field));
    return 0;
}
