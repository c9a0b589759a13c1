/*
 *  redact_assigned - a name in a text, what joins it to a value, and the value
 */
#include "redact_assigned.h"

#include "redact_value.h"

#define NETRC_BYTES_BACK 160

static bool
follows_word(const mc_redact_assigned_t *self, const char *word)
{
    size_t size = strlen(word);
    return self->name_start >= size && is_at(self, self->name_start - size, word);
}

bool
mc_redact_read_name(mc_redact_assigned_t *self, size_t at, size_t size)
{
    size_t start = at, end = at + size;
    while (start > 0 && at - start < MC_REDACT_AROUND_BYTES_MAX &&
           is_name_byte(self->text[start - 1]))
        start--;
    if (start < self->find->name_end)
        return false;
    while (end < self->size && end - at < MC_REDACT_AROUND_BYTES_MAX &&
           is_name_byte(self->text[end]))
        end++;
    self->find->name_end = end;
    (void)mc_redact_spend(self->find, end - start);
    while (end > at + size && strchr(".-", self->text[end - 1]))
        end--;
    while (start < at && strchr(".-", self->text[start]))
        start++;
    bool is_escape = start > 0 && start < at && self->text[start - 1] == '\\';
    if (is_escape && strchr("nrt", self->text[start]))
        start++;
    self->name_start = start;
    self->name_end = end;
    return !follows_word(self, MC_REDACT_MARK_HEAD);
}

/* Quotes and brackets that close a name: "name", ['name'], \"name\", name? */
static size_t
skip_closers(const mc_redact_assigned_t *self, size_t at)
{
    for (int i = 0; i < 6; i++) {
        if (is_at(self, at, "&quot;"))
            at += 6;
        else if (is_at(self, at, "%22") || is_at(self, at, "%27"))
            at += 3;
        else if (byte_at(self, at) && strchr("\\\"'`])?*", byte_at(self, at)))
            at++;
        else
            break;
    }
    return at;
}

static bool
is_netrc(const mc_redact_assigned_t *self)
{
    if (!is_at(self, self->name_start, "passw"))
        return false;
    size_t back = self->name_start < NETRC_BYTES_BACK ? self->name_start : NETRC_BYTES_BACK;
    const char *from = self->text + self->name_start - back;
    return back > 0 && memmem(from, back, "login ", 6) && memmem(from, back, "machine ", 8);
}

/* A join without a sign: an option's value, a field of .netrc, an instruction. */
static mc_redact_join_t
read_bare_join(const mc_redact_assigned_t *self, size_t at, size_t gap)
{
    bool is_option = self->name_start >= 2 && follows_word(self, "--");
    if (at == gap)
        return NOTHING;
    if (is_option || (follows_word(self, " -") && self->name_end - self->name_start > 2))
        return OPTION;
    if (follows_word(self, "ENV ") || follows_word(self, "setenv ") || is_netrc(self))
        return FIELD;
    return byte_at(self, at) == '\'' ? LITERAL : BESIDE;
}

/* The name is half of a pair: name: X, value: Y; key="X" value="Y". Returns where the join of the
 * value begins, or 0. */
static size_t
find_pair(const mc_redact_assigned_t *self, size_t at)
{
    size_t most = at + MC_REDACT_GAP_BYTES_MAX;
    while (at < most && byte_at(self, at) && strchr(" \t\r\n,\"'", byte_at(self, at)))
        at++;
    bool is_value = is_at(self, at, "value") && !is_name_byte(byte_at(self, at + 5));
    return is_value ? at + 5 : 0;
}

mc_redact_join_t
mc_redact_read_join(mc_redact_assigned_t *self)
{
    static const struct {
        const char *sign;
        mc_redact_join_t join;
        bool is_encoded;
    } signs[] = {
        {"===", COMPARED, false}, {"==", COMPARED, false}, {"=>", SPACED, false},
        {"=~", NOTHING, false},   {":=", SPACED, false},   {"::", NOTHING, false},
        {"://", NOTHING, false},  {"->", SPACED, false},   {"=", TIGHT, false},
        {":", COLON, false},      {"%3D", TIGHT, true},    {"%3A", COLON, true},
        {"is ", SAID, false},     {"was ", SAID, false},   {"to ", SAID, false},
    };
    size_t at = skip_closers(self, self->name_end);
    self->is_closed = at > self->name_end && byte_at(self, at - 1) != '?';
    if (byte_at(self, at) == '>' && self->name_start > 0 &&
        self->text[self->name_start - 1] == '<') {
        self->value_start = at + 1;
        return XML;
    }
    size_t pair = find_pair(self, at);
    if (pair > 0)
        at = skip_closers(self, pair);
    size_t gap = at;
    at = skip_blanks(self, at);
    for (size_t i = 0; i < MC_COUNT(signs); i++) {
        if (!is_at(self, at, signs[i].sign) || (signs[i].join == SAID && at == gap))
            continue;
        size_t behind = at + strlen(signs[i].sign);
        self->value_start = skip_blanks(self, behind);
        self->is_encoded = signs[i].is_encoded;
        self->is_tight = self->value_start == behind;
        bool is_spaced = at > gap || !self->is_tight;
        return signs[i].join == TIGHT && is_spaced ? SPACED : signs[i].join;
    }
    self->value_start = at;
    return read_bare_join(self, at, gap);
}

