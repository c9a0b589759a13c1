/*
 *  generate - files for readers that do not speak C, made from the tables
 *
 *  Each generator prints one file to standard output. A record is shown in one
 *  of two forms: as an answer, where every public field is present and may be
 *  null, or as an input, where a field that is not required may be left out.
 */
#ifndef MC_GENERATE_H
#define MC_GENERATE_H

#include "proto.h"

/* Tags of records, of inputs and results, and of messages. */
#define GENERATE_FIRST_RECORD 0
#define GENERATE_FIRST_INPUT 100
#define GENERATE_FIRST_MESSAGE 200

typedef enum { GENERATE_ANSWER, GENERATE_INPUT } generate_form_t;

/* The name of a shape in one of its forms, such as RuntimeFlags and RuntimeFlagsInput. The second
 * is made only where a shape has both forms. */
typedef struct {
    const char *type;
    const char *suffix;
} generate_name_t;
generate_name_t generate_name(const mc_shape_t *shape, generate_form_t form);

/* Do clients meet the shape in that form? */
bool generate_has_form(const mc_shape_t *shape, generate_form_t form);

/* Is the field shown in that form, and is it always there? */
bool generate_has_field(const mc_field_t *field, generate_form_t form);
bool generate_is_present(const mc_field_t *field, generate_form_t form);

typedef struct {
    const char *name;
    const char *variable;
    const char *fallback;
    const char *kind; /* TEXT, INT or BOOL */
    int64_t least;
    int64_t most;
    const char *doc;
} generate_setting_t;

extern const generate_setting_t generate_settings[];
extern const size_t generate_setting_count;

typedef enum {
    GENERATE_NO_CONTENT, /* 204 */
    GENERATE_ONE,        /* the record itself */
    GENERATE_PAGE,       /* {items, nextCursor} */
    GENERATE_NAMED,      /* a schema that is written in generate_openapi.c */
    GENERATE_TEXT,       /* plain text */
    GENERATE_STREAM,     /* server-sent events */
} generate_answer_t;

typedef struct {
    const char *method;
    const char *path;
    const char *tag;
    const char *id;
    const char *role;        /* the least that may ask; NULL: anybody */
    const mc_shape_t *query; /* its fields are the query parameters */
    const char *extra;       /* more of them: name=doc|name=doc */
    const char *body;        /* a request body that is written in generate_openapi.c */
    generate_answer_t answer;
    const mc_shape_t *result;
    const char *named; /* the schema of GENERATE_NAMED */
    const char *doc;
} generate_route_t;

extern const generate_route_t generate_routes[];
extern const size_t generate_route_count;

void generate_typescript(void);
void generate_openapi(void);
void generate_env(void);
void generate_records_page(void);
void generate_commands_page(void);
void generate_errors_page(void);
void generate_settings_page(void);
void generate_messages_page(void);

/* JSON on standard output, indented; the caller opens and closes in order. key is NULL inside an
 * array and for the outermost value. */
typedef struct {
    unsigned depth;
    bool has_before; /* a value stands before the next one */
} generate_json_t;

void generate_json_open(generate_json_t *self, const char *key, char bracket);
void generate_json_close(generate_json_t *self, char bracket);
void generate_json_text(generate_json_t *self, const char *key, const char *value);
void generate_json_integer(generate_json_t *self, const char *key, int64_t value);
void generate_json_bool(generate_json_t *self, const char *key, bool value);

/* {"$ref": "#/components/<section>/<name>"} under the key. */
void generate_json_ref(generate_json_t *self, const char *key, const char *section,
                       generate_name_t name);

/* The schema of each shape that clients meet, and the query parameters of one. */
void generate_schemas(generate_json_t *json);
void generate_parameters(generate_json_t *json, const mc_shape_t *query);

/* All paths of the API. */
void generate_paths(generate_json_t *json);

#endif
