/*
 *  env_check - settings that are each right but cannot be so together, and names that are none
 */
#include "env_check.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common/env_file.h"
#include "common/error.h"
#include "common/log.h"

#define NAME_BYTES_MAX 64
#define DISTANCE_MAX 3 /* edits between a slip and what was meant */

/* Variables of the product that are no settings. */
static const char *const other_names[] = {"AOP_ENV_FILE", "AOP_API_KEY", "AOP_MODEL_CONFIG_PATH"};

static bool
is_port(const mc_setting_row_t *row)
{
    size_t size = strlen(row->name);
    return row->kind == MC_SETTING_INT_KIND && size > 5 && !strcmp(row->name + size - 5, "_port");
}

static int64_t
number_of(const mc_setting_row_t *row, const mc_settings_t *settings)
{
    return *(const int64_t *)((const char *)settings + row->offset);
}

static int
check_ports(const mc_settings_t *settings)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        for (size_t j = 0; j < i; j++) {
            const mc_setting_row_t *one = &mc_setting_rows[j];
            const mc_setting_row_t *other = &mc_setting_rows[i];
            if (!is_port(one) || !is_port(other) || !number_of(one, settings))
                continue;
            if (number_of(one, settings) == number_of(other, settings))
                return mc_fail("%s and %s are both %lld: give each its own port", one->variable,
                               other->variable, (long long)number_of(one, settings));
        }
    return 0;
}

static int
check_address(const mc_settings_t *settings)
{
    unsigned char bytes[16];
    const char *address = settings->listen_address;
    if (inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1)
        return 0;
    return mc_fail("AOP_LISTEN_ADDRESS is \"%s\", not an address such as 127.0.0.1", address);
}

int
missionctl_env_check(const mc_settings_t *settings)
{
    if (mc_log_level(settings->log_level) == -1)
        return mc_fail("AOP_LOG_LEVEL is \"%s\", not debug, info, warning or error",
                       settings->log_level);
    if (strcmp(settings->log_format, "logfmt") && strcmp(settings->log_format, "json"))
        return mc_fail("AOP_LOG_FORMAT is \"%s\", not logfmt or json", settings->log_format);
    return check_address(settings) == -1 || check_ports(settings) == -1 ? -1 : 0;
}

static bool
is_known(mc_text_t name)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        if (mc_text_is(name, mc_setting_rows[i].variable))
            return true;
    for (size_t i = 0; i < MC_COUNT(other_names); i++)
        if (mc_text_is(name, other_names[i]))
            return true;
    return false;
}

/* Edits that make one of the other: Levenshtein's, one row at a time. */
static size_t
distance(const char *one, const char *other)
{
    size_t row[NAME_BYTES_MAX + 1];
    size_t size = strlen(other);
    if (size > NAME_BYTES_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i <= size; i++)
        row[i] = i;
    for (size_t i = 0; one[i]; i++) {
        size_t diagonal = row[0]++;
        for (size_t j = 0; j < size; j++) {
            size_t above = row[j + 1];
            size_t least = diagonal + (one[i] != other[j]);
            if (above + 1 < least)
                least = above + 1;
            row[j + 1] = row[j] + 1 < least ? row[j] + 1 : least;
            diagonal = above;
        }
    }
    return row[size];
}

static const char *
find_nearest(const char *name)
{
    const char *nearest = NULL;
    size_t least = DISTANCE_MAX + 1;
    for (size_t i = 0; i < mc_setting_count; i++) {
        size_t edits = distance(name, mc_setting_rows[i].variable);
        if (edits < least) {
            least = edits;
            nearest = mc_setting_rows[i].variable;
        }
    }
    return nearest;
}

static void
check_name(const mc_env_line_t *line, missionctl_env_unknown_fn *unknown, void *arg)
{
    char name[NAME_BYTES_MAX + 1];
    if (line->name.size < 4 || memcmp(line->name.data, "AOP_", 4) || is_known(line->name))
        return;
    snprintf(name, sizeof name, "%.*s", MC_FMT(line->name));
    unknown(arg, line->number, name, find_nearest(name));
}

int
missionctl_env_check_names(mc_text_t text, missionctl_env_unknown_fn *unknown, void *arg)
{
    mc_arena_t *arena = mc_arena_new();
    mc_text_t line;
    int result = 0;
    for (int number = 1; result == 0 && mc_env_line_next(&text, &line); number++) {
        mc_env_line_t parsed;
        result = mc_env_line_read(line, number, arena, &parsed);
        if (result == 0 && parsed.name.size)
            check_name(&parsed, unknown, arg);
    }
    mc_arena_destroy(&arena);
    return result;
}
