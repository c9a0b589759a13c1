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
#include "redact_assigned.h"
#include "redact_value.h"

#define BESIDE_BYTES_MIN 6
#define WORDS_BEFORE_MAX 2 /* "api key", "one time code" */

static bool
is_header(const mc_redact_assigned_t *self)
{
    return self->name.rule == MC_REDACT_authorization || self->name.rule == MC_REDACT_cookie;
}

/* Does the line end here, or the string that the header stands in? */
static bool
is_header_end(const mc_redact_assigned_t *self, size_t at, char quote)
{
    char byte = self->text[at];
    if ((unsigned char)byte < ' ')
        return true;
    char next = byte_at(self, at + 1);
    if (byte == '\\')
        return next && strchr("nr\"'", next);
    if (quote)
        return byte == quote;
    bool is_parameter = byte == '"' && (self->text[at - 1] == '=' || next == ',' || next < ' ');
    return strchr("\"'`", byte) && !is_parameter;
}

/* A header's value goes to the end of its line, or of the string that the header stands in. */
static void
stretch_header(mc_redact_assigned_t *self)
{
    if (self->join != COLON || self->is_quoted || self->is_encoded || self->is_closed)
        return;
    char quote = self->name_start > 0 ? self->text[self->name_start - 1] : '\0';
    if (quote != '"' && quote != '\'' && quote != '`')
        quote = '\0';
    size_t end = self->value_end;
    while (end < self->size && end - self->value_start < MC_REDACT_ASSIGNED_BYTES_MAX &&
           !is_header_end(self, end, quote))
        end++;
    while (end > self->value_start && self->text[end - 1] == ' ')
        end--;
    (void)mc_redact_spend(self->find, end - self->value_start);
    self->value_end = end;
}

static bool
is_prose(mc_redact_join_t join)
{
    return join == SAID || join == BESIDE;
}

/* Bearer, Basic and so on stay to be read; the credential is behind. */
static bool
skip_scheme(mc_redact_assigned_t *self)
{
    static const char *const schemes[] = {
        "Bearer",           "Basic", "Token", "ApiKey", "Api-Key",  "Digest", "Negotiate", "NTLM",
        "AWS4-HMAC-SHA256", "SSWS",  "Key",   "JWT",    "GenieKey", "Bot"};
    if (is_prose(self->join))
        return false;
    for (size_t i = 0; i < MC_COUNT(schemes); i++) {
        size_t at = self->value_start + strlen(schemes[i]);
        bool is_encoded_gap = is_at(self, at, "%20");
        if (!is_at(self, self->value_start, schemes[i]) ||
            (byte_at(self, at) != ' ' && byte_at(self, at) != '+' && !is_encoded_gap))
            continue;
        self->value_start = at + (is_encoded_gap ? 3 : 1);
        if (self->value_end <= self->value_start)
            self->value_end = mc_redact_bare_end(self, self->value_start);
        return true;
    }
    return false;
}

/* Uint8Array, Ed25519PrivateKey: what types are called. */
static bool
is_type_name(mc_text_t value)
{
    static const mc_text_t tails[] = {{"Array", 5}, {"Buffer", 6}, {"Key", 3},  {"String", 6},
                                      {"Token", 5}, {"Type", 4},   {"Types", 5}};
    const char *dot = memrchr(value.data, '.', value.size);
    char first = dot && dot + 1 < value.data + value.size ? dot[1] : value.data[0];
    for (size_t i = 0; i < MC_COUNT(tails); i++)
        if (value.size > tails[i].size && first >= 'A' && first <= 'Z' &&
            !memcmp(value.data + value.size - tails[i].size, tails[i].data, tails[i].size))
            return true;
    return false;
}

/* config.password, self._token, get_key(), other["key"]: code that names a value elsewhere. */
static bool
is_code(mc_text_t value)
{
    size_t i = 0, digits = 0;
    bool has_dot = false;
    if (strchr("([{", value.data[0]) || is_type_name(value))
        return true;
    if (!mc_redact_class_has('W', value.data[0]) || mc_redact_class_has('d', value.data[0]))
        return false;
    for (; i < value.size && is_name_byte(value.data[i]) && value.data[i] != '-'; i++) {
        bool is_head = i > 0 && value.data[i - 1] == '.';
        if (is_head && !mc_redact_class_has('L', value.data[i]) && value.data[i] != '_')
            return value.data[i] == '#';
        has_dot |= value.data[i] == '.';
        digits += mc_redact_class_has('d', value.data[i]);
    }
    if (i == value.size)
        return has_dot && digits * 5 <= value.size;
    char next = i + 1 < value.size ? value.data[i + 1] : '\0';
    return strchr("([", value.data[i]) || (value.data[i] == '-' && next == '>') ||
           (value.data[i] == '#' && has_dot);
}

