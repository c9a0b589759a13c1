/*
 *  json - reading JSON with simdjson
 *
 *  This and json_scan are the C++ files. simdjson writes a document as a tape of 64-bit words: the
 *  type in the top byte, below it an index into the tape (containers: just
 *  behind their end, and how many elements) or into the strings; a number
 *  follows in a word of its own.
 *
 *      [ 1, "a" ]    r6  [5|2  l  1  "0  ]1  r0
 *
 *  No exception can come out: simdjson is built without them here, and what
 *  allocates does so without throwing.
 */
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <stdlib.h>

#include "common/json.h"
#include "common/json_fault.h"

using simdjson::dom::document;
using simdjson::dom::parser;

static const size_t first_bytes = 4096;
static const uint64_t value_mask = 0x00ffffffffffffff;
static const uint32_t count_mask = 0x00ffffff; /* simdjson counts no further */

struct mc_json_parser {
    parser *inner;
    size_t capacity;
};

/* Makes the parser fit for texts of so many bytes. */
static void
make_room(mc_json_parser_t *self, size_t size)
{
    bool is_wasteful = self->capacity > MC_JSON_KEEP_BYTES && size <= MC_JSON_KEEP_BYTES;
    if (self->inner && self->capacity >= size && !is_wasteful)
        return;

    size_t capacity = first_bytes;
    while (capacity < size)
        capacity *= 2;
    delete self->inner;
    self->inner = new (std::nothrow) parser(capacity);
    if (!self->inner || self->inner->allocate(capacity, MC_JSON_DEPTH_MAX) != simdjson::SUCCESS)
        abort();
    self->capacity = capacity;
}

mc_json_parser_t *
mc_json_parser_new(void)
{
    mc_json_parser_t *self = (mc_json_parser_t *)calloc(1, sizeof *self);
    if (!self)
        abort();
    return self;
}

void
mc_json_parser_destroy(mc_json_parser_t **address)
{
    mc_json_parser_t *self = mc_take(address);
    if (!self)
        return;
    delete self->inner;
    free(self);
}

void
mc_json_parser_trim(mc_json_parser_t *self)
{
    if (self->capacity <= MC_JSON_KEEP_BYTES)
        return;
    delete self->inner;
    self->inner = nullptr;
    self->capacity = 0;
}

/* simdjson says what, not where; the text is read once more to find out. */
static int
refuse(mc_text_t text, simdjson::error_code error, mc_refusal_t *refusal)
{
    mc_json_fault_t fault;
    if (!mc_json_find_fault(text, MC_JSON_DEPTH_MAX, &fault))
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is not JSON: %s",
                         simdjson::error_message(error));
    if (fault.is_too_deep)
        return mc_refuse(refusal, MC_TOO_DEEP_ERROR, "",
                         "body is nested deeper than %d levels at byte %zu", MC_JSON_DEPTH_MAX,
                         fault.at);
    return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is not JSON at byte %zu: %s",
                     fault.at, fault.what);
}

int
mc_json_parse(mc_json_parser_t *self, mc_text_t text, mc_json_t *ret_root, mc_refusal_t *refusal)
{
    if (text.size > MC_JSON_BYTES_MAX)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "", "body of %zu bytes is over %zu",
                         text.size, MC_JSON_BYTES_MAX);
    if (text.size == 0)
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is empty, not JSON");

    make_room(self, text.size);
    simdjson::error_code error = self->inner->parse(text.data, text.size).error();
    if (error != simdjson::SUCCESS)
        return refuse(text, error, refusal);

    *ret_root = {&self->inner->doc, 1};
    return 0;
}

static inline uint64_t
word_at(const void *from, size_t at)
{
    return static_cast<const document *>(from)->tape[at];
}

static inline char
type_at(mc_json_t value)
{
    return (char)(word_at(value.document, value.at) >> 56);
}

static inline mc_text_t
string_at(const void *from, size_t at)
{
    const document *owner = static_cast<const document *>(from);
    const uint8_t *start = owner->string_buf.get() + (owner->tape[at] & value_mask);
    uint32_t size;
    memcpy(&size, start, sizeof size);
    return mc_text_t{(const char *)start + sizeof size, size};
}

