/*
 *  generate_docs - the pages of docs/reference
 */
#include "generate.h"

#include <stdio.h>

static const char *const kind_words[] = {
    [MC_TEXT_KIND] = "text",        [MC_I64_KIND] = "integer",  [MC_F64_KIND] = "number",
    [MC_BOOL_KIND] = "true, false", [MC_TIME_KIND] = "seconds", [MC_MONEY_KIND] = "dollars",
    [MC_UUID_KIND] = "UUID",        [MC_JSON_KIND] = "JSON",    [MC_RECORD_KIND] = "object",
    [MC_LIST_KIND] = "array",
};

static const char *const rule_words[] = {
    [MC_OPTIONAL] = "optional", [MC_REQUIRED] = "required", [MC_ASSIGNED] = "by the platform",
    [MC_INTERNAL] = "internal", [MC_INBOUND] = "only in",   [MC_LIMITED] = "optional, limited",
    [MC_CLAMPED] = "clamped",   [MC_SECRET] = "secret",
};

static void
print_head(const char *title, const char *about)
{
    printf("# %s\n\nMade from the tables under `proto/` by `make proto`; do not edit.\n\n%s\n",
           title, about);
}

/* A bar in a doc would end the cell. */
static void
print_cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void
print_link(const mc_shape_t *shape)
{
    const char *page = shape->tag < GENERATE_FIRST_INPUT     ? "records"
                       : shape->tag < GENERATE_FIRST_MESSAGE ? "commands"
                                                             : "messages";
    printf("[%s](%s.md#%s)", shape->type, page, shape->name);
}

static void
print_kind(const mc_field_t *field)
{
    if (!field->child) {
        printf("%s", kind_words[field->kind]);
        return;
    }
    if (field->kind == MC_LIST_KIND)
        printf("array of ");
    print_link(field->child);
}

static void
print_bounds(const mc_field_t *field)
{
    switch (field->kind) {
    case MC_TEXT_KIND:
    case MC_JSON_KIND:
        printf("%lld..%lld bytes", (long long)field->low, (long long)field->high);
        return;
    case MC_LIST_KIND:
        printf("at most %lld", (long long)field->high);
        return;
    case MC_I64_KIND:
        if (field->high == MC_JSON_INTEGER_MAX)
            printf(field->low < 0 ? "within 2^53" : "%lld.. below 2^53", (long long)field->low);
        else
            printf("%lld..%lld", (long long)field->low, (long long)field->high);
        if (field->rule == MC_CLAMPED)
            printf(", default %lld", (long long)field->fallback);
        return;
    case MC_F64_KIND:
        printf("%lld..%lld", (long long)field->low, (long long)field->high);
        return;
    case MC_MONEY_KIND:
        printf("within %lld", (long long)(field->high / MC_NANOUSD));
        return;
    default:
        return;
    }
}

static void
print_shape(const mc_shape_t *shape)
{
    printf("\n<a id=\"%s\"></a>\n\n## %s\n\n%s.\n", shape->name, shape->type, shape->doc);
    if (shape->field_count == 0)
        return;
    printf("\n| tag | name | kind | | bounds | |\n|--:|---|---|---|---|---|\n");
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        printf("| %d | `%s` | ", field->tag, field->json);
        print_kind(field);
        printf(" | %s | ", rule_words[field->rule]);
        print_bounds(field);
        printf(" | ");
        print_cell(field->doc);
        printf(" |\n");
    }
}

static void
print_shapes(unsigned first_tag, unsigned end_tag)
{
    for (size_t i = 0; i < mc_shape_count; i++)
        if (mc_shapes[i]->tag >= first_tag && mc_shapes[i]->tag < end_tag)
            print_shape(mc_shapes[i]);
}

