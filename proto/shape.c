/*
 *  shape - descriptors of records, made from the tables
 */
#include "proto.h"

#include <stdarg.h>
#include <stdio.h>

#include "utf8.h"

void
mc_refusal_fill(mc_refusal_t *refusal, int code, const char *field, const char *format, ...)
{
    if (!refusal)
        return;
    refusal->code = code;
    snprintf(refusal->field, sizeof refusal->field, "%s", field ? field : "");
    va_list args;
    va_start(args, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, args);
    va_end(args);
    /* Both may have been cut in a character, and quote what outside bytes said. */
    mc_utf8_mend(refusal->field);
    mc_utf8_mend(refusal->message);
}

bool
mc_field_is_json_string(const mc_field_t *field)
{
    return field->kind == MC_JSON_KIND && field->json_size > 4 &&
           !memcmp(field->json + field->json_size - 4, "Json", 4);
}

/* createdAtUs names createdAt, payload names payloadJson. */
static bool
is_second_name(const mc_field_t *field, mc_text_t name)
{
    if (field->kind == MC_TIME_KIND)
        return name.size == (size_t)field->json_size + 2 &&
               !memcmp(name.data, field->json, field->json_size) &&
               !memcmp(name.data + field->json_size, "Us", 2);
    return mc_field_is_json_string(field) && name.size == (size_t)field->json_size - 4 &&
           !memcmp(name.data, field->json, name.size);
}

static bool
is_named(const mc_field_t *field, mc_text_t name)
{
    if (field->json[0] != name.data[0])
        return false;
    if (name.size == field->json_size && !memcmp(name.data, field->json, name.size))
        return true;
    return is_second_name(field, name);
}

const mc_field_t *
mc_shape_find_json(const mc_shape_t *shape, mc_text_t name, size_t hint)
{
    if (name.size == 0)
        return NULL;
    for (size_t i = hint; i < shape->field_count; i++)
        if (is_named(&shape->fields[i], name))
            return &shape->fields[i];
    for (size_t i = 0; i < hint && i < shape->field_count; i++)
        if (is_named(&shape->fields[i], name))
            return &shape->fields[i];
    return NULL;
}

const mc_field_t *
mc_shape_find_tag(const mc_shape_t *shape, uint64_t tag, size_t hint)
{
    for (size_t i = hint; i < shape->field_count; i++)
        if (shape->fields[i].tag == tag)
            return &shape->fields[i];
    for (size_t i = 0; i < hint && i < shape->field_count; i++)
        if (shape->fields[i].tag == tag)
            return &shape->fields[i];
    return NULL;
}

const mc_field_t *
mc_shape_find_name(const mc_shape_t *shape, mc_text_t name)
{
    for (size_t i = 0; i < shape->field_count; i++)
        if (mc_text_is(name, shape->fields[i].name))
            return &shape->fields[i];
    return NULL;
}

int
mc_record_complete(const mc_shape_t *shape, void *record, mc_refusal_t *refusal)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        if (mc_record_has(record, i))
            continue;
        if (field->rule == MC_REQUIRED)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->json, "%s is missing",
                             field->json);
        if (field->rule == MC_CLAMPED) {
            *(int64_t *)mc_record_member(record, field) = field->fallback;
            mc_record_mark(record, i);
        }
    }
    return 0;
}
