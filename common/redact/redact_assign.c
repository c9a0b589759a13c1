/*
 *  redact_assign - a secret-like name in a text, and the value that it is given
 *
 *      api_key = "..."   password: ...   --token ...   "secret":"..."
 *      <password>...</password>   ?access_token=...&   Authorization: Bearer ...
 *
 *  The name is read around the hit, then what joins it to a value, then the
 *  value with its quotes. What the value must look like depends on all three:
 *  behind "PASSWORD=" nearly everything is a secret, in prose behind "password:"
 *  a plain word is not.
 */
#include <ctype.h>
#include <strings.h>

#include "redact_find.h"
#include "redact_pattern.h"
#include "redact_value.h"

#define NAME_BYTES_MAX 80 /* on either side of the hit */
#define VALUE_BYTES_MAX 16384
#define GAP_BYTES_MAX 64
#define WORDS_BEFORE_MAX 2 /* "api key", "one time code" */
#define NETRC_BYTES_BACK 160

/* What stands between name and value. */
typedef enum {
    NOTHING,
    TIGHT,  /* name=value */
    SPACED, /* name = value */
    COLON,
    COMPARED, /* name == value */
    XML,
    OPTION, /* --name value */
    SAID,   /* the name is value */
    FIELD,  /* login x password value; ENV NAME value */
} join_t;

typedef struct {
    mc_redact_find_t *find;
    const char *text;
    size_t size;
    size_t name_start;
    size_t name_end;
    size_t value_start;
    size_t value_end;
    join_t join;
    bool is_quoted;
    bool is_encoded; /* joined by %3D or %3A */
    mc_redact_name_t name;
} assigned_t;

static char
byte_at(const assigned_t *self, size_t at)
{
    return at < self->size ? self->text[at] : '\0';
}

static bool
is_at(const assigned_t *self, size_t at, const char *wanted)
{
    size_t size = strlen(wanted);
    return at <= self->size && self->size - at >= size &&
           !strncasecmp(self->text + at, wanted, size);
}

static mc_text_t
part(const assigned_t *self, size_t start, size_t end)
{
    return (mc_text_t){self->text + start, end - start};
}

static bool
is_name_byte(char byte)
{
    return mc_redact_class_has('U', byte) || byte == '.';
}

static size_t
skip_blanks(const assigned_t *self, size_t at)
{
    size_t most = at + GAP_BYTES_MAX;
    while (at < most && (byte_at(self, at) == ' ' || byte_at(self, at) == '\t'))
        at++;
    return at;
}

/* The name around the hit; false when it was looked at before. */
static bool
read_name(assigned_t *self, size_t at, size_t size)
{
    size_t start = at, end = at + size;
    while (start > 0 && at - start < NAME_BYTES_MAX && is_name_byte(self->text[start - 1]))
        start--;
    if (start < self->find->name_end)
        return false;
    while (end < self->size && end - at < NAME_BYTES_MAX && is_name_byte(self->text[end]))
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
    return true;
}

/* Quotes and brackets that close a name: "name", ['name'], \"name\", name? */
static size_t
skip_closers(const assigned_t *self, size_t at)
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
follows_word(const assigned_t *self, const char *word)
{
    size_t size = strlen(word);
    return self->name_start >= size && is_at(self, self->name_start - size, word);
}

static bool
is_netrc(const assigned_t *self)
{
    size_t back = self->name_start < NETRC_BYTES_BACK ? self->name_start : NETRC_BYTES_BACK;
    const char *from = self->text + self->name_start - back;
    return back > 0 && memmem(from, back, "login ", 6) && memmem(from, back, "machine ", 8);
}

/* A join without a sign: an option's value, a field of .netrc, an instruction. */
static join_t
read_bare_join(const assigned_t *self, size_t at, size_t gap)
{
    bool is_option = self->name_start >= 2 && follows_word(self, "--");
    if (at == gap)
        return NOTHING;
    if (is_option || (follows_word(self, " -") && self->name_end - self->name_start > 2))
        return OPTION;
    if (follows_word(self, "ENV ") || follows_word(self, "setenv ") || is_netrc(self))
        return FIELD;
    if (byte_at(self, at) == '\'' && self->name.strength >= MC_REDACT_PLURAL)
        return FIELD;
    return NOTHING;
}

