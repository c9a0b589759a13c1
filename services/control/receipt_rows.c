/*
 *  receipt_rows - one open receipt and its parts
 */
#include "services/control/receipt_rows.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/ids.h"
#include "proto/codec.h"

control_receipt_t *
control_receipt_new(const mc_control_receipt_t *record)
{
    control_receipt_t *self = calloc(1, sizeof *self);
    mc_buffer_t packed = {0};
    mc_refusal_t refusal;
    assert(self);
    self->arena = mc_arena_new();
    mc_pack(&mc_control_receipt_shape, record, &packed);
    mc_text_t bytes = mc_arena_text(self->arena, mc_buffer_content(&packed));
    mc_buffer_clear(&packed);
    int result = mc_unpack(&mc_control_receipt_shape, bytes, self->arena, &self->record, &refusal);
    assert(result == 0);
    (void)result;
    return self;
}

void
control_receipt_destroy(control_receipt_t **address)
{
    control_receipt_t *self = mc_take(address);
    if (!self)
        return;
    mc_arena_destroy(&self->arena);
    free(self->parts);
    free(self);
}

void
control_receipt_make_scope(control_receipt_t *self)
{
    const mc_control_receipt_t *record = &self->record;
    self->scope = (mc_hold_t){0};
    mc_set(&self->scope, hold, id, record->id);
    mc_set(&self->scope, hold, epoch, record->epoch);
    mc_set(&self->scope, hold, scope_type, record->scope_type);
    mc_set(&self->scope, hold, kind, MC_TEXT("pause"));
    mc_set(&self->scope, hold, mode, MC_TEXT("boundary"));
    if (mc_has(record, control_receipt, root_task_id))
        mc_set(&self->scope, hold, root_task_id, record->root_task_id);
    if (mc_has(record, control_receipt, tier))
        mc_set(&self->scope, hold, tier, record->tier);
    if (mc_has(record, control_receipt, agent_task_id))
        mc_set(&self->scope, hold, agent_task_id, record->agent_task_id);
    if (mc_has(record, control_receipt, provider))
        mc_set(&self->scope, hold, provider, record->provider);
    if (mc_has(record, control_receipt, model_id))
        mc_set(&self->scope, hold, model_id, record->model_id);
    if (mc_has(record, control_receipt, persona))
        mc_set(&self->scope, hold, persona, record->persona);
    if (mc_has(record, control_receipt, skill))
        mc_set(&self->scope, hold, skill, record->skill);
    if (mc_has(record, control_receipt, mcp_server))
        mc_set(&self->scope, hold, mcp_server, record->mcp_server);
    if (mc_has(record, control_receipt, run_id))
        mc_set(&self->scope, hold, run_id, record->run_id);
    if (mc_has(record, control_receipt, spend_usd_per_minute))
        mc_set(&self->scope, hold, spend_usd_per_minute, record->spend_usd_per_minute);
}

static mc_receipt_part_t *
add_part(control_receipt_t *self)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 8;
        self->parts = realloc(self->parts, self->capacity * sizeof *self->parts);
        assert(self->parts);
    }
    mc_receipt_part_t *part = &self->parts[self->count++];
    *part = (mc_receipt_part_t){0};
    return part;
}

static mc_receipt_part_t *
find_part(const control_receipt_t *self, mc_text_t id)
{
    for (size_t i = 0; i < self->count; i++)
        if (mc_text_equals(self->parts[i].part_id, id))
            return &self->parts[i];
    return NULL;
}

void
control_receipt_expect(control_receipt_t *self, const control_part_t *part)
{
    mc_receipt_part_t *row = add_part(self);
    mc_set(row, receipt_part, part_id, mc_arena_text(self->arena, part->record.id));
    mc_set(row, receipt_part, kind, mc_arena_text(self->arena, part->record.kind));
    if (part->record.run_id.size)
        mc_set(row, receipt_part, run_id, mc_arena_text(self->arena, part->record.run_id));
    if (part->record.instance.size)
        mc_set(row, receipt_part, instance, mc_arena_text(self->arena, part->record.instance));
    mc_set(row, receipt_part, state, mc_text(part->is_gone ? "gone" : "waiting"));
}

void
control_receipt_read_part(control_receipt_t *self, const PGresult *result, int row)
{
    mc_receipt_part_t part = {0};
    if (mc_store_read(result, row, &mc_receipt_part_shape, self->arena, &part) == 0)
        *add_part(self) = part;
}

bool
control_receipt_is_meant(const control_receipt_t *self, const control_part_t *part,
                         const mc_part_ack_t *ack)
{
    mc_uuid_t id;
    if (part->is_bus)
        return ack->epoch >= self->record.epoch && find_part(self, part->record.id);
    if (ack->receipt_id.size)
        return mc_uuid_read(ack->receipt_id, &id) == 0 &&
               !memcmp(id.bytes, self->record.id.bytes, sizeof id.bytes);
    return ack->epoch >= self->record.epoch && find_part(self, part->record.id);
}

static bool
is_what_was_asked(const control_part_t *part, mc_text_t said)
{
    return part->is_bus || mc_text_is(said, control_parts_done_word(part->judged)) ||
           (part->judged == MC_HOLDS_RESTART && mc_text_is(said, "stopped"));
}

