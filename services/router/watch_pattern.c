/*
 *  watch_pattern - reading an event by comparing it with the one before
 *
 *      {"id":"c1","choices":[{"index":0,"delta":{"content":"Hel"}}],"obfuscation":"x9"}
 *      |------------------ literal -----------------------|hole|----- literal ----|hole|
 *
 *  An event that was parsed, and carried content only, becomes the pattern. One
 *  that equals it outside of the holes, and has in them what may stand there in
 *  JSON, is JSON of the same structure: no parse is needed.
 */
#include "services/router/watch_reading.h"

#include "proto/utf8.h"

typedef struct {
    const char *name;
    int kind;
} hole_key_t;

/* Keys of values that differ from event to event. */
static const hole_key_t keys[] = {
    {"content", ROUTER_HOLE_CONTENT},
    {"text", ROUTER_HOLE_CONTENT},
    {"delta", ROUTER_HOLE_CONTENT},
    {"arguments", ROUTER_HOLE_CONTENT},
    {"partial_json", ROUTER_HOLE_CONTENT},
    {"thinking", ROUTER_HOLE_CONTENT},
    {"reasoning_content", ROUTER_HOLE_CONTENT},
    {"reasoning", ROUTER_HOLE_CONTENT},
    {"refusal", ROUTER_HOLE_CONTENT},
    {"input", ROUTER_HOLE_CONTENT},
    {"obfuscation", ROUTER_HOLE_STRING},
    {"sequence_number", ROUTER_HOLE_DIGITS},
};

static bool
read_hex(const char *at, uint32_t *ret_code)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char digit = at[i], low = (char)(digit | 0x20);
        if (digit >= '0' && digit <= '9')
            code = code * 16 + (uint32_t)(digit - '0');
        else if (low >= 'a' && low <= 'f')
            code = code * 16 + (uint32_t)(low - 'a' + 10);
        else
            return false;
    }
    *ret_code = code;
    return true;
}

/* Behind a backslash: bytes taken, and how many they stand for. 0 for what is left to the parser:
 * no escape at all, or half of a pair. */
static size_t
read_escape(const char *at, const char *end, size_t *ret_bytes)
{
    uint32_t code;
    *ret_bytes = 1;
    if (at == end)
        return 0;
    if (*at != 'u')
        return memchr("\"\\/bfnrt", *at, 8) ? 1 : 0;
    if (end - at < 5 || !read_hex(at + 1, &code) || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    return 5;
}

/* From the first byte of a string to its closing quote; NULL when there is none, or when the
 * parser shall judge. */
static const char *
skip_string(const char *at, const char *end, size_t *ret_bytes)
{
    const char *start = at;
    size_t bytes = 0, escaped;
    bool is_ascii = true;
    while (at < end && *at != '"') {
        uint8_t byte = (uint8_t)*at++;
        if (byte < ' ')
            return NULL;
        is_ascii = is_ascii && byte < 0x80;
        bytes++;
        if (byte != '\\')
            continue;
        size_t taken = read_escape(at, end, &escaped);
        if (taken == 0)
            return NULL;
        at += taken;
        bytes += escaped - 1;
    }
    if (at == end ||
        (!is_ascii && mc_utf8_check((mc_text_t){start, (size_t)(at - start)}) != MC_UTF8_FINE))
        return NULL;
    *ret_bytes = bytes;
    return at;
}

static const char *
skip_digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    bool is_number = at - start == 1 || (at - start > 1 && at - start < 16 && *start != '0');
    return is_number ? at : NULL;
}

typedef struct {
    const char *start;
    const char *end;
    int kind;
} gap_t;

typedef struct {
    size_t count;
    size_t content_count;
    gap_t items[ROUTER_WATCH_HOLES_MAX];
} gaps_t;

static const hole_key_t *
find_key(mc_text_t name)
{
    for (size_t i = 0; i < MC_COUNT(keys); i++)
        if (mc_text_is(name, keys[i].name))
            return &keys[i];
    return NULL;
}

