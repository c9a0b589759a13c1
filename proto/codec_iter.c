/*
 *  codec_iter - the records of a msgpack body from outside, one at a time
 *
 *  The bytes of a record are taken whole before it is decoded, so that a record
 *  which is refused, however deep, leaves the next one readable.
 */
#include "msgpack.h"

#define refuse(refusal, ...) mc_refuse((refusal), MC_BAD_ENCODING_ERROR, NULL, __VA_ARGS__)

int
mc_unpack_iter(mc_text_t bytes, mc_unpack_iter_t *ret_iter, mc_refusal_t *refusal)
{
    mc_msgpack_cursor_t cursor = mc_msgpack_cursor(bytes);
    mc_msgpack_head_t head;
    if (mc_msgpack_read(&cursor, &head, refusal) == MC_REFUSED)
        return MC_REFUSED;
    if (head.kind == MC_MSGPACK_MAP) {
        *ret_iter = (mc_unpack_iter_t){.rest = bytes, .is_stream = true};
        return 0;
    }
    if (head.kind != MC_MSGPACK_ARRAY)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL,
                         "msgpack begins with %s, must be an array or a map",
                         mc_msgpack_kind_word(head.kind));
    mc_text_t rest = {(const char *)cursor.at, mc_msgpack_left(&cursor)};
    *ret_iter = (mc_unpack_iter_t){.rest = rest, .left = head.count};
    return 0;
}

bool
mc_unpack_has_next(const mc_unpack_iter_t *iter)
{
    return iter->left > 0 || iter->rest.size > 0;
}

/* Nothing behind this can be read. */
static int
end_iter(mc_unpack_iter_t *iter)
{
    *iter = (mc_unpack_iter_t){.left = 0};
    return -1;
}

int
mc_unpack_next(mc_unpack_iter_t *iter, const mc_shape_t *shape, mc_arena_t *arena, void *ret_record,
               mc_refusal_t *refusal)
{
    mc_msgpack_cursor_t cursor = mc_msgpack_cursor(iter->rest);
    mc_text_t value;

    if (iter->left == 0 && !iter->is_stream) {
        refuse(refusal, "%zu bytes follow the end of the array", iter->rest.size);
        return end_iter(iter);
    }
    if (mc_msgpack_take(&cursor, &value, refusal) == MC_REFUSED)
        return end_iter(iter);
    iter->rest = (mc_text_t){(const char *)cursor.at, mc_msgpack_left(&cursor)};
    iter->left -= !iter->is_stream;

    return mc_unpack_from(MC_FROM_OUTSIDE, shape, value, arena, ret_record, refusal);
}
