/*
 *  receipts - what was asked of a scope, and what each part did
 */
#include "services/control/receipts.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/ids.h"
#include "proto/codec.h"
#include "services/control/control_store_receipts.h"
#include "services/control/holds.h"
#include "services/control/receipt_rows.h"

#define TELL_MS 50
#define RETRY_MS 200

LIST_HEAD(receipt_list, control_receipt);

struct control_receipts {
    control_t *control;
    struct receipt_list open;
    mc_ask_t *waiting;   /* for their receipt to be open; see mc_ask_t.next */
    mc_buffer_t acks;    /* that are to be written: JSON objects with commas between */
    mc_buffer_t writing; /* under way */
    mc_arena_t *arena;   /* of the writing */
    bool is_writing;
    bool is_telling;
};

static control_receipt_t *
find(const control_receipts_t *self, mc_uuid_t id)
{
    control_receipt_t *receipt;
    LIST_FOREACH(receipt, &self->open, link)
    if (!memcmp(receipt->record.id.bytes, id.bytes, sizeof id.bytes))
        return receipt;
    return NULL;
}

static void
drop(control_receipt_t *receipt)
{
    LIST_REMOVE(receipt, link);
    control_receipt_destroy(&receipt);
}

static void
publish(control_receipts_t *self, control_receipt_t *receipt)
{
    mc_control_receipt_t shown = receipt->record;
    shown.parts.count =
        shown.parts.count < CONTROL_MISSING_MAX ? shown.parts.count : CONTROL_MISSING_MAX;
    receipt->must_tell = false;
    mc_bus_publish(self->control->bus, MC_MESSAGE_RECEIPTS_CHANGED, mc_list_one(&shown));
}

static void
tell(void *arg)
{
    control_receipts_t *self = arg;
    control_receipt_t *receipt, *next;
    self->is_telling = false;
    for (receipt = LIST_FIRST(&self->open); receipt; receipt = next) {
        next = LIST_NEXT(receipt, link);
        if (receipt->must_tell)
            publish(self, receipt);
        if (receipt->is_written)
            drop(receipt);
    }
}

static void
tell_soon(control_receipts_t *self, control_receipt_t *receipt)
{
    receipt->must_tell = true;
    if (self->is_telling)
        return;
    self->is_telling = true;
    mc_service_after(self->control->service, TELL_MS, tell, self);
}

/* --- writing acknowledgements ------------------------------------------------------------------
 */

static void write_acks(control_receipts_t *self);

static void
write_again(void *arg)
{
    control_receipts_t *self = arg;
    self->is_writing = false;
    write_acks(self);
}

/* Of those that are complete now, nothing more is to come. */
static void
take_completed(control_receipts_t *self, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        control_receipt_t *receipt = find(self, mc_store_uuid(result, row, 0));
        if (!receipt)
            continue;
        mc_set(&receipt->record, control_receipt, done_at, mc_clock_us());
        receipt->is_written = true;
        tell_soon(self, receipt);
    }
}

static void
on_written(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_receipts_t *self = arg;
    mc_arena_destroy(&self->arena);
    if (refusal) {
        mc_log(&control_log_store_failed, "while=acknowledging reason=%s", refusal->message);
        if (self->acks.size)
            mc_buffer_byte(&self->writing, ',');
        mc_buffer_text(&self->writing, mc_buffer_content(&self->acks));
        mc_buffer_clear(&self->acks);
        self->acks = self->writing;
        self->writing = (mc_buffer_t){0};
        mc_service_after(self->control->service, RETRY_MS, write_again, self);
        return;
    }
    self->is_writing = false;
    take_completed(self, result);
    write_acks(self);
}

static void
write_acks(control_receipts_t *self)
{
    mc_buffer_t array = {0};
    if (self->is_writing || self->acks.size == 0)
        return;
    self->is_writing = true;
    mc_buffer_clear(&self->writing);
    self->writing = self->acks;
    self->acks = (mc_buffer_t){0};
    self->arena = mc_arena_new();
    mc_buffer_byte(&array, '[');
    mc_buffer_text(&array, mc_buffer_content(&self->writing));
    mc_buffer_byte(&array, ']');
    mc_text_t text = mc_arena_text(self->arena, mc_buffer_content(&array));
    mc_buffer_clear(&array);
    control_store_acknowledge(self->control, self->arena, text, on_written, self);
}

