/*
 *  redact_place - secrets that are known by where they stand
 *
 *  In URLs, between the lines of a key block, behind an authorization scheme,
 *  on a command line, in a line of .pgpass.
 */
#include <ctype.h>

#include "redact_check.h"
#include "redact_find.h"
#include "redact_pattern.h"
#include "redact_value.h"

#define AUTHORITY_BYTES_MAX 1024
#define BLOCK_TITLE_BYTES_MAX 64
#define BLOCK_BODY_BYTES_MIN 24 /* dashes and a little base64 */
#define BLOCK_BYTES_MAX 16384
#define BASIC_BYTES_MIN 4
#define BEARER_BYTES_MIN 8
#define COMMAND_BYTES_BACK 256 /* how far before an option its program is looked for */
#define FIELD_BYTES_MAX 256

static char
byte_at(const mc_redact_find_t *self, size_t at)
{
    return at < self->text.size ? self->text.data[at] : '\0';
}

static mc_text_t
part(const mc_redact_find_t *self, size_t start, size_t end)
{
    return (mc_text_t){self->text.data + start, end - start};
}

/* Where one of the stops, a control byte or a blank comes first. */
static size_t
find_stop(mc_redact_find_t *self, size_t at, const char *stops, size_t most)
{
    size_t end = at;
    while (end < self->text.size && end - at < most && (unsigned char)self->text.data[end] > ' ' &&
           !strchr(stops, self->text.data[end]))
        end++;
    (void)mc_redact_spend(self, end - at);
    return end;
}

/* Finds text between start and end; returns end where there is none. */
static size_t
find_text(const mc_redact_find_t *self, size_t start, size_t end, const char *wanted)
{
    if (end > self->text.size)
        end = self->text.size;
    if (start >= end)
        return end;
    const char *found = memmem(self->text.data + start, end - start, wanted, strlen(wanted));
    return found ? (size_t)(found - self->text.data) : end;
}

static size_t
find_last(mc_text_t text, char wanted)
{
    const char *found = text.size ? memrchr(text.data, wanted, text.size) : NULL;
    return found ? (size_t)(found - text.data) : text.size;
}

/* user:password before an @, from start on. */
static void
hide_password(mc_redact_find_t *self, size_t start, size_t end)
{
    mc_text_t user = part(self, start, end);
    const char *colon = user.size ? memchr(user.data, ':', user.size) : NULL;
    if (!colon)
        return;
    size_t password = (size_t)(colon - self->text.data) + 1;
    if (password == end) {
        if (mc_redact_is_opaque(part(self, start, password - 1)))
            mc_redact_add(self, start, password - 1, MC_REDACT_url_password);
        return;
    }
    if (!mc_redact_is_placeholder(part(self, password, end)))
        mc_redact_add(self, password, end, MC_REDACT_url_password);
}

/* An @ belongs to the authority only before a slash, unless what is before the slash can be no
 * port: then somebody's password holds the slash. */
void
mc_redact_find_url(mc_redact_find_t *self, size_t at, size_t size)
{
    size_t start = at + size;
    if (byte_at(self, start) == '[')
        return;
    size_t end = find_stop(self, start, "/?#\"'<>`\\", AUTHORITY_BYTES_MAX);
    mc_text_t authority = part(self, start, end);
    size_t sign = find_last(authority, '@');
    if (sign < authority.size) {
        hide_password(self, start, start + sign);
        return;
    }
    size_t colon = find_last(authority, ':');
    if (colon >= authority.size || strchr("\"'<>`\\", byte_at(self, end)) ||
        mc_redact_is_number(part(self, start + colon + 1, end)))
        return;
    end = find_stop(self, start, "\"'<>`\\", AUTHORITY_BYTES_MAX);
    sign = find_last(part(self, start, end), '@');
    if (start + sign < end && colon + 1 < authority.size)
        hide_password(self, start, start + sign);
}

/* user:password@tcp(host:3306)/name */
void
mc_redact_find_dsn(mc_redact_find_t *self, size_t at)
{
    size_t start = at;
    while (start > 0 && at - start < FIELD_BYTES_MAX &&
           (unsigned char)self->text.data[start - 1] > ' ' &&
           !strchr("\"'`=/", self->text.data[start - 1]))
        start--;
    (void)mc_redact_spend(self, at - start);
    hide_password(self, start, at);
}

/* What a key block consists of, also with its line ends written as \n. */
static size_t
find_block_end(mc_redact_find_t *self, size_t at)
{
    static const char more[] = " \t\r\n\\:,.()";
    size_t end = at;
    while (end < self->text.size && (mc_redact_class_has('B', self->text.data[end]) ||
                                     memchr(more, self->text.data[end], sizeof more - 1)))
        end++;
    (void)mc_redact_spend(self, end - at);
    return end;
}

/* A private key from BEGIN to END. One that is cut off goes as far as its characters do; a mere
 * title is no key. */