/* The place behind the value. */
static inline size_t
after(mc_json_t value)
{
    switch (type_at(value)) {
    case '{':
    case '[':
        return (uint32_t)word_at(value.document, value.at);
    case 'l':
    case 'u':
    case 'd':
        return value.at + 2;
    default:
        return value.at + 1;
    }
}

mc_json_kind_t
mc_json_kind(mc_json_t value)
{
    switch (type_at(value)) {
    case '{':
        return MC_JSON_OBJECT;
    case '[':
        return MC_JSON_ARRAY;
    case '"':
        return MC_JSON_STRING;
    case 'l':
        return MC_JSON_INTEGER;
    case 'u':
        return MC_JSON_UNSIGNED;
    case 'd':
        return MC_JSON_DOUBLE;
    case 't':
    case 'f':
        return MC_JSON_BOOL;
    default:
        return MC_JSON_NULL;
    }
}

mc_text_t
mc_json_text(mc_json_t value)
{
    assert(type_at(value) == '"');
    return string_at(value.document, value.at);
}

int64_t
mc_json_i64(mc_json_t value)
{
    assert(type_at(value) == 'l');
    return (int64_t)word_at(value.document, value.at + 1);
}

uint64_t
mc_json_u64(mc_json_t value)
{
    assert(type_at(value) == 'u' || mc_json_i64(value) >= 0);
    return word_at(value.document, value.at + 1);
}

double
mc_json_f64(mc_json_t value)
{
    uint64_t word = word_at(value.document, value.at + 1);
    double number;
    switch (type_at(value)) {
    case 'l':
        return (double)(int64_t)word;
    case 'u':
        return (double)word;
    default:
        assert(type_at(value) == 'd');
        memcpy(&number, &word, sizeof number);
        return number;
    }
}

bool
mc_json_bool(mc_json_t value)
{
    assert(mc_json_kind(value) == MC_JSON_BOOL);
    return type_at(value) == 't';
}

mc_json_iter_t
mc_json_iter(mc_json_t container)
{
    char type = type_at(container);
    assert(type == '{' || type == '[');
    return mc_json_iter_t{container.document, container.at + 1, after(container) - 1, type == '{'};
}

bool
mc_json_next(mc_json_iter_t *iter, mc_text_t *ret_key, mc_json_t *ret_value)
{
    if (iter->at >= iter->end)
        return false;
    *ret_key = iter->is_object ? string_at(iter->document, iter->at++) : mc_text_t{"", 0};
    *ret_value = mc_json_t{iter->document, iter->at};
    iter->at = after(*ret_value);
    return true;
}

size_t
mc_json_count(mc_json_t container)
{
    mc_json_iter_t iter = mc_json_iter(container);
    uint32_t count = (word_at(container.document, container.at) >> 32) & count_mask;
    if (count < count_mask)
        return count;

    size_t walked = 0;
    mc_text_t key;
    for (mc_json_t value; mc_json_next(&iter, &key, &value);)
        walked++;
    return walked;
}

bool
mc_json_find(mc_json_t object, const char *key, mc_json_t *ret_value)
{
    mc_json_iter_t iter = mc_json_iter(object);
    mc_text_t wanted = mc_text(key), name;
    bool is_found = false;
    for (mc_json_t value; mc_json_next(&iter, &name, &value);)
        if (mc_text_equals(name, wanted)) {
            *ret_value = value;
            is_found = true;
        }
    return is_found;
}

mc_text_t
mc_json_strings(mc_json_t value)
{
    mc_text_t strings = {"", 0};
    size_t end = after(value);
    for (size_t at = value.at; at < end; at++) {
        char type = type_at(mc_json_t{value.document, at});
        if (type == 'l' || type == 'u' || type == 'd')
            at++;
        if (type != '"')
            continue;
        mc_text_t text = string_at(value.document, at);
        if (strings.size == 0)
            strings.data = text.data;
        strings.size = (size_t)(text.data - strings.data) + text.size;
    }
    return strings;
}
