/*
 *  fuzz_ingest - an ingest for one input, and what must hold of the batch that it made
 *
 *  What a batch holds goes through the spool: a record that does not read back from there is
 *  one that was acknowledged and cannot be stored.
 */
#ifndef FUZZ_INGEST_H
#define FUZZ_INGEST_H

#include <stdlib.h>

#include "tests/unit/services/ingest/bench.h"

static inline void
require(bool is_true)
{
    if (!is_true)
        abort();
}

/* The same one for every input, as what it compiles takes long, but without memory of the last. */
static inline bench_t *
fuzz_bench(void)
{
    static bench_t bench;
    if (!bench.settings)
        bench_open(&bench);
    ingest_recent_destroy(&bench.ingest.recent);
    ingest_span_tree_destroy(&bench.ingest.spans);
    bench.ingest.recent = ingest_recent_new();
    bench.ingest.spans = ingest_span_tree_new();
    mc_arena_clear(bench.arena);
    return &bench;
}

static inline void
require_readable(bench_t *bench, const mc_shape_t *shape, mc_text_t packed)
{
    mc_list_t records = {NULL, 0};
    mc_refusal_t refusal;
    mc_columns_t columns;
    mc_buffer_t out = {0};
    if (packed.size)
        require(mc_unpack_list(shape, packed, bench->arena, &records, &refusal) == 0);
    mc_columns_init(&columns, shape, NULL);
    for (size_t i = 0; i < records.count; i++) {
        mc_copy_row(&columns, (const char *)records.items + i * shape->size, &out);
        mc_write_json(shape, (const char *)records.items + i * shape->size, &out);
    }
    mc_buffer_clear(&out);
}

static inline void
fuzz_check_batch(bench_t *bench, ingest_batch_t *batch)
{
    require_readable(bench, &mc_agent_event_shape, ingest_batch_stored(batch));
    require_readable(bench, &mc_quarantined_shape, ingest_batch_quarantined(batch));
}

#endif
