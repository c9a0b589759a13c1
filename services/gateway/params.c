/*
 *  params - query parameters of a GET, read into the input record of a command
 */
#include "params.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

/* A time over this is in microseconds: as seconds it would be the year 33658. */
#define SECONDS_MAX 1e12
#define NUMBER_CHARACTERS_MAX 40

static int
refuse_value(const mc_field_t *field, mc_text_t value, const char *wanted, mc_refusal_t *refusal)
{
    int shown = value.size > 64 ? 64 : (int)value.size;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->json, "%s must be %s, not %.*s",
                     field->json, wanted, shown, value.data);
}

/* A NUL-terminated copy of what may be a number; false when it is too long or has odd bytes. */
static bool
copy_number(mc_text_t value, char ret_copy[NUMBER_CHARACTERS_MAX + 1])
{
    if (value.size == 0 || value.size > NUMBER_CHARACTERS_MAX)
        return false;
    for (size_t i = 0; i < value.size; i++)
        if (!strchr("0123456789+-.eE", value.data[i]) || !value.data[i])
            return false;
    memcpy(ret_copy, value.data, value.size);
    ret_copy[value.size] = '\0';
    return true;
}

static int
set_integer(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
            mc_refusal_t *refusal)
{
    char copy[NUMBER_CHARACTERS_MAX + 1];
    char *end = NULL;
    errno = 0;
    if (!copy_number(value, copy))
        return refuse_value(field, value, "an integer", refusal);
    long long number = strtoll(copy, &end, 10);
    if (errno || *end)
        return refuse_value(field, value, "an integer", refusal);
    return mc_field_set_i64(shape, field, record, number, refusal);
}

static int
set_double(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
           mc_refusal_t *refusal)
{
    char copy[NUMBER_CHARACTERS_MAX + 1];
    char *end = NULL;
    if (!copy_number(value, copy))
        return refuse_value(field, value, "a number", refusal);
    double number = strtod(copy, &end);
    if (*end)
        return refuse_value(field, value, "a number", refusal);
    return mc_field_set_f64(shape, field, record, number, refusal);
}

/* Whole microseconds are read as an integer, so that none is lost. */
static int
set_time(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
         mc_refusal_t *refusal)
{
    static const char wanted[] = "Unix seconds, or microseconds";
    char copy[NUMBER_CHARACTERS_MAX + 1];
    char *end = NULL;
    if (!copy_number(value, copy))
        return refuse_value(field, value, wanted, refusal);
    double number = strtod(copy, &end);
    if (*end || !(number >= 0 && number <= (double)MC_TIME_MAX))
        return refuse_value(field, value, wanted, refusal);
    int64_t time_us = number > SECONDS_MAX ? strtoll(copy, NULL, 10) : llround(number * 1e6);
    if (number > SECONDS_MAX && strpbrk(copy, ".eE"))
        time_us = (int64_t)number;
    return mc_field_set_i64(shape, field, record, time_us, refusal);
}

static int
set_bool(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
         mc_refusal_t *refusal)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (value.size == strlen(words[i]) && !strncasecmp(value.data, words[i], value.size))
            return mc_field_set_bool(shape, field, record, i % 2, refusal);
    return refuse_value(field, value, "true or false", refusal);
}

int
gateway_param_set(const mc_shape_t *shape, const mc_field_t *field, void *record, mc_text_t value,
                  mc_refusal_t *refusal)
{
    switch (field->kind) {
    case MC_TEXT_KIND:
        return mc_field_set_text(shape, field, record, value, refusal);
    case MC_I64_KIND:
        return set_integer(shape, field, record, value, refusal);
    case MC_F64_KIND:
        return set_double(shape, field, record, value, refusal);
    case MC_TIME_KIND:
        return set_time(shape, field, record, value, refusal);
    case MC_BOOL_KIND:
        return set_bool(shape, field, record, value, refusal);
    default:
        return refuse_value(field, value, "left out here", refusal);
    }
}

static bool
is_among(const char *const *names, mc_text_t name)
{
    for (; names && *names; names++)
        if (mc_text_is(name, *names))
            return true;
    return false;
}

static int
refuse_name(mc_text_t name, mc_refusal_t *refusal)
{
    int shown = name.size > 64 ? 64 : (int)name.size;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "query", "unknown parameter %.*s", shown,
                     name.data ? name.data : "");
}

int
gateway_params_read(const mc_http_request_t *request, const mc_shape_t *shape,
                    const char *const *others, mc_arena_t *arena, void *ret_record,
                    mc_refusal_t *refusal)
{
    size_t at = 0;
    mc_text_t name, value;
    while (mc_http_query_next(request, &at, &name, &value)) {
        if (is_among(others, name))
            continue;
        const mc_field_t *field = mc_shape_find_json(shape, name, 0);
        if (!field || field->rule == MC_INTERNAL || field->rule == MC_ASSIGNED)
            return refuse_name(name, refusal);
        if (value.size == 0)
            continue;
        value = mc_arena_text(arena, value);
        bool is_us = field->kind == MC_TIME_KIND && mc_field_is_alias(field, name);
        if (is_us ? set_integer(shape, field, ret_record, value, refusal)
                  : gateway_param_set(shape, field, ret_record, value, refusal))
            return MC_REFUSED;
    }
    return mc_record_complete(shape, ret_record, refusal);
}

int
gateway_params_only(const mc_http_request_t *request, const char *const *names,
                    mc_refusal_t *refusal)
{
    size_t at = 0;
    mc_text_t name, value;
    while (mc_http_query_next(request, &at, &name, &value))
        if (!is_among(names, name))
            return refuse_name(name, refusal);
    return 0;
}

int
gateway_param_limit(mc_text_t value, int64_t most, int64_t fallback, int64_t *ret_limit,
                    mc_refusal_t *refusal)
{
    char copy[NUMBER_CHARACTERS_MAX + 1];
    char *end = NULL;
    *ret_limit = fallback;
    if (value.size == 0)
        return 0;
    long long limit = copy_number(value, copy) ? strtoll(copy, &end, 10) : 0;
    if (!end || *end)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "limit", "limit must be an integer");
    *ret_limit = limit < 1 ? 1 : limit > most ? most : limit;
    return 0;
}
