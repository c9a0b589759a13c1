/*
 *  generate_schemas - JSON schemas of records, for the OpenAPI document
 */
#include "generate.h"

#include <stdio.h>

static const char *const json_types[] = {
    [MC_TEXT_KIND] = "string",  [MC_I64_KIND] = "integer",  [MC_F64_KIND] = "number",
    [MC_BOOL_KIND] = "boolean", [MC_TIME_KIND] = "integer", [MC_MONEY_KIND] = "number",
    [MC_UUID_KIND] = "string",  [MC_JSON_KIND] = "string",  [MC_LIST_KIND] = "array",
};

static void
write_kind(generate_json_t *json, const mc_field_t *field, bool is_nullable)
{
    if (!is_nullable) {
        generate_json_text(json, "type", json_types[field->kind]);
        return;
    }
    generate_json_open(json, "type", '[');
    generate_json_text(json, NULL, json_types[field->kind]);
    generate_json_text(json, NULL, "null");
    generate_json_close(json, ']');
}

/* A field that is moved inside its bounds takes any integer. */
static void
write_integer_bounds(generate_json_t *json, const mc_field_t *field)
{
    if (field->rule == MC_CLAMPED)
        generate_json_integer(json, "default", field->fallback);
    if (field->rule == MC_CLAMPED || field->rule == MC_LIMITED) {
        generate_json_integer(json, "x-moved-up-to", field->low);
        generate_json_integer(json, "x-moved-down-to", field->high);
        return;
    }
    generate_json_integer(json, "minimum", field->low);
    generate_json_integer(json, "maximum", field->high);
}

/* Bytes bound characters from above, not from below. */
static void
write_bounds(generate_json_t *json, const mc_field_t *field)
{
    switch (field->kind) {
    case MC_JSON_KIND:
        generate_json_text(json, "contentMediaType", "application/json");
        /* fall through */
    case MC_TEXT_KIND:
        if (field->low > 0)
            generate_json_integer(json, "minLength", 1);
        generate_json_integer(json, "maxLength", field->high);
        return;
    case MC_I64_KIND:
    case MC_F64_KIND:
        write_integer_bounds(json, field);
        return;
    case MC_MONEY_KIND:
        generate_json_integer(json, "minimum", field->low / MC_NANOUSD);
        generate_json_integer(json, "maximum", field->high / MC_NANOUSD);
        return;
    case MC_TIME_KIND:
        generate_json_integer(json, "minimum", 0);
        return;
    case MC_UUID_KIND:
        generate_json_text(json, "format", "uuid");
        return;
    default:
        return;
    }
}

static void
write_child(generate_json_t *json, const mc_field_t *field, generate_form_t form)
{
    generate_name_t child = generate_name(field->child, form);
    if (field->kind == MC_LIST_KIND) {
        generate_json_ref(json, "items", "schemas", child);
        generate_json_integer(json, "maxItems", field->high);
        return;
    }
    generate_json_open(json, "allOf", '[');
    generate_json_ref(json, NULL, "schemas", child);
    generate_json_close(json, ']');
}

static void
write_schema(generate_json_t *json, const char *key, const mc_field_t *field, generate_form_t form)
{
    bool is_any = field->kind == MC_JSON_KIND && !mc_field_is_json_string(field);
    generate_json_open(json, key, '{');
    generate_json_text(json, "description", field->doc);
    if (field->kind != MC_RECORD_KIND && !is_any)
        write_kind(json, field, !generate_is_present(field, form));
    if (field->child)
        write_child(json, field, form);
    else if (!is_any)
        write_bounds(json, field);
    if (field->rule == MC_SECRET)
        generate_json_bool(json, "writeOnly", true);
    generate_json_close(json, '}');
}

/* createdAtUs beside createdAt. */
static void
write_microseconds(generate_json_t *json, const mc_field_t *field, generate_form_t form)
{
    char name[80];
    snprintf(name, sizeof name, "%sUs", field->json);
    generate_json_open(json, name, '{');
    generate_json_text(json, "description", "The same in microseconds");
    write_kind(json, field, !generate_is_present(field, form));
    generate_json_close(json, '}');
}

/* payload beside payloadJson. */
static void
write_any(generate_json_t *json, const mc_field_t *field)
{
    char name[80];
    snprintf(name, sizeof name, "%.*s", field->json_size - 4, field->json);
    generate_json_open(json, name, '{');
    generate_json_text(json, "description", "The same as any value, instead of the string");
    generate_json_close(json, '}');
}

static void
write_property(generate_json_t *json, const mc_field_t *field, generate_form_t form)
{
    write_schema(json, field->json, field, form);
    if (field->kind == MC_TIME_KIND)
        write_microseconds(json, field, form);
    if (form == GENERATE_INPUT && mc_field_is_json_string(field))
        write_any(json, field);
}

/* All of an answer, what must be there of an input. A time may come in either unit. */
static void
write_required(generate_json_t *json, const mc_shape_t *shape, generate_form_t form)
{
    generate_json_open(json, "required", '[');
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        if (!generate_has_field(field, form))
            continue;
        if (form == GENERATE_ANSWER || generate_is_present(field, form))
            generate_json_text(json, NULL, field->json);
    }
    generate_json_close(json, ']');
}

static void
write_object(generate_json_t *json, const mc_shape_t *shape, generate_form_t form)
{
    generate_name_t name = generate_name(shape, form);
    char key[96];
    snprintf(key, sizeof key, "%s%s", name.type, name.suffix);
    generate_json_open(json, key, '{');
    generate_json_text(json, "type", "object");
    generate_json_text(json, "description", shape->doc);
    generate_json_open(json, "properties", '{');
    for (size_t i = 0; i < shape->field_count; i++)
        if (generate_has_field(&shape->fields[i], form))
            write_property(json, &shape->fields[i], form);
    generate_json_close(json, '}');
    write_required(json, shape, form);
    generate_json_close(json, '}');
}

void
generate_schemas(generate_json_t *json)
{
    for (size_t i = 0; i < mc_shape_count; i++)
        for (generate_form_t form = GENERATE_ANSWER; form <= GENERATE_INPUT; form++)
            if (generate_has_form(mc_shapes[i], form))
                write_object(json, mc_shapes[i], form);
}

static void
write_parameter(generate_json_t *json, const mc_field_t *field, const char *suffix)
{
    char name[80];
    snprintf(name, sizeof name, "%s%s", field->json, suffix);
    generate_json_open(json, NULL, '{');
    generate_json_text(json, "name", name);
    generate_json_text(json, "in", "query");
    generate_json_text(json, "description", suffix[0] ? "The same in microseconds" : field->doc);
    if (generate_is_present(field, GENERATE_INPUT))
        generate_json_bool(json, "required", true);
    generate_json_open(json, "schema", '{');
    generate_json_text(json, "type", json_types[field->kind]);
    write_bounds(json, field);
    generate_json_close(json, '}');
    generate_json_close(json, '}');
}

void
generate_parameters(generate_json_t *json, const mc_shape_t *query)
{
    for (size_t i = 0; i < query->field_count; i++) {
        const mc_field_t *field = &query->fields[i];
        if (!generate_has_field(field, GENERATE_INPUT))
            continue;
        write_parameter(json, field, "");
        if (field->kind == MC_TIME_KIND)
            write_parameter(json, field, "Us");
    }
}
