/*
 *  translate_fields - what a table says of the members of an object
 *
 *  A request is read by a table of its members: kind, and whether each is taken,
 *  left out or refused. Members that are in no table are left out with a warning.
 */
#ifndef ROUTER_TRANSLATE_FIELDS_H
#define ROUTER_TRANSLATE_FIELDS_H

#include "translate_state.h"

#define ROUTER_FIELDS_MAX 64

typedef enum {
    ROUTER_TAKE,   /* given to the caller */
    ROUTER_NEED,   /* the same; refused when it is missing */
    ROUTER_PASS,   /* says nothing to the other dialect and is left out without a word */
    ROUTER_LEAVE,  /* left out with a warning, unless it is null, false, 0 or empty */
    ROUTER_FORBID, /* refused, unless it is null, false, 0 or empty */
} router_rule_t;

/* Kinds that a member may have. */
enum {
    ROUTER_IS_BOOL = 1 << MC_JSON_BOOL,
    ROUTER_IS_INTEGER = 1 << MC_JSON_INTEGER,
    ROUTER_IS_NUMBER = 1 << MC_JSON_INTEGER | 1 << MC_JSON_UNSIGNED | 1 << MC_JSON_DOUBLE,
    ROUTER_IS_TEXT = 1 << MC_JSON_STRING,
    ROUTER_IS_ARRAY = 1 << MC_JSON_ARRAY,
    ROUTER_IS_OBJECT = 1 << MC_JSON_OBJECT,
    ROUTER_IS_ANY = 0xff,
};

typedef struct {
    const char *name;
    uint8_t kinds;
    uint8_t rule;
    const char *why; /* of LEAVE and FORBID */
} router_field_t;

typedef struct {
    const router_field_t *fields;
    size_t count;
} router_fields_t;

#define ROUTER_FIELDS(array) ((router_fields_t){(array), MC_COUNT(array)})

/* Fills values by the rows of the table; what is absent or null has no document. path is what
 * stands before the names in warnings and refusals: "messages.3." or "". */
MC_CHECKED int router_fields_read(router_translation_t *self, router_fields_t table,
                                  const char *path, mc_json_t object, mc_json_t *ret_values,
                                  mc_refusal_t *refusal);

/* Warns of the members that are not among the known, unless they are null, false, 0 or empty. path
 * is without numbers, so that each is named once however often it comes; known ends in NULL. */
void router_warn_others(router_translation_t *self, const char *path, mc_json_t object,
                        const char *const *known);

static inline bool
router_has(mc_json_t value)
{
    return value.document != NULL;
}

/* Refuses a value of another kind: "messages.3.content must be an array". */
MC_CHECKED int router_refuse_kind(const char *path, const char *name, unsigned kinds,
                                  mc_refusal_t *refusal);

/* A path into the request, for refusals: "messages.3.content.0". */
typedef struct {
    char text[96];
} router_path_t;
router_path_t router_path(const char *parent, const char *name, size_t index);

#endif
