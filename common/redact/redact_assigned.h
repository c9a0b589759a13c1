/*
 *  redact_assigned - a name in a text, what joins it to a value, and the value
 */
#ifndef MC_REDACT_ASSIGNED_H
#define MC_REDACT_ASSIGNED_H

#include <ctype.h>
#include <strings.h>

#include "redact_find.h"
#include "redact_pattern.h"

#define MC_REDACT_ASSIGNED_BYTES_MAX 16384 /* of a value */
#define MC_REDACT_GAP_BYTES_MAX 64         /* between name, sign and value */
#define MC_REDACT_AROUND_BYTES_MAX 80      /* of a name on either side of a hit */

/* What stands between name and value. */
typedef enum {
    NOTHING,
    TIGHT,  /* name=value */
    SPACED, /* name = value */
    COLON,
    COMPARED, /* name == value */
    XML,
    OPTION,  /* --name value */
    SAID,    /* the name is value */
    FIELD,   /* login x password value; ENV NAME value */
    LITERAL, /* PASSWORD 'value', as in SQL */
    BESIDE,  /* password value */
} mc_redact_join_t;

typedef struct {
    mc_redact_find_t *find;
    const char *text;
    size_t size;
    size_t name_start;
    size_t name_end;
    size_t value_start;
    size_t value_end;
    mc_redact_join_t join;
    bool is_quoted;
    bool is_encoded; /* joined by %3D or %3A */
    bool is_tight;   /* the value comes directly behind the sign */
    bool is_closed;  /* a quote or bracket comes directly behind the name */
    mc_redact_name_t name;
} mc_redact_assigned_t;

static inline char
byte_at(const mc_redact_assigned_t *self, size_t at)
{
    return at < self->size ? self->text[at] : '\0';
}

static inline bool
is_at(const mc_redact_assigned_t *self, size_t at, const char *wanted)
{
    if (tolower((unsigned char)byte_at(self, at)) != tolower((unsigned char)*wanted))
        return false;
    size_t size = strlen(wanted);
    return self->size - at >= size && !strncasecmp(self->text + at, wanted, size);
}

static inline mc_text_t
part(const mc_redact_assigned_t *self, size_t start, size_t end)
{
    return (mc_text_t){self->text + start, end - start};
}

static inline bool
is_name_byte(char byte)
{
    return mc_redact_class_has('U', byte) || byte == '.';
}

static inline size_t
skip_blanks(const mc_redact_assigned_t *self, size_t at)
{
    size_t most = at + MC_REDACT_GAP_BYTES_MAX;
    while (at < most && (byte_at(self, at) == ' ' || byte_at(self, at) == '\t'))
        at++;
    return at;
}

/* The name around a hit; false when it was looked at before. */
bool mc_redact_read_name(mc_redact_assigned_t *self, size_t at, size_t size);

/* What follows the name; sets value_start behind it. */
mc_redact_join_t mc_redact_read_join(mc_redact_assigned_t *self);

/* The value from value_start on, with its quotes taken off. */
void mc_redact_read_value(mc_redact_assigned_t *self);

/* Where a value without quotes ends that begins there. */
size_t mc_redact_bare_end(mc_redact_assigned_t *self, size_t at);

/* Does another name with its sign begin here? */
bool mc_redact_is_name_and_sign(const mc_redact_assigned_t *self, size_t at);

#endif