/* Reads what follows the name and leaves value_start behind it. */
static join_t
read_join(assigned_t *self)
{
    static const struct {
        const char *sign;
        join_t join;
        bool is_encoded;
    } signs[] = {
        {"===", COMPARED, false}, {"==", COMPARED, false}, {"=>", SPACED, false},
        {"=~", NOTHING, false},   {":=", SPACED, false},   {"::", NOTHING, false},
        {"://", NOTHING, false},  {"->", SPACED, false},   {"=", TIGHT, false},
        {":", COLON, false},      {"%3D", TIGHT, true},    {"%3A", COLON, true},
        {"is ", SAID, false},     {"was ", SAID, false},
    };
    size_t at = skip_closers(self, self->name_end);
    if (byte_at(self, at) == '>' && self->name_start > 0 &&
        self->text[self->name_start - 1] == '<') {
        self->value_start = at + 1;
        return XML;
    }
    size_t gap = at;
    at = skip_blanks(self, at);
    for (size_t i = 0; i < MC_COUNT(signs); i++) {
        if (!is_at(self, at, signs[i].sign) || (signs[i].join == SAID && at == gap))
            continue;
        size_t behind = at + strlen(signs[i].sign);
        self->value_start = skip_blanks(self, behind);
        self->is_encoded = signs[i].is_encoded;
        bool is_spaced = at > gap || self->value_start > behind;
        return signs[i].join == TIGHT && is_spaced ? SPACED : signs[i].join;
    }
    self->value_start = at;
    return read_bare_join(self, at, gap);
}

/* The opening quote at a place: its text, and what closes it. Returns its size, 0 for none. */
static size_t
read_quote(const assigned_t *self, size_t at, char ret_closing[12])
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
find_closing(assigned_t *self, size_t at, const char *closing)
{
    bool is_plain = !closing[1];
    size_t end = at;
    while (end < self->size && end - at < VALUE_BYTES_MAX && !is_at(self, end, closing) &&
           self->text[end] != '\n')
        end += is_plain && self->text[end] == '\\' && end + 1 < self->size ? 2 : 1;
    return end < self->size ? end : self->size;
}

static bool
is_name_and_sign(const assigned_t *self, size_t at)
{
    size_t end = at;
    while (end - at < NAME_BYTES_MAX && is_name_byte(byte_at(self, end)))
        end++;
    (void)mc_redact_spend(self->find, end - at);
    return end > at && (byte_at(self, end) == '=' || byte_at(self, end) == ':');
}

/* Does the bare value end here? Commas, ampersands and brackets may be part of it. */
static bool
is_value_end(const assigned_t *self, size_t at)
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
        return is_name_and_sign(self, at + 1) || is_at(self, at, "&amp;") || next <= ' ' ||
               is_at(self, at, "&quot;");
    if (byte == ',')
        return next <= ' ' || strchr("\"'}]", next) || is_name_and_sign(self, at + 1);
    if (strchr(")]}", byte))
        return next <= ' ' || strchr(".,;:!?)]}\"'`", next);
    return false;
}

static size_t
find_bare_end(assigned_t *self, size_t at)
{
    size_t mark = mc_redact_mark_size(part(self, at, self->size));
    size_t end = at + mark;
    while (end < self->size && end - at < VALUE_BYTES_MAX && !is_value_end(self, end))
        end++;
    if (!self->is_encoded && self->join != TIGHT)
        while (end > at && strchr(".,!?", self->text[end - 1]))
            end--;
    return end;
}

/* "password: |" of YAML: the value is on the next line. */
static void
skip_block_sign(assigned_t *self)
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
skip_string_prefix(assigned_t *self)
{
    size_t at = self->value_start;
    if (strchr("bBrRuUfF@L$", byte_at(self, at)) && byte_at(self, at + 1) &&
        strchr("\"'", byte_at(self, at + 1)))
        self->value_start++;
}

