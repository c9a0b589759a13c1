/*
 *  generate_json - indented JSON on standard output
 */
#include "generate.h"

#include <stdio.h>

static void
put_quoted(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void
begin_line(const generate_json_t *self)
{
    printf("\n%*s", (int)self->depth * 2, "");
}

static void
begin_value(generate_json_t *self, const char *key)
{
    if (self->has_before)
        putchar(',');
    if (self->depth > 0)
        begin_line(self);
    if (key) {
        put_quoted(key);
        printf(": ");
    }
    self->has_before = true;
}

void
generate_json_open(generate_json_t *self, const char *key, char bracket)
{
    begin_value(self, key);
    putchar(bracket);
    self->depth++;
    self->has_before = false;
}

void
generate_json_close(generate_json_t *self, char bracket)
{
    self->depth--;
    if (self->has_before)
        begin_line(self);
    putchar(bracket);
    self->has_before = true;
}

void
generate_json_text(generate_json_t *self, const char *key, const char *value)
{
    begin_value(self, key);
    put_quoted(value);
}

void
generate_json_integer(generate_json_t *self, const char *key, int64_t value)
{
    begin_value(self, key);
    printf("%lld", (long long)value);
}

void
generate_json_bool(generate_json_t *self, const char *key, bool value)
{
    begin_value(self, key);
    printf("%s", value ? "true" : "false");
}

void
generate_json_ref(generate_json_t *self, const char *key, const char *section, generate_name_t name)
{
    char target[128];
    snprintf(target, sizeof target, "#/components/%s/%s%s", section, name.type, name.suffix);
    generate_json_open(self, key, '{');
    generate_json_text(self, "$ref", target);
    generate_json_close(self, '}');
}
