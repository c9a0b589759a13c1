/*
 *  redact_value - what a value is: a mark, a placeholder, a word, noise
 */
#include "redact_value.h"

#include <ctype.h>
#include <strings.h>

#include "redact_pattern.h"

#define OPAQUE_BYTES_MIN 8
#define PLAIN_BYTES_MAX 16
#define RESIDUE_BYTES_MAX 1024
#define DISTINCT_MIN 5 /* fewer different characters in a token are somebody's filler */

static bool
has_class(mc_text_t value, char class)
{
    for (size_t i = 0; i < value.size; i++)
        if (mc_redact_class_has(class, value.data[i]))
            return true;
    return false;
}

static bool
is_all(mc_text_t value, char class)
{
    for (size_t i = 0; i < value.size; i++)
        if (!mc_redact_class_has(class, value.data[i]))
            return false;
    return value.size > 0;
}

static bool
has_text(mc_text_t value, const char *part)
{
    return value.size > 0 && memmem(value.data, value.size, part, strlen(part)) != NULL;
}

static bool
starts(mc_text_t value, const char *head)
{
    if (value.size == 0 || tolower((unsigned char)*value.data) != *head)
        return false;
    size_t size = strlen(head);
    return value.size >= size && !strncasecmp(value.data, head, size);
}

static bool
ends(mc_text_t value, const char *tail)
{
    size_t size = strlen(tail);
    return value.size >= size && !memcmp(value.data + value.size - size, tail, size);
}

size_t
mc_redact_mark_size(mc_text_t text)
{
    size_t at = sizeof MC_REDACT_MARK_HEAD - 1;
    if (text.size <= at || memcmp(text.data, MC_REDACT_MARK_HEAD, at) != 0)
        return 0;
    while (at < text.size && mc_redact_class_has('U', text.data[at]))
        at++;
    return at < text.size && text.data[at] == ']' ? at + 1 : 0;
}

bool
mc_redact_is_mark(mc_text_t text)
{
    return text.size > 0 && mc_redact_mark_size(text) == text.size;
}

/* Filled with one character for a good part, or made of very few different ones. */
static bool
is_repeated(mc_text_t value)
{
    bool seen[256] = {false};
    size_t distinct = 0, run = 0, longest = 0, longest_x = 0;
    for (size_t i = 0; i < value.size; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        run = i > 0 && value.data[i - 1] == value.data[i] ? run + 1 : 1;
        longest = run > longest ? run : longest;
        if (run > longest_x && byte && strchr("xX*.", byte))
            longest_x = run;
        distinct += !seen[byte];
        seen[byte] = true;
    }
    return (longest >= 8 && longest * 3 >= value.size) ||
           (longest_x >= 4 && longest_x * 4 >= value.size) ||
           (value.size >= 12 && distinct < DISTINCT_MIN);
}

/* What stands for a value to be filled in. */
static bool
is_reference(mc_text_t value)
{
    static const char *const pairs[][2] = {
        {"${", "}"}, {"{{", "}}"}, {"<", ">"}, {"%(", ")s"}, {"#{", "}"},  {"$(", ")"},
        {"{", "}"},  {"%", "%"},   {"[", "]"}, {"@{", "}"},  {"__", "__"},
    };
    for (size_t i = 0; i < MC_COUNT(pairs); i++)
        if (starts(value, pairs[i][0]) && ends(value, pairs[i][1]) && value.size > 2 &&
            !has_text(value, "\n"))
            return true;
    return value.size > 1 && value.data[0] == '$' &&
           (mc_redact_class_has('L', value.data[1]) || value.data[1] == '_') &&
           is_all((mc_text_t){value.data + 1, value.size - 1}, 'W');
}

