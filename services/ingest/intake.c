/*
 *  intake - batches from every door into the spool, answered once durable
 */
#include "services/ingest/intake.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "proto/codec.h"
#include "proto/utf8.h"
#include "services/ingest/event_rules.h"
#include "services/ingest/ingest.h"
#include "services/ingest/writer.h"

#define LIST_HEAD_BYTES 5 /* array32 and its count, written when the batch is complete */

/* Packed records behind a list head that is filled in last. */
typedef struct {
    mc_buffer_t bytes;
    uint32_t count;
} packed_list_t;

struct ingest_batch {
    ingest_intake_t *intake;
    ingest_batch_t *next;
    mc_arena_t *arena;
    ingest_rules_t rules;
    packed_list_t stored;
    packed_list_t quarantined;
    mc_rejection_t *rejections;
    mc_uuid_t *uids; /* of the stored events */
    size_t uids_capacity;
    ingest_outcome_t outcome;
    ingest_taken_fn *taken;
    void *arg;
    bool is_refused; /* the spool was full */
};

struct ingest_intake {
    ingest_t *ingest;
    mc_buffer_t message; /* scratch of the sanitiser */
    mc_buffer_t payload;
    ingest_batch_t *first; /* submitted in this turn, in order */
    ingest_batch_t *last;
    bool is_warned; /* that the spool is full */
    bool is_moving; /* the journal, on the other thread */
};

ingest_intake_t *
ingest_intake_new(ingest_t *ingest)
{
    ingest_intake_t *self = calloc(1, sizeof *self);
    assert(self);
    self->ingest = ingest;
    return self;
}

void
ingest_intake_destroy(ingest_intake_t **address)
{
    ingest_intake_t *self = mc_take(address);
    if (!self)
        return;
    while (self->first) {
        ingest_batch_t *batch = self->first;
        self->first = batch->next;
        ingest_batch_destroy(&batch);
    }
    mc_buffer_clear(&self->message);
    mc_buffer_clear(&self->payload);
    free(self);
}

bool
ingest_intake_is_idle(const ingest_intake_t *self)
{
    return !self->first;
}

static void
open_list(packed_list_t *list)
{
    static const char head[LIST_HEAD_BYTES] = {(char)0xdd, 0, 0, 0, 0};
    mc_buffer_append(&list->bytes, head, sizeof head);
}

static mc_text_t
close_list(packed_list_t *list)
{
    if (list->count == 0)
        return (mc_text_t){NULL, 0};
    for (int i = 0; i < 4; i++)
        list->bytes.data[1 + i] = (char)(list->count >> (24 - 8 * i));
    return mc_buffer_content(&list->bytes);
}

ingest_batch_t *
ingest_batch_new(ingest_intake_t *self, const char *source)
{
    ingest_batch_t *batch = calloc(1, sizeof *batch);
    assert(batch);
    batch->intake = self;
    batch->arena = mc_arena_new();
    batch->rules = ingest_rules(self->ingest, source, batch->arena);
    open_list(&batch->stored);
    open_list(&batch->quarantined);
    return batch;
}

void
ingest_batch_destroy(ingest_batch_t **address)
{
    ingest_batch_t *self = mc_take(address);
    if (!self)
        return;
    mc_buffer_clear(&self->stored.bytes);
    mc_buffer_clear(&self->quarantined.bytes);
    mc_arena_destroy(&self->arena);
    free(self->rejections);
    free(self->uids);
    free(self);
}

mc_arena_t *
ingest_batch_arena(ingest_batch_t *batch)
{
    return batch->arena;
}

int64_t
ingest_batch_size(const ingest_batch_t *batch)
{
    return batch->outcome.accepted + batch->outcome.duplicates + batch->outcome.rejected;
}

mc_text_t
ingest_batch_stored(ingest_batch_t *batch)
{
    return close_list(&batch->stored);
}

mc_text_t
ingest_batch_quarantined(ingest_batch_t *batch)
{
    return close_list(&batch->quarantined);
}

static void
count_masked(ingest_t *ingest, const mc_redact_report_t *report)
{
    if (report->masked)
        mc_metrics_add(ingest->metrics, INGEST_METRIC_masked, (int64_t)report->masked);
}

/* The marks of the sanitiser can make a text longer than its field takes. */
static void
keep_within_bounds(mc_agent_event_t *event)
{
    const mc_field_t *fields = mc_agent_event_shape.fields;
    size_t message_max = (size_t)fields[MC_INDEX_agent_event_message].high;
    size_t payload_max = (size_t)fields[MC_INDEX_agent_event_payload_json].high;
    event->message = mc_utf8_cut(event->message, message_max);
    if (event->payload_json.size > payload_max)
        event->payload_json = MC_TEXT("\"[REDACTED:too_large]\"");
}