/* Notes the value at the place if the key's may differ; comes back with where to go on. */
static const char *
note_gap(gaps_t *self, mc_text_t name, const char *value, const char *end)
{
    const hole_key_t *key = find_key(name);
    size_t bytes;
    bool is_string = value < end && *value == '"';
    if (!key || is_string == (key->kind == ROUTER_HOLE_DIGITS))
        return value;
    const char *start = is_string ? value + 1 : value;
    const char *stop = is_string ? skip_string(start, end, &bytes) : skip_digits(start, end);
    if (!stop || self->count == ROUTER_WATCH_HOLES_MAX)
        return value;
    if (key->kind == ROUTER_HOLE_CONTENT)
        self->content_count++;
    self->items[self->count++] = (gap_t){start, stop, key->kind};
    return is_string ? stop + 1 : stop;
}

/* What may differ, in the order of the text. It is known to be JSON. */
static void
find_gaps(mc_text_t data, gaps_t *ret_gaps)
{
    const char *end = data.data + data.size, *at = data.data;
    size_t bytes;
    while ((at = memchr(at, '"', (size_t)(end - at)))) {
        const char *start = at + 1, *stop = skip_string(start, end, &bytes);
        if (!stop) {
            ret_gaps->count = 0;
            return;
        }
        at = stop + 1;
        if (at == end || *at != ':')
            continue;
        at++;
        if (at < end && *at == ' ')
            at++;
        at = note_gap(ret_gaps, (mc_text_t){start, (size_t)(stop - start)}, at, end);
    }
}

/* The content must be the one that was noted, else nothing can be told of the next event. */
static bool
is_clear(const gaps_t *gaps, size_t content_bytes)
{
    size_t bytes = 0;
    for (size_t i = 0; i < gaps->count; i++)
        if (gaps->items[i].kind == ROUTER_HOLE_CONTENT)
            skip_string(gaps->items[i].start, gaps->items[i].end + 1, &bytes);
    return gaps->content_count == 1 && bytes == content_bytes;
}

static void
add_literal(router_watch_pattern_t *self, const char *start, const char *end)
{
    memcpy(self->text + self->size, start, (size_t)(end - start));
    self->size += (size_t)(end - start);
}

void
router_watch_pattern_learn(router_watch_pattern_t *self, const router_reading_t *reading,
                           mc_text_t type, mc_text_t data)
{
    gaps_t gaps = {0};
    self->hole_count = 0;
    if (!reading->is_plain || reading->contents != 1 ||
        type.size + data.size > ROUTER_WATCH_PATTERN_MAX)
        return;

    find_gaps(data, &gaps);
    if (!is_clear(&gaps, reading->bytes))
        return;
    const char *from = data.data;
    self->size = 0;
    self->type_size = type.size;
    if (type.size)
        add_literal(self, type.data, type.data + type.size);
    for (size_t i = 0; i < gaps.count; i++) {
        add_literal(self, from, gaps.items[i].start);
        self->holes[i].at = self->size;
        self->holes[i].kind = gaps.items[i].kind;
        from = gaps.items[i].end;
    }
    add_literal(self, from, data.data + data.size);
    self->hole_count = gaps.count;
}

/* Behind the literal of the pattern, or NULL. */
static const char *
skip_literal(const router_watch_pattern_t *self, size_t from, size_t to, const char *at,
             const char *end)
{
    size_t size = to - from;
    return (size_t)(end - at) >= size && !memcmp(at, self->text + from, size) ? at + size : NULL;
}

bool
router_watch_pattern_fits(const router_watch_pattern_t *self, mc_text_t type, mc_text_t data,
                          size_t *ret_content_bytes)
{
    if (self->hole_count == 0 || type.size != self->type_size ||
        (type.size && memcmp(type.data, self->text, type.size) != 0))
        return false;

    const char *at = data.data, *end = data.data + data.size;
    size_t from = self->type_size, bytes, content_bytes = 0;
    for (size_t i = 0; i < self->hole_count; i++) {
        at = skip_literal(self, from, self->holes[i].at, at, end);
        if (!at)
            return false;
        at = self->holes[i].kind == ROUTER_HOLE_DIGITS ? skip_digits(at, end)
                                                       : skip_string(at, end, &bytes);
        if (!at)
            return false;
        if (self->holes[i].kind == ROUTER_HOLE_CONTENT)
            content_bytes = bytes;
        from = self->holes[i].at;
    }
    if (skip_literal(self, from, self->size, at, end) != end)
        return false;
    *ret_content_bytes = content_bytes;
    return true;
}
