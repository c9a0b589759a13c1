/*
 *  fuzz_msgpack - any bytes as a message of every shape, and as a batch from outside
 *
 *  What is accepted must pack to bytes that are accepted and pack the same again,
 *  and must pass the writers of JSON and COPY; what is refused must say why.
 */
#include <stdlib.h>

#include "proto/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
    if (!is_true)
        abort();
}

static void
write_everywhere(const mc_shape_t *shape, const void *record)
{
    mc_columns_t columns;
    mc_buffer_t out = {0};
    mc_columns_init(&columns, shape, NULL);
    mc_copy_row(&columns, record, &out);
    mc_write_json(shape, record, &out);
    mc_buffer_clear(&out);
}

static void
pack_again(const mc_shape_t *shape, const void *record, mc_arena_t *arena)
{
    void *again = mc_arena_alloc(arena, shape->size);
    mc_refusal_t refusal = {0};
    mc_buffer_t once = {0};
    mc_buffer_t twice = {0};
    mc_pack(shape, record, &once);
    require(mc_unpack(shape, mc_buffer_content(&once), arena, again, &refusal) == 0);
    mc_pack(shape, again, &twice);
    require(mc_text_equals(mc_buffer_content(&once), mc_buffer_content(&twice)));
    mc_buffer_clear(&once);
    mc_buffer_clear(&twice);
}

static void
try_shape(const mc_shape_t *shape, mc_text_t bytes, mc_arena_t *arena)
{
    void *record = mc_arena_alloc(arena, shape->size);
    mc_refusal_t refusal = {0};
    mc_list_t list;
    if (mc_unpack(shape, bytes, arena, record, &refusal) == 0) {
        write_everywhere(shape, record);
        pack_again(shape, record, arena);
    } else {
        require(refusal.code != MC_NO_ERROR && *refusal.message);
    }
    refusal = (mc_refusal_t){0};
    if (mc_unpack_list(shape, bytes, arena, &list, &refusal) != 0)
        require(refusal.code != MC_NO_ERROR && *refusal.message);
}

/* Each record takes at least a byte, so the batch ends. */
static void
try_batch(mc_text_t bytes, mc_arena_t *arena)
{
    mc_unpack_iter_t iter;
    mc_refusal_t refusal = {0};
    if (mc_unpack_iter(bytes, &iter, &refusal) != 0) {
        require(refusal.code != MC_NO_ERROR && *refusal.message);
        return;
    }
    while (mc_unpack_has_next(&iter)) {
        mc_agent_event_t event;
        size_t before = iter.rest.size;
        int result = mc_unpack_next(&iter, &mc_agent_event_shape, arena, &event, &refusal);
        require(result == -1 ? !mc_unpack_has_next(&iter) : iter.rest.size < before);
        if (result == 0)
            pack_again(&mc_agent_event_shape, &event, arena);
        else
            require(refusal.code != MC_NO_ERROR && *refusal.message);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t bytes = {(const char *)data, size};
    for (size_t i = 0; i < mc_shape_count; i++) {
        try_shape(mc_shapes[i], bytes, arena);
        mc_arena_clear(arena);
    }
    try_batch(bytes, arena);
    return 0;
}
