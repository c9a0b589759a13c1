/*
 *  codec_pack - records as msgpack
 *
 *  A value under a tag is in the form of the struct: microseconds, billionths
 *  of a dollar.
 */
#include "codec.h"

#include <msgpack/pack.h>

static int
append(void *out, const char *data, size_t size)
{
    mc_buffer_append(out, data, size);
    return 0;
}

static void pack_record(msgpack_packer *packer, const mc_shape_t *shape, const void *record);

static const void *
list_item(const mc_shape_t *shape, const mc_list_t *list, size_t i)
{
    return (const char *)list->items + i * shape->size;
}

static void
pack_items(msgpack_packer *packer, const mc_shape_t *shape, const mc_list_t *list)
{
    msgpack_pack_array(packer, list->count);
    for (size_t i = 0; i < list->count; i++)
        pack_record(packer, shape, list_item(shape, list, i));
}

static void
pack_value(msgpack_packer *packer, const mc_field_t *field, const void *member)
{
    const mc_text_t *text = member;
    switch (field->kind) {
    case MC_TEXT_KIND:
    case MC_JSON_KIND:
        msgpack_pack_str_with_body(packer, text->data, text->size);
        return;
    case MC_F64_KIND:
        msgpack_pack_double(packer, *(const double *)member);
        return;
    case MC_BOOL_KIND:
        *(const bool *)member ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        return;
    case MC_UUID_KIND:
        msgpack_pack_bin_with_body(packer, member, sizeof(mc_uuid_t));
        return;
    case MC_RECORD_KIND:
        assert(((const mc_list_t *)member)->count == 1);
        pack_record(packer, field->child, ((const mc_list_t *)member)->items);
        return;
    case MC_LIST_KIND:
        pack_items(packer, field->child, member);
        return;
    default:
        msgpack_pack_int64(packer, *(const int64_t *)member);
    }
}

static void
pack_record(msgpack_packer *packer, const mc_shape_t *shape, const void *record)
{
    msgpack_pack_map(packer, (size_t)__builtin_popcountll(*(const uint64_t *)record));
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        if (!mc_record_has(record, i))
            continue;
        msgpack_pack_uint16(packer, field->tag);
        pack_value(packer, field, mc_record_member(record, field));
    }
}

void
mc_pack(const mc_shape_t *shape, const void *record, mc_buffer_t *out)
{
    msgpack_packer packer = {.data = out, .callback = append};
    pack_record(&packer, shape, record);
}

void
mc_pack_list(const mc_shape_t *shape, mc_list_t records, mc_buffer_t *out)
{
    msgpack_packer packer = {.data = out, .callback = append};
    pack_items(&packer, shape, &records);
}
