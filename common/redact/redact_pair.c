/*
 *  redact_pair - names that stand beside their values instead of before them
 */
#include "redact_pair.h"

#include <ctype.h>
#include <strings.h>

#define LABEL_BYTES_MAX 9 /* no word for half of a pair is longer */

const mc_redact_name_t mc_redact_no_name = {MC_REDACT_NOT_SECRET, MC_REDACT_none, false};

static bool
is_one_of(mc_text_t key, const mc_text_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (key.size == words[i].size && key.data[0] == words[i].data[0] &&
            !memcmp(key.data, words[i].data, key.size))
            return true;
    return false;
}

#define WORD(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static bool
is_pair_label(mc_text_t key)
{
    static const mc_text_t words[] = {
        WORD("name"),  WORD("key"),   WORD("field"),     WORD("header"), WORD("parameter"),
        WORD("param"), WORD("label"), WORD("attribute"), WORD("env"),    WORD("variable"),
        WORD("Name"),  WORD("Key"),   WORD("property"),  WORD("id"),
    };
    return is_one_of(key, words, MC_COUNT(words));
}

bool
mc_redact_is_pair_value(mc_text_t key)
{
    static const mc_text_t words[] = {
        WORD("value"),    WORD("val"),     WORD("values"), WORD("content"),
        WORD("contents"), WORD("data"),    WORD("text"),   WORD("Value"),
        WORD("default"),  WORD("current"), WORD("string"), WORD("example"),
    };
    return is_one_of(key, words, MC_COUNT(words));
}

mc_redact_name_t
mc_redact_pair_name(const mc_redact_custom_t *custom, mc_json_t object)
{
    mc_json_iter_t iter = mc_json_iter(object);
    mc_text_t key, label = {0};
    mc_json_t value;
    bool has_value = false;
    while (mc_json_next(&iter, &key, &value)) {
        if (key.size > LABEL_BYTES_MAX)
            continue;
        has_value |= mc_redact_is_pair_value(key);
        if (!label.data && mc_json_kind(value) == MC_JSON_STRING && is_pair_label(key))
            label = mc_json_text(value);
    }
    if (!has_value || !label.data)
        return mc_redact_no_name;
    return mc_redact_custom_name(custom, label);
}

/* An object that describes a value instead of holding it: a JSON Schema, a form's field. */
static bool
is_schema(mc_json_t object)
{
    static const char *const types[] = {"string", "number", "integer", "boolean",
                                        "array",  "object", "null"};
    static const char *const members[] = {"$ref", "anyOf", "oneOf", "allOf", "description"};
    mc_json_t type, other;
    if (mc_json_find(object, "type", &type)) {
        if (mc_json_kind(type) != MC_JSON_STRING)
            return true;
        for (size_t i = 0; i < MC_COUNT(types); i++)
            if (mc_text_is(mc_json_text(type), types[i]))
                return true;
    }
    for (size_t i = 0; i < MC_COUNT(members); i++)
        if (mc_json_find(object, members[i], &other))
            return true;
    return false;
}

mc_redact_name_t
mc_redact_inherited(mc_redact_name_t name, mc_json_t value)
{
    if (name.strength < MC_REDACT_PLURAL ||
        (mc_json_kind(value) == MC_JSON_OBJECT && is_schema(value)))
        return mc_redact_no_name;
    name.strength = MC_REDACT_PLURAL;
    return name;
}

static bool
is_header_name(mc_text_t text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!isalpha((unsigned char)text.data[i]) && text.data[i] != '-')
            return false;
    return true;
}

mc_redact_name_t
mc_redact_name_before(const mc_redact_custom_t *custom, mc_text_t text, mc_text_t next,
                      bool is_pair)
{
    static const char *const headers[] = {"authorization", "proxy-authorization", "cookie",
                                          "set-cookie", "x-api-key"};
    bool is_option = text.size > 2 && text.data[0] == '-';
    bool is_header = false;
    for (size_t i = 0; i < MC_COUNT(headers); i++)
        is_header |=
            text.size == strlen(headers[i]) && !strncasecmp(text.data, headers[i], text.size);
    if (!is_pair && !is_option && (!is_header || is_header_name(next)))
        return mc_redact_no_name;
    return mc_redact_custom_name(custom, text);
}
