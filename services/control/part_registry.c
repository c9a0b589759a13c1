/*
 *  part_registry - which parts there are: hello, signs of life, gone, forgotten
 */
#include "services/control/part_registry.h"

#include <czmq.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"
#include "services/control/control_store_holds.h"
#include "services/control/holds.h"

#define ENDED_LOOK_US INT64_C(2000000)   /* between two looks whether runs of gone parts ended */
#define BUS_FORGET_US INT64_C(600000000) /* a router that is gone holds no call any more */
#define RETRY_MS 200

struct control_parts {
    control_t *control;
    zhashx_t *table;   /* of control_part_t, by name */
    mc_arena_t *arena; /* of the reading at the start */
    bool is_loaded;
    bool is_looking; /* whether runs have ended */
    int64_t looked_us;
};

control_t *
control_parts_owner(const control_parts_t *self)
{
    return self->control;
}

size_t
control_parts_count(const control_parts_t *self)
{
    return zhashx_size(self->table);
}

bool
control_parts_is_loaded(const control_parts_t *self)
{
    return self->is_loaded;
}

static void
destroy_part(void **address)
{
    control_part_t *part = mc_take(address);
    if (!part)
        return;
    mc_arena_destroy(&part->arena);
    mc_arena_destroy(&part->verdict_arena);
    free(part);
}

/* The key of a name: ended by a NUL. */
static void
write_key(mc_text_t id, char ret_key[256])
{
    snprintf(ret_key, 256, "%.*s", MC_FMT(id));
}

control_part_t *
control_parts_find(const control_parts_t *self, mc_text_t id)
{
    char key[256];
    write_key(id, key);
    return zhashx_lookup(self->table, key);
}

control_part_t *
control_parts_next(const control_parts_t *self, const control_part_t *at)
{
    return at ? zhashx_next(self->table) : zhashx_first(self->table);
}

control_part_t *
control_parts_find_run(const control_parts_t *self, mc_text_t run)
{
    control_part_t *part = NULL;
    while ((part = control_parts_next(self, part)))
        if (mc_text_equals(part->record.run_id, run))
            break;
    return part;
}

static void
copy_record(control_part_t *part, const mc_control_part_t *record)
{
    mc_buffer_t packed = {0};
    mc_refusal_t refusal;
    mc_arena_t *arena = mc_arena_new();
    mc_pack(&mc_control_part_shape, record, &packed);
    mc_text_t bytes = mc_arena_text(arena, mc_buffer_content(&packed));
    mc_buffer_clear(&packed);
    int result = mc_unpack(&mc_control_part_shape, bytes, arena, &part->record, &refusal);
    assert(result == 0);
    (void)result;
    mc_arena_destroy(&part->arena);
    part->arena = arena;
    part->identity = (mc_identity_t){
        .root_task_id = part->record.root_task_id,
        .task_id = part->record.task_id,
        .run_id = part->record.run_id,
        .parent_run_id = part->record.parent_run_id,
        .actor = part->record.actor,
        .persona = part->record.persona,
        .skill = part->record.skill,
        .tier = mc_has(&part->record, control_part, tier) ? part->record.tier : 0,
    };
}

control_part_t *
control_parts_put(control_parts_t *self, const mc_control_part_t *record)
{
    control_part_t *part = control_parts_find(self, record->id);
    if (!part) {
        char key[256];
        part = calloc(1, sizeof *part);
        assert(part);
        write_key(record->id, key);
        zhashx_insert(self->table, key, part);
    }
    copy_record(part, record);
    part->is_bus = mc_text_is(record->kind, "router") || mc_text_is(record->kind, "mcp-proxy");
    part->is_judged = false;
    part->seen_us = mc_clock_steady_us();
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_parts, (int64_t)zhashx_size(self->table));
    return part;
}

void
control_parts_remove(control_parts_t *self, mc_text_t id)
{
    char key[256];
    write_key(id, key);
    zhashx_delete(self->table, key);
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_parts, (int64_t)zhashx_size(self->table));
    control_holds_tell(self->control->holds);
}

void
control_parts_see(control_parts_t *self, control_part_t *part)
{
    part->seen_us = mc_clock_steady_us();
    if (!part->is_gone)
        return;
    part->is_gone = false;
    control_holds_tell(self->control->holds);
}

static void load(void *arg);

