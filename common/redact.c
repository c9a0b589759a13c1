/*
 *  redact - the one sanitiser: secrets out, the shape of the JSON kept
 */
#include "redact.h"

#include <stdlib.h>

#include "common/error.h"
#include "proto/codec.h"
#include "proto/utf8.h"
#include "redact/redact_engine.h"
#include "redact/redact_value.h"

#define CUT_NOTE_BYTES 64                  /* room for "…[cut, N bytes]" within the limit */
#define WORK_BYTES_LEAST ((size_t)1 << 20) /* what any text may take, however short */
#define WORK_PER_BYTE 64                   /* usual texts take 1 to 4 */

mc_redact_t *
mc_redact_new(const char *rules_file)
{
    mc_redact_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->custom = mc_redact_custom_new(rules_file);
    if (!self->custom) {
        mc_redact_destroy(&self);
        return NULL;
    }
    self->filter = mc_redact_filter_new(mc_redact_custom_names(self->custom));
    self->counts = calloc(mc_redact_rule_count(self), sizeof *self->counts);
    if (!self->counts)
        mc_fatal("out of memory");
    return self;
}

static void
clear_level(mc_redact_level_t *level)
{
    mc_json_parser_destroy(&level->parser);
    mc_redact_hits_clear(&level->hits);
    mc_redact_spans_clear(&level->spans);
    mc_buffer_clear(&level->composed);
    mc_buffer_clear(&level->inner);
}

void
mc_redact_destroy(mc_redact_t **address)
{
    mc_redact_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < MC_COUNT(self->levels); i++)
        clear_level(&self->levels[i]);
    mc_redact_filter_destroy(&self->filter);
    mc_redact_custom_destroy(&self->custom);
    free(self->counts);
    free(self);
}

void
mc_redact_collect(mc_redact_t *self, mc_redact_places_t *places)
{
    self->places = places;
}

void
mc_redact_trim(mc_redact_t *self)
{
    for (size_t i = 0; i < MC_COUNT(self->levels); i++)
        clear_level(&self->levels[i]);
}

size_t
mc_redact_rule_count(const mc_redact_t *self)
{
    return MC_REDACT_BUILT_IN + mc_redact_custom_rule_count(self->custom);
}

const char *
mc_redact_rule_name(const mc_redact_t *self, size_t index)
{
    if (index < MC_REDACT_BUILT_IN)
        return mc_redact_rule_id(index);
    return mc_redact_custom_rule_id(self->custom, index - MC_REDACT_BUILT_IN);
}

uint64_t
mc_redact_rule_hits(const mc_redact_t *self, size_t index)
{
    assert(index < mc_redact_rule_count(self));
    return self->counts[index];
}

void
mc_redact_write_mark(mc_redact_t *self, size_t rule, mc_text_t secret, mc_buffer_t *out)
{
    self->counts[rule]++;
    self->report->masked++;
    mc_redact_places_add(self->places, mc_redact_rule_name(self, rule), secret);
    mc_buffer_string(out, MC_REDACT_MARK_HEAD);
    mc_buffer_string(out, mc_redact_rule_name(self, rule));
    mc_buffer_byte(out, ']');
}

bool
mc_redact_looks_like_json(mc_text_t text)
{
    size_t start = 0, end = text.size;
    while (start < end && strchr(" \t\r\n", text.data[start]) && text.data[start])
        start++;
    while (end > start && strchr(" \t\r\n", text.data[end - 1]) && text.data[end - 1])
        end--;
    if (end - start < 2)
        return false;
    char first = text.data[start], last = text.data[end - 1];
    return (first == '{' && last == '}') || (first == '[' && last == ']');
}

bool
mc_redact_find_in(mc_redact_t *self, size_t level, mc_text_t text, const mc_redact_hit_t *hits,
                  size_t count, size_t base)
{
    mc_redact_find_t find = {
        .text = text,
        .spans = &self->levels[level].spans,
        .custom = self->custom,
        .work_left = self->work_left,
    };
    find.spans->count = 0;
    mc_redact_find(&find, hits, count, base);
    self->work_left = find.work_left;
    return self->work_left > 0;
}

/* The size that the text will have. */
static size_t
composed_size(mc_redact_t *self, mc_text_t text, const mc_redact_spans_t *spans)
{
    size_t size = text.size;
    for (size_t i = 0; i < spans->count; i++) {
        const mc_redact_span_t *span = &spans->items[i];
        size += sizeof "[REDACTED:]" - 1 + strlen(mc_redact_rule_name(self, span->rule));
        size -= span->end - span->start;
    }
    return size;
}

/* Appends as much of a piece as the room allows; false when that was not all. */
static bool
append_piece(mc_text_t piece, size_t limit, size_t start, mc_buffer_t *out)
{
    size_t used = out->size - start;
    size_t room = used < limit ? limit - used : 0;
    mc_buffer_text(out, mc_utf8_cut(piece, room));
    return piece.size <= room;
}