static bool
is_letters(mc_text_t value)
{
    for (size_t i = 0; i < value.size; i++)
        if (!mc_redact_class_has('L', value.data[i]) && !strchr("_-'", value.data[i]))
            return false;
    return true;
}

/* lowerThenUpper, as identifiers are; in noise there are more capitals. */
static bool
is_camel(mc_text_t value)
{
    size_t capitals = 0, changes = 0;
    for (size_t i = 0; i < value.size; i++) {
        bool is_capital = value.data[i] >= 'A' && value.data[i] <= 'Z';
        capitals += is_capital;
        changes += is_capital && i > 0 && islower((unsigned char)value.data[i - 1]);
    }
    return changes > 0 && capitals * 5 < value.size * 2;
}

/* A word in lower case: what prose says about a name is hardly ever its value. */
static bool
is_word_at(const mc_redact_assigned_t *self, size_t at)
{
    while (byte_at(self, at) >= 'a' && byte_at(self, at) <= 'z')
        at++;
    return byte_at(self, at) <= ' ' || strchr(".,;:!?", byte_at(self, at));
}

/* Prose goes on behind the value with another word. */
static bool
is_followed_by_word(const mc_redact_assigned_t *self)
{
    size_t at = self->value_end;
    if (byte_at(self, at) != ' ')
        return false;
    at = skip_blanks(self, at);
    return mc_redact_class_has('L', byte_at(self, at)) && !mc_redact_is_name_and_sign(self, at);
}

static bool
has_digits(mc_text_t value, size_t least)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.size; i++)
        digits += mc_redact_class_has('d', value.data[i]);
    return digits >= least;
}

static bool
is_url(mc_text_t value)
{
    return value.size > 8 &&
           (!memcmp(value.data, "http://", 7) || !memcmp(value.data, "https://", 8));
}

/* Letters only, where it is not sure that they are a value: x = name, x: Type, scope:verb. */
static bool
is_bare_word_secret(const mc_redact_assigned_t *self, mc_text_t value)
{
    if (mc_redact_name(value).strength != MC_REDACT_NOT_SECRET)
        return false;
    if (self->join == TIGHT || self->join == XML)
        return true;
    if (self->join == COLON && self->is_tight)
        return false;
    bool is_of_object =
        is_at(self, self->name_start, "self.") || is_at(self, self->name_start, "this.");
    bool is_identifier =
        memchr(value.data, '_', value.size) || (is_camel(value) && !mc_redact_is_opaque(value));
    return !is_of_object && !is_identifier && !is_followed_by_word(self);
}

/* A bare value under a name that always hides. */
static bool
is_bare_secret(const mc_redact_assigned_t *self, mc_text_t value)
{
    if (is_code(value) || value.size < 3 || is_url(value))
        return false;
    if (mc_redact_is_number(value))
        return has_digits(value, 4) && self->name.strength != MC_REDACT_PLURAL;
    if (self->join == SAID)
        return has_digits(value, 1) || !is_letters(value) || mc_redact_has_both_cases(value);
    return !is_letters(value) || is_bare_word_secret(self, value);
}

/* "password hunter2": behind a bare name only what has letters and digits both. */
static bool
is_beside(const mc_redact_assigned_t *self, mc_text_t value)
{
    if (self->is_quoted || is_code(value) || !mc_redact_is_mixed(value))
        return false;
    if (memchr(value.data, '/', value.size))
        return false;
    if (self->name.rule == MC_REDACT_password)
        return self->name.strength >= MC_REDACT_PLURAL && value.size >= BESIDE_BYTES_MIN;
    bool is_known = self->name.strength >= MC_REDACT_PLURAL || self->name.rule == MC_REDACT_token;
    return is_known && mc_redact_is_opaque(value);
}

/* The line behind Cookie: or Authorization: may be prose or the type of a field. */
static bool
is_header_secret(const mc_redact_assigned_t *self, mc_text_t value)
{
    const char *blank = memchr(value.data, ' ', value.size);
    mc_text_t first = {value.data, blank ? (size_t)(blank - value.data) : value.size};
    if (mc_redact_is_plain_word(first) || is_code(first) || is_url(value))
        return false;
    if (self->name.rule == MC_REDACT_cookie)
        return memchr(value.data, '=', value.size) || mc_redact_is_opaque(value);
    return value.size >= 4 && !is_letters(value) && (!blank || has_digits(value, 1));
}

