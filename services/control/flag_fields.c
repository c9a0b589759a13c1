/*
 *  flag_fields - the flags as a record, as variables and as JSON
 */
#include "services/control/flag_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/settings.h"
#include "proto/codec.h"

/* A flag in both tables. */
typedef struct {
    const mc_field_t *field;
    const mc_setting_row_t *setting;
    size_t index;
} flag_t;

static const mc_setting_row_t *
find_setting(const mc_field_t *field)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        if (!strcmp(mc_setting_rows[i].name, field->name))
            return &mc_setting_rows[i];
    return NULL;
}

/* The next flag from *index on; false at the end. A field without a setting is none. */
static bool
next_flag(size_t *index, flag_t *ret_flag)
{
    while (*index < mc_runtime_flags_shape.field_count) {
        size_t at = (*index)++;
        const mc_field_t *field = &mc_runtime_flags_shape.fields[at];
        const mc_setting_row_t *setting = find_setting(field);
        if (!setting)
            continue;
        *ret_flag = (flag_t){field, setting, at};
        return true;
    }
    return false;
}

static bool
is_bool(const flag_t *flag)
{
    return flag->field->kind == MC_BOOL_KIND;
}

static int64_t
value_of(const flag_t *flag, const mc_runtime_flags_t *flags)
{
    const void *member = mc_record_member(flags, flag->field);
    return is_bool(flag) ? *(const bool *)member : *(const int64_t *)member;
}

static void
set_value(const flag_t *flag, mc_runtime_flags_t *flags, int64_t value)
{
    void *member = mc_record_member(flags, flag->field);
    if (is_bool(flag))
        *(bool *)member = value != 0;
    else
        *(int64_t *)member = value;
    mc_record_mark(flags, flag->index);
}

static bool
is_overridden(const flag_t *flag)
{
    const char *value = getenv(flag->setting->variable);
    return value && value[0];
}

/* As in .env and in JSON. */
static void
print_value(const flag_t *flag, const mc_runtime_flags_t *flags,
            char ret_text[CONTROL_ENV_VALUE_SIZE])
{
    int64_t value = value_of(flag, flags);
    if (is_bool(flag))
        snprintf(ret_text, CONTROL_ENV_VALUE_SIZE, "%s", value ? "true" : "false");
    else
        snprintf(ret_text, CONTROL_ENV_VALUE_SIZE, "%" PRId64, value);
}

void
control_flags_clamp(mc_runtime_flags_t *flags)
{
    flag_t flag;
    for (size_t i = 0; next_flag(&i, &flag);) {
        if (is_bool(&flag) || !mc_record_has(flags, flag.index))
            continue;
        int64_t value = value_of(&flag, flags);
        if (value < flag.setting->least)
            set_value(&flag, flags, flag.setting->least);
        if (value > flag.setting->most)
            set_value(&flag, flags, flag.setting->most);
    }
}

size_t
control_flags_merge(mc_runtime_flags_t *flags, const mc_runtime_flags_t *asked)
{
    size_t stay = 0;
    flag_t flag;
    for (size_t i = 0; next_flag(&i, &flag);) {
        if (!mc_record_has(asked, flag.index))
            continue;
        int64_t value = value_of(&flag, asked);
        if (!is_overridden(&flag))
            set_value(&flag, flags, value);
        else if (value != value_of(&flag, flags))
            stay++;
    }
    return stay;
}

void
control_flags_overlay(mc_runtime_flags_t *flags, const mc_runtime_flags_t *asked)
{
    flag_t flag;
    for (size_t i = 0; next_flag(&i, &flag);)
        if (mc_record_has(asked, flag.index))
            set_value(&flag, flags, value_of(&flag, asked));
}

bool
control_flags_equal(const mc_runtime_flags_t *one, const mc_runtime_flags_t *other)
{
    flag_t flag;
    for (size_t i = 0; next_flag(&i, &flag);)
        if (value_of(&flag, one) != value_of(&flag, other))
            return false;
    return true;
}

size_t
control_flags_values(const mc_runtime_flags_t *asked,
                     control_env_value_t ret_values[MC_FIELDS_runtime_flags])
{
    size_t count = 0;
    flag_t flag;
    for (size_t i = 0; next_flag(&i, &flag);) {
        if (!mc_record_has(asked, flag.index))
            continue;
        ret_values[count].variable = flag.setting->variable;
        print_value(&flag, asked, ret_values[count++].value);
    }
    return count;
}

void
control_flags_write_change(const mc_runtime_flags_t *old, const mc_runtime_flags_t *asked,
                           mc_buffer_t *out)
{
    const char *link = "";
    flag_t flag;
    mc_buffer_byte(out, '{');
    for (size_t i = 0; next_flag(&i, &flag);) {
        char from[CONTROL_ENV_VALUE_SIZE], to[CONTROL_ENV_VALUE_SIZE];
        if (!mc_record_has(asked, flag.index) || value_of(&flag, old) == value_of(&flag, asked))
            continue;
        print_value(&flag, old, from);
        print_value(&flag, asked, to);
        mc_buffer_printf(out, "%s\"%s\":{\"from\":%s,\"to\":%s}", link, flag.field->json, from, to);
        link = ",";
    }
    mc_buffer_byte(out, '}');
}