static void
take_numbers(mc_receipt_part_t *row, const mc_part_ack_t *ack)
{
    if (mc_has(ack, part_ack, held))
        mc_set(row, receipt_part, held, ack->held);
    if (mc_has(ack, part_ack, cut))
        mc_set(row, receipt_part, cut, ack->cut);
    if (mc_has(ack, part_ack, processes))
        mc_set(row, receipt_part, processes, ack->processes);
}

bool
control_receipt_take(control_receipt_t *self, const control_part_t *part, const mc_part_ack_t *ack)
{
    mc_receipt_part_t *row = find_part(self, part->record.id);
    bool is_failed = mc_text_is(ack->state, "failed");
    if (!is_failed && !is_what_was_asked(part, ack->state))
        return false;
    if (row && mc_text_is(row->state, "acknowledged"))
        return false;
    if (!row) {
        control_receipt_expect(self, part);
        row = find_part(self, part->record.id);
    }
    mc_set(row, receipt_part, state, mc_text(is_failed ? "failed" : "acknowledged"));
    mc_set(row, receipt_part, acknowledged, mc_arena_text(self->arena, ack->state));
    mc_set(row, receipt_part, acked_at, mc_clock_us());
    if (ack->enforcement.size)
        mc_set(row, receipt_part, enforcement, mc_arena_text(self->arena, ack->enforcement));
    if (ack->note.size)
        mc_set(row, receipt_part, note, mc_arena_text(self->arena, ack->note));
    take_numbers(row, ack);
    return true;
}

const char *
control_receipt_word(mc_text_t verb, int64_t acknowledged, int64_t expected)
{
    static const struct {
        const char *verb;
        const char *doing;
        const char *done;
    } words[] = {
        {"pause", "pausing", "paused"},
        {"resume", "resuming", "running"},
        {"stop", "stopping", "stopped"},
        {"restart", "restarting", "restarted"},
    };
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (mc_text_is(verb, words[i].verb))
            return expected == 0              ? "unenforced"
                   : acknowledged == expected ? words[i].done
                                              : words[i].doing;
    return "superseded";
}

void
control_receipt_sum(control_receipt_t *self)
{
    mc_control_receipt_t *record = &self->record;
    int64_t acknowledged = 0, held = 0, cut = 0;
    for (size_t i = 0; i < self->count; i++) {
        acknowledged += mc_text_is(self->parts[i].state, "acknowledged");
        held += self->parts[i].held;
        cut += self->parts[i].cut;
    }
    mc_set(record, control_receipt, acknowledged, acknowledged);
    mc_set(record, control_receipt, expected, (int64_t)self->count);
    mc_set(record, control_receipt, held, held);
    mc_set(record, control_receipt, cut, cut);
    mc_set(record, control_receipt, parts, ((mc_list_t){self->parts, self->count}));
    mc_set(record, control_receipt, state,
           mc_text(control_receipt_word(record->verb, acknowledged, (int64_t)self->count)));
}

static void
write_member(mc_buffer_t *out, const char *name, mc_text_t value)
{
    mc_buffer_printf(out, ",\"%s\":", name);
    if (value.size)
        mc_write_json_text(out, value);
    else
        mc_buffer_string(out, "null");
}

static void
begin_row(mc_buffer_t *out, mc_uuid_t receipt)
{
    char id[MC_UUID_TEXT_SIZE];
    mc_uuid_print(receipt, id);
    mc_buffer_printf(out, "%s{\"receipt_id\":\"%s\"", out->size ? "," : "", id);
}

void
control_receipt_write_parts(mc_buffer_t *out, const control_receipt_t *self)
{
    if (self->count == 0) {
        begin_row(out, self->record.id);
        mc_buffer_byte(out, '}');
    }
    for (size_t i = 0; i < self->count; i++) {
        begin_row(out, self->record.id);
        write_member(out, "part_id", self->parts[i].part_id);
        write_member(out, "kind", self->parts[i].kind);
        write_member(out, "run_id", self->parts[i].run_id);
        write_member(out, "instance", self->parts[i].instance);
        mc_buffer_byte(out, '}');
    }
}

static void
write_number(mc_buffer_t *out, const char *name, bool is_there, int64_t value)
{
    if (is_there)
        mc_buffer_printf(out, ",\"%s\":%lld", name, (long long)value);
}

void
control_receipt_write_ack(mc_buffer_t *out, const control_receipt_t *self,
                          const control_part_t *part, const mc_part_ack_t *ack)
{
    bool is_last = self->count > 0 && self->record.acknowledged == self->record.expected;
    begin_row(out, self->record.id);
    write_member(out, "part_id", part->record.id);
    write_member(out, "kind", part->record.kind);
    write_member(out, "run_id", part->record.run_id);
    write_member(out, "instance", part->record.instance);
    write_member(out, "acknowledged", ack->state);
    write_member(out, "enforcement", ack->enforcement);
    write_member(out, "note", ack->note);
    mc_buffer_printf(out, ",\"acked_us\":%lld", (long long)mc_clock_us());
    write_number(out, "held", mc_has(ack, part_ack, held), ack->held);
    write_number(out, "cut", mc_has(ack, part_ack, cut), ack->cut);
    write_number(out, "processes", mc_has(ack, part_ack, processes), ack->processes);
    mc_buffer_printf(out, ",\"is_last\":%s}", is_last ? "true" : "false");
}