/* "secret": "userSecret" and x === "alpha" name something; `getKey()` is code. */
static bool
is_quoted_secret(const mc_redact_assigned_t *self, mc_text_t value)
{
    if (is_letters(value) &&
        (self->join == COMPARED || mc_redact_name(value).strength != MC_REDACT_NOT_SECRET))
        return false;
    if (self->text[self->value_start - 1] == '`' && is_code(value))
        return false;
    return value.size >= 3 || has_digits(value, 3);
}

/* $NAME, ${...}, $(...), {{...}}, <...>: what is named here is elsewhere. */
static bool
is_reference_at(const mc_redact_assigned_t *self)
{
    size_t at = self->value_start;
    if (self->join != TIGHT && strchr("$<{%", self->text[at]))
        return true;
    return self->text[at] == '<' || is_at(self, at, "${") || is_at(self, at, "$(");
}

/* Under a name such as key or code; the value is known to be noise. Bare, it may still be code. */
static bool
is_noisy_secret(const mc_redact_assigned_t *self, mc_text_t value)
{
    if (self->join == LITERAL || (self->join == SAID && !has_digits(value, 1)))
        return false;
    if (self->is_quoted || self->join == TIGHT)
        return true;
    return self->join != COMPARED && has_digits(value, 2) && !is_code(value);
}

static bool
is_secret(const mc_redact_assigned_t *self, bool has_scheme)
{
    mc_text_t value = part(self, self->value_start, self->value_end);
    if (value.size == 0 || !mc_redact_name_hides(self->name, value))
        return false;
    if (self->join == XML && !is_at(self, self->value_end, "</"))
        return false;
    if (!self->is_quoted && is_reference_at(self))
        return false;
    if (has_scheme)
        return value.size >= 4 && value.data[0] != '$' && value.data[0] != '{';
    if (self->join == BESIDE)
        return is_beside(self, value);
    if (self->name.strength < MC_REDACT_PLURAL)
        return is_noisy_secret(self, value);
    if (is_header(self) && self->join == COLON && !self->is_quoted)
        return is_header_secret(self, value);
    if (self->is_quoted)
        return is_quoted_secret(self, value);
    return self->join != COMPARED && is_bare_secret(self, value);
}

/* "api key", "Access Token": up to two words before belong to the name. */
static void
widen_name(mc_redact_assigned_t *self)
{
    size_t start = self->name_start;
    for (int i = 0; i < WORDS_BEFORE_MAX && start > 1 && self->text[start - 1] == ' '; i++) {
        size_t word = start - 1;
        while (word > 0 && start - word < MC_REDACT_AROUND_BYTES_MAX &&
               is_name_byte(self->text[word - 1]))
            word--;
        if (word == start - 1)
            return;
        (void)mc_redact_spend(self->find, start - word);
        start = word;
        mc_text_t wide = part(self, start, self->name_end);
        mc_redact_name_t name = mc_redact_custom_name(self->find->custom, wide);
        if (name.strength > self->name.strength || name.is_harmless) {
            self->name = name;
            return;
        }
    }
}

/* "password: str = 'x'": the value is behind the type. */
static bool
skip_type(mc_redact_assigned_t *self)
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
    mc_redact_assigned_t self = {.find = find, .text = find->text.data, .size = find->text.size};
    const mc_redact_spans_t *spans = find->spans;
    bool is_hidden = spans->count > 0 && spans->items[spans->count - 1].end > at;
    if (is_hidden || !mc_redact_read_name(&self, at, size))
        return;
    self.join = mc_redact_read_join(&self);
    if (self.join == NOTHING || (is_prose(self.join) && is_word_at(&self, self.value_start)))
        return;
    mc_text_t name = part(&self, self.name_start, self.name_end);
    self.name = mc_redact_custom_name(find->custom, name);
    if (self.name.strength < MC_REDACT_PLURAL)
        widen_name(&self);
    if (self.name.strength == MC_REDACT_NOT_SECRET)
        return;

    mc_redact_read_value(&self);
    if (skip_type(&self))
        mc_redact_read_value(&self);
    if (is_header(&self))
        stretch_header(&self);
    bool has_scheme = skip_scheme(&self);
    if (is_secret(&self, has_scheme))
        mc_redact_add(find, self.value_start, self.value_end, self.name.rule);
}
