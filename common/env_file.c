/*
 *  env_file - the lines of a .env file
 */
#include "env_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "error.h"

static mc_text_t
trim(mc_text_t text)
{
    while (text.size && isspace((unsigned char)text.data[0]))
        text = (mc_text_t){text.data + 1, text.size - 1};
    while (text.size && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    return text;
}

static bool
is_name(mc_text_t text)
{
    if (text.size == 0 || isdigit((unsigned char)text.data[0]))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!isalnum((unsigned char)text.data[i]) && text.data[i] != '_')
            return false;
    return true;
}

static mc_text_t
without_export(mc_text_t text)
{
    static const char word[] = "export";
    size_t size = sizeof word - 1;
    if (text.size > size && !memcmp(text.data, word, size) &&
        isspace((unsigned char)text.data[size]))
        return trim((mc_text_t){text.data + size, text.size - size});
    return text;
}

/* The value up to " #", which starts a comment. */
static mc_text_t
without_comment(mc_text_t text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '#' && (i == 0 || isspace((unsigned char)text.data[i - 1])))
            return trim((mc_text_t){text.data, i});
    return text;
}

static char
unescape(char letter)
{
    return letter == 'n' ? '\n' : letter == 't' ? '\t' : letter;
}

static bool
is_escape(char letter)
{
    return memchr("nt\"\\$", letter, 5) != NULL;
}

/* Copies what is between quotes. Returns the bytes read with both quotes, or 0 without an end. */
static size_t
read_quoted(mc_text_t text, char *copy, size_t *ret_size)
{
    char quote = text.data[0];
    size_t size = 0;
    for (size_t i = 1; i < text.size; i++) {
        char letter = text.data[i];
        if (letter == quote) {
            *ret_size = size;
            return i + 1;
        }
        if (quote == '"' && letter == '\\' && i + 1 < text.size && is_escape(text.data[i + 1]))
            letter = unescape(text.data[++i]);
        copy[size++] = letter;
    }
    return 0;
}

static int
read_value(mc_text_t text, int number, mc_arena_t *arena, mc_text_t *ret_value)
{
    if (text.size == 0 || (text.data[0] != '"' && text.data[0] != '\'')) {
        *ret_value = mc_arena_text(arena, without_comment(text));
        return 0;
    }

    char *copy = mc_arena_alloc(arena, text.size + 1);
    size_t size = 0;
    size_t read = read_quoted(text, copy, &size);
    if (read == 0)
        return mc_fail("line %d opens a quote and does not close it", number);
    mc_text_t rest = trim((mc_text_t){text.data + read, text.size - read});
    if (rest.size && rest.data[0] != '#')
        return mc_fail("line %d goes on behind the closing quote", number);
    copy[size] = '\0';
    *ret_value = (mc_text_t){copy, size};
    return 0;
}

int
mc_env_line_read(mc_text_t line, int number, mc_arena_t *arena, mc_env_line_t *ret_line)
{
    mc_text_t text = trim(line);
    if (text.size == 0 || text.data[0] == '#') {
        *ret_line = (mc_env_line_t){.number = number};
        return 0;
    }

    text = without_export(text);
    const char *equals = memchr(text.data, '=', text.size);
    size_t name_size = equals ? (size_t)(equals - text.data) : 0;
    mc_text_t name = {text.data, name_size};
    if (!is_name(name) || memchr(text.data, '\0', text.size))
        return mc_fail("line %d is not NAME=value", number);

    mc_text_t value;
    if (read_value(trim((mc_text_t){equals + 1, text.size - name_size - 1}), number, arena,
                   &value) == -1)
        return -1;
    *ret_line = (mc_env_line_t){mc_arena_text(arena, name), value, number};
    return 0;
}

bool
mc_env_line_next(mc_text_t *rest, mc_text_t *ret_line)
{
    if (rest->size == 0)
        return false;
    const char *newline = memchr(rest->data, '\n', rest->size);
    size_t size = newline ? (size_t)(newline - rest->data) : rest->size;
    size_t step = newline ? size + 1 : size;
    *ret_line = (mc_text_t){rest->data, size};
    *rest = (mc_text_t){rest->data + step, rest->size - step};
    return true;
}

/* Reads up to the limit and one byte more, which shows that there is more. */
static ssize_t
read_whole(int fd, char *room)
{
    size_t size = 0;
    while (size <= MC_ENV_FILE_BYTES_MAX) {
        ssize_t got = read(fd, room + size, MC_ENV_FILE_BYTES_MAX + 1 - size);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return -1;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

int
mc_env_file_load(const char *path, mc_arena_t *arena, mc_text_t *ret_text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 && errno == ENOENT)
        return MC_ENV_FILE_MISSING;
    if (fd == -1)
        return mc_fail_errno("opening %s", path);

    char *room = mc_arena_alloc(arena, MC_ENV_FILE_BYTES_MAX + 1);
    ssize_t size = read_whole(fd, room);
    int result = 0;
    if (size == -1)
        result = mc_fail_errno("reading %s", path);
    else if ((size_t)size > MC_ENV_FILE_BYTES_MAX)
        result = mc_fail("%s is over %zu bytes", path, MC_ENV_FILE_BYTES_MAX);
    close(fd);
    if (result == 0)
        *ret_text = (mc_text_t){room, (size_t)size};
    return result;
}