void
mc_redact_compose(mc_redact_t *self, mc_text_t text, const mc_redact_spans_t *spans,
                  mc_buffer_t *out)
{
    bool is_cut = composed_size(self, text, spans) > MC_REDACT_STRING_BYTES_MAX;
    size_t limit = is_cut ? MC_REDACT_STRING_BYTES_MAX - CUT_NOTE_BYTES : SIZE_MAX;
    size_t start = out->size, at = 0;
    bool has_room = true;
    for (size_t i = 0; i < spans->count && has_room; i++) {
        const mc_redact_span_t *span = &spans->items[i];
        mc_text_t piece = {text.data + at, span->start - at};
        has_room = append_piece(piece, limit, start, out) && out->size - start + 64 < limit;
        mc_text_t secret = {text.data + span->start, span->end - span->start};
        if (has_room)
            mc_redact_write_mark(self, span->rule, secret, out);
        at = span->end;
    }
    if (has_room)
        (void)append_piece((mc_text_t){text.data + at, text.size - at}, limit, start, out);
    if (!is_cut)
        return;
    self->report->cut++;
    mc_buffer_printf(out, "…[cut, %zu bytes]", text.size);
}

/* Starts a call: what is too large is not looked at. */
static bool
begin(mc_redact_t *self, mc_text_t text, mc_redact_report_t *report)
{
    *report = (mc_redact_report_t){0};
    self->report = report;
    mc_redact_places_reset(self->places);
    self->work_left = WORK_BYTES_LEAST + text.size * WORK_PER_BYTE;
    return text.size <= MC_REDACT_BYTES_MAX;
}

/* A mark instead of everything. */
static void
drop(mc_redact_t *self, size_t start, mc_redact_rule_t rule, bool is_json, mc_buffer_t *out)
{
    out->size = start;
    mc_redact_places_reset(self->places);
    *self->report = (mc_redact_report_t){.is_dropped = true};
    if (is_json)
        mc_buffer_byte(out, '"');
    mc_redact_write_mark(self, rule, MC_TEXT(""), out);
    if (is_json)
        mc_buffer_byte(out, '"');
    self->report->masked = 0;
}

static mc_redact_rule_t
drop_rule(mc_redact_outcome_t outcome)
{
    switch (outcome) {
    case MC_REDACT_DEEP:
        return MC_REDACT_too_deep;
    case MC_REDACT_NOT_JSON:
        return MC_REDACT_unreadable;
    default:
        return MC_REDACT_too_slow;
    }
}

static mc_redact_outcome_t
redact_plain(mc_redact_t *self, mc_text_t text, mc_buffer_t *out)
{
    mc_redact_level_t *level = &self->levels[0];
    if (mc_redact_filter_scan(self->filter, text, &level->hits) == -1)
        return MC_REDACT_GIVE_UP;
    bool has_more = mc_redact_custom_rule_count(self->custom) > 0;
    if (level->hits.count == 0 && !has_more && text.size <= MC_REDACT_STRING_BYTES_MAX)
        return MC_REDACT_SAME;
    if (!mc_redact_find_in(self, 0, text, level->hits.items, level->hits.count, 0))
        return MC_REDACT_GIVE_UP;
    if (level->spans.count == 0 && text.size <= MC_REDACT_STRING_BYTES_MAX)
        return MC_REDACT_SAME;
    mc_redact_compose(self, text, &level->spans, out);
    return MC_REDACT_CHANGED;
}

static void
finish(mc_redact_t *self, mc_redact_outcome_t outcome, bool is_json, size_t start, mc_text_t text,
       mc_buffer_t *out, mc_text_t *ret_out)
{
    if (outcome == MC_REDACT_SAME) {
        *ret_out = text;
        return;
    }
    if (outcome != MC_REDACT_CHANGED)
        drop(self, start, drop_rule(outcome), is_json, out);
    *ret_out = (mc_text_t){out->data + start, out->size - start};
    self->report = NULL;
}

void
mc_redact_text(mc_redact_t *self, mc_text_t text, mc_buffer_t *out, mc_text_t *ret_out,
               mc_redact_report_t *report)
{
    mc_redact_report_t unused;
    size_t start = out->size;
    mc_redact_outcome_t outcome = MC_REDACT_NOT_JSON;
    if (!begin(self, text, report ? report : &unused)) {
        drop(self, start, MC_REDACT_too_large, false, out);
        *ret_out = (mc_text_t){out->data + start, out->size - start};
        return;
    }
    if (mc_redact_looks_like_json(text))
        outcome = mc_redact_document(self, 0, text, out);
    if (outcome == MC_REDACT_NOT_JSON || outcome == MC_REDACT_DEEP)
        outcome = redact_plain(self, text, out);
    finish(self, outcome, false, start, text, out, ret_out);
}

void
mc_redact_json(mc_redact_t *self, mc_text_t json, mc_buffer_t *out, mc_text_t *ret_out,
               mc_redact_report_t *report)
{
    mc_redact_report_t unused;
    size_t start = out->size;
    if (!begin(self, json, report ? report : &unused)) {
        drop(self, start, MC_REDACT_too_large, true, out);
        *ret_out = (mc_text_t){out->data + start, out->size - start};
        return;
    }
    finish(self, mc_redact_document(self, 0, json, out), true, start, json, out, ret_out);
}
