/*
 *  redact_name - does this name hold a secret
 *
 *  A name becomes words: "X-Api-KEY2" is " x api key 2 ". At each word the rows
 *  that begin with it are found by halving, the table being sorted.
 */
#include "redact_name.h"

#include <ctype.h>

#include "redact_value.h"

typedef struct {
    uint64_t key; /* the first eight bytes, the first highest: orders as the words do */
    const char *words;
    uint8_t size;
    uint8_t strength;
    mc_redact_rule_t rule;
} row_t;

/* Byte i of a literal, 0 behind its end. */
#define BYTE(text, i)                                                                              \
    ((uint64_t)(unsigned char)(text)[sizeof(text) - 1 > (i) ? (i) : sizeof(text) - 1]              \
     << (56 - 8 * (i)))

#define KEY(text)                                                                                  \
    (BYTE(text, 0) | BYTE(text, 1) | BYTE(text, 2) | BYTE(text, 3) | BYTE(text, 4) |               \
     BYTE(text, 5) | BYTE(text, 6) | BYTE(text, 7))

#define ROW(phrase, how, group)                                                                    \
    {.key = KEY(phrase),                                                                           \
     .words = (phrase),                                                                            \
     .size = sizeof(phrase) - 1,                                                                   \
     .strength = MC_REDACT_##how,                                                                  \
     .rule = MC_REDACT_##group},

static const row_t rows[] = {MC_REDACT_NAMES(ROW)};

#define PHRASE(phrase, how, group) phrase,

const char *const mc_redact_name_rows[] = {MC_REDACT_NAMES(PHRASE)};
const size_t mc_redact_name_count = MC_COUNT(rows);

#define TAIL(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

/* Words that end in these are names written without a gap: dbpassword, myapikey. */
static const struct {
    mc_text_t tail;
    mc_redact_rule_t rule;
} tails[] = {
    {TAIL("password"), MC_REDACT_password},
    {TAIL("passwd"), MC_REDACT_password},
    {TAIL("passphrase"), MC_REDACT_password},
    {TAIL("apikey"), MC_REDACT_api_key},
    {TAIL("secretkey"), MC_REDACT_private_key},
    {TAIL("privatekey"), MC_REDACT_private_key},
    {TAIL("clientsecret"), MC_REDACT_secret},
    {TAIL("accesstoken"), MC_REDACT_token},
    {TAIL("authtoken"), MC_REDACT_token},
    {TAIL("refreshtoken"), MC_REDACT_token},
    {TAIL("connectionstring"), MC_REDACT_connection_string},
};

/* The characters of fullwidth forms, U+FF01 to U+FF5E, stand for ASCII. */
static size_t
fold(const char *at, size_t left, char *ret_byte)
{
    const unsigned char *bytes = (const unsigned char *)at;
    *ret_byte = *at;
    if (left < 3 || bytes[0] != 0xef || (bytes[1] != 0xbc && bytes[1] != 0xbd))
        return 1;
    unsigned point = (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    if (point < 0xf01 || point > 0xf5e)
        return 1;
    *ret_byte = (char)(point - 0xf01 + '!');
    return 3;
}

static bool
is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool
is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Between which characters does a word end: aB, ABc before B, a1, 1a. */
static bool
is_seam(char before, char byte, char after)
{
    if (is_upper(byte))
        return is_lower(before) || is_digit(before) || (is_upper(before) && is_lower(after));
    return is_digit(byte) != is_digit(before) && !is_upper(before);
}

size_t
mc_redact_name_words(mc_text_t name, char ret_words[MC_REDACT_NAME_BYTES_MAX * 2])
{
    char plain[MC_REDACT_NAME_BYTES_MAX + 1];
    size_t count = 0, size = 0;
    if (name.size > MC_REDACT_NAME_BYTES_MAX) {
        name.data += name.size - MC_REDACT_NAME_BYTES_MAX;
        name.size = MC_REDACT_NAME_BYTES_MAX;
    }
    for (size_t i = 0; i < name.size;) {
        size_t mark = mc_redact_mark_size((mc_text_t){name.data + i, name.size - i});
        if (mark > 0) /* what was masked in a name is no part of it */
            plain[count++] = ' ';
        i += mark > 0 ? mark : fold(name.data + i, name.size - i, &plain[count++]);
    }
    plain[count] = '\0';

    ret_words[size++] = ' ';
    char before = ' ';
    for (size_t i = 0; i < count; before = plain[i++]) {
        char byte = plain[i];
        bool is_word = is_upper(byte) || is_lower(byte) || is_digit(byte);
        bool is_gap = ret_words[size - 1] == ' ';
        if (!is_gap && (!is_word || is_seam(before, byte, plain[i + 1])))
            ret_words[size++] = ' ';
        if (is_word)
            ret_words[size++] = (char)tolower((unsigned char)byte);
    }
    if (ret_words[size - 1] != ' ')
        ret_words[size++] = ' ';
    return size;
}

/* The first eight bytes of the word, as in the rows. */
static uint64_t
word_key(const char *word, size_t size)
{
    uint64_t key = 0;
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | (i < size ? (unsigned char)word[i] : 0);
    return key;
}

static size_t
find_first(uint64_t key)
{
    size_t low = 0, high = MC_COUNT(rows);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rows[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Are the words of the row those at the place? */
static bool
is_row_at(const row_t *row, mc_text_t words, size_t at)
{
    return words.size - at > row->size && words.data[at + row->size] == ' ' &&
           !memcmp(words.data + at, row->words, row->size);
}

static bool
is_tail(mc_text_t words, size_t end)
{
    for (size_t i = end; i < words.size; i++)
        if (words.data[i] != ' ' && !is_digit(words.data[i]))
            return false;
    return true;
}

static bool
counts_only_at_tail(mc_redact_strength_t strength)
{
    return strength != MC_REDACT_ALWAYS && strength != MC_REDACT_PLURAL &&
           strength != MC_REDACT_NO_PATH && strength != MC_REDACT_NEVER;
}

/* What wins when several rows fit: the exact exception, the exceptions, the strongest. */
static int
rank(mc_redact_strength_t strength)
{
    switch (strength) {
    case MC_REDACT_END_ALWAYS:
        return 9;
    case MC_REDACT_NEVER:
    case MC_REDACT_TAIL_NEVER:
        return 8;
    default:
        return (int)strength;
    }
}

/* Looks at all rows that begin with the word at the place. */
static void
look_at_word(mc_text_t words, size_t at, size_t word_size, mc_redact_name_t *best)
{
    uint64_t key = word_key(words.data + at, word_size);
    uint64_t mask = word_size < 8 ? ~(UINT64_MAX >> (8 * word_size)) : UINT64_MAX;
    for (size_t i = find_first(key); i < MC_COUNT(rows) && (rows[i].key & mask) == key; i++) {
        const row_t *row = &rows[i];
        if (!is_row_at(row, words, at))
            continue;
        if (counts_only_at_tail(row->strength) && !is_tail(words, at + row->size))
            continue;
        if (rank(row->strength) > rank(best->strength))
            *best = (mc_redact_name_t){row->strength, row->rule, false};
    }
}

/* mydbpassword, xapikey: written without a gap. */
static void
look_at_tail(mc_text_t words, mc_redact_name_t *best)
{
    char squeezed[MC_REDACT_NAME_BYTES_MAX * 2];
    size_t size = 0;
    for (size_t i = 0; i < words.size; i++)
        if (is_lower(words.data[i]))
            squeezed[size++] = words.data[i];
    for (size_t i = 0; i < MC_COUNT(tails); i++) {
        mc_text_t tail = tails[i].tail;
        if (size >= tail.size && !memcmp(squeezed + size - tail.size, tail.data, tail.size))
            *best = (mc_redact_name_t){MC_REDACT_ALWAYS, tails[i].rule, false};
    }
}

mc_redact_name_t
mc_redact_name(mc_text_t name)
{
    char buffer[MC_REDACT_NAME_BYTES_MAX * 2];
    mc_text_t words = {buffer, mc_redact_name_words(name, buffer)};
    mc_redact_name_t best = {MC_REDACT_NOT_SECRET, MC_REDACT_none, false};
    for (size_t at = 1, end; at < words.size; at = end + 1) {
        end = at;
        while (words.data[end] != ' ')
            end++;
        look_at_word(words, at, end - at, &best);
    }
    if (best.strength < MC_REDACT_PLURAL)
        look_at_tail(words, &best);
    if (best.strength == MC_REDACT_END_ALWAYS)
        best.strength = MC_REDACT_ALWAYS;
    if (best.strength > MC_REDACT_ALWAYS)
        best = (mc_redact_name_t){MC_REDACT_NOT_SECRET, MC_REDACT_none, true};
    return best;
}

static bool
is_noise(mc_redact_strength_t strength, mc_text_t value)
{
    if (!mc_redact_is_opaque(value))
        return false;
    if (strength == MC_REDACT_OPAQUE)
        return true;
    return !mc_redact_is_uuid(value) &&
           (strength == MC_REDACT_OPAQUE_NO_UUID || !mc_redact_is_hex(value));
}

/* /home/bob, ~, C:\Users: where a shell is, under its variable PWD. */
static bool
is_path(mc_text_t value)
{
    return value.size > 0 && (strchr("/~", value.data[0]) ||
                              (value.size > 2 && value.data[1] == ':' && value.data[2] == '\\'));
}

bool
mc_redact_name_hides(mc_redact_name_t name, mc_text_t value)
{
    if (name.strength == MC_REDACT_NOT_SECRET)
        return false;
    if (name.strength < MC_REDACT_PLURAL && !is_noise(name.strength, value))
        return false;
    if (name.strength == MC_REDACT_NO_PATH && is_path(value))
        return false;
    if (name.rule != MC_REDACT_password && mc_redact_is_version(value))
        return false;
    return !mc_redact_is_plain_word(value) && !mc_redact_is_placeholder(value);
}
