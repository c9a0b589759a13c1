/*
 *  test_shape - finding fields, completing records, and every name table there and back
 */
#include "proto/codec.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

Test(shape, finds_a_field_by_json_name_from_any_hint)
{
    const mc_shape_t *shape = &mc_agent_event_shape;
    for (size_t i = 0; i < shape->field_count; i++)
        for (size_t hint = 0; hint <= shape->field_count; hint += 7)
            cr_expect_eq(mc_shape_find_json(shape, mc_text(shape->fields[i].json), hint),
                         &shape->fields[i], "%s from %zu", shape->fields[i].json, hint);
}

Test(shape, finds_second_names_of_times_and_documents)
{
    static const struct {
        const char *name;
        const char *json; /* NULL: not found */
        bool is_alias;
    } rows[] = {
        {"createdAt", "createdAt", false}, {"createdAtUs", "createdAt", true},
        {"payload", "payloadJson", true},  {"payloadJson", "payloadJson", false},
        {"createdAtMs", NULL, false},      {"createdAtU", NULL, false},
        {"payloadJsonJson", NULL, false},  {"payloadJs", NULL, false},
        {"tierUs", NULL, false},           {"Actor", NULL, false},
        {"actor_", NULL, false},           {"", NULL, false},
        {"run_id", NULL, false},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_text_t name = mc_text(rows[i].name);
        const mc_field_t *field = mc_shape_find_json(&mc_agent_event_shape, name, 3);
        cr_expect_eq(field != NULL, rows[i].json != NULL, "%s", rows[i].name);
        if (!field || !rows[i].json)
            continue;
        cr_expect_str_eq(field->json, rows[i].json);
        cr_expect_eq(mc_field_is_alias(field, name), rows[i].is_alias, "%s", rows[i].name);
    }
}

Test(shape, a_document_under_a_plain_name_has_no_second_name)
{
    const mc_field_t *field = mc_shape_find_json(&mc_model_registry_shape, mc_text("config"), 0);
    cr_assert(field);
    cr_expect(!mc_field_is_json_string(field));
}

Test(shape, finds_a_field_by_tag_and_by_name)
{
    const mc_shape_t *shape = &mc_agent_event_shape;
    for (size_t i = 0; i < shape->field_count; i++) {
        cr_expect_eq(mc_shape_find_tag(shape, shape->fields[i].tag, 20), &shape->fields[i]);
        cr_expect_eq(mc_shape_find_name(shape, mc_text(shape->fields[i].name)), &shape->fields[i]);
    }
    cr_expect_null(mc_shape_find_tag(shape, 9999, 0));
    cr_expect_null(mc_shape_find_tag(shape, UINT64_MAX, 0));
    cr_expect_null(mc_shape_find_name(shape, mc_text("runId")));
    cr_expect_null(mc_shape_find_json(&mc_nothing_shape, mc_text("x"), 0));
}