/* Message and payload without secrets; both live in the intake's scratch until the next event. */
static void
sanitise(ingest_intake_t *self, mc_agent_event_t *event)
{
    mc_redact_report_t report;
    if (mc_has(event, agent_event, message)) {
        mc_buffer_reset(&self->message);
        mc_redact_text(self->ingest->redact, event->message, &self->message, &event->message,
                       &report);
        count_masked(self->ingest, &report);
    }
    if (mc_has(event, agent_event, payload_json)) {
        mc_buffer_reset(&self->payload);
        mc_redact_json(self->ingest->redact, event->payload_json, &self->payload,
                       &event->payload_json, &report);
        count_masked(self->ingest, &report);
    }
    keep_within_bounds(event);
}

static void
note_rejection(ingest_batch_t *batch, const mc_refusal_t *refusal)
{
    ingest_outcome_t *outcome = &batch->outcome;
    if (outcome->rejections.count == INGEST_REJECTIONS_MAX)
        return;
    if (!batch->rejections) {
        batch->rejections = calloc(INGEST_REJECTIONS_MAX, sizeof *batch->rejections);
        assert(batch->rejections);
        outcome->rejections.items = batch->rejections;
    }
    mc_rejection_t *row = &batch->rejections[outcome->rejections.count++];
    mc_set(row, rejection, index, ingest_batch_size(batch));
    mc_set(row, rejection, code, mc_text(mc_error_row(refusal->code)->name));
    mc_set(row, rejection, message, mc_arena_text(batch->arena, mc_text(refusal->message)));
}

static void
quarantine(ingest_batch_t *batch, const mc_refusal_t *refusal, const mc_uuid_t *uid, mc_text_t body)
{
    mc_quarantined_t row = {0};
    mc_set(&row, quarantined, event_uid, uid ? *uid : mc_uuid_new());
    mc_set(&row, quarantined, received_at, batch->rules.now_us);
    mc_set(&row, quarantined, source, mc_text(batch->rules.source));
    mc_set(&row, quarantined, code, mc_text(mc_error_row(refusal->code)->name));
    mc_set(&row, quarantined, reason, mc_text(refusal->message));
    if (body.size)
        mc_set(&row, quarantined, body_json, body);
    mc_pack(&mc_quarantined_shape, &row, &batch->quarantined.bytes);
    batch->quarantined.count++;
    mc_metrics_add(batch->intake->ingest->metrics, INGEST_METRIC_quarantined, 1);
}

void
ingest_batch_reject(ingest_batch_t *batch, const mc_refusal_t *refusal, mc_text_t body)
{
    ingest_intake_t *self = batch->intake;
    mc_redact_report_t report;
    mc_text_t clean = {NULL, 0};
    mc_buffer_reset(&self->payload);
    if (body.size)
        mc_redact_json(self->ingest->redact, body, &self->payload, &clean, &report);
    if (clean.size > INGEST_QUARANTINE_BODY_MAX)
        clean = MC_TEXT("\"too large to keep\"");
    note_rejection(batch, refusal);
    quarantine(batch, refusal, NULL, clean);
    batch->outcome.rejected++;
}

/* The event as it came, so that the quarantine can show it. */
static void
reject_event(ingest_batch_t *batch, const mc_agent_event_t *event, const mc_refusal_t *refusal)
{
    mc_buffer_t body = {.max = INGEST_QUARANTINE_BODY_MAX};
    mc_write_json(&mc_agent_event_shape, event, &body);
    note_rejection(batch, refusal);
    quarantine(batch, refusal, mc_has(event, agent_event, event_uid) ? &event->event_uid : NULL,
               body.is_full ? MC_TEXT("\"too large to keep\"") : mc_buffer_content(&body));
    mc_buffer_clear(&body);
    batch->outcome.rejected++;
}

static void
note_uid(ingest_batch_t *batch, mc_uuid_t uid)
{
    if (batch->stored.count == batch->uids_capacity) {
        batch->uids_capacity = batch->uids_capacity ? 2 * batch->uids_capacity : 64;
        batch->uids = realloc(batch->uids, batch->uids_capacity * sizeof *batch->uids);
        assert(batch->uids);
    }
    batch->uids[batch->stored.count] = uid;
}

