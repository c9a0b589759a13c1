/*
 *  proto - the tables as descriptors
 */
#include "proto.h"

#define MC_KIND_TEXT .kind = MC_TEXT_KIND
#define MC_KIND_I64 .kind = MC_I64_KIND
#define MC_KIND_F64 .kind = MC_F64_KIND
#define MC_KIND_BOOL .kind = MC_BOOL_KIND
#define MC_KIND_TIME .kind = MC_TIME_KIND
#define MC_KIND_MONEY .kind = MC_MONEY_KIND
#define MC_KIND_UUID .kind = MC_UUID_KIND
#define MC_KIND_JSON .kind = MC_JSON_KIND
#define MC_KIND_RECORD(shape) .kind = MC_RECORD_KIND, .child = &mc_##shape##_shape
#define MC_KIND_LIST(shape) .kind = MC_LIST_KIND, .child = &mc_##shape##_shape

#define MC_RULE_OPTIONAL(least, most) .rule = MC_OPTIONAL, .low = (least), .high = (most)
#define MC_RULE_REQUIRED(least, most) .rule = MC_REQUIRED, .low = (least), .high = (most)
#define MC_RULE_ASSIGNED(least, most) .rule = MC_ASSIGNED, .low = (least), .high = (most)
#define MC_RULE_INTERNAL(least, most) .rule = MC_INTERNAL, .low = (least), .high = (most)
#define MC_RULE_INBOUND(least, most) .rule = MC_INBOUND, .low = (least), .high = (most)
#define MC_RULE_SECRET(least, most) .rule = MC_SECRET, .low = (least), .high = (most)
#define MC_RULE_LIMITED(least, most) .rule = MC_LIMITED, .low = (least), .high = (most)
#define MC_RULE_CLAMPED(least, most, absent)                                                       \
    .rule = MC_CLAMPED, .low = (least), .high = (most), .fallback = (absent)

#define MC_DESCRIPTOR(R, field_tag, field_kind, field_name, field_json, field_rule, field_doc)     \
    {                                                                                              \
        .tag = (field_tag),                                                                        \
        .name = #field_name,                                                                       \
        .json = #field_json,                                                                       \
        .json_size = sizeof #field_json - 1,                                                       \
        .doc = (field_doc),                                                                        \
        .offset = offsetof(mc_##R##_t, field_name),                                                \
        MC_KIND_##field_kind,                                                                      \
        MC_RULE_##field_rule,                                                                      \
    },

/* Arrays end in an empty row, so that a record without fields has an array too. */
#define MC_SHAPE(record_tag, record, RECORD, record_type, record_doc)                              \
    static const mc_field_t record##_fields[] = {                                                  \
        MC_##RECORD##_FIELDS(MC_DESCRIPTOR, record){.tag = 0},                                     \
    };                                                                                             \
    _Static_assert(MC_FIELDS_##record <= MC_SHAPE_FIELDS_MAX, #record);                            \
    const mc_shape_t mc_##record##_shape = {                                                       \
        .tag = (record_tag),                                                                       \
        .name = #record,                                                                           \
        .type = #record_type,                                                                      \
        .fields = record##_fields,                                                                 \
        .field_count = MC_FIELDS_##record,                                                         \
        .size = sizeof(mc_##record##_t),                                                           \
        .doc = (record_doc),                                                                       \
    };

MC_ALL_RECORDS(MC_SHAPE)

#define MC_SHAPE_ADDRESS(tag, record, ...) &mc_##record##_shape,

const mc_shape_t *const mc_shapes[] = {MC_ALL_RECORDS(MC_SHAPE_ADDRESS)};
const size_t mc_shape_count = MC_COUNT(mc_shapes);

#define MC_IS_ONE false
#define MC_IS_MANY true

#define MC_COMMAND_ROW(command_tag, command, NAME, by, least_role, takes, gives, many, text)       \
    {                                                                                              \
        .tag = MC_COMMAND_TAG + (command_tag),                                                     \
        .name = #command,                                                                          \
        .service = #by,                                                                            \
        .role = MC_ROLE_##least_role,                                                              \
        .input = &mc_##takes##_shape,                                                              \
        .result = &mc_##gives##_shape,                                                             \
        .is_many = MC_IS_##many,                                                                   \
        .doc = (text),                                                                             \
    },

const mc_command_t mc_commands[] = {MC_COMMANDS(MC_COMMAND_ROW)};
const size_t mc_command_count = MC_COUNT(mc_commands);

#define MC_IS_REQUEST false
#define MC_IS_TOPIC true

#define MC_MESSAGE_ROW(message_tag, message, NAME, by, carries, manner, text)                      \
    {                                                                                              \
        .tag = (message_tag),                                                                      \
        .name = #message,                                                                          \
        .service = #by,                                                                            \
        .shape = &mc_##carries##_shape,                                                            \
        .is_topic = MC_IS_##manner,                                                                \
        .doc = (text),                                                                             \
    },

const mc_message_t mc_messages[] = {MC_MESSAGES(MC_MESSAGE_ROW)};
const size_t mc_message_count = MC_COUNT(mc_messages);

#define MC_ERROR_ROW(error, NAME, status, text)                                                    \
    {.name = #error, .http_status = (status), .doc = (text)},

static const mc_error_row_t error_rows[] = {{.name = "none", .http_status = 200, .doc = "No error"},
                                            MC_ERRORS(MC_ERROR_ROW)};

static const char *const role_names[] = {NULL, "agent", "viewer", "operator", "admin"};
static const char *const status_words[] = {"pending", "executing", "completed", "failed", "paused"};

const mc_error_row_t *
mc_error_row(mc_error_code_t code)
{
    assert((size_t)code < MC_COUNT(error_rows));
    return &error_rows[code];
}

mc_error_code_t
mc_error_code(mc_text_t name)
{
    for (size_t i = 1; i < MC_COUNT(error_rows); i++)
        if (mc_text_is(name, error_rows[i].name))
            return (mc_error_code_t)i;
    return MC_INTERNAL_ERROR;
}

const char *
mc_role_name(mc_role_t role)
{
    assert((size_t)role < MC_COUNT(role_names));
    return role_names[role];
}

mc_role_t
mc_role(mc_text_t name)
{
    for (size_t i = 1; i < MC_COUNT(role_names); i++)
        if (mc_text_is(name, role_names[i]))
            return (mc_role_t)i;
    return MC_ROLE_NONE;
}

mc_status_t
mc_status(mc_text_t word)
{
    for (size_t i = 0; i < MC_COUNT(status_words); i++)
        if (mc_text_is(word, status_words[i]))
            return (mc_status_t)i;
    return MC_STATUS_UNKNOWN;
}

const char *
mc_status_word(mc_status_t status)
{
    assert(status < MC_STATUS_UNKNOWN);
    return status_words[status];
}

const mc_command_t *
mc_command_find(mc_text_t name)
{
    for (size_t i = 0; i < mc_command_count; i++)
        if (mc_text_is(name, mc_commands[i].name))
            return &mc_commands[i];
    return NULL;
}

const mc_shape_t *
mc_message_shape(uint16_t tag)
{
    for (size_t i = 0; i < mc_message_count; i++)
        if (mc_messages[i].tag == tag)
            return mc_messages[i].shape;
    for (size_t i = 0; i < mc_command_count; i++)
        if (mc_commands[i].tag == tag)
            return mc_commands[i].input;
    return NULL;
}
