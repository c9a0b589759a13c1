/*
 *  generate_typescript - the types of the console and of TypeScript clients
 */
#include "generate.h"

#include <stdio.h>

static void
print_type(const mc_field_t *field, generate_form_t form)
{
    generate_name_t child;
    switch (field->kind) {
    case MC_TEXT_KIND:
    case MC_UUID_KIND:
        printf("string");
        return;
    case MC_BOOL_KIND:
        printf("boolean");
        return;
    case MC_JSON_KIND:
        printf(mc_field_is_json_string(field) ? "string" : "unknown");
        return;
    case MC_RECORD_KIND:
    case MC_LIST_KIND:
        child = generate_name(field->child, form);
        printf("%s%s%s", child.type, child.suffix, field->kind == MC_LIST_KIND ? "[]" : "");
        return;
    default:
        printf("number");
    }
}

/* One member; suffix ends the name of the second one that a time has. */
static void
print_member(const mc_field_t *field, generate_form_t form, const char *suffix)
{
    bool is_present = generate_is_present(field, form);
    printf("  %s%s%s: ", field->json, suffix, form == GENERATE_INPUT && !is_present ? "?" : "");
    print_type(field, form);
    printf("%s;\n", is_present ? "" : " | null");
}

/* payload beside payloadJson, for producers. */
static void
print_any_member(const mc_field_t *field)
{
    printf("  /** The same as any value, instead of %s */\n", field->json);
    printf("  %.*s?: unknown;\n", field->json_size - 4, field->json);
}

static void
print_field(const mc_field_t *field, generate_form_t form)
{
    printf("  /** %s */\n", field->doc);
    print_member(field, form, "");
    if (field->kind == MC_TIME_KIND) {
        printf("  /** The same in microseconds */\n");
        print_member(field, form, "Us");
    }
    if (form == GENERATE_INPUT && mc_field_is_json_string(field))
        print_any_member(field);
}

static void
print_interface(const mc_shape_t *shape, generate_form_t form)
{
    generate_name_t name = generate_name(shape, form);
    printf("\n/** %s */\n", shape->doc);
    if (shape->field_count == 0) {
        printf("export type %s%s = Record<string, never>;\n", name.type, name.suffix);
        return;
    }
    printf("export interface %s%s {\n", name.type, name.suffix);
    for (size_t i = 0; i < shape->field_count; i++)
        if (generate_has_field(&shape->fields[i], form))
            print_field(&shape->fields[i], form);
    printf("}\n");
}

static void
print_commands(void)
{
    printf("\n/** What can be asked by POST /api/v1/commands/<name>, and what comes back */\n"
           "export interface Commands {\n");
    for (size_t i = 0; i < mc_command_count; i++) {
        const mc_command_t *command = &mc_commands[i];
        generate_name_t input = generate_name(command->input, GENERATE_INPUT);
        printf("  /** %s; needs the role %s */\n", command->doc, mc_role_name(command->role));
        printf("  %s: { input: %s%s; result: %s%s };\n", command->name, input.type, input.suffix,
               command->result->type, command->is_many ? "[]" : "");
    }
    printf("}\n\nexport type CommandName = keyof Commands;\n");
}

static void
print_unions(void)
{
    printf("\n/** The code of {\"error\": {\"code\", \"message\", \"details\"?}} */\n"
           "export type ErrorCode =");
    for (int code = MC_NO_ERROR + 1; code < MC_ERROR_COUNT; code++)
        printf("\n  | \"%s\"", mc_error_row((mc_error_code_t)code)->name);
    printf(";\n\n/** The status of a task or a run */\nexport type StatusWord =");
    for (int status = 0; status < MC_STATUS_UNKNOWN; status++)
        printf(" %s\"%s\"", status ? "| " : "", mc_status_word((mc_status_t)status));
    printf(";\n\n/** What a session or an API key may do; viewer, operator and admin include those"
           " before them */\nexport type Role =");
    for (int role = MC_ROLE_agent; role <= MC_ROLE_admin; role++)
        printf(" %s\"%s\"", role > MC_ROLE_agent ? "| " : "", mc_role_name((mc_role_t)role));
    printf(";\n");
}

void
generate_typescript(void)
{
    printf("/* Made from the tables under proto/ by `make proto`; do not edit. */\n");
    for (size_t i = 0; i < mc_shape_count; i++)
        for (generate_form_t form = GENERATE_ANSWER; form <= GENERATE_INPUT; form++)
            if (generate_has_form(mc_shapes[i], form))
                print_interface(mc_shapes[i], form);
    print_commands();
    print_unions();
}
