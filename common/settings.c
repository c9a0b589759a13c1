/*
 *  settings - what was set from outside, read once at start
 */
#include "settings.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "env_file.h"
#include "error.h"
#include "proto/buffer.h"

#define MC_SETTING_ROW(setting_kind, setting, named, given, low, high, text)                       \
    {                                                                                              \
        .name = #setting,                                                                          \
        .variable = (named),                                                                       \
        .fallback = (given),                                                                       \
        .least = (low),                                                                            \
        .most = (high),                                                                            \
        .offset = offsetof(mc_settings_t, setting),                                                \
        .kind = MC_SETTING_##setting_kind##_KIND,                                                  \
        .doc = (text),                                                                             \
    },

const mc_setting_row_t mc_setting_rows[] = {MC_SETTINGS(MC_SETTING_ROW)};
const size_t mc_setting_count = MC_COUNT(mc_setting_rows);

/* What the .env file says, by row; NULL where it says nothing. */
typedef struct {
    mc_arena_t *arena;
    const char *path;
    mc_env_line_t lines[MC_COUNT(mc_setting_rows)];
} env_file_t;

const char *
mc_settings_env_file(void)
{
    const char *path = getenv("AOP_ENV_FILE");
    return path && path[0] ? path : ".env";
}

const mc_setting_row_t *
mc_setting_row(size_t offset)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        if (mc_setting_rows[i].offset == offset)
            return &mc_setting_rows[i];
    return NULL;
}

static void *
member(mc_settings_t *settings, const mc_setting_row_t *row)
{
    return (char *)settings + row->offset;
}

static int
parse_bool(const mc_setting_row_t *row, const char *value, bool *ret_bool)
{
    static const char *const words[] = {"0",  "1",   "false", "true",
                                        "no", "yes", "off",   "on"}; /* odd ones are true */
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (!strcasecmp(value, words[i])) {
            *ret_bool = i % 2 == 1;
            return 0;
        }
    return mc_fail("%s is \"%s\", not one of 1, true, yes, on, 0, false, no, off", row->variable,
                   value);
}

static int
parse_int(const mc_setting_row_t *row, const char *value, int64_t *ret_int)
{
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(value, &end, 10);
    bool is_number = value[0] == '-' || (value[0] >= '0' && value[0] <= '9');
    if (!is_number || *end || errno || number < row->least || number > row->most)
        return mc_fail("%s is \"%.64s\", not a whole number between %" PRId64 " and %" PRId64,
                       row->variable, value, row->least, row->most);
    *ret_int = number;
    return 0;
}

/* The value is not shown: a connection string may hold a password. */
static int
parse_text(const mc_setting_row_t *row, const char *value, const char **text)
{
    int64_t size = (int64_t)strlen(value);
    if (size < row->least || size > row->most)
        return mc_fail("%s has %" PRId64 " bytes, not between %" PRId64 " and %" PRId64,
                       row->variable, size, row->least, row->most);
    char *copy = strdup(value);
    if (!copy)
        mc_fatal("out of memory");
    free((char *)*text);
    *text = copy;
    return 0;
}

int
mc_setting_parse(const mc_setting_row_t *row, const char *value, mc_settings_t *settings)
{
    switch (row->kind) {
    case MC_SETTING_BOOL_KIND:
        return parse_bool(row, value, member(settings, row));
    case MC_SETTING_INT_KIND:
        return parse_int(row, value, member(settings, row));
    case MC_SETTING_TEXT_KIND:
        return parse_text(row, value, member(settings, row));
    }
    assert(false);
    return -1;
}

static int
load_env_text(env_file_t *file, mc_text_t text)
{
    mc_text_t line;
    for (int number = 1; mc_env_line_next(&text, &line); number++) {
        mc_env_line_t parsed;
        if (mc_env_line_read(line, number, file->arena, &parsed) == -1)
            return mc_fail_while("reading %s", file->path);
        for (size_t i = 0; i < mc_setting_count; i++)
            if (parsed.name.size && mc_text_is(parsed.name, mc_setting_rows[i].variable))
                file->lines[i] = parsed;
    }
    return 0;
}

/* No .env at all is fine, unless AOP_ENV_FILE asks for it. */
static int
load_env_file(env_file_t *file)
{
    mc_text_t text;
    file->path = mc_settings_env_file();
    switch (mc_env_file_load(file->path, file->arena, &text)) {
    case 0:
        return load_env_text(file, text);
    case MC_ENV_FILE_MISSING:
        if (strcmp(file->path, ".env"))
            return mc_fail("AOP_ENV_FILE names %s, which does not exist", file->path);
        return 0;
    default:
        return -1;
    }
}