void
generate_records_page(void)
{
    print_head(
        "Records",
        "What Mission Control stores, streams and shows. In JSON every public field is there and\n"
        "null where it is absent. A time `xAt` is in Unix seconds, and `xAtUs` beside it in\n"
        "microseconds; dollars have at most nine decimals; a name that ends in `Json` holds JSON "
        "as\n"
        "a string. In msgpack the key is the tag, times are microseconds and dollars are\n"
        "billionths.\n\n"
        "| rule | |\n|---|---|\n"
        "| required | a record without it is refused |\n"
        "| optional | may be absent or null; an empty text counts as absent where it may not be "
        "empty |\n"
        "| by the platform | shown, and ignored when it comes in |\n"
        "| internal | between services and in the store; never in JSON |\n"
        "| only in | read, never shown |\n"
        "| limited | a value outside the bounds is moved inside |\n"
        "| clamped | the same, and absent means the default |\n"
        "| secret | never shown |");
    print_shapes(GENERATE_FIRST_RECORD, GENERATE_FIRST_INPUT);
}

static void
print_command(const mc_command_t *command)
{
    printf("| `%s` | %s | %s | ", command->name, mc_role_name(command->role), command->service);
    if (command->input->field_count > 0)
        print_link(command->input);
    printf(" | %s", command->is_many ? "array of " : "");
    print_link(command->result);
    printf(" | ");
    print_cell(command->doc);
    printf(" |\n");
}

void
generate_commands_page(void)
{
    print_head(
        "Commands",
        "`POST /api/v1/commands/<name>` with the body `{\"input\": {...}}`, the bare input, or "
        "none\n"
        "where nothing is required. The answer is the bare result, or\n"
        "`{\"error\": {\"code\", \"message\", \"details\"?}}` with a code of [errors](errors.md).\n"
        "The role is the least that may ask: viewer, operator, admin. A command whose service is\n"
        "not running is answered 503 `service_missing`.\n");
    printf("| command | role | service | input | result | |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < mc_command_count; i++)
        print_command(&mc_commands[i]);
    print_shapes(GENERATE_FIRST_INPUT, GENERATE_FIRST_MESSAGE);
}

void
generate_errors_page(void)
{
    print_head(
        "Errors",
        "The `code` of `{\"error\": {\"code\", \"message\", \"details\"?}}`. The message names\n"
        "the field and the value that was wrong.\n");
    printf("| code | status | |\n|---|--:|---|\n");
    for (int code = MC_NO_ERROR + 1; code < MC_ERROR_COUNT; code++) {
        const mc_error_row_t *row = mc_error_row((mc_error_code_t)code);
        printf("| `%s` | %d | ", row->name, row->http_status);
        print_cell(row->doc);
        printf(" |\n");
    }
}

static void
print_setting_row(const generate_setting_t *setting)
{
    const char *open = setting->fallback[0] ? "`" : "";
    printf("| `%s` | %s%s%s | ", setting->variable, open, setting->fallback, open);
    if (!strcmp(setting->kind, "INT"))
        printf("%lld..%lld", (long long)setting->least, (long long)setting->most);
    else if (!strcmp(setting->kind, "TEXT"))
        printf("%lld..%lld bytes", (long long)setting->least, (long long)setting->most);
    else
        printf("true, false");
    printf(" | ");
    print_cell(setting->doc);
    printf(" |\n");
}

void
generate_settings_page(void)
{
    print_head(
        "Settings",
        "Read from the environment, else from `.env`, else the default. A value outside its\n"
        "bounds ends the start with one line that names it. `1`, `true`, `yes` and `on` in\n"
        "any case are true. The file in use is `.env`, or what `AOP_ENV_FILE` names.\n");
    printf("| variable | default | bounds | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < generate_setting_count; i++)
        print_setting_row(&generate_settings[i]);
}

static void
print_message(const mc_message_t *message)
{
    printf("| %d | `%s` | %s | %s | ", message->tag, message->name,
           message->is_topic ? "topic" : "request", message->service);
    print_link(message->shape);
    printf(" | ");
    print_cell(message->doc);
    printf(" |\n");
}

void
generate_messages_page(void)
{
    print_head("Messages", "What services say to one another over the bus, as msgpack. A message "
                           "is a list of records\n"
                           "of one shape. A request is answered; a topic is published with a "
                           "sequence number. A command\n"
                           "travels as a request too, under 1000 plus its tag.\n");
    printf("| tag | message | | service | carries | |\n|--:|---|---|---|---|---|\n");
    for (size_t i = 0; i < mc_message_count; i++)
        print_message(&mc_messages[i]);
    print_shapes(GENERATE_FIRST_MESSAGE, UINT16_MAX);
}