static void
read_value(assigned_t *self)
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
                            : find_bare_end(self, self->value_start);
    (void)mc_redact_spend(self->find, self->value_end - self->value_start);
}

static bool
is_header(const assigned_t *self)
{
    return self->name.rule == MC_REDACT_authorization || self->name.rule == MC_REDACT_cookie;
}

/* A header's value goes to the end of its line, or of the string that the header stands in. */
static void
stretch_header(assigned_t *self)
{
    if (self->join != COLON || self->is_quoted || self->is_encoded)
        return;
    char around = self->name_start > 0 ? self->text[self->name_start - 1] : '\0';
    bool is_inside = around == '"' || around == '\'' || around == '`';
    size_t end = self->value_end;
    while (end < self->size && end - self->value_start < VALUE_BYTES_MAX &&
           (unsigned char)self->text[end] >= ' ' && self->text[end] != around &&
           (is_inside || !strchr("\"'`", self->text[end])) &&
           !(self->text[end] == '\\' && byte_at(self, end + 1) &&
             strchr("nr\"'", self->text[end + 1])))
        end++;
    while (end > self->value_start && self->text[end - 1] == ' ')
        end--;
    (void)mc_redact_spend(self->find, end - self->value_end);
    self->value_end = end;
}

/* Bearer, Basic and so on stay to be read; the credential is behind. */
static bool
skip_scheme(assigned_t *self)
{
    static const char *const schemes[] = {
        "Bearer",           "Basic", "Token", "ApiKey", "Api-Key",  "Digest", "Negotiate", "NTLM",
        "AWS4-HMAC-SHA256", "SSWS",  "Key",   "JWT",    "GenieKey", "Bot"};
    for (size_t i = 0; i < MC_COUNT(schemes); i++) {
        size_t at = self->value_start + strlen(schemes[i]);
        bool is_encoded_gap = is_at(self, at, "%20");
        if (!is_at(self, self->value_start, schemes[i]) ||
            (byte_at(self, at) != ' ' && byte_at(self, at) != '+' && !is_encoded_gap))
            continue;
        self->value_start = at + (is_encoded_gap ? 3 : 1);
        if (self->value_end <= self->value_start)
            self->value_end = find_bare_end(self, self->value_start);
        return true;
    }
    return false;
}

/* config.password, self._token, get_key(), other["key"]: code that names a value elsewhere. */
static bool
is_code(mc_text_t value)
{
    size_t i = 0;
    bool has_dot = false;
    if (!mc_redact_class_has('W', value.data[0]) || mc_redact_class_has('d', value.data[0]))
        return value.data[0] == '(' || value.data[0] == '[' || value.data[0] == '{';
    while (i < value.size && is_name_byte(value.data[i]) && value.data[i] != '-') {
        has_dot |= value.data[i] == '.';
        i++;
    }
    if (i < value.size)
        return strchr("([", value.data[i]) ||
               !memcmp(value.data + i, "->", value.size - i > 1 ? 2 : 1);
    for (size_t k = 0; k < value.size; k++)
        if (mc_redact_class_has('d', value.data[k]))
            return false;
    return has_dot;
}

static bool
is_letters(mc_text_t value)
{
    for (size_t i = 0; i < value.size; i++)
        if (!mc_redact_class_has('L', value.data[i]) && !strchr("_-'", value.data[i]))
            return false;
    return true;
}

/* Prose goes on behind the value with another word. */
static bool
is_followed_by_word(const assigned_t *self)
{
    size_t at = self->value_end;
    if (byte_at(self, at) != ' ')
        return false;
    at = skip_blanks(self, at);
    return mc_redact_class_has('L', byte_at(self, at)) && !is_name_and_sign(self, at);
}

static bool
has_digits(mc_text_t value, size_t least)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.size; i++)
        digits += mc_redact_class_has('d', value.data[i]);
    return digits >= least;
}