static void
count_acknowledged(control_receipt_t *receipt, control_receipts_t *self)
{
    control_receipt_sum(receipt);
    tell_soon(self, receipt);
}

void
control_receipts_acknowledge(control_receipts_t *self, const control_part_t *part,
                             const mc_part_ack_t *ack)
{
    control_receipt_t *receipt;
    bool is_known = false;
    LIST_FOREACH(receipt, &self->open, link)
    {
        if (!receipt->is_opened || receipt->is_written ||
            !control_receipt_is_meant(receipt, part, ack))
            continue;
        is_known = true;
        if (!control_receipt_take(receipt, part, ack))
            continue;
        count_acknowledged(receipt, self);
        control_receipt_write_ack(&self->acks, receipt, part, ack);
    }
    mc_uuid_t id;
    bool is_late = !is_known && !part->is_bus && ack->receipt_id.size &&
                   mc_uuid_read(ack->receipt_id, &id) == 0 &&
                   !memcmp(id.bytes, part->verdict.receipt_id.bytes, sizeof id.bytes);
    if (is_late) { /* it came to a hold whose receipt is complete */
        control_receipt_t closed = {0};
        mc_set(&closed.record, control_receipt, id, id);
        control_receipt_write_ack(&self->acks, &closed, part, ack);
    }
    write_acks(self);
}

/* --- opening -----------------------------------------------------------------------------------
 */

void
control_receipts_begin(control_receipts_t *self, const control_opening_t *opening)
{
    const mc_control_receipt_t *record = opening->receipts.items;
    for (size_t i = 0; i < opening->receipts.count; i++) {
        control_receipt_t *receipt = find(self, record[i].id);
        if (!receipt) {
            receipt = control_receipt_new(&record[i]);
            LIST_INSERT_HEAD(&self->open, receipt, link);
        }
        if (!receipt->is_opened)
            control_receipt_make_scope(receipt);
    }
}

mc_hold_t *
control_receipts_scope(control_receipts_t *self, mc_uuid_t id)
{
    control_receipt_t *receipt = find(self, id);
    return receipt && !receipt->is_opened ? &receipt->scope : NULL;
}

static bool
is_listed(const control_opening_t *opening, mc_uuid_t id)
{
    const mc_control_receipt_t *record = opening->receipts.items;
    for (size_t i = 0; i < opening->receipts.count; i++)
        if (!memcmp(record[i].id.bytes, id.bytes, sizeof id.bytes))
            return true;
    return false;
}

/* A later verb on the scope took their place. */
static void
drop_superseded(control_receipts_t *self, const control_opening_t *opening)
{
    control_receipt_t *receipt, *next;
    for (receipt = LIST_FIRST(&self->open); receipt; receipt = next) {
        next = LIST_NEXT(receipt, link);
        if (is_listed(opening, receipt->record.id) || receipt->is_written)
            continue;
        mc_set(&receipt->record, control_receipt, state, MC_TEXT("superseded"));
        publish(self, receipt);
        drop(receipt);
    }
}

static void
on_opened(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_t *control = arg;
    (void)result;
    if (refusal) { /* it is read again as not opened */
        mc_log(&control_log_store_failed, "while=opening reason=%s", refusal->message);
        control_holds_reload(control->holds);
    }
}

/* Every part is judged for the latest of the new receipts that it is in. */
static void
choose_parts(control_receipts_t *self, control_receipt_t *receipt, mc_holds_t *scope)
{
    control_parts_t *parts = self->control->parts;
    for (control_part_t *part = NULL; (part = control_parts_next(parts, part));) {
        if (!part->is_bus && !mc_holds_cover(scope, 0, &part->identity))
            continue;
        control_receipt_expect(receipt, part);
        if (!part->is_judged || part->verdict.epoch < receipt->record.epoch)
            control_parts_judge(parts, part, &receipt->record);
    }
}