static bool
is_telling_word(mc_text_t value)
{
    static const char *const heads[] = {
        "your-",     "your_",     "your ",       "my-secret",  "<your",     "yourapi",
        "yourtoken", "yourkey",   "yoursecret",  "insert-",    "insert_",   "replace-",
        "replace_",  "replaceme", "changeme",    "change-me",  "change_me", "placeholder",
        "dummy",     "example",   "process.env", "os.environ", "env.",      "secrets.",
        "vault:",    "op://",     "arn:aws"};
    for (size_t i = 0; i < MC_COUNT(heads); i++)
        if (starts(value, heads[i]))
            return true;
    return has_text(value, "EXAMPLE") || has_text(value, "-here") || has_text(value, "_here") ||
           has_text(value, "_HERE") || has_text(value, "PLACEHOLDER") ||
           has_text(value, "REDACTED") || has_text(value, "%s") || has_text(value, "{}");
}

bool
mc_redact_is_filler(mc_text_t body)
{
    return is_repeated(body) || is_telling_word(body);
}

/* The value without the marks in it, as far as there is room. */
static mc_text_t
without_marks(mc_text_t value, char room[RESIDUE_BYTES_MAX])
{
    size_t size = 0;
    for (size_t at = 0; at < value.size && size < RESIDUE_BYTES_MAX;) {
        size_t mark = mc_redact_mark_size((mc_text_t){value.data + at, value.size - at});
        if (mark == 0)
            room[size++] = value.data[at];
        at += mark > 0 ? mark : 1;
    }
    return (mc_text_t){room, size};
}

/* What was masked in part is judged by the rest, as it was the first time. */
bool
mc_redact_is_placeholder(mc_text_t value)
{
    char room[RESIDUE_BYTES_MAX];
    if (has_text(value, MC_REDACT_MARK_HEAD))
        value = without_marks(value, room);
    return value.size == 0 || mc_redact_is_filler(value) || is_reference(value);
}

/* Each between spaces, so that one search finds a whole word. */
static const char plain_words[] =
    " - ... and any api_key apikey argument arguments array auto basic bearer bool boolean"
    " bytes char char* const credentials default digest disabled empty enabled expired false"
    " field fields file first flag flags float forbidden from func function header headers"
    " hidden include incorrect input int integer invalid is it last len list literal long"
    " masked missing must n/a na negotiate new nil no none not null nullptr number oauth"
    " oauth2 object of off ok omit on option optional optional[str] options or parameter"
    " parameters passwd password plain prompt random read redacted required reset same-origin"
    " secret secretstr securestring self should sms std::string str string string; string?"
    " string| str|none tbd text the this to token totp true undefined unknown unset valid"
    " value values var void void* was write yes ";

bool
mc_redact_is_plain_word(mc_text_t value)
{
    char word[PLAIN_BYTES_MAX + 2];
    if (value.size == 0)
        return true;
    if (value.size > PLAIN_BYTES_MAX || memchr(value.data, ' ', value.size) ||
        (has_class(value, 'd') && value.data[value.size - 1] != '2'))
        return false;
    word[0] = word[value.size + 1] = ' ';
    for (size_t i = 0; i < value.size; i++)
        word[i + 1] = (char)tolower((unsigned char)value.data[i]);
    return memmem(plain_words, sizeof plain_words - 1, word, value.size + 2) != NULL;
}

bool
mc_redact_is_version(mc_text_t value)
{
    size_t at = value.size > 0 && strchr("^~v", value.data[0]) && value.data[0] ? 1 : 0;
    size_t numbers = 0, digits = 0;
    for (; at < value.size; at++) {
        if (mc_redact_class_has('d', value.data[at])) {
            digits++;
            continue;
        }
        if (digits == 0 || digits > 5)
            return false;
        numbers++;
        digits = 0;
        if (value.data[at] != '.')
            return numbers >= 3 && strchr("-+", value.data[at]);
    }
    return numbers >= 1 && digits > 0 && digits <= 5;
}

bool
mc_redact_is_mixed(mc_text_t value)
{
    return has_class(value, 'd') && has_class(value, 'L');
}

