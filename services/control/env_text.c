/*
 *  env_text - new values in the text of a .env file, everything else as it stands
 */
#include "services/control/env_text.h"

#include <ctype.h>

#include "common/env_file.h"

#define BLOCK_HEAD "# Set while Mission Control was running"
#define VALUES_MAX 64

typedef struct {
    const control_env_value_t *values;
    size_t count;
    bool is_there[VALUES_MAX];
    bool is_open; /* the last line has no newline */
    mc_arena_t *arena;
    mc_buffer_t *out;
} rewrite_t;

static bool
is_space(char letter)
{
    return isspace((unsigned char)letter);
}

/* Where the quotes that begin at from end: behind the closing one, which the reader has seen. */
static size_t
end_of_quotes(mc_text_t line, size_t from)
{
    char quote = line.data[from];
    size_t i = from + 1;
    while (i < line.size && line.data[i] != quote)
        i += quote == '"' && line.data[i] == '\\' && i + 1 < line.size ? 2 : 1;
    return i < line.size ? i + 1 : line.size;
}

/* Where the bare value that begins at from ends: before " #", without spaces. */
static size_t
end_of_bare(mc_text_t line, size_t from)
{
    size_t end = from;
    while (end < line.size &&
           !(line.data[end] == '#' && (end == from || is_space(line.data[end - 1]))))
        end++;
    while (end > from && is_space(line.data[end - 1]))
        end--;
    return end;
}

/* Writes the line with another value between what is before and behind the old one. */
static void
write_line(mc_buffer_t *out, mc_text_t line, const char *value)
{
    size_t from = (size_t)((const char *)memchr(line.data, '=', line.size) - line.data) + 1;
    size_t start = from;
    while (start < line.size && is_space(line.data[start]))
        start++;
    bool is_quoted = start < line.size && (line.data[start] == '"' || line.data[start] == '\'');
    size_t end = is_quoted ? end_of_quotes(line, start) : end_of_bare(line, start);
    if (end == start)
        start = end = from; /* an empty value: directly behind the equals sign */

    mc_buffer_append(out, line.data, start);
    if (is_quoted)
        mc_buffer_byte(out, (uint8_t)line.data[start]);
    mc_buffer_string(out, value);
    if (is_quoted)
        mc_buffer_byte(out, (uint8_t)line.data[start]);
    if (end < line.size && line.data[end] == '#')
        mc_buffer_byte(out, ' ');
    mc_buffer_append(out, line.data + end, line.size - end);
}

static const control_env_value_t *
find_value(rewrite_t *self, mc_text_t name)
{
    for (size_t i = 0; i < self->count; i++)
        if (mc_text_is(name, self->values[i].variable)) {
            self->is_there[i] = true;
            return &self->values[i];
        }
    return NULL;
}

static int
rewrite_line(rewrite_t *self, mc_text_t line, int number)
{
    mc_env_line_t parsed;
    if (mc_env_line_read(line, number, self->arena, &parsed) == -1)
        return -1;
    const control_env_value_t *value = parsed.name.size ? find_value(self, parsed.name) : NULL;
    if (value)
        write_line(self->out, line, value->value);
    else
        mc_buffer_text(self->out, line);
    return 0;
}

static bool
has_missing(const rewrite_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (!self->is_there[i])
            return true;
    return false;
}

static bool
is_blank(mc_text_t line)
{
    for (size_t i = 0; i < line.size; i++)
        if (!is_space(line.data[i]))
            return false;
    return true;
}

/* Is the last paragraph ours already? */
static bool
ends_in_block(mc_text_t text)
{
    bool is_ours = false, was_blank = true;
    mc_text_t line;
    while (mc_env_line_next(&text, &line)) {
        if (was_blank && !is_blank(line))
            is_ours = line.size >= sizeof BLOCK_HEAD - 1 &&
                      !memcmp(line.data, BLOCK_HEAD, sizeof BLOCK_HEAD - 1);
        was_blank = is_blank(line);
        is_ours = is_ours && !was_blank;
    }
    return is_ours;
}

/* As the first line ends. */
static const char *
line_end(mc_text_t text)
{
    mc_text_t line;
    bool has_line = mc_env_line_next(&text, &line) && line.size;
    return has_line && line.data[line.size - 1] == '\r' ? "\r\n" : "\n";
}

static void
append_missing(rewrite_t *self, mc_text_t text)
{
    const char *end = line_end(text);
    if (self->is_open)
        mc_buffer_string(self->out, end);
    if (!ends_in_block(text))
        mc_buffer_printf(self->out, "%s%s%s", text.size ? end : "", BLOCK_HEAD, end);
    for (size_t i = 0; i < self->count; i++)
        if (!self->is_there[i])
            mc_buffer_printf(self->out, "%s=%s%s", self->values[i].variable, self->values[i].value,
                             end);
}

int
control_env_rewrite(mc_text_t text, const control_env_value_t *values, size_t count,
                    mc_buffer_t *out)
{
    assert(count <= VALUES_MAX);
    MC_AUTO(mc_arena) arena = mc_arena_new();
    rewrite_t self = {.values = values, .count = count, .arena = arena, .out = out};
    mc_text_t rest = text, line;
    for (int number = 1; mc_env_line_next(&rest, &line); number++) {
        if (rewrite_line(&self, line, number) == -1)
            return -1;
        self.is_open = line.data + line.size == text.data + text.size;
        if (!self.is_open)
            mc_buffer_byte(out, '\n');
    }
    if (has_missing(&self))
        append_missing(&self, text);
    return 0;
}
