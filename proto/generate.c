/*
 *  generate - prints one of the files that are made from the tables
 */
#include "generate.h"

#include <stdio.h>

#define SETTING(a_kind, a_name, a_variable, a_fallback, a_least, a_most, a_doc)                    \
    {.name = #a_name,                                                                              \
     .variable = a_variable,                                                                       \
     .fallback = a_fallback,                                                                       \
     .kind = #a_kind,                                                                              \
     .least = a_least,                                                                             \
     .most = a_most,                                                                               \
     .doc = a_doc},

const generate_setting_t generate_settings[] = {MC_SETTINGS(SETTING)};
const size_t generate_setting_count = MC_COUNT(generate_settings);

/* A shape is in itself, and in what has a field of it. */
static bool
is_in(const mc_shape_t *shape, const mc_shape_t *outer)
{
    if (shape == outer)
        return true;
    for (size_t i = 0; i < outer->field_count; i++)
        if (outer->fields[i].child && is_in(shape, outer->fields[i].child))
            return true;
    return false;
}

/* Records of messages stay between services, but for what ingest answers to a batch, what parts say
 * and hear over HTTP, and what a command takes or answers. */
static bool
is_between_services(const mc_shape_t *shape)
{
    if (shape->tag < GENERATE_FIRST_MESSAGE || is_in(shape, &mc_stored_receipt_shape) ||
        shape == &mc_verdict_shape || shape == &mc_part_ack_shape)
        return false;
    for (size_t i = 0; i < mc_command_count; i++)
        if (is_in(shape, mc_commands[i].result) || is_in(shape, mc_commands[i].input))
            return false;
    return true;
}

static bool
is_input_of_command(const mc_shape_t *shape)
{
    for (size_t i = 0; i < mc_command_count; i++)
        if (mc_commands[i].input == shape)
            return true;
    return false;
}

static bool
is_result_of_command(const mc_shape_t *shape)
{
    for (size_t i = 0; i < mc_command_count; i++)
        if (mc_commands[i].result == shape)
            return true;
    return false;
}

/* What clients post that is no command: native events, and what parts say. */
static bool
is_posted(const mc_shape_t *shape)
{
    return shape == &mc_agent_event_shape || shape == &mc_control_part_shape ||
           shape == &mc_part_ack_shape;
}

bool
generate_has_form(const mc_shape_t *shape, generate_form_t form)
{
    if (is_between_services(shape))
        return false;
    bool is_input = is_input_of_command(shape);
    if (form == GENERATE_INPUT)
        return is_input || is_posted(shape);
    return (!is_input && shape != &mc_part_ack_shape) || is_result_of_command(shape);
}

generate_name_t
generate_name(const mc_shape_t *shape, generate_form_t form)
{
    bool needs_suffix = form == GENERATE_INPUT && generate_has_form(shape, GENERATE_ANSWER);
    return (generate_name_t){shape->type, needs_suffix ? "Input" : ""};
}

bool
generate_has_field(const mc_field_t *field, generate_form_t form)
{
    if (form == GENERATE_INPUT)
        return field->rule != MC_ASSIGNED && field->rule != MC_INTERNAL;
    return field->rule != MC_SECRET && field->rule != MC_INTERNAL && field->rule != MC_INBOUND;
}

/* An id that the platform gives is in every answer. */
bool
generate_is_present(const mc_field_t *field, generate_form_t form)
{
    if (field->rule == MC_REQUIRED)
        return true;
    return form == GENERATE_ANSWER && field->rule == MC_ASSIGNED && !strcmp(field->name, "id");
}

static const struct {
    const char *word;
    void (*print)(void);
} generators[] = {
    {"typescript", generate_typescript},
    {"openapi", generate_openapi},
    {"env", generate_env},
    {"records", generate_records_page},
    {"commands", generate_commands_page},
    {"errors", generate_errors_page},
    {"settings", generate_settings_page},
    {"messages", generate_messages_page},
};

int
main(int count, char **words)
{
    for (size_t i = 0; count == 2 && i < MC_COUNT(generators); i++)
        if (!strcmp(words[1], generators[i].word)) {
            generators[i].print();
            return fflush(stdout) == 0 ? 0 : 1;
        }
    fprintf(stderr, "usage: generate");
    for (size_t i = 0; i < MC_COUNT(generators); i++)
        fprintf(stderr, "%c%s", i == 0 ? ' ' : '|', generators[i].word);
    fprintf(stderr, "\n");
    return 2;
}