void
ingest_batch_add(ingest_batch_t *batch, mc_agent_event_t *event)
{
    ingest_intake_t *self = batch->intake;
    mc_refusal_t refusal;
    int result = ingest_rules_apply(&batch->rules, event, &refusal);
    sanitise(self, event);
    if (result == MC_REFUSED) {
        reject_event(batch, event, &refusal);
        return;
    }
    if (ingest_recent_has(self->ingest->recent, event->event_uid)) {
        batch->outcome.duplicates++;
        return;
    }
    ingest_recent_add(self->ingest->recent, event->event_uid);
    note_uid(batch, event->event_uid);
    mc_pack(&mc_agent_event_shape, event, &batch->stored.bytes);
    batch->stored.count++;
    batch->outcome.accepted++;
}

/* A batch that is not taken must not make its resend look like a duplicate. */
static void
forget_uids(ingest_batch_t *batch)
{
    for (uint32_t i = 0; i < batch->stored.count; i++)
        ingest_recent_remove(batch->intake->ingest->recent, batch->uids[i]);
}

static void
answer(ingest_batch_t *batch, bool is_durable)
{
    ingest_t *ingest = batch->intake->ingest;
    mc_refusal_t refusal;
    if (!is_durable || batch->is_refused) {
        if (!batch->is_refused)
            forget_uids(batch);
        mc_metrics_add(ingest->metrics, INGEST_METRIC_spool_full, 1);
        (void)mc_refuse(&refusal, MC_SPOOL_FULL_ERROR, "",
                        "the spool is full: %lld bytes wait for the database; nothing was taken",
                        (long long)ingest_spool_bytes(ingest->spool));
        batch->taken(batch->arg, NULL, &refusal);
        return;
    }
    mc_metrics_add(ingest->metrics, INGEST_METRIC_accepted, batch->outcome.accepted);
    mc_metrics_add(ingest->metrics, INGEST_METRIC_duplicates, batch->outcome.duplicates);
    mc_metrics_add(ingest->metrics, INGEST_METRIC_rejected, batch->outcome.rejected);
    batch->taken(batch->arg, &batch->outcome, NULL);
}

static void
warn_when_full(ingest_intake_t *self, bool is_full)
{
    if (is_full && !self->is_warned)
        mc_log(&ingest_log_spool_full, "bytes=%lld",
               (long long)ingest_spool_bytes(self->ingest->spool));
    self->is_warned = is_full;
}

static void
move_journal(void *arg)
{
    ingest_spool_checkpoint(((ingest_intake_t *)arg)->ingest->spool);
}

static void
on_journal_moved(void *arg)
{
    ((ingest_intake_t *)arg)->is_moving = false;
}

/* On the service's other thread, so that no acknowledgement waits for it. */
static void
keep_journal_short(ingest_intake_t *self)
{
    if (self->is_moving || !ingest_spool_wants_checkpoint(self->ingest->spool))
        return;
    self->is_moving =
        mc_service_work(self->ingest->service, move_journal, on_journal_moved, self) == 0;
}

/* The end of the turn: one commit for all that came in it. */
static void
commit_turn(void *arg)
{
    ingest_intake_t *self = arg;
    int64_t start_us = mc_clock_steady_us();
    int result = ingest_spool_commit(self->ingest->spool);
    mc_metrics_observe_us(self->ingest->metrics, INGEST_METRIC_spool_commit,
                          mc_clock_steady_us() - start_us);
    bool is_full = result != 0;
    ingest_measure_spool(self->ingest);
    while (self->first) {
        ingest_batch_t *batch = self->first;
        self->first = batch->next;
        is_full = is_full || batch->is_refused;
        answer(batch, result == 0);
        ingest_batch_destroy(&batch);
    }
    self->last = NULL;
    warn_when_full(self, is_full);
    if (result == -1) {
        mc_log(&ingest_log_spool_failed, "reason=%s", mc_error());
        mc_service_fail(self->ingest->service);
        return;
    }
    keep_journal_short(self);
    ingest_writer_wake(self->ingest->writer);
}

void
ingest_batch_submit(ingest_batch_t *batch, ingest_taken_fn *taken, void *arg)
{
    ingest_intake_t *self = batch->intake;
    batch->taken = taken;
    batch->arg = arg;
    mc_text_t stored = ingest_batch_stored(batch);
    mc_text_t quarantined = ingest_batch_quarantined(batch);
    if (stored.size || quarantined.size)
        batch->is_refused =
            ingest_spool_append(self->ingest->spool, batch->stored.count, stored, quarantined) != 0;
    if (batch->stored.bytes.is_full || batch->quarantined.bytes.is_full)
        batch->is_refused = true;
    if (batch->is_refused) /* now: the same events may come again in this turn and be taken */
        forget_uids(batch);
    if (!self->first)
        mc_service_at_turn_end(self->ingest->service, commit_turn, self);
    if (self->last)
        self->last->next = batch;
    else
        self->first = batch;
    self->last = batch;
}
