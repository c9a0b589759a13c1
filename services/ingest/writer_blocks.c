/*
 *  writer_blocks - what the events of a transaction add to the blocks they lie in
 *
 *  Ids of a transaction follow one another, so there are few blocks, in order.
 */
#include "services/ingest/writer_blocks.h"

#include "common/event_blocks.h"

typedef struct {
    int64_t block;
    int64_t first_us;
    int64_t last_us;
    mc_event_block_t signature;
} block_t;

typedef struct {
    int64_t *blocks;
    int64_t *firsts;
    int64_t *lasts;
    mc_text_t *signatures;
    size_t count;
} columns_t;

static void
add_event(block_t *self, const mc_agent_event_t *event)
{
    if (event->ts < self->first_us)
        self->first_us = event->ts;
    if (event->ts > self->last_us)
        self->last_us = event->ts;
    mc_event_block_add(&self->signature, event);
}

/* As PostgreSQL reads bits: x and hexadecimal digits. */
static mc_text_t
write_signature(const mc_event_block_t *signature, mc_arena_t *arena)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = 1 + 2 * sizeof signature->bytes;
    char *text = mc_arena_alloc(arena, size);
    text[0] = 'x';
    for (size_t i = 0; i < sizeof signature->bytes; i++) {
        text[1 + 2 * i] = digits[signature->bytes[i] >> 4];
        text[2 + 2 * i] = digits[signature->bytes[i] & 15];
    }
    return (mc_text_t){text, size};
}

static void
add_block(columns_t *columns, const block_t *block, mc_arena_t *arena)
{
    columns->blocks[columns->count] = block->block;
    columns->firsts[columns->count] = block->first_us;
    columns->lasts[columns->count] = block->last_us;
    columns->signatures[columns->count++] = write_signature(&block->signature, arena);
}

static columns_t
new_columns(size_t max, mc_arena_t *arena)
{
    return (columns_t){
        .blocks = mc_arena_alloc(arena, max * sizeof(int64_t)),
        .firsts = mc_arena_alloc(arena, max * sizeof(int64_t)),
        .lasts = mc_arena_alloc(arena, max * sizeof(int64_t)),
        .signatures = mc_arena_alloc(arena, max * sizeof(mc_text_t)),
    };
}

/* The stored events of the window, block by block; what was there already has the id 0. */
static columns_t
collect(const ingest_writer_t *self)
{
    const mc_agent_event_t *event = self->batch.events + self->from;
    const mc_agent_event_t *end = event + self->window;
    columns_t columns = new_columns(self->window / MC_EVENT_BLOCK_IDS + 2, self->scratch);
    while (event < end) {
        block_t block = {.block = mc_event_block_of(event->id), .first_us = INT64_MAX};
        for (; event < end && (event->id == 0 || mc_event_block_of(event->id) == block.block);
             event++)
            if (event->id != 0)
                add_event(&block, event);
        if (block.first_us != INT64_MAX)
            add_block(&columns, &block, self->scratch);
    }
    return columns;
}

void
ingest_writer_require_blocks(ingest_writer_t *self)
{
    if (self->has_blocks)
        return;
    self->has_blocks = true;
    columns_t columns = collect(self);
    self->blocks = (mc_store_params_t){.arena = self->scratch};
    mc_store_param_i64s(&self->blocks, columns.blocks, columns.count);
    mc_store_param_texts(&self->blocks, columns.signatures, columns.count);
    mc_store_param_i64s(&self->blocks, columns.firsts, columns.count);
    mc_store_param_i64s(&self->blocks, columns.lasts, columns.count);
}