/* An empty value says nothing, except where empty is a value. */
static bool
is_given(const mc_setting_row_t *row, const char *value)
{
    bool may_be_empty = row->kind == MC_SETTING_TEXT_KIND && row->least == 0;
    return value && (value[0] || may_be_empty);
}

static int
read_setting(const mc_setting_row_t *row, const env_file_t *file, mc_settings_t *settings)
{
    const mc_env_line_t *line = &file->lines[row - mc_setting_rows];
    const char *value = getenv(row->variable);
    if (is_given(row, value)) {
        if (mc_setting_parse(row, value, settings) == -1)
            return mc_fail_while("reading the environment");
        return 0;
    }
    if (is_given(row, line->value.data)) {
        if (mc_setting_parse(row, line->value.data, settings) == -1)
            return mc_fail_while("reading line %d of %s", line->number, file->path);
        return 0;
    }
    return mc_setting_parse(row, row->fallback, settings);
}

static int
read_settings(env_file_t *file, mc_settings_t *settings)
{
    if (load_env_file(file) == -1)
        return -1;
    for (size_t i = 0; i < mc_setting_count; i++)
        if (read_setting(&mc_setting_rows[i], file, settings) == -1)
            return -1;
    return 0;
}

mc_settings_t *
mc_settings_new(void)
{
    mc_settings_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    env_file_t file = {.arena = mc_arena_new()};
    if (read_settings(&file, self) == -1)
        mc_settings_destroy(&self);
    mc_arena_destroy(&file.arena);
    return self;
}

void
mc_settings_destroy(mc_settings_t **address)
{
    mc_settings_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < mc_setting_count; i++)
        if (mc_setting_rows[i].kind == MC_SETTING_TEXT_KIND)
            free(*(char **)member(self, &mc_setting_rows[i]));
    free(self);
}

/* A flag is a setting of the same name; both tables say which. */
static void
copy_flag(const mc_settings_t *self, const mc_field_t *field, mc_runtime_flags_t *flags)
{
    for (size_t i = 0; i < mc_setting_count; i++) {
        const mc_setting_row_t *row = &mc_setting_rows[i];
        if (strcmp(row->name, field->name))
            continue;
        const void *source = (const char *)self + row->offset;
        size_t size = row->kind == MC_SETTING_BOOL_KIND ? sizeof(bool) : sizeof(int64_t);
        memcpy(mc_record_member(flags, field), source, size);
        mc_record_mark(flags, mc_shape_index(&mc_runtime_flags_shape, field));
    }
}

void
mc_settings_flags(const mc_settings_t *self, mc_runtime_flags_t *ret_flags)
{
    *ret_flags = (mc_runtime_flags_t){0};
    for (size_t i = 0; i < mc_runtime_flags_shape.field_count; i++)
        copy_flag(self, &mc_runtime_flags_shape.fields[i], ret_flags);
}

char *
mc_settings_path(const mc_settings_t *self, const char *name)
{
    mc_buffer_t path = {0};
    char here[PATH_MAX] = "";
    if (self->var_dir[0] != '/' && getcwd(here, sizeof here))
        mc_buffer_printf(&path, "%s/", here);
    mc_buffer_printf(&path, "%s/%s", self->var_dir, name);
    mc_buffer_byte(&path, '\0');
    return path.data;
}

/* As libpq wants a value: in single quotes, with \ before ' and \. */
static void
append_quoted(mc_buffer_t *out, const char *value)
{
    mc_buffer_byte(out, '\'');
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            mc_buffer_byte(out, '\\');
        mc_buffer_byte(out, (uint8_t)*value);
    }
    mc_buffer_byte(out, '\'');
}

static char *
private_cluster_url(const mc_settings_t *self)
{
    mc_buffer_t url = {0};
    char *socket_dir = mc_settings_path(self, "pg/run");
    mc_buffer_string(&url, "host=");
    append_quoted(&url, socket_dir);
    if (self->postgres_port)
        mc_buffer_printf(&url, " port=%" PRId64, self->postgres_port);
    mc_buffer_string(&url, " dbname=mission_control user=mission_control");
    mc_buffer_byte(&url, '\0');
    free(socket_dir);
    return url.data;
}

char *
mc_settings_database_url(const mc_settings_t *self)
{
    if (!self->database_url[0])
        return private_cluster_url(self);
    char *copy = strdup(self->database_url);
    if (!copy)
        mc_fatal("out of memory");
    return copy;
}
