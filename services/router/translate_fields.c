/*
 *  translate_fields - what a table says of the members of an object
 */
#include "translate_fields.h"

#include <stdio.h>

#include "proto/utf8.h"

#define FIELD_BYTES 80 /* of a name in a warning */

static bool
is_neutral(mc_json_t value)
{
    switch (mc_json_kind(value)) {
    case MC_JSON_NULL:
        return true;
    case MC_JSON_BOOL:
        return !mc_json_bool(value);
    case MC_JSON_STRING:
        return mc_json_text(value).size == 0;
    case MC_JSON_ARRAY:
    case MC_JSON_OBJECT:
        return mc_json_count(value) == 0;
    default:
        return mc_json_f64(value) == 0;
    }
}

static size_t
find_row(router_fields_t table, mc_text_t name)
{
    size_t i = 0;
    while (i < table.count && !mc_text_is(name, table.fields[i].name))
        i++;
    return i;
}

static void
warn_of_unknown(router_translation_t *self, const char *path, mc_text_t name)
{
    char field[FIELD_BYTES];
    if (self->warned >= ROUTER_TRANSLATE_WARNINGS_MAX)
        return;
    mc_text_t cut = mc_utf8_cut(name, 40);
    snprintf(field, sizeof field, "%s%.*s", path, MC_FMT(cut));
    router_warn(self, field, "not known to the other API, left out");
}

static bool
is_among(mc_text_t name, const char *const *known)
{
    for (; *known; known++)
        if (mc_text_is(name, *known))
            return true;
    return false;
}

void
router_warn_others(router_translation_t *self, const char *path, mc_json_t object,
                   const char *const *known)
{
    if (mc_json_kind(object) != MC_JSON_OBJECT)
        return;
    mc_json_iter_t iter = mc_json_iter(object);
    mc_text_t name;
    for (mc_json_t value; mc_json_next(&iter, &name, &value);)
        if (!is_among(name, known) && !is_neutral(value))
            warn_of_unknown(self, path, name);
}

static int
read_member(router_translation_t *self, const router_field_t *row, const char *path,
            mc_json_t value, mc_json_t *ret_value, mc_refusal_t *refusal)
{
    router_path_t field = router_path(path, row->name, SIZE_MAX);
    bool counts = row->rule == ROUTER_LEAVE || row->rule == ROUTER_FORBID;
    if (mc_json_kind(value) == MC_JSON_NULL || (counts && is_neutral(value)))
        return 0;
    if (row->rule == ROUTER_FORBID)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s: %s", field.text, row->why);
    if (row->rule == ROUTER_LEAVE) {
        router_warn(self, field.text, row->why);
        return 0;
    }
    if (row->rule == ROUTER_PASS)
        return 0;
    if (!(row->kinds & 1u << mc_json_kind(value)))
        return router_refuse_kind(path, row->name, row->kinds, refusal);
    *ret_value = value;
    return 0;
}

int
router_fields_read(router_translation_t *self, router_fields_t table, const char *path,
                   mc_json_t object, mc_json_t *ret_values, mc_refusal_t *refusal)
{
    assert(table.count <= ROUTER_FIELDS_MAX);
    memset(ret_values, 0, table.count * sizeof *ret_values);
    if (mc_json_kind(object) != MC_JSON_OBJECT)
        return router_refuse_kind(path, "", ROUTER_IS_OBJECT, refusal);

    mc_json_iter_t iter = mc_json_iter(object);
    mc_text_t name;
    mc_json_t value;
    while (mc_json_next(&iter, &name, &value)) {
        size_t i = find_row(table, name);
        if (i == table.count) {
            warn_of_unknown(self, path, name);
            continue;
        }
        if (read_member(self, &table.fields[i], path, value, &ret_values[i], refusal) != 0)
            return MC_REFUSED;
    }
    for (size_t i = 0; i < table.count; i++)
        if (table.fields[i].rule == ROUTER_NEED && !router_has(ret_values[i])) {
            router_path_t field = router_path(path, table.fields[i].name, SIZE_MAX);
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is missing", field.text);
        }
    return 0;
}

int
router_refuse_kind(const char *path, const char *name, unsigned kinds, mc_refusal_t *refusal)
{
    static const struct {
        unsigned kind;
        const char *words;
    } names[] = {
        {ROUTER_IS_TEXT, "a string"},    {ROUTER_IS_ARRAY, "an array"},
        {ROUTER_IS_OBJECT, "an object"}, {ROUTER_IS_BOOL, "true or false"},
        {ROUTER_IS_NUMBER, "a number"},  {ROUTER_IS_INTEGER, "an integer"},
    };
    char words[96] = "";
    for (size_t i = 0; i < MC_COUNT(names); i++) {
        if ((kinds & names[i].kind) != names[i].kind)
            continue;
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s%s", used ? " or " : "", names[i].words);
        kinds &= ~names[i].kind;
    }
    router_path_t field = router_path(path, name, SIZE_MAX);
    if (!*field.text)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "the body must be %s", words);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s must be %s", field.text, words);
}

router_path_t
router_path(const char *parent, const char *name, size_t index)
{
    router_path_t path;
    size_t size = strlen(parent);
    bool is_named = *name != '\0';
    if (!is_named && index == SIZE_MAX && size > 0 && parent[size - 1] == '.')
        size--;
    int used = snprintf(path.text, sizeof path.text, "%.*s%s", (int)size, parent, name);
    if (index != SIZE_MAX && used >= 0 && (size_t)used < sizeof path.text)
        snprintf(path.text + used, sizeof path.text - (size_t)used, "%s%zu.", is_named ? "." : "",
                 index);
    return path;
}
