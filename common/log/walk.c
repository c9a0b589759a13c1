/*
 *  walk - the "key=value" pieces of a log format in turn
 *
 *  Formats are literals of our own, checked by the compiler against their
 *  arguments; a conversion that is not known here is a fault of the program.
 */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/* One conversion: the letters between % and its end. */
typedef struct {
    char pattern[16];
    int precision; /* of %.*s, else -1 */
    char size;     /* 0, 'l', 'L' for ll, 'z' */
    char kind;     /* d i u x c s g f % */
} conversion_t;

static void
add_bytes(mc_log_walk_t *self, const char *data, size_t size)
{
    size_t room = sizeof self->value - self->size;
    size_t taken = size < room ? size : room;
    memcpy(self->value + self->size, data, taken);
    self->size += taken;
}

/* Reads one conversion, which starts behind the % at rest. */
static conversion_t
read_conversion(mc_log_walk_t *self)
{
    conversion_t found = {.precision = -1};
    size_t size = 0;
    found.pattern[size++] = '%';
    while (*self->rest && !strchr("diuxcsgf%", *self->rest)) {
        char letter = *self->rest++;
        assert(strchr(".*0123456789lz", letter));
        assert(size < sizeof found.pattern - 2);
        if (letter == 'l')
            found.size = found.size == 'l' ? 'L' : 'l';
        if (letter == 'z')
            found.size = 'z';
        if (letter == '*')
            found.precision = va_arg(self->args, int);
        found.pattern[size++] = letter;
    }
    assert(*self->rest);
    found.kind = found.pattern[size] = *self->rest++;
    return found;
}

static void
add_integer(mc_log_walk_t *self, const conversion_t *conversion)
{
    char room[32];
    int size = 0;
    switch (conversion->size) {
    case 'l':
        size = snprintf(room, sizeof room, conversion->pattern, va_arg(self->args, long));
        break;
    case 'L':
        size = snprintf(room, sizeof room, conversion->pattern, va_arg(self->args, long long));
        break;
    case 'z':
        size = snprintf(room, sizeof room, conversion->pattern, va_arg(self->args, ssize_t));
        break;
    default:
        size = snprintf(room, sizeof room, conversion->pattern, va_arg(self->args, int));
    }
    add_bytes(self, room, (size_t)size);
}

static void
add_real(mc_log_walk_t *self, const conversion_t *conversion)
{
    char room[352]; /* the longest double in %f has 309 digits before the point */
    int size = snprintf(room, sizeof room, conversion->pattern, va_arg(self->args, double));
    add_bytes(self, room, (size_t)size < sizeof room ? (size_t)size : sizeof room - 1);
}

static void
add_string(mc_log_walk_t *self, const conversion_t *conversion)
{
    const char *string = va_arg(self->args, const char *);
    if (!string)
        string = conversion->precision < 0 ? "-" : "";
    size_t size =
        conversion->precision < 0 ? strlen(string) : strnlen(string, (size_t)conversion->precision);
    add_bytes(self, string, size);
}

static void
add_conversion(mc_log_walk_t *self, const conversion_t *conversion)
{
    char letter = '%';
    switch (conversion->kind) {
    case 's':
        add_string(self, conversion);
        break;
    case 'g':
    case 'f':
        add_real(self, conversion);
        break;
    case 'c':
        letter = (char)va_arg(self->args, int);
        /* fall through */
    case '%':
        add_bytes(self, &letter, 1);
        break;
    default:
        add_integer(self, conversion);
    }
}

static bool
is_real_or_integer(char kind)
{
    return strchr("diugf", kind) != NULL;
}

/* What JSON takes as a number: no inf, no nan. */
static bool
is_finite(const mc_log_walk_t *self)
{
    for (size_t i = 0; i < self->size; i++)
        if (!strchr("0123456789+-.e", self->value[i]))
            return false;
    return self->size > 0;
}

bool
mc_log_walk_next(mc_log_walk_t *self)
{
    if (!*self->rest)
        return false;
    const char *equals = strchr(self->rest, '=');
    assert(equals);
    self->key = (mc_text_t){self->rest, (size_t)(equals - self->rest)};
    self->rest = equals + 1;
    self->size = 0;
    self->is_number = false;

    size_t pieces = 0;
    for (; *self->rest && *self->rest != ' '; pieces++) {
        char letter = *self->rest++;
        if (letter != '%') {
            add_bytes(self, &letter, 1);
            continue;
        }
        conversion_t conversion = read_conversion(self);
        add_conversion(self, &conversion);
        self->is_number = pieces == 0 && is_real_or_integer(conversion.kind);
    }
    self->is_number = self->is_number && pieces == 1 && is_finite(self);
    if (*self->rest == ' ')
        self->rest++;
    return true;
}