/* The opening quote at a place: its text, and what closes it. Returns its size, 0 for none. */
static size_t
read_quote(const mc_redact_assigned_t *self, size_t at, char ret_closing[12])
{
    static const char *const pairs[][2] = {
        {"&quot;", "&quot;"}, {"%22", "%22"},       {"%27", "%27"}, {"“", "”"},
        {"‘", "’"},           {"\"\"\"", "\"\"\""}, {"'''", "'''"},
    };
    for (size_t i = 0; i < MC_COUNT(pairs); i++)
        if (is_at(self, at, pairs[i][0])) {
            strcpy(ret_closing, pairs[i][1]);
            return strlen(pairs[i][0]);
        }
    size_t slashes = 0;
    while (slashes < 7 && byte_at(self, at + slashes) == '\\')
        slashes++;
    char quote = byte_at(self, at + slashes);
    if (!quote || !strchr("\"'`", quote))
        return 0;
    memcpy(ret_closing, self->text + at, slashes + 1);
    ret_closing[slashes + 1] = '\0';
    return slashes + 1;
}

/* Where the closing quote is, or the end of the line. A plain quote may be escaped inside. */
static size_t
find_closing(mc_redact_assigned_t *self, size_t at, const char *closing)
{
    bool is_plain = !closing[1];
    size_t end = at;
    while (end < self->size && end - at < MC_REDACT_ASSIGNED_BYTES_MAX &&
           !is_at(self, end, closing) && self->text[end] != '\n')
        end += is_plain && self->text[end] == '\\' && end + 1 < self->size ? 2 : 1;
    return end < self->size ? end : self->size;
}

bool
mc_redact_is_name_and_sign(const mc_redact_assigned_t *self, size_t at)
{
    size_t end = at;
    while (end - at < MC_REDACT_AROUND_BYTES_MAX && is_name_byte(byte_at(self, end)))
        end++;
    (void)mc_redact_spend(self->find, end - at);
    return end > at && (byte_at(self, end) == '=' || byte_at(self, end) == ':');
}

/* Does the bare value end here? Commas, ampersands and brackets may be part of it. */
static bool
is_value_end(const mc_redact_assigned_t *self, size_t at)
{
    char byte = self->text[at], next = byte_at(self, at + 1);
    if ((unsigned char)byte <= ' ' || strchr("\"'`;<>|", byte))
        return true;
    if (byte == '\\')
        return next && strchr("nrt\"'\\", next);
    if (self->is_encoded && byte == '%')
        return is_at(self, at, "%26") || is_at(self, at, "%22") || is_at(self, at, "%3B") ||
               is_at(self, at, "%20") || is_at(self, at, "%7D") || is_at(self, at, "%2C");
    if (byte == '&')
        return mc_redact_is_name_and_sign(self, at + 1) || is_at(self, at, "&amp;") ||
               next <= ' ' || is_at(self, at, "&quot;");
    if (byte == ',')
        return next <= ' ' || strchr("\"'}]", next) || mc_redact_is_name_and_sign(self, at + 1);
    if (strchr(")]}", byte))
        return next <= ' ' || strchr(".,;:!?)]}\"'`", next);
    return false;
}

size_t
mc_redact_bare_end(mc_redact_assigned_t *self, size_t at)
{
    size_t mark = mc_redact_mark_size(part(self, at, self->size));
    size_t end = at + mark;
    while (end < self->size && end - at < MC_REDACT_ASSIGNED_BYTES_MAX && !is_value_end(self, end))
        end++;
    if (!self->is_encoded && self->join != TIGHT)
        while (end > at && strchr(".,!?:", self->text[end - 1]))
            end--;
    return end;
}

/* "password: |" of YAML: the value is on the next line. */
static void
skip_block_sign(mc_redact_assigned_t *self)
{
    size_t at = self->value_start;
    if (self->join != COLON || !strchr("|>", byte_at(self, at)) || !byte_at(self, at))
        return;
    at++;
    at += byte_at(self, at) == '-' || byte_at(self, at) == '+';
    if (byte_at(self, at) == '\n')
        self->value_start = skip_blanks(self, at + 1);
}

/* b"...", r'...': the letter is not part of the value. */
static void
skip_string_prefix(mc_redact_assigned_t *self)
{
    size_t at = self->value_start;
    if (strchr("bBrRuUfF@L$", byte_at(self, at)) && byte_at(self, at + 1) &&
        strchr("\"'", byte_at(self, at + 1)))
        self->value_start++;
}

void
mc_redact_read_value(mc_redact_assigned_t *self)
{
    char closing[12];
    skip_block_sign(self);
    skip_string_prefix(self);
    size_t quote = read_quote(self, self->value_start, closing);
    self->is_quoted = quote > 0;
    self->value_start += quote;
    if (self->value_start > self->size)
        self->value_start = self->size;
    self->value_end = quote ? find_closing(self, self->value_start, closing)
                            : mc_redact_bare_end(self, self->value_start);
    (void)mc_redact_spend(self->find, self->value_end - self->value_start);
}