void
mc_redact_find_block(mc_redact_find_t *self, size_t at)
{
    if (self->spans->count > 0 && self->spans->items[self->spans->count - 1].end > at)
        return;
    size_t title_end = at + 5 + BLOCK_TITLE_BYTES_MAX;
    bool is_putty = byte_at(self, at) == 'P';
    size_t title = find_text(self, at, title_end, "PRIVATE KEY");
    size_t dashes = find_text(self, at + 5, title_end, "-----");
    if (!is_putty && title >= dashes)
        return;
    size_t body = is_putty ? at : dashes;
    size_t tail = find_text(self, body, body + BLOCK_BYTES_MAX, "-----END");
    (void)mc_redact_spend(self, tail - body);
    if (tail + 8 > self->text.size || memcmp(self->text.data + tail, "-----END", 8) != 0) {
        size_t end = find_block_end(self, body);
        if (end - body >= BLOCK_BODY_BYTES_MIN)
            mc_redact_add(self, at, end, MC_REDACT_private_key);
        return;
    }
    size_t end = find_text(self, tail + 8, tail + 8 + BLOCK_TITLE_BYTES_MAX, "-----") + 5;
    end = end < self->text.size ? end : self->text.size;
    mc_redact_add(self, at, end, MC_REDACT_private_key);
}

void
mc_redact_find_scheme(mc_redact_find_t *self, size_t at, size_t size)
{
    if (!mc_redact_is_boundary(self->text, at))
        return;
    size_t start = at + size, end = start;
    while (end < self->text.size &&
           (mc_redact_class_has('B', self->text.data[end]) || strchr(".~", self->text.data[end])) &&
           self->text.data[end])
        end++;
    (void)mc_redact_spend(self, end - start);
    while (end > start && self->text.data[end - 1] == '.')
        end--;
    mc_text_t value = part(self, start, end);
    bool is_basic = tolower((unsigned char)self->text.data[at + 1]) == 'a';
    bool is_secret = is_basic
                         ? value.size >= BASIC_BYTES_MIN && mc_redact_is_basic_credential(value)
                         : value.size >= BEARER_BYTES_MIN && mc_redact_is_opaque(value);
    if (is_secret && !mc_redact_is_placeholder(value))
        mc_redact_add(self, start, end, MC_REDACT_authorization);
}

static bool
has_before(const mc_redact_find_t *self, size_t at, const char *program)
{
    size_t start = at > COMMAND_BYTES_BACK ? at - COMMAND_BYTES_BACK : 0;
    return find_text(self, start, at, program) < at;
}

/* curl -u user:password, with or without quotes. */
static void
hide_user(mc_redact_find_t *self, size_t start)
{
    char quote = byte_at(self, start);
    bool is_quoted = quote == '"' || quote == '\'';
    start += is_quoted;
    size_t end = find_stop(self, start, is_quoted ? "\"'" : "\"'|;&", FIELD_BYTES_MAX);
    mc_text_t value = part(self, start, end);
    const char *colon = value.size ? memchr(value.data, ':', value.size) : NULL;
    size_t password = colon ? (size_t)(colon - self->text.data) + 1 : end;
    if (password < end && !mc_redact_is_placeholder(part(self, password, end)))
        mc_redact_add(self, password, end, MC_REDACT_cli_password);
}

static void
hide_option(mc_redact_find_t *self, size_t start)
{
    char quote = byte_at(self, start);
    start += quote == '"' || quote == '\'';
    size_t end = find_stop(self, start, "\"'|;&", FIELD_BYTES_MAX);
    if (start < end && !mc_redact_is_placeholder(part(self, start, end)))
        mc_redact_add(self, start, end, MC_REDACT_cli_password);
}

void
mc_redact_find_command(mc_redact_find_t *self, size_t at, size_t size)
{
    (void)mc_redact_spend(self, COMMAND_BYTES_BACK);
    size_t start = at + size;
    if (byte_at(self, at) == 's') {
        hide_option(self, start + (byte_at(self, start) == ' '));
        return;
    }
    if (byte_at(self, at) == ' ') {
        if (has_before(self, at, "mysql") && byte_at(self, start) != ' ' &&
            !mc_redact_is_number(part(self, start, find_stop(self, start, "", FIELD_BYTES_MAX))))
            hide_option(self, start);
        return;
    }
    if (has_before(self, at, "curl") || has_before(self, at, "wget") ||
        has_before(self, at, "http"))
        hide_user(self, start);
}

/* host:5432:database:user:password */
void
mc_redact_find_pgpass(mc_redact_find_t *self, size_t at, size_t size)
{
    size_t database = at + size;
    size_t user = find_stop(self, database, ":\"'/", FIELD_BYTES_MAX) + 1;
    if (byte_at(self, user - 1) != ':')
        return;
    size_t password = find_stop(self, user, ":\"'/", FIELD_BYTES_MAX) + 1;
    if (byte_at(self, password - 1) != ':')
        return;
    size_t end = find_stop(self, password, "\"'", FIELD_BYTES_MAX);
    if (password < end && !mc_redact_is_placeholder(part(self, password, end)))
        mc_redact_add(self, password, end, MC_REDACT_pgpass_password);
}

/* IDENTIFIED BY 'password' */
void
mc_redact_find_identified(mc_redact_find_t *self, size_t at, size_t size)
{
    size_t start = at + size;
    while (byte_at(self, start) == ' ')
        start++;
    char quote = byte_at(self, start);
    if (quote != '\'' && quote != '"')
        return;
    size_t end = find_stop(self, ++start, quote == '"' ? "\"" : "'", FIELD_BYTES_MAX);
    if (start < end && !mc_redact_is_placeholder(part(self, start, end)))
        mc_redact_add(self, start, end, MC_REDACT_password);
}