/* A bare value under a name that always hides. */
static bool
is_bare_secret(const assigned_t *self, mc_text_t value)
{
    if (is_code(value) || value.size < 3)
        return false;
    if (mc_redact_is_number(value))
        return has_digits(value, 4) && self->name.strength != MC_REDACT_PLURAL;
    if (self->join == SAID)
        return has_digits(value, 1) || !is_letters(value) || mc_redact_has_both_cases(value);
    if (!is_letters(value))
        return true;
    if (mc_redact_name(value).strength != MC_REDACT_NOT_SECRET)
        return false;
    if (self->join == COLON || self->join == SPACED)
        return !is_followed_by_word(self);
    return true;
}

static bool
is_header_secret(const assigned_t *self, mc_text_t value)
{
    if (self->name.rule == MC_REDACT_cookie)
        return memchr(value.data, '=', value.size) != NULL || mc_redact_is_opaque(value);
    return value.size >= 4 && !is_letters(value) && !is_code(value);
}

static bool
is_secret(const assigned_t *self, bool has_scheme)
{
    mc_text_t value = part(self, self->value_start, self->value_end);
    if (value.size == 0 || !mc_redact_name_hides(self->name, value))
        return false;
    if (!self->is_quoted && strchr("$<{%", value.data[0]) && self->join != TIGHT)
        return false;
    if (!self->is_quoted &&
        (value.data[0] == '<' || !strncmp(value.data, "${", 2) || !strncmp(value.data, "$(", 2)))
        return false;
    if (has_scheme)
        return value.size >= 4 && value.data[0] != '$' && value.data[0] != '{';
    if (self->name.strength < MC_REDACT_PLURAL)
        return self->join != SAID || has_digits(value, 1);
    if (is_header(self) && self->join == COLON && !self->is_quoted)
        return is_header_secret(self, value);
    if (self->is_quoted)
        return value.size >= 3 || has_digits(value, 3);
    return self->join != COMPARED && is_bare_secret(self, value);
}

/* "api key", "Access Token": up to two words before belong to the name. */
static void
widen_name(assigned_t *self)
{
    size_t start = self->name_start;
    for (int i = 0; i < WORDS_BEFORE_MAX && start > 1 && self->text[start - 1] == ' '; i++) {
        size_t word = start - 1;
        while (word > 0 && start - word < NAME_BYTES_MAX && is_name_byte(self->text[word - 1]))
            word--;
        if (word == start - 1)
            return;
        (void)mc_redact_spend(self->find, start - word);
        start = word;
        mc_text_t wide = part(self, start, self->name_end);
        mc_redact_name_t name = mc_redact_custom_name(self->find->custom, wide);
        if (name.strength > self->name.strength) {
            self->name = name;
            return;
        }
    }
}

/* "password: str = 'x'": the value is behind the type. */
static bool
skip_type(assigned_t *self)
{
    mc_text_t value = part(self, self->value_start, self->value_end);
    size_t at = skip_blanks(self, self->value_end);
    if (self->join != COLON || self->is_quoted || !mc_redact_is_plain_word(value) ||
        byte_at(self, at) != '=' || byte_at(self, at + 1) == '=')
        return false;
    self->join = SPACED;
    self->value_start = skip_blanks(self, at + 1);
    return true;
}

void
mc_redact_find_assigned(mc_redact_find_t *find, size_t at, size_t size)
{
    assigned_t self = {.find = find, .text = find->text.data, .size = find->text.size};
    if (!read_name(&self, at, size))
        return;
    mc_text_t name = part(&self, self.name_start, self.name_end);
    self.name = mc_redact_custom_name(find->custom, name);
    self.join = read_join(&self);
    if (self.join == NOTHING)
        return;
    if (self.name.strength < MC_REDACT_PLURAL)
        widen_name(&self);
    if (self.name.strength == MC_REDACT_NOT_SECRET)
        return;

    read_value(&self);
    if (skip_type(&self))
        read_value(&self);
    if (is_header(&self))
        stretch_header(&self);
    bool has_scheme = skip_scheme(&self);
    if (is_secret(&self, has_scheme))
        mc_redact_add(find, self.value_start, self.value_end, self.name.rule);
}
