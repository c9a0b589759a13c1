/*
 *  codec_unpack - records from msgpack
 *
 *  A value under a tag is in the form of the struct: microseconds, billionths
 *  of a dollar. A value under a JSON name is in the form of JSON: seconds under
 *  xAt, microseconds under xAtUs, dollars, any value under payload. Tags are for
 *  our own programs and names for everybody else.
 */
#include "msgpack.h"
#include "utf8.h"

#define NAME_BYTES_SHOWN 63 /* of a name that is not known */
#define refuse(refusal, ...) mc_refuse((refusal), MC_BAD_ENCODING_ERROR, NULL, __VA_ARGS__)

typedef struct {
    mc_msgpack_cursor_t cursor;
    mc_arena_t *arena;
    mc_origin_t origin;
    unsigned depth; /* containers that may still be entered */
    mc_refusal_t *refusal;
} reader_t;

/* What a pair is stored in, and how its value is meant. */
typedef struct {
    const mc_shape_t *shape;
    const mc_field_t *field;
    void *record;
    bool is_named;
    bool is_alias;
} target_t;

static int read_record(reader_t *self, const mc_shape_t *shape, const mc_msgpack_head_t *head,
                       void *record);

/* The fewest bytes that a record of this shape can have: each required field a tag and a value. */
static size_t
least_bytes(const mc_shape_t *shape)
{
    size_t size = 1;
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        bool is_text = field->kind == MC_TEXT_KIND || field->kind == MC_JSON_KIND;
        if (field->rule == MC_REQUIRED)
            size += 2 + (is_text ? (size_t)field->low : 0);
    }
    return size;
}

static int
read_items(reader_t *self, const mc_shape_t *shape, const mc_msgpack_head_t *head, size_t most,
           mc_list_t *ret_list)
{
    size_t left = mc_msgpack_left(&self->cursor);
    if (head->count > left / least_bytes(shape))
        return refuse(self->refusal, "array claims %llu records of %s in %zu bytes",
                      (unsigned long long)head->count, shape->type, left);
    if (head->count > most)
        return mc_refuse(self->refusal, MC_TOO_LARGE_ERROR, NULL,
                         "array has %llu records of %s, at most %zu",
                         (unsigned long long)head->count, shape->type, most);
    char *items = mc_arena_alloc(self->arena, head->count * shape->size);
    for (size_t i = 0; i < head->count; i++) {
        mc_msgpack_head_t item;
        if (mc_msgpack_read(&self->cursor, &item, self->refusal) == MC_REFUSED ||
            read_record(self, shape, &item, items + i * shape->size) == MC_REFUSED)
            return MC_REFUSED;
    }
    *ret_list = (mc_list_t){items, head->count};
    return 0;
}

static int
read_list(reader_t *self, const target_t *target, const mc_msgpack_head_t *head)
{
    const mc_field_t *field = target->field;
    mc_list_t list;
    if (head->kind != MC_MSGPACK_ARRAY)
        return mc_field_refuse_kind(field, mc_msgpack_kind_word(head->kind), self->refusal);
    if (read_items(self, field->child, head, (size_t)field->high, &list) == MC_REFUSED)
        return MC_REFUSED;
    return mc_field_set_list(target->shape, field, target->record, list, self->refusal);
}

static int
read_inner(reader_t *self, const target_t *target, const mc_msgpack_head_t *head)
{
    const mc_field_t *field = target->field;
    if (head->kind != MC_MSGPACK_MAP)
        return mc_field_refuse_kind(field, mc_msgpack_kind_word(head->kind), self->refusal);
    mc_list_t list = {mc_arena_alloc(self->arena, field->child->size), 1};
    if (read_record(self, field->child, head, (void *)list.items) == MC_REFUSED)
        return MC_REFUSED;
    return mc_field_set_list(target->shape, field, target->record, list, self->refusal);
}

/* payload: any value, kept as the JSON text of payloadJson. */
static int
read_payload(reader_t *self, const target_t *target, const mc_msgpack_head_t *head)
{
    const mc_field_t *field = target->field;
    mc_buffer_t json;
    mc_buffer_init(&json, (size_t)field->high);
    int result = mc_msgpack_write_json(&self->cursor, head, self->depth, &json, self->refusal);
    if (result == 0 && json.is_full)
        result = mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, field->json,
                           "%s has more than %lld bytes", field->json, (long long)field->high);
    if (result == 0)
        result =
            mc_field_set_text(target->shape, field, target->record,
                              mc_arena_text(self->arena, mc_buffer_content(&json)), self->refusal);
    mc_buffer_clear(&json);
    return result;
}

