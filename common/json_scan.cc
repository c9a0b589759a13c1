/*
 *  json_scan - the members of an object where they lie, by simdjson's On-Demand
 *
 *  Only the structure of the text is looked at: what is inside the values is
 *  skipped, so a large body costs little, and a fault inside one may go unseen.
 *  On-Demand needs some bytes behind the text, so it reads a copy; the slices
 *  that are given point into the text itself.
 */
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <stdlib.h>

#include "common/json.h"
#include "common/json_fault.h"

namespace ondemand = simdjson::ondemand;

struct mc_json_scanner {
    ondemand::parser inner;
    char *copy;
    size_t capacity;
};

mc_json_scanner_t *
mc_json_scanner_new(void)
{
    mc_json_scanner_t *self = new (std::nothrow) mc_json_scanner();
    if (!self)
        abort();
    return self;
}

void
mc_json_scanner_destroy(mc_json_scanner_t **address)
{
    mc_json_scanner_t *self = mc_take(address);
    if (!self)
        return;
    free(self->copy);
    delete self;
}

static void
take_copy(mc_json_scanner_t *self, mc_text_t text)
{
    size_t needed = text.size + simdjson::SIMDJSON_PADDING;
    bool is_wasteful = self->capacity > MC_JSON_KEEP_BYTES && needed <= MC_JSON_KEEP_BYTES;
    if (needed > self->capacity || is_wasteful) {
        free(self->copy);
        self->capacity = needed < 16384 ? 16384 : needed;
        self->copy = (char *)malloc(self->capacity);
        if (!self->copy)
            abort();
        if (is_wasteful)
            self->inner = ondemand::parser();
    }
    memcpy(self->copy, text.data, text.size);
    memset(self->copy + text.size, 0, simdjson::SIMDJSON_PADDING);
}

static mc_json_kind_t
kind_of(char first)
{
    switch (first) {
    case '{':
        return MC_JSON_OBJECT;
    case '[':
        return MC_JSON_ARRAY;
    case '"':
        return MC_JSON_STRING;
    case 't':
    case 'f':
        return MC_JSON_BOOL;
    case 'n':
        return MC_JSON_NULL;
    default:
        return MC_JSON_DOUBLE;
    }
}

/* The value as it stands in the copy. */
static simdjson::error_code
raw_of(ondemand::value value, std::string_view *ret_raw)
{
    ondemand::json_type type;
    simdjson::error_code error = value.type().get(type);
    if (error)
        return error;
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        error = value.get_object().get(object);
        return error ? error : object.raw_json().get(*ret_raw);
    }
    if (type == ondemand::json_type::array) {
        ondemand::array array;
        error = value.get_array().get(array);
        return error ? error : array.raw_json().get(*ret_raw);
    }
    *ret_raw = value.raw_json_token();
    while (!ret_raw->empty() && (unsigned char)ret_raw->back() <= ' ')
        ret_raw->remove_suffix(1);
    return simdjson::SUCCESS;
}

static simdjson::error_code
walk(mc_json_scanner_t *self, mc_text_t text, mc_json_member_fn *member, void *arg)
{
    ondemand::document document;
    ondemand::object object;
    simdjson::error_code error =
        self->inner.iterate(self->copy, text.size, self->capacity).get(document);
    if (!error)
        error = document.get_object().get(object);
    if (error)
        return error;
    for (auto result : object) {
        ondemand::field field;
        std::string_view key, raw;
        error = std::move(result).get(field);
        if (!error)
            error = field.unescaped_key().get(key);
        if (!error)
            error = raw_of(field.value(), &raw);
        if (error)
            return error;
        mc_json_member_t found = {
            {key.data(), key.size()},
            {text.data + (raw.data() - self->copy), raw.size()},
            kind_of(raw[0]),
        };
        member(arg, &found);
    }
    const char *more;
    bool is_over = document.current_location().get(more) != simdjson::SUCCESS;
    return is_over ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

/* On-Demand says what, not where; the text is read once more to find out. */
static int
refuse(mc_text_t text, simdjson::error_code error, mc_refusal_t *refusal)
{
    mc_json_fault_t fault;
    if (error == simdjson::INCORRECT_TYPE && !mc_json_find_fault(text, MC_JSON_DEPTH_MAX, &fault))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "", "the body is not a JSON object");
    if (!mc_json_find_fault(text, MC_JSON_DEPTH_MAX, &fault))
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is not JSON: %s",
                         simdjson::error_message(error));
    return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is not JSON at byte %zu: %s",
                     fault.at, fault.what);
}

int
mc_json_scan(mc_json_scanner_t *self, mc_text_t text, mc_json_member_fn *member, void *arg,
             mc_refusal_t *refusal)
{
    if (text.size > MC_JSON_BYTES_MAX)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, "", "body of %zu bytes is over %zu",
                         text.size, MC_JSON_BYTES_MAX);
    if (text.size == 0)
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "", "body is empty, not JSON");

    take_copy(self, text);
    simdjson::error_code error = walk(self, text, member, arg);
    return error == simdjson::SUCCESS ? 0 : refuse(text, error, refusal);
}
