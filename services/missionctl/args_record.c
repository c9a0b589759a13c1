/*
 *  args_record - options that stand for the fields of a record
 *
 *  The same checks of kind and bounds as for a value that comes over HTTP, so
 *  that a wrong one is refused here, before anything is sent.
 */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "common/clock.h"

/* "10m" is ten minutes before now. Returns false when text is not of that form. */
static bool
read_age(const char *text, int64_t *ret_time_us)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    if (end == text || errno || number < 0 || number > 1000000000 || !*end || end[1])
        return false;
    for (size_t i = 0; i < MC_COUNT(units); i++)
        if (*end == units[i].unit) {
            *ret_time_us = mc_clock_us() - number * units[i].seconds * 1000000;
            return true;
        }
    return false;
}

static bool
read_date(const char *text, int64_t *ret_time_us)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"};
    for (size_t i = 0; i < MC_COUNT(forms); i++) {
        struct tm date = {0};
        const char *end = strptime(text, forms[i], &date);
        if (end && !*end) {
            *ret_time_us = (int64_t)timegm(&date) * 1000000;
            return true;
        }
    }
    return false;
}

int
missionctl_args_time(const char *text, int64_t *ret_time_us)
{
    char *end = NULL;
    errno = 0;
    int64_t seconds = strtoll(text, &end, 10);
    if (*text && !*end && !errno && seconds >= 0 && seconds <= MC_TIME_MAX / 1000000) {
        *ret_time_us = seconds * 1000000;
        return 0;
    }
    if (read_age(text, ret_time_us) || read_date(text, ret_time_us))
        return 0;
    return mc_fail("\"%.64s\" is not a time: give seconds since 1970, 90s, 10m, 2h or 3d ago, or "
                   "2026-01-31T12:00:00Z",
                   text);
}

static int
set_number(const mc_shape_t *shape, const mc_field_t *field, void *record, const char *value,
           mc_refusal_t *refusal)
{
    char *end = NULL;
    errno = 0;
    bool is_whole = field->kind == MC_I64_KIND;
    int64_t integer = is_whole ? strtoll(value, &end, 10) : 0;
    double number = is_whole ? 0 : strtod(value, &end);
    if (!*value || *end || errno)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->json, "\"%.64s\" is not a number",
                         value);
    return is_whole ? mc_field_set_i64(shape, field, record, integer, refusal)
                    : mc_field_set_f64(shape, field, record, number, refusal);
}

static int
set_bool(const mc_shape_t *shape, const mc_field_t *field, void *record, const char *value,
         mc_refusal_t *refusal)
{
    bool is_true = !strcasecmp(value, "true") || !strcasecmp(value, "yes") || !strcmp(value, "1");
    bool is_false = !strcasecmp(value, "false") || !strcasecmp(value, "no") || !strcmp(value, "0");
    if (!is_true && !is_false)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->json, "\"%.64s\" is not true or false",
                         value);
    return mc_field_set_bool(shape, field, record, is_true, refusal);
}

static int
set_time(const mc_shape_t *shape, const mc_field_t *field, void *record, const char *value,
         mc_refusal_t *refusal)
{
    int64_t time_us = 0;
    if (missionctl_args_time(value, &time_us) == -1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->json, "%s", mc_error());
    return mc_field_set_i64(shape, field, record, time_us, refusal);
}

static int
set_field(const mc_shape_t *shape, const mc_field_t *field, void *record, const char *value,
          mc_refusal_t *refusal)
{
    switch (field->kind) {
    case MC_I64_KIND:
    case MC_F64_KIND:
    case MC_MONEY_KIND:
        return set_number(shape, field, record, value, refusal);
    case MC_BOOL_KIND:
        return set_bool(shape, field, record, value, refusal);
    case MC_TIME_KIND:
        return set_time(shape, field, record, value, refusal);
    default:
        return mc_field_set_text(shape, field, record, mc_text(value), refusal);
    }
}

int
missionctl_args_record(const missionctl_args_t *self, void *record)
{
    const mc_shape_t *shape = self->command->shape;
    for (size_t i = 0; i < self->option_count; i++) {
        mc_refusal_t refusal = {0};
        if (!self->fields[i] || !self->values[i])
            continue;
        if (set_field(shape, self->fields[i], record, self->values[i], &refusal) == MC_REFUSED)
            return mc_fail("--%s: %s", self->options[i].name, refusal.message);
    }
    for (size_t i = 0; i < self->option_count; i++)
        if (self->fields[i] && self->fields[i]->rule == MC_REQUIRED &&
            !mc_record_has(record, mc_shape_index(shape, self->fields[i])))
            return mc_fail("--%s is needed", self->options[i].name);
    return 0;
}