static void
on_loaded(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_parts_t *self = arg;
    mc_list_t parts;
    if (refusal || mc_store_read_all(result, &mc_control_part_shape, self->arena, &parts)) {
        mc_service_after(self->control->service, RETRY_MS, load, self);
        return;
    }
    const mc_control_part_t *part = parts.items;
    for (size_t i = 0; i < parts.count; i++)
        if (!control_parts_find(self, part[i].id))
            control_parts_put(self, &part[i]);
    self->is_loaded = true;
    mc_arena_destroy(&self->arena);
}

static void
load(void *arg)
{
    control_parts_t *self = arg;
    mc_arena_destroy(&self->arena);
    self->arena = mc_arena_new();
    control_store_read_parts(self->control, self->arena, on_loaded, self);
}

control_parts_t *
control_parts_new(control_t *control)
{
    control_parts_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->table = zhashx_new();
    zhashx_set_destructor(self->table, destroy_part);
    load(self);
    return self;
}

void
control_parts_destroy(control_parts_t **address)
{
    control_parts_t *self = mc_take(address);
    if (!self)
        return;
    zhashx_destroy(&self->table);
    mc_arena_destroy(&self->arena);
    free(self);
}

/* --- those that are gone ---------------------------------------------------------------------- */

static void
on_removed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_arena_t *arena = arg;
    (void)result;
    if (refusal)
        mc_log(&control_log_store_failed, "while=forgetting reason=%s", refusal->message);
    mc_arena_destroy(&arena);
}

static void
forget(control_parts_t *self, mc_text_t id)
{
    mc_arena_t *arena = mc_arena_new();
    mc_text_t copy = mc_arena_text(arena, id);
    control_parts_remove(self, copy);
    control_store_remove_part(self->control, arena, copy, on_removed, arena);
}

/* Their runs are over: nothing is left that they could let through. */
static void
on_ended(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_parts_t *self = arg;
    MC_AUTO(mc_arena) arena = mc_take(&self->arena);
    self->is_looking = false;
    if (refusal)
        return;
    size_t count = 0;
    mc_text_t *ids = mc_arena_alloc(arena, (zhashx_size(self->table) + 1) * sizeof *ids);
    for (control_part_t *part = NULL; (part = control_parts_next(self, part));)
        for (int row = 0; part->is_gone && row < PQntuples(result); row++)
            if (mc_text_equals(mc_store_text(result, row, 0), part->record.run_id)) {
                ids[count++] = mc_arena_text(arena, part->record.id);
                break;
            }
    for (size_t i = 0; i < count; i++)
        forget(self, ids[i]);
}

static void
look_for_ended(control_parts_t *self, int64_t now_us)
{
    if (self->is_looking || !self->is_loaded || now_us - self->looked_us < ENDED_LOOK_US)
        return;
    mc_arena_t *arena = mc_arena_new();
    mc_text_t *runs = mc_arena_alloc(arena, (zhashx_size(self->table) + 1) * sizeof *runs);
    size_t count = 0;
    for (control_part_t *part = NULL; (part = control_parts_next(self, part));)
        if (part->is_gone && part->record.run_id.size)
            runs[count++] = part->record.run_id;
    if (count == 0) {
        mc_arena_destroy(&arena);
        return;
    }
    self->arena = arena;
    self->is_looking = true;
    self->looked_us = now_us;
    control_store_find_ended(self->control, arena, runs, count, on_ended, self);
}

static void
forget_final(control_parts_t *self, int64_t now_us)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t *ids = mc_arena_alloc(arena, (zhashx_size(self->table) + 1) * sizeof *ids);
    size_t count = 0;
    for (control_part_t *part = NULL; (part = control_parts_next(self, part));) {
        bool is_over = part->is_bus ? now_us - part->seen_us > BUS_FORGET_US
                                    : part->is_settled && part->judged >= MC_HOLDS_STOP;
        if (part->is_gone && is_over)
            ids[count++] = mc_arena_text(arena, part->record.id);
    }
    for (size_t i = 0; i < count; i++)
        forget(self, ids[i]);
}

void
control_look_at_parts(void *state)
{
    control_t *control = state;
    control_parts_t *self = control->parts;
    int64_t now_us = mc_clock_steady_us();
    bool is_any = false;
    for (control_part_t *part = NULL; (part = control_parts_next(self, part));) {
        if (part->is_gone || now_us - part->seen_us <= CONTROL_PART_GONE_US)
            continue;
        part->is_gone = is_any = true;
        CONTROL_COUNT(control, parts_gone, 1);
        mc_log(&control_log_part_gone, "part=%.*s run=%.*s", MC_FMT(part->record.id),
               MC_FMT(part->record.run_id));
    }
    forget_final(self, now_us);
    look_for_ended(self, now_us);
    if (is_any)
        control_holds_tell(control->holds);
}