/* Microseconds win over seconds, in whatever order they come. */
static int
set_seconds(reader_t *self, const target_t *target, double seconds)
{
    if (mc_record_has(target->record, mc_shape_index(target->shape, target->field)))
        return 0;
    return mc_field_set_seconds(target->shape, target->field, target->record, seconds,
                                self->refusal);
}

static bool
is_in_seconds(const target_t *target)
{
    return target->field->kind == MC_TIME_KIND && target->is_named && !target->is_alias;
}

static int
set_integer(reader_t *self, const target_t *target, int64_t value)
{
    const mc_field_t *field = target->field;
    if (is_in_seconds(target))
        return set_seconds(self, target, (double)value);
    if (field->kind == MC_MONEY_KIND && !target->is_named)
        return mc_field_set_nanousd(target->shape, field, target->record, value, self->refusal);
    return mc_field_set_i64(target->shape, field, target->record, value, self->refusal);
}

static int
set_unsigned(reader_t *self, const target_t *target, uint64_t value)
{
    if (is_in_seconds(target))
        return set_seconds(self, target, (double)value);
    return mc_field_set_u64(target->shape, target->field, target->record, value, self->refusal);
}

static int
set_real(reader_t *self, const target_t *target, double value)
{
    if (is_in_seconds(target))
        return set_seconds(self, target, value);
    return mc_field_set_f64(target->shape, target->field, target->record, value, self->refusal);
}

/* Outside bytes may go before the record does, those of a message do not. */
static int
set_string(reader_t *self, const target_t *target, mc_text_t text)
{
    if (self->origin == MC_FROM_OUTSIDE && text.size <= (size_t)target->field->high)
        text = mc_arena_text(self->arena, text);
    return mc_field_set_text(target->shape, target->field, target->record, text, self->refusal);
}

static int
set_binary(reader_t *self, const target_t *target, mc_text_t bytes)
{
    mc_uuid_t uuid;
    if (target->field->kind != MC_UUID_KIND || bytes.size != sizeof uuid)
        return mc_field_refuse_kind(target->field, "binary", self->refusal);
    memcpy(&uuid, bytes.data, sizeof uuid);
    return mc_field_set_uuid(target->shape, target->field, target->record, uuid, self->refusal);
}

static int
set_extension(reader_t *self, const target_t *target, const mc_msgpack_head_t *head)
{
    int64_t us;
    if (target->field->kind != MC_TIME_KIND || !mc_msgpack_timestamp(head, &us))
        return mc_field_refuse_kind(target->field, "an extension", self->refusal);
    return mc_field_set_i64(target->shape, target->field, target->record, us, self->refusal);
}

static int
set_scalar(reader_t *self, const target_t *target, const mc_msgpack_head_t *head)
{
    switch (head->kind) {
    case MC_MSGPACK_BOOL:
        return mc_field_set_bool(target->shape, target->field, target->record, head->boolean,
                                 self->refusal);
    case MC_MSGPACK_INTEGER:
        return set_integer(self, target, head->integer);
    case MC_MSGPACK_UNSIGNED:
        return set_unsigned(self, target, head->number);
    case MC_MSGPACK_FLOAT:
        return set_real(self, target, head->real);
    case MC_MSGPACK_STRING:
        return set_string(self, target, head->bytes);
    case MC_MSGPACK_BINARY:
        return set_binary(self, target, head->bytes);
    case MC_MSGPACK_EXTENSION:
        return set_extension(self, target, head);
    default:
        return mc_field_refuse_kind(target->field, mc_msgpack_kind_word(head->kind), self->refusal);
    }
}

static int
read_value(reader_t *self, const target_t *target, const mc_msgpack_head_t *head)
{
    const mc_field_t *field = target->field;
    if (head->kind == MC_MSGPACK_NIL)
        return 0;
    if (field->kind == MC_LIST_KIND)
        return read_list(self, target, head);
    if (field->kind == MC_RECORD_KIND)
        return read_inner(self, target, head);
    if (field->kind == MC_JSON_KIND && target->is_named &&
        (target->is_alias || !mc_field_is_json_string(field)))
        return read_payload(self, target, head);
    return set_scalar(self, target, head);
}

static bool
is_for_us(const reader_t *self, const mc_field_t *field)
{
    return self->origin == MC_FROM_SERVICE ||
           (field->rule != MC_ASSIGNED && field->rule != MC_INTERNAL);
}

/* Fills the target from a key; field is NULL where the value is to be skipped. An unknown tag is
 * one of a later version; an unknown name is a mistake of its producer. */