static void
open_receipt(control_receipts_t *self, control_receipt_t *receipt, mc_buffer_t *rows)
{
    mc_hold_set_t set = {0};
    mc_set(&set, hold_set, epoch, receipt->record.epoch);
    mc_set(&set, hold_set, holds, mc_list_one(&receipt->scope));
    mc_holds_t *scope = mc_holds_new(&set);
    choose_parts(self, receipt, scope);
    mc_holds_destroy(&scope);
    receipt->is_opened = true;
    control_receipt_sum(receipt);
    control_receipt_write_parts(rows, receipt);
    if (receipt->count == 0)
        receipt->is_written = true;
    tell_soon(self, receipt);
}

static void
answer_waiting(control_receipts_t *self)
{
    for (mc_ask_t **at = &self->waiting; *at;) {
        mc_ask_t *ask = *at;
        const control_receipt_t *receipt = find(self, *(const mc_uuid_t *)ask->plan);
        if (!receipt || !receipt->is_opened) {
            at = &ask->next;
            continue;
        }
        *at = ask->next;
        mc_ask_answer(ask, &mc_control_receipt_shape, mc_list_one(&receipt->record));
    }
}

static void
on_parts(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_receipts_t *self = arg;
    if (refusal) {
        control_holds_reload(self->control->holds);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        control_receipt_t *receipt = find(self, mc_store_uuid(result, row, 0));
        if (receipt && !receipt->is_opened)
            control_receipt_read_part(receipt, result, row);
    }
    control_receipt_t *receipt;
    LIST_FOREACH(receipt, &self->open, link)
    {
        receipt->is_opened |= receipt->is_reading;
        control_receipt_sum(receipt);
    }
    answer_waiting(self);
}

/* After a start of control: who must acknowledge was said before. */
static void
read_parts(control_receipts_t *self, const control_opening_t *opening)
{
    const mc_control_receipt_t *record = opening->receipts.items;
    mc_text_t *ids = mc_arena_alloc(opening->arena, (opening->receipts.count + 1) * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < opening->receipts.count; i++) {
        control_receipt_t *receipt = find(self, record[i].id);
        char text[MC_UUID_TEXT_SIZE];
        if (!opening->has_parts[i] || receipt->is_opened || receipt->is_reading)
            continue;
        mc_uuid_print(record[i].id, text);
        ids[count++] = mc_arena_text(opening->arena, mc_text(text));
        receipt->is_reading = true;
    }
    if (count)
        control_store_read_receipt_parts(
            self->control, &(control_receipt_ids_t){ids, count, opening->arena}, on_parts, self);
}

void
control_receipts_take(control_receipts_t *self, const control_opening_t *opening)
{
    const mc_control_receipt_t *record = opening->receipts.items;
    mc_buffer_t rows = {0};
    drop_superseded(self, opening);
    for (size_t i = 0; i < opening->receipts.count; i++) {
        control_receipt_t *receipt = find(self, record[i].id);
        if (!opening->has_parts[i] && !receipt->is_opened)
            open_receipt(self, receipt, &rows);
    }
    if (rows.size) {
        mc_buffer_t array = {0};
        mc_buffer_printf(&array, "[%.*s]", MC_FMT(mc_buffer_content(&rows)));
        control_store_open_receipts(self->control, opening->arena,
                                    mc_arena_text(opening->arena, mc_buffer_content(&array)),
                                    on_opened, self->control);
        mc_buffer_clear(&array);
    }
    mc_buffer_clear(&rows);
    read_parts(self, opening);
    answer_waiting(self);
}

void
control_receipts_wait(control_receipts_t *self, mc_ask_t *ask, mc_uuid_t id)
{
    mc_uuid_t *wanted = mc_arena_alloc(ask->arena, sizeof *wanted);
    *wanted = id;
    ask->plan = wanted;
    ask->next = self->waiting;
    self->waiting = ask;
    answer_waiting(self);
}

control_receipts_t *
control_receipts_new(control_t *control)
{
    control_receipts_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    LIST_INIT(&self->open);
    return self;
}

void
control_receipts_destroy(control_receipts_t **address)
{
    control_receipts_t *self = mc_take(address);
    control_receipt_t *receipt;
    if (!self)
        return;
    while ((receipt = LIST_FIRST(&self->open)))
        drop(receipt);
    mc_buffer_clear(&self->acks);
    mc_buffer_clear(&self->writing);
    mc_arena_destroy(&self->arena);
    free(self);
}
