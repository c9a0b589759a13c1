/*
 *  params - values of a question, as the text that PostgreSQL reads for every type
 */
#include "common/store.h"

#include <stdio.h>
#include <time.h>

#include "common/ids.h"
#include "proto/codec.h"

static void
add(mc_store_params_t *params, const char *value)
{
    assert(params->count < MC_STORE_PARAMS_MAX);
    params->values[params->count++] = value;
}

void
mc_store_param_null(mc_store_params_t *params)
{
    add(params, NULL);
}

void
mc_store_param_text(mc_store_params_t *params, mc_text_t value)
{
    add(params, mc_arena_text(params->arena, value).data);
}

void
mc_store_param_text_or_null(mc_store_params_t *params, mc_text_t value)
{
    if (value.size)
        mc_store_param_text(params, value);
    else
        mc_store_param_null(params);
}

void
mc_store_param_i64(mc_store_params_t *params, int64_t value)
{
    add(params, mc_arena_printf(params->arena, "%lld", (long long)value).data);
}

void
mc_store_param_f64(mc_store_params_t *params, double value)
{
    add(params, mc_arena_printf(params->arena, "%.17g", value).data);
}

void
mc_store_param_bool(mc_store_params_t *params, bool value)
{
    add(params, value ? "t" : "f");
}

/* In UTC, to the microsecond. */
void
mc_store_param_time(mc_store_params_t *params, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    int64_t micros = time_us % 1000000;
    if (micros < 0) {
        micros += 1000000;
        seconds--;
    }
    struct tm parts;
    char text[64];
    size_t size = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &parts));
    snprintf(text + size, sizeof text - size, ".%06d+00", (int)micros);
    mc_store_param_text(params, mc_text(text));
}

void
mc_store_param_money(mc_store_params_t *params, int64_t nanousd)
{
    uint64_t size = nanousd < 0 ? 0 - (uint64_t)nanousd : (uint64_t)nanousd;
    add(params, mc_arena_printf(params->arena, "%s%llu.%09llu", nanousd < 0 ? "-" : "",
                                (unsigned long long)(size / (uint64_t)MC_NANOUSD),
                                (unsigned long long)(size % (uint64_t)MC_NANOUSD))
                    .data);
}

void
mc_store_param_uuid(mc_store_params_t *params, mc_uuid_t value)
{
    char text[MC_UUID_TEXT_SIZE];
    mc_uuid_print(value, text);
    mc_store_param_text(params, mc_text(text));
}

/* Every element in quotes, as an array literal wants it. */
void
mc_store_param_texts(mc_store_params_t *params, const mc_text_t *values, size_t count)
{
    mc_buffer_t out = {0};
    mc_buffer_byte(&out, '{');
    for (size_t i = 0; i < count; i++) {
        mc_buffer_string(&out, i ? ",\"" : "\"");
        for (size_t at = 0; at < values[i].size; at++) {
            char c = values[i].data[at];
            if (c == '"' || c == '\\')
                mc_buffer_byte(&out, '\\');
            mc_buffer_byte(&out, (uint8_t)c);
        }
        mc_buffer_byte(&out, '"');
    }
    mc_buffer_byte(&out, '}');
    mc_store_param_text(params, mc_buffer_content(&out));
    mc_buffer_clear(&out);
}

void
mc_store_param_i64s(mc_store_params_t *params, const int64_t *values, size_t count)
{
    mc_buffer_t out = {0};
    mc_buffer_byte(&out, '{');
    for (size_t i = 0; i < count; i++)
        mc_buffer_printf(&out, "%s%lld", i ? "," : "", (long long)values[i]);
    mc_buffer_byte(&out, '}');
    mc_store_param_text(params, mc_buffer_content(&out));
    mc_buffer_clear(&out);
}

void
mc_store_param_field(mc_store_params_t *params, const mc_field_t *field, const void *record)
{
    const void *member = mc_record_member(record, field);
    switch ((mc_kind_t)field->kind) {
    case MC_TEXT_KIND:
    case MC_JSON_KIND:
        mc_store_param_text(params, *(const mc_text_t *)member);
        return;
    case MC_I64_KIND:
        mc_store_param_i64(params, *(const int64_t *)member);
        return;
    case MC_F64_KIND:
        mc_store_param_f64(params, *(const double *)member);
        return;
    case MC_BOOL_KIND:
        mc_store_param_bool(params, *(const bool *)member);
        return;
    case MC_TIME_KIND:
        mc_store_param_time(params, *(const int64_t *)member);
        return;
    case MC_MONEY_KIND:
        mc_store_param_money(params, *(const int64_t *)member);
        return;
    case MC_UUID_KIND:
        mc_store_param_uuid(params, *(const mc_uuid_t *)member);
        return;
    case MC_RECORD_KIND:
    case MC_LIST_KIND:
        break;
    }
    assert(!"a list is no column");
}

void
mc_store_param_member(mc_store_params_t *params, const mc_shape_t *shape, size_t index,
                      const void *record)
{
    assert(index < shape->field_count);
    if (mc_record_has(record, index))
        mc_store_param_field(params, &shape->fields[index], record);
    else
        mc_store_param_null(params);
}