static int
find_target(const reader_t *self, const mc_msgpack_head_t *key, size_t hint, target_t *target)
{
    target->field = NULL;
    target->is_named = key->kind == MC_MSGPACK_STRING;
    if (target->is_named && self->origin == MC_FROM_OUTSIDE)
        target->field = mc_shape_find_json(target->shape, key->bytes, hint);
    else if (key->kind == MC_MSGPACK_INTEGER && key->integer > 0)
        target->field = mc_shape_find_tag(target->shape, key->number, hint);
    if (!target->field && target->is_named && self->origin == MC_FROM_OUTSIDE)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, NULL, "%.*s is not a field of %s",
                         (int)mc_utf8_cut(key->bytes, NAME_BYTES_SHOWN).size, key->bytes.data,
                         target->shape->type);
    if (target->field && !is_for_us(self, target->field))
        target->field = NULL;
    if (target->field)
        target->is_alias = target->is_named && mc_field_is_alias(target->field, key->bytes);
    return 0;
}

static int
read_pair(reader_t *self, size_t hint, target_t *target)
{
    mc_msgpack_head_t key, value;
    if (mc_msgpack_read(&self->cursor, &key, self->refusal) == MC_REFUSED ||
        mc_msgpack_skip(&self->cursor, &key, self->depth, self->refusal) == MC_REFUSED ||
        mc_msgpack_read(&self->cursor, &value, self->refusal) == MC_REFUSED)
        return MC_REFUSED;
    if (find_target(self, &key, hint, target) == MC_REFUSED)
        return MC_REFUSED;
    if (!target->field)
        return mc_msgpack_skip(&self->cursor, &value, self->depth, self->refusal);
    return read_value(self, target, &value);
}

static int
read_record(reader_t *self, const mc_shape_t *shape, const mc_msgpack_head_t *head, void *record)
{
    target_t target = {.shape = shape, .record = record};
    size_t hint = 0;

    if (head->kind != MC_MSGPACK_MAP)
        return mc_refuse(self->refusal, MC_BAD_INPUT_ERROR, NULL, "%s is %s, must be a map",
                         shape->type, mc_msgpack_kind_word(head->kind));
    self->depth--; /* the tables nest a few deep, far from the limit */
    for (uint64_t i = 0; i < head->count; i++) {
        if (read_pair(self, hint, &target) == MC_REFUSED)
            return MC_REFUSED;
        if (target.field)
            hint = mc_shape_index(shape, target.field) + 1;
    }
    self->depth++;
    return mc_record_complete(shape, record, self->refusal);
}

static int
check_end(const reader_t *self)
{
    size_t left = mc_msgpack_left(&self->cursor);
    if (left > 0)
        return refuse(self->refusal, "%zu bytes follow the end of the msgpack value", left);
    return 0;
}

static reader_t
make_reader(mc_text_t bytes, mc_origin_t origin, mc_arena_t *arena, mc_refusal_t *refusal)
{
    return (reader_t){
        .cursor = mc_msgpack_cursor(bytes),
        .arena = arena,
        .origin = origin,
        .depth = MC_MSGPACK_DEPTH_MAX,
        .refusal = refusal,
    };
}

int
mc_unpack_from(mc_origin_t origin, const mc_shape_t *shape, mc_text_t bytes, mc_arena_t *arena,
               void *ret_record, mc_refusal_t *refusal)
{
    reader_t reader = make_reader(bytes, origin, arena, refusal);
    mc_msgpack_head_t head;
    memset(ret_record, 0, shape->size);
    if (mc_msgpack_read(&reader.cursor, &head, refusal) == MC_REFUSED ||
        read_record(&reader, shape, &head, ret_record) == MC_REFUSED)
        return MC_REFUSED;
    return check_end(&reader);
}

int
mc_unpack(const mc_shape_t *shape, mc_text_t bytes, mc_arena_t *arena, void *ret_record,
          mc_refusal_t *refusal)
{
    return mc_unpack_from(MC_FROM_SERVICE, shape, bytes, arena, ret_record, refusal);
}

int
mc_unpack_list(const mc_shape_t *shape, mc_text_t bytes, mc_arena_t *arena, mc_list_t *ret_records,
               mc_refusal_t *refusal)
{
    reader_t reader = make_reader(bytes, MC_FROM_SERVICE, arena, refusal);
    mc_msgpack_head_t head;
    if (mc_msgpack_read(&reader.cursor, &head, refusal) == MC_REFUSED)
        return MC_REFUSED;
    if (head.kind != MC_MSGPACK_ARRAY)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "message is %s, must be an array",
                         mc_msgpack_kind_word(head.kind));
    if (read_items(&reader, shape, &head, MC_LIST_ITEMS_MAX, ret_records) == MC_REFUSED)
        return MC_REFUSED;
    return check_end(&reader);
}
