/*
 *  body - small JSON bodies that are no record of the tables
 */
#include "body.h"

static int
read_field(mc_json_t root, mc_arena_t *arena, gateway_body_field_t *field, mc_refusal_t *refusal)
{
    mc_json_t value;
    bool is_there = mc_json_find(root, field->name, &value) && mc_json_kind(value) != MC_JSON_NULL;
    if (!is_there && field->is_optional)
        return 0;
    if (!is_there || mc_json_kind(value) != MC_JSON_STRING)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->name, "%s must be given, as a text",
                         field->name);
    mc_text_t text = mc_json_text(value);
    if (text.size < field->bytes_min || text.size > field->bytes_max)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->name,
                         "%s must have %zu to %zu bytes, not %zu", field->name, field->bytes_min,
                         field->bytes_max, text.size);
    if (memchr(text.data, '\0', text.size))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field->name, "%s must not contain a NUL",
                         field->name);
    field->value = mc_arena_text(arena, text);
    return 0;
}

static int
read_fields(gateway_t *gateway, const mc_http_request_t *request, mc_arena_t *arena,
            gateway_body_field_t *fields, size_t count, mc_refusal_t *refusal)
{
    mc_json_t root;
    if (mc_json_parse(gateway->json, mc_http_body(request), &root, refusal))
        return MC_REFUSED;
    if (mc_json_kind(root) != MC_JSON_OBJECT)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "body", "the body must be a JSON object");
    for (size_t i = 0; i < count; i++)
        if (read_field(root, arena, &fields[i], refusal))
            return MC_REFUSED;
    return 0;
}

/* These bodies have passphrases: what the parser holds of them goes with it. */
int
gateway_body_read(gateway_t *gateway, const mc_http_request_t *request, mc_arena_t *arena,
                  gateway_body_field_t *fields, size_t count, mc_refusal_t *refusal)
{
    int outcome = read_fields(gateway, request, arena, fields, count, refusal);
    mc_json_parser_destroy(&gateway->json);
    gateway->json = mc_json_parser_new();
    return outcome;
}
