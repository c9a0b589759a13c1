/*
 *  json_record - a JSON object read into a record by its shape
 *
 *  What fits which field is decided by mc_field_set; here each kind of JSON
 *  value finds its setter. A refusal names the whole way to the field:
 *  "steps[2].heat is "hot", must be a number".
 */
#include "json.h"

#include <stdio.h>

#include "proto/utf8.h"

#define UNKNOWN_BYTES_SHOWN 64

typedef struct {
    const mc_shape_t *shape;
    mc_arena_t *arena;
    mc_refusal_t *refusal;
    void *record;
    uint64_t exact_times; /* fields whose xAtUs was seen: their xAt does not count any more */
    bool is_strict;
} reader_t;

static int read_object(reader_t *self, mc_json_t value);

static bool
is_number(mc_json_t value)
{
    mc_json_kind_t kind = mc_json_kind(value);
    return kind == MC_JSON_INTEGER || kind == MC_JSON_UNSIGNED || kind == MC_JSON_DOUBLE;
}

/* Any value as its text. */
static int
set_json(reader_t *self, const mc_field_t *field, mc_json_t value)
{
    mc_buffer_t written = {0};
    mc_json_write(value, &written);
    mc_text_t copy = mc_arena_text(self->arena, mc_buffer_content(&written));
    mc_buffer_clear(&written);
    return mc_field_set_text(self->shape, field, self->record, copy, self->refusal);
}

static int
set_text(reader_t *self, const mc_field_t *field, mc_json_t value)
{
    mc_text_t copy = mc_arena_text(self->arena, mc_json_text(value));
    return mc_field_set_text(self->shape, field, self->record, copy, self->refusal);
}

static int
set_plain(reader_t *self, const mc_field_t *field, mc_json_t value)
{
    switch (mc_json_kind(value)) {
    case MC_JSON_STRING:
        return set_text(self, field, value);
    case MC_JSON_BOOL:
        return mc_field_set_bool(self->shape, field, self->record, mc_json_bool(value),
                                 self->refusal);
    case MC_JSON_INTEGER:
        return mc_field_set_i64(self->shape, field, self->record, mc_json_i64(value),
                                self->refusal);
    case MC_JSON_UNSIGNED:
    case MC_JSON_DOUBLE:
        return mc_field_set_f64(self->shape, field, self->record, mc_json_f64(value),
                                self->refusal);
    case MC_JSON_ARRAY:
        return mc_field_refuse_kind(field, "an array", self->refusal);
    case MC_JSON_OBJECT:
        return mc_field_refuse_kind(field, "an object", self->refusal);
    case MC_JSON_NULL:
        break;
    }
    return 0;
}

static int
set_time(reader_t *self, const mc_field_t *field, mc_text_t name, mc_json_t value)
{
    uint64_t bit = (uint64_t)1 << mc_shape_index(self->shape, field);
    if (mc_field_is_alias(field, name)) {
        self->exact_times |= bit;
        return set_plain(self, field, value);
    }
    if (!is_number(value))
        return set_plain(self, field, value);
    if (self->exact_times & bit)
        return 0;
    return mc_field_set_seconds(self->shape, field, self->record, mc_json_f64(value),
                                self->refusal);
}

/* Puts the way to a child before what was refused in it. */
static int
refuse_inside(const mc_field_t *field, size_t item, mc_refusal_t *refusal)
{
    if (!refusal)
        return MC_REFUSED;
    char place[64], path[64];
    if (field->kind == MC_RECORD_KIND)
        snprintf(place, sizeof place, "%s", field->json);
    else
        snprintf(place, sizeof place, "%s[%zu]", field->json, item);
    mc_refusal_t inner = *refusal;
    snprintf(path, sizeof path, "%.30s.%.31s", place, inner.field);
    return mc_refuse(refusal, inner.code, path, "%s.%s", place, inner.message);
}

static int
read_child(reader_t *self, const mc_field_t *field, mc_json_t value, void *ret_record)
{
    reader_t child = *self;
    child.shape = field->child;
    child.record = ret_record;
    child.exact_times = 0;
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, "item", "item is not an object");
    return read_object(&child, value);
}

static int
set_record(reader_t *self, const mc_field_t *field, mc_json_t value)
{
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return set_plain(self, field, value);
    void *child = mc_arena_alloc(self->arena, field->child->size);
    if (read_child(self, field, value, child) != 0)
        return refuse_inside(field, 0, self->refusal);
    return mc_field_set_list(self->shape, field, self->record, (mc_list_t){child, 1},
                             self->refusal);
}

/* The count is checked before room is made for so many. */
static int
set_list(reader_t *self, const mc_field_t *field, mc_json_t value)
{
    if (mc_json_kind(value) != MC_JSON_ARRAY)
        return set_plain(self, field, value);
    mc_list_t list = {.count = mc_json_count(value)};
    if (mc_field_set_list(self->shape, field, self->record, list, self->refusal) != 0)
        return MC_REFUSED;

    char *items = mc_arena_alloc(self->arena, list.count * field->child->size);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    for (size_t i = 0; mc_json_next(&iter, &key, &item); i++)
        if (read_child(self, field, item, items + i * field->child->size) != 0)
            return refuse_inside(field, i, self->refusal);
    list.items = items;
    return mc_field_set_list(self->shape, field, self->record, list, self->refusal);
}

static int
set_field(reader_t *self, const mc_field_t *field, mc_text_t name, mc_json_t value)
{
    switch ((mc_kind_t)field->kind) {
    case MC_TIME_KIND:
        return set_time(self, field, name, value);
    case MC_JSON_KIND:
        if (mc_field_is_alias(field, name) || !mc_field_is_json_string(field))
            return set_json(self, field, value);
        return set_plain(self, field, value);
    case MC_RECORD_KIND:
        return set_record(self, field, value);
    case MC_LIST_KIND:
        return set_list(self, field, value);
    default:
        return set_plain(self, field, value);
    }
}

static int
refuse_unknown(reader_t *self, mc_text_t name)
{
    char shown[UNKNOWN_BYTES_SHOWN];
    snprintf(shown, sizeof shown, "%.*s", MC_FMT(mc_utf8_cut(name, sizeof shown - 1)));
    return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, shown, "%s is not a field of %s", shown,
                     self->shape->type);
}

static bool
is_taken(const mc_field_t *field, mc_json_t value)
{
    return field->rule != MC_ASSIGNED && field->rule != MC_INTERNAL &&
           mc_json_kind(value) != MC_JSON_NULL;
}

static int
read_object(reader_t *self, mc_json_t value)
{
    memset(self->record, 0, self->shape->size);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t name;
    mc_json_t member;
    size_t hint = 0;

    while (mc_json_next(&iter, &name, &member)) {
        const mc_field_t *field = mc_shape_find_json(self->shape, name, hint);
        if (!field && self->is_strict)
            return refuse_unknown(self, name);
        if (!field)
            continue;
        hint = mc_shape_index(self->shape, field) + 1;
        if (is_taken(field, member) && set_field(self, field, name, member) != 0)
            return MC_REFUSED;
    }
    return mc_record_complete(self->shape, self->record, self->refusal);
}

int
mc_json_read(const mc_shape_t *shape, mc_json_t value, mc_arena_t *arena, bool is_strict,
             void *ret_record, mc_refusal_t *refusal)
{
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "", "%s is not an object", shape->type);
    reader_t reader = {
        .shape = shape,
        .arena = arena,
        .refusal = refusal,
        .record = ret_record,
        .is_strict = is_strict,
    };
    return read_object(&reader, value);
}
