/*
 *  shape - descriptors of records, made from the tables
 *
 *  Every record is a struct whose first member is a bit mask of the fields that
 *  are present, and an array of descriptors that says where each field lies.
 *  The codecs walk that array; no code is made per record.
 *
 *      kind    C type       msgpack   JSON                          column
 *      TEXT    mc_text_t    str       string                        text
 *      I64     int64_t      int       integer, below 2^53           bigint
 *      F64     double       float     number                        double precision
 *      BOOL    bool         bool      true, false                   boolean
 *      TIME    int64_t us   int       xAt in seconds, xAtUs in us   timestamptz
 *      MONEY   int64_t n$   int       dollars, up to 9 decimals     numeric
 *      UUID    mc_uuid_t    bin 16    36 characters                 uuid
 *      JSON    mc_text_t    str       xJson: a string that holds    text
 *                                     JSON, read also as x: any;
 *                                     x without Json: the value
 *      RECORD  mc_list_t    map       object                        -
 *      LIST    mc_list_t    array     array of objects              -
 *
 *  A RECORD is a list of exactly one. Money is in billionths of a dollar, so
 *  that sums are exact in every order of addition.
 */
#ifndef MC_SHAPE_H
#define MC_SHAPE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    MC_TEXT_KIND,
    MC_I64_KIND,
    MC_F64_KIND,
    MC_BOOL_KIND,
    MC_TIME_KIND,
    MC_MONEY_KIND,
    MC_UUID_KIND,
    MC_JSON_KIND,
    MC_RECORD_KIND,
    MC_LIST_KIND,
} mc_kind_t;

typedef enum {
    MC_OPTIONAL, /* may be absent; JSON shows null */
    MC_REQUIRED, /* a record without it is refused */
    MC_ASSIGNED, /* made by the platform: shown in JSON, ignored when it comes in as JSON */
    MC_INTERNAL, /* between services and in the store only: never in JSON, in or out */
    MC_INBOUND,  /* read from JSON, never shown */
    MC_LIMITED,  /* integer: outside low..high is moved inside */
    MC_CLAMPED,  /* the same, and absent means fallback */
    MC_SECRET,   /* travels on the bus, is never printed in any form */
} mc_rule_t;

typedef struct mc_shape mc_shape_t;

typedef struct {
    uint16_t tag; /* the msgpack key; never reused */
    uint8_t kind;
    uint8_t rule;
    uint16_t json_size; /* bytes of the JSON name */
    uint16_t offset;
    int64_t low;      /* TEXT, JSON: fewest bytes; numbers: least value */
    int64_t high;     /* TEXT, JSON: most bytes; numbers: greatest value; LIST: most items */
    int64_t fallback; /* of a CLAMPED field */
    const char *name; /* snake_case: C member and column */
    const char *json; /* camelCase */
    const mc_shape_t *child;
    const char *doc;
} mc_field_t;

struct mc_shape {
    uint16_t tag;
    const char *name; /* snake_case */
    const char *type; /* PascalCase, as clients know it */
    const mc_field_t *fields;
    size_t field_count; /* at most 64: the mask has a bit for each */
    size_t size;        /* of the struct */
    const char *doc;
};

#define MC_SHAPE_FIELDS_MAX 64

/* Why outside data was not taken. The message is lower case and names the field and the value. */
typedef struct {
    int code; /* mc_error_code_t */
    char field[64];
    char message[256];
} mc_refusal_t;

/* Fills the refusal, if there is one; field may be NULL. */
void mc_refusal_fill(mc_refusal_t *refusal, int code, const char *field, const char *format, ...)
    MC_PRINTF(4, 5);

/* The same, and is MC_REFUSED, for: return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "tier", ...).
 * A macro, so that the compiler knows the outcome too. */
#define mc_refuse(...)                                                                             \
    ({                                                                                             \
        mc_refusal_fill(__VA_ARGS__);                                                              \
        MC_REFUSED;                                                                                \
    })

/* The mask is the first member of every record. */
static inline bool
mc_record_has(const void *record, size_t index)
{
    return (*(const uint64_t *)record >> index) & 1;
}

static inline void
mc_record_mark(void *record, size_t index)
{
    *(uint64_t *)record |= (uint64_t)1 << index;
}