bool
mc_redact_has_both_cases(mc_text_t value)
{
    bool has_upper = false, has_lower = false;
    for (size_t i = 0; i < value.size; i++) {
        has_upper |= value.data[i] >= 'A' && value.data[i] <= 'Z';
        has_lower |= value.data[i] >= 'a' && value.data[i] <= 'z';
    }
    return has_upper && has_lower;
}

bool
mc_redact_is_hex(mc_text_t value)
{
    return value.size >= 7 && value.size <= 128 && is_all(value, 'H');
}

bool
mc_redact_is_uuid(mc_text_t value)
{
    if (value.size != 36)
        return false;
    for (size_t i = 0; i < value.size; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? value.data[i] != '-' : !isxdigit((unsigned char)value.data[i]))
            return false;
    }
    return true;
}

bool
mc_redact_is_number(mc_text_t value)
{
    for (size_t i = 0; i < value.size; i++)
        if (!mc_redact_class_has('d', value.data[i]) && !strchr("+-.,:eE", value.data[i]))
            return false;
    return has_class(value, 'd');
}

/* Segments joined by - _ . : / of which each is a word or a number: names, slugs, versions. */
static bool
is_joined_words(mc_text_t value)
{
    bool is_joined = false;
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i <= value.size; i++) {
        bool is_join = i == value.size || strchr("-_.:/@", value.data[i]);
        if (!is_join) {
            if (!mc_redact_class_has('A', value.data[i]))
                return false;
            *(mc_redact_class_has('d', value.data[i]) ? &digits : &letters) += 1;
            continue;
        }
        bool is_short = digits + letters <= 3; /* v1, 4o, us2 */
        if (digits > 0 && letters > 0 && !is_short)
            return false;
        is_joined |= i < value.size;
        digits = letters = 0;
    }
    return is_joined;
}

/* Without a digit only text is noise whose case changes often. */
static bool
is_name(mc_text_t value)
{
    size_t changes = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (mc_redact_class_has('d', value.data[i]))
            return false;
        changes += i > 0 && islower((unsigned char)value.data[i - 1]) &&
                   isupper((unsigned char)value.data[i]);
    }
    return value.size < 16 || changes * 5 <= value.size;
}

/* sha256:..., md5-..., 0x...: digests and numbers that say so. */
static bool
is_labelled(mc_text_t value)
{
    static const char *const labels[] = {"sha1", "sha224", "sha256", "sha384", "sha512", "md5"};
    for (size_t i = 0; i < MC_COUNT(labels); i++) {
        size_t size = strlen(labels[i]);
        if (starts(value, labels[i]) && value.size > size && strchr(":-=_", value.data[size]))
            return true;
    }
    return starts(value, "0x");
}

/* Letters and then a few digits: item1234, page2. */
static bool
is_numbered_name(mc_text_t value)
{
    size_t letters = 0, digits = 0;
    while (letters < value.size && value.data[letters] >= 'a' && value.data[letters] <= 'z')
        letters++;
    while (letters + digits < value.size && mc_redact_class_has('d', value.data[letters + digits]))
        digits++;
    return letters >= 3 && digits <= 4 && letters + digits == value.size;
}

/* 2024-01-05 and what may follow. */
static bool
is_date(mc_text_t value)
{
    static const char form[] = "0000-00-00";
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (i >= value.size ||
            (form[i] == '-' ? value.data[i] != '-' : !mc_redact_class_has('d', value.data[i])))
            return false;
    return true;
}

bool
mc_redact_is_opaque(mc_text_t value)
{
    if (value.size < OPAQUE_BYTES_MIN || is_date(value))
        return false;
    for (size_t i = 0; i < value.size; i++)
        if ((unsigned char)value.data[i] <= ' ' || (unsigned char)value.data[i] >= 0x7f ||
            strchr("\"'<>(){}[]\\`|", value.data[i]))
            return false;
    if (has_text(value, "://") || value.data[0] == '/' || starts(value, "./") ||
        mc_redact_is_number(value))
        return false;
    if (is_name(value) || is_numbered_name(value) || is_labelled(value))
        return false;
    return !is_joined_words(value) || mc_redact_is_uuid(value);
}
