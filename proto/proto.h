/*
 *  proto - the tables as C: one struct and one descriptor array for each record
 *
 *  mc_agent_event_t is the struct, mc_agent_event_shape its descriptor, and
 *  MC_INDEX_agent_event_run_id the number of a field, of the row agent_event in
 *  records.def. The same for the inputs of commands.def and the records of
 *  messages.def.
 */
#ifndef MC_PROTO_H
#define MC_PROTO_H

#include "commands.def"
#include "commands_budget.def"
#include "commands_models.def"
#include "errors.def"
#include "messages.def"
#include "records.def"
#include "settings.def"
#include "shape.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_JSON_INTEGER_MAX INT64_C(9007199254740991) /* 2^53 - 1: what every JSON reader holds */
#define MC_ADAPTER_PLATFORM "platform"            /* adapterKind of what the platform itself says */
#define MC_TIME_MAX INT64_C(253402300799999999)   /* the end of the year 9999, in us */
#define MC_MONEY_MAX INT64_C(1000000000000000000) /* a billion dollars, in billionths */
#define MC_NANOUSD INT64_C(1000000000)
#define MC_TREE_DEPTH_MAX 48 /* parents that are followed upwards */

/* All records of the three tables, for code that walks every shape. */
#define MC_ALL_RECORDS(RECORD) MC_RECORDS(RECORD) MC_INPUTS(RECORD) MC_MESSAGE_RECORDS(RECORD)

/* The C type of a kind. */
#define MC_TYPE_TEXT mc_text_t
#define MC_TYPE_I64 int64_t
#define MC_TYPE_F64 double
#define MC_TYPE_BOOL bool
#define MC_TYPE_TIME int64_t
#define MC_TYPE_MONEY int64_t
#define MC_TYPE_UUID mc_uuid_t
#define MC_TYPE_JSON mc_text_t
#define MC_TYPE_RECORD(shape) mc_list_t
#define MC_TYPE_LIST(shape) mc_list_t

#define MC_STRUCT_MEMBER(R, tag, kind, name, json, rule, doc) MC_TYPE_##kind name;
#define MC_INDEX_MEMBER(R, tag, kind, name, json, rule, doc) MC_INDEX_##R##_##name,

#define MC_DECLARE_RECORD(tag, name, NAME, Type, doc)                                              \
    typedef struct {                                                                               \
        uint64_t present;                                                                          \
        MC_##NAME##_FIELDS(MC_STRUCT_MEMBER, name)                                                 \
    } mc_##name##_t;                                                                               \
    enum { MC_##NAME##_FIELDS(MC_INDEX_MEMBER, name) MC_FIELDS_##name };                           \
    extern const mc_shape_t mc_##name##_shape;

MC_ALL_RECORDS(MC_DECLARE_RECORD)

typedef enum {
#define MC_ERROR_MEMBER(name, NAME, status, doc) MC_##NAME##_ERROR,
    MC_NO_ERROR,
    MC_ERRORS(MC_ERROR_MEMBER)
} mc_error_code_t;

#define MC_ERROR_ONE(...) +1
enum { MC_ERROR_COUNT = 1 MC_ERRORS(MC_ERROR_ONE) };

typedef struct {
    const char *name;
    int http_status;
    const char *doc;
} mc_error_row_t;

/* The row of a code; MC_NO_ERROR has none. */
const mc_error_row_t *mc_error_row(mc_error_code_t code);
/* The code of a name, MC_INTERNAL_ERROR for an unknown one. */
mc_error_code_t mc_error_code(mc_text_t name);

typedef enum {
    MC_ROLE_NONE, /* nobody: an anonymous caller */
    MC_ROLE_agent,
    MC_ROLE_viewer,
    MC_ROLE_operator,
    MC_ROLE_admin,
} mc_role_t;

/* NULL for MC_ROLE_NONE; MC_ROLE_NONE for an unknown name. */
const char *mc_role_name(mc_role_t role);
mc_role_t mc_role(mc_text_t name);

typedef struct {
    uint16_t tag;
    const char *name;
    const char *service; /* that answers it */
    mc_role_t role;      /* the least that may ask */
    const mc_shape_t *input;
    const mc_shape_t *result;
    bool is_many;
    const char *doc;
} mc_command_t;

extern const mc_command_t mc_commands[];
extern const size_t mc_command_count;

enum {
#define MC_COMMAND_MEMBER(tag, name, NAME, ...) MC_COMMAND_##NAME = MC_COMMAND_TAG + (tag),
    MC_COMMANDS(MC_COMMAND_MEMBER)
};

const mc_command_t *mc_command_find(mc_text_t name);

typedef struct {
    uint16_t tag;
    const char *name;
    const char *service;
    const mc_shape_t *shape;
    bool is_topic;
    const char *doc;
} mc_message_t;

extern const mc_message_t mc_messages[];
extern const size_t mc_message_count;

enum {
#define MC_MESSAGE_MEMBER(tag, name, NAME, ...) MC_MESSAGE_##NAME = (tag),
    MC_MESSAGES(MC_MESSAGE_MEMBER)
};

/* The shape of a message tag, of a command tag (its input), or NULL. */
const mc_shape_t *mc_message_shape(uint16_t tag);

extern const mc_shape_t *const mc_shapes[];
extern const size_t mc_shape_count;

/* The five words of a status. */
typedef enum {
    MC_STATUS_PENDING,
    MC_STATUS_EXECUTING,
    MC_STATUS_COMPLETED,
    MC_STATUS_FAILED,
    MC_STATUS_PAUSED,
    MC_STATUS_UNKNOWN,
} mc_status_t;

mc_status_t mc_status(mc_text_t word);
const char *mc_status_word(mc_status_t status);
static inline bool
mc_status_is_terminal(mc_status_t status)
{
    return status == MC_STATUS_COMPLETED || status == MC_STATUS_FAILED;
}

#ifdef __cplusplus
}
#endif
#endif