Test(shape, a_record_without_a_required_field_names_it)
{
    mc_refusal_t refusal;
    mc_agent_event_t event = {0};
    cr_expect_eq(mc_record_complete(&mc_agent_event_shape, &event, &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "actor is missing");
    cr_expect_str_eq(refusal.field, "actor");
    cr_expect_eq(refusal.code, MC_BAD_INPUT_ERROR);
    mc_set(&event, agent_event, actor, MC_TEXT("a"));
    cr_expect_eq(mc_record_complete(&mc_agent_event_shape, &event, &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "action is missing");
    mc_set(&event, agent_event, action, MC_TEXT("b"));
    cr_expect_eq(mc_record_complete(&mc_agent_event_shape, &event, &refusal), 0);
}

Test(shape, an_absent_clamped_field_gets_its_default_and_a_limited_one_does_not)
{
    mc_event_query_t query = {0};
    mc_runtime_flags_t flags = {0};
    cr_expect_eq(mc_record_complete(&mc_event_query_shape, &query, NULL), 0);
    cr_expect_eq(query.limit, 250);
    cr_expect(mc_has(&query, event_query, limit));
    cr_expect_eq(mc_record_complete(&mc_runtime_flags_shape, &flags, NULL), 0);
    cr_expect_eq(flags.present, 0);
}

/* created_at becomes createdAt. */
static void
to_camel_case(const char *name, char *ret_json)
{
    for (; *name; name++)
        *ret_json++ = *name == '_' ? (char)toupper(*++name) : *name;
    *ret_json = '\0';
}

/* The column of an event's time is part of the table's key and is called as there. */
static bool
is_renamed(const mc_shape_t *shape, const mc_field_t *field)
{
    return shape == &mc_agent_event_shape && !strcmp(field->name, "ts");
}

static void
expect_doc(const char *name, const char *doc)
{
    size_t size = strlen(doc);
    cr_expect_gt(size, 0, "%s has no doc", name);
    if (size > 0)
        cr_expect_neq(doc[size - 1], '.', "the doc of %s ends in a full stop", name);
}

static void
expect_field_is_sound(const mc_shape_t *shape, size_t index)
{
    const mc_field_t *field = &shape->fields[index];
    char json[64];
    to_camel_case(field->name, json);
    if (!is_renamed(shape, field))
        cr_expect_str_eq(field->json, json, "%s.%s", shape->name, field->name);
    cr_expect_eq(field->json_size, strlen(field->json));
    cr_expect_leq(field->low, field->high, "%s.%s", shape->name, field->name);
    cr_expect_gt(field->tag, 0);
    cr_expect_eq(mc_shape_find_tag(shape, field->tag, 0), field, "tag %d of %s comes twice",
                 field->tag, shape->name);
    cr_expect_eq(mc_shape_find_json(shape, mc_text(field->json), 0), field, "%s.%s comes twice",
                 shape->name, field->json);
    cr_expect_eq(field->child != NULL,
                 field->kind == MC_RECORD_KIND || field->kind == MC_LIST_KIND);
    if (field->rule == MC_CLAMPED) {
        cr_expect_geq(field->fallback, field->low);
        cr_expect_leq(field->fallback, field->high);
    }
    if (field->rule == MC_CLAMPED || field->rule == MC_LIMITED)
        cr_expect_eq(field->kind, MC_I64_KIND, "%s.%s", shape->name, field->name);
    expect_doc(field->json, field->doc);
}

Test(tables, every_shape_is_sound)
{
    for (size_t i = 0; i < mc_shape_count; i++) {
        const mc_shape_t *shape = mc_shapes[i];
        cr_expect_leq(shape->field_count, MC_SHAPE_FIELDS_MAX);
        expect_doc(shape->name, shape->doc);
        for (size_t j = 0; j < shape->field_count; j++)
            expect_field_is_sound(shape, j);
        for (size_t j = 0; j < i; j++) {
            cr_expect_neq(mc_shapes[j]->tag, shape->tag, "tag %d comes twice", shape->tag);
            cr_expect_str_neq(mc_shapes[j]->name, shape->name);
            cr_expect_str_neq(mc_shapes[j]->type, shape->type);
        }
    }
}

Test(tables, every_command_is_found_by_its_name_and_its_tag)
{
    for (size_t i = 0; i < mc_command_count; i++) {
        const mc_command_t *command = &mc_commands[i];
        cr_expect_eq(mc_command_find(mc_text(command->name)), command, "%s", command->name);
        cr_expect_eq(mc_message_shape(command->tag), command->input, "%s", command->name);
        cr_expect_neq(command->role, MC_ROLE_NONE, "%s", command->name);
        expect_doc(command->name, command->doc);
    }
    cr_expect_null(mc_command_find(mc_text("no_such_command")));
}

Test(tables, every_message_is_found_by_its_tag)
{
    for (size_t i = 0; i < mc_message_count; i++) {
        cr_expect_eq(mc_message_shape(mc_messages[i].tag), mc_messages[i].shape);
        cr_expect_lt(mc_messages[i].tag, MC_COMMAND_TAG);
        expect_doc(mc_messages[i].name, mc_messages[i].doc);
    }
    cr_expect_null(mc_message_shape(0));
}

Test(tables, every_error_comes_back_from_its_name)
{
    for (int code = MC_BAD_INPUT_ERROR; code < MC_ERROR_COUNT; code++) {
        const mc_error_row_t *row = mc_error_row((mc_error_code_t)code);
        cr_expect_eq((int)mc_error_code(mc_text(row->name)), code, "%s", row->name);
        cr_expect(row->http_status >= 400 && row->http_status < 600, "%s", row->name);
        expect_doc(row->name, row->doc);
    }
    cr_expect_eq(mc_error_code(mc_text("no such word")), MC_INTERNAL_ERROR);
}

Test(tables, every_role_and_status_comes_back_from_its_name)
{
    for (int role = MC_ROLE_agent; role <= MC_ROLE_admin; role++)
        cr_expect_eq((int)mc_role(mc_text(mc_role_name((mc_role_t)role))), role);
    cr_expect_eq(mc_role(mc_text("nobody")), MC_ROLE_NONE);
    cr_expect_null(mc_role_name(MC_ROLE_NONE));

    for (int status = MC_STATUS_PENDING; status < MC_STATUS_UNKNOWN; status++)
        cr_expect_eq((int)mc_status(mc_text(mc_status_word((mc_status_t)status))), status);
    cr_expect_eq(mc_status(mc_text("Completed")), MC_STATUS_UNKNOWN);
    cr_expect(mc_status_is_terminal(MC_STATUS_FAILED));
    cr_expect(!mc_status_is_terminal(MC_STATUS_PAUSED));
}

#define SETTING_ROW(kind, name, variable, fallback, least, most, doc) {#name, variable, doc},

Test(tables, every_setting_has_one_variable_and_a_doc)
{
    static const struct {
        const char *name;
        const char *variable;
        const char *doc;
    } rows[] = {MC_SETTINGS(SETTING_ROW)};
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        char variable[64] = "AOP_";
        for (size_t j = 0; rows[i].name[j]; j++)
            variable[4 + j] = (char)toupper(rows[i].name[j]);
        cr_expect_str_eq(rows[i].variable, variable);
        expect_doc(rows[i].variable, rows[i].doc);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(rows[i].variable, rows[j].variable);
    }
}
