/*
 *  remembered - a decision that somebody may ask for later
 *
 *  The block: decision and need, then what they point to. It is measured first,
 *  so that it never moves while it is filled.
 */
#include "services/router/remembered.h"

#include "proto/codec.h"

#define PACKED_BYTES_MAX ((size_t)32 << 10)
#define ALIGNMENT 16

typedef struct {
    router_decision_t decision;
    router_need_t need;
} kept_t;

static size_t
aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t
measure(const router_decision_t *decision, const router_need_t *need)
{
    size_t each = aligned(sizeof *decision->candidates) + aligned(sizeof(router_model_t)) +
                  aligned(sizeof *decision->ranked);
    size_t size = aligned(sizeof(kept_t)) + decision->count * each;
    size += aligned(strlen(decision->list) + 1);
    size += aligned(need->model.size) + aligned(need->persona.size);
    for (size_t i = 0; i < decision->count; i++)
        size += aligned(decision->candidates[i].model->model_id.size);
    return size;
}

/* The next of the block, as a copy. */
static void *
put(mc_buffer_t *block, const void *data, size_t size)
{
    char *place = block->data + block->size;
    if (size)
        memcpy(place, data, size);
    block->size += aligned(size);
    return place;
}

static mc_text_t
put_text(mc_buffer_t *block, mc_text_t text)
{
    return (mc_text_t){put(block, text.data, text.size), text.size};
}

static void
put_candidates(mc_buffer_t *block, router_decision_t *decision)
{
    decision->candidates =
        put(block, decision->candidates, decision->count * sizeof *decision->candidates);
    for (size_t i = 0; i < decision->count; i++) {
        router_candidate_t *candidate = &decision->candidates[i];
        router_model_t *model = put(block, candidate->model, sizeof *model);
        model->model_id = put_text(block, model->model_id); /* a guessed one is in no registry */
        candidate->model = model;
    }
    decision->ranked = put(block, decision->ranked, decision->ranked_count * sizeof(size_t));
}

void
router_remembered_keep(router_remembered_t *self, const router_registry_t *registry,
                       const router_decision_t *decision, const router_need_t *need)
{
    mc_buffer_t *block = &self->bytes;
    router_registry_release(&self->registry);
    mc_buffer_reset(block);
    block->max = 0;
    if (!mc_buffer_room(block, measure(decision, need)))
        mc_fatal("a decision without an end");
    kept_t given = {*decision, *need}, *kept = put(block, &given, sizeof given);
    if (decision->count)
        put_candidates(block, &kept->decision);
    kept->decision.list = put(block, decision->list, strlen(decision->list) + 1);
    kept->need.model = put_text(block, need->model);
    kept->need.persona = put_text(block, need->persona);
    kept->need.pinned = (mc_text_t){0};
    self->registry = router_registry_hold(registry);
    memcpy(self->id, decision->id, sizeof self->id);
}

void
router_remembered_clear(router_remembered_t *self)
{
    router_registry_release(&self->registry);
    mc_buffer_clear(&self->bytes);
    self->id[0] = '\0';
}

bool
router_remembered_read(const router_remembered_t *self, mc_arena_t *arena,
                       mc_route_decision_t *ret_record)
{
    mc_refusal_t refusal;
    if (!self->id[0])
        return false;
    if (!self->registry)
        return mc_unpack(&mc_route_decision_shape, mc_buffer_content(&self->bytes), arena,
                         ret_record, &refusal) == 0;
    const kept_t *kept = (const kept_t *)self->bytes.data;
    router_decision_record(&kept->decision, &kept->need, arena, ret_record);
    return true;
}

void
router_remembered_settle(router_remembered_t *self)
{
    mc_route_decision_t record;
    mc_buffer_t packed = {.max = PACKED_BYTES_MAX};
    if (!self->registry)
        return;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    (void)router_remembered_read(self, arena, &record);
    mc_pack(&mc_route_decision_shape, &record, &packed);
    if (packed.is_full)
        self->id[0] = '\0';
    mc_buffer_clear(&self->bytes);
    self->bytes = packed;
    router_registry_release(&self->registry);
}