static inline void
mc_record_forget(void *record, size_t index)
{
    *(uint64_t *)record &= ~((uint64_t)1 << index);
}

static inline void *
mc_record_member(const void *record, const mc_field_t *field)
{
    return (char *)record + field->offset;
}

/* Is the field present / set it / take it away, by the names of the table:
 * mc_has(event, agent_event, run_id); mc_set(event, agent_event, tier, 2). */
#define mc_has(record, shape, field) mc_record_has((record), MC_INDEX_##shape##_##field)
#define mc_set(record, shape, field, value)                                                        \
    ((record)->field = (value), mc_record_mark((record), MC_INDEX_##shape##_##field))
#define mc_unset(record, shape, field) mc_record_forget((record), MC_INDEX_##shape##_##field)

/* The descriptor with that JSON name (for TIME also with Us, for JSON also without Json), or NULL.
 * hint is where the search starts: names usually come in table order. */
const mc_field_t *mc_shape_find_json(const mc_shape_t *shape, mc_text_t name, size_t hint);
const mc_field_t *mc_shape_find_tag(const mc_shape_t *shape, uint64_t tag, size_t hint);
const mc_field_t *mc_shape_find_name(const mc_shape_t *shape, mc_text_t name);

static inline size_t
mc_shape_index(const mc_shape_t *shape, const mc_field_t *field)
{
    return (size_t)(field - shape->fields);
}

/* Is this name, which found the field, its second one: xAtUs of xAt, payload of payloadJson? */
static inline bool
mc_field_is_alias(const mc_field_t *field, mc_text_t name)
{
    return name.size != field->json_size;
}

/* Does the field hold JSON that is shown as a string, under a name that ends in Json? */
bool mc_field_is_json_string(const mc_field_t *field);

/* Store a value after the checks of kind and bounds; the one place where these are made. They
 * return 0 or MC_REFUSED.
 *
 * text: is lent, must be UTF-8 without NUL. A UUID is read from it. An empty one leaves a field
 *     absent that is not REQUIRED and may not be empty.
 * i64, u64: TIME in microseconds, MONEY in whole dollars.
 * f64: TIME in microseconds, MONEY in dollars, rounded half away from zero; an integer field takes
 *     a whole number within 2^53.
 * seconds: of TIME, rounded to microseconds; nanousd: of MONEY.
 * list: of records of the child shape, lent. */
int mc_field_set_text(const mc_shape_t *shape, const mc_field_t *field, void *record,
                      mc_text_t value, mc_refusal_t *refusal);
int mc_field_set_i64(const mc_shape_t *shape, const mc_field_t *field, void *record, int64_t value,
                     mc_refusal_t *refusal);
int mc_field_set_u64(const mc_shape_t *shape, const mc_field_t *field, void *record, uint64_t value,
                     mc_refusal_t *refusal);
int mc_field_set_f64(const mc_shape_t *shape, const mc_field_t *field, void *record, double value,
                     mc_refusal_t *refusal);
int mc_field_set_bool(const mc_shape_t *shape, const mc_field_t *field, void *record, bool value,
                      mc_refusal_t *refusal);
int mc_field_set_uuid(const mc_shape_t *shape, const mc_field_t *field, void *record,
                      mc_uuid_t value, mc_refusal_t *refusal);
int mc_field_set_seconds(const mc_shape_t *shape, const mc_field_t *field, void *record,
                         double seconds, mc_refusal_t *refusal);
int mc_field_set_nanousd(const mc_shape_t *shape, const mc_field_t *field, void *record,
                         int64_t nanousd, mc_refusal_t *refusal);
int mc_field_set_list(const mc_shape_t *shape, const mc_field_t *field, void *record,
                      mc_list_t value, mc_refusal_t *refusal);

/* Refuses a value of another kind: "tier is an array, must be an integer". */
int mc_field_refuse_kind(const mc_field_t *field, const char *what, mc_refusal_t *refusal);

/* Fills absent CLAMPED fields and refuses a record that lacks a REQUIRED one. ASSIGNED fields are
 * never missed. Decoders call it last. */
int mc_record_complete(const mc_shape_t *shape, void *record, mc_refusal_t *refusal);

#ifdef __cplusplus
}
#endif
#endif
