/*
 *  request_edit - what a provider must be told otherwise than the client said it
 */
#include "services/router/request_edit.h"

#include <stdio.h>

#include "proto/codec.h"

#define OLD_LIMIT "\"max_tokens\""
#define NEW_LIMIT "\"max_completion_tokens\""
#define SPLICES_MAX 4

/* A text put in the place of a slice of the body. */
typedef struct {
    const char *from;
    size_t size;
    mc_text_t text;
} splice_t;

/* In the order of the body. */
typedef struct {
    const router_request_scan_t *scan;
    splice_t list[SPLICES_MAX];
    size_t count;
} splices_t;

static void
put(splices_t *self, mc_text_t slice, mc_text_t text)
{
    size_t at = self->count++;
    assert(at < SPLICES_MAX);
    for (; at && self->list[at - 1].from > slice.data; at--)
        self->list[at] = self->list[at - 1];
    self->list[at] = (splice_t){slice.data, slice.size, text};
}

static bool
is_blank(char byte)
{
    return (unsigned char)byte <= ' ';
}

/* stream_options with include_usage behind what it had; the last of a name counts. */
static mc_text_t
usage_option(mc_text_t raw, mc_buffer_t *out)
{
    mc_buffer_string(out, "{");
    if (raw.size > 1 && raw.data[0] == '{' && !router_json_is_empty(raw)) {
        mc_buffer_append(out, raw.data + 1, raw.size - 2);
        mc_buffer_byte(out, ',');
    }
    mc_buffer_string(out, "\"include_usage\":true}");
    return mc_buffer_content(out);
}

/* Where one more member may be put. */
static mc_text_t
place_at_end(const router_request_scan_t *scan)
{
    size_t end = scan->body.size;
    while (end && scan->body.data[end - 1] != '}')
        end--;
    return (mc_text_t){scan->body.data + end - 1, 0};
}

/* Over the old one, or before the brace at the end. */
static void
put_usage(splices_t *self, mc_buffer_t *room)
{
    const router_request_scan_t *scan = self->scan;
    if (scan->stream_options_raw.size) {
        put(self, scan->stream_options_raw, usage_option(scan->stream_options_raw, room));
        return;
    }
    put(self, place_at_end(scan), MC_TEXT(",\"stream_options\":{\"include_usage\":true}"));
}

/* The name of a member with its quotes, which stands before its value. No quote is inside. */
static mc_text_t
name_of(mc_text_t raw)
{
    const char *end = raw.data;
    while (end[-1] != '"')
        end--;
    const char *from = end - 2;
    while (*from != '"')
        from--;
    return (mc_text_t){from, (size_t)(end - from)};
}

/* Takes a member out, with the comma behind it, or the one before it where it is the last. */
static void
take_out(splices_t *self, mc_text_t raw)
{
    const char *from = name_of(raw).data, *end = raw.data + raw.size;
    while (is_blank(*end))
        end++;
    if (*end == ',') {
        for (end++; is_blank(*end);)
            end++;
    } else {
        end = raw.data + raw.size;
        while (from[-1] != ',')
            from--;
        from--;
    }
    put(self, (mc_text_t){from, (size_t)(end - from)}, MC_TEXT(""));
}

/* The limit under the name that is known there. Where the client gives both, that one counts. */
static void
put_limit(splices_t *self, router_limit_t limit)
{
    const router_request_scan_t *scan = self->scan;
    bool is_new = limit == ROUTER_LIMIT_NEW;
    mc_text_t wrong = is_new ? scan->max_tokens_raw : scan->max_completion_tokens_raw;
    mc_text_t right = is_new ? scan->max_completion_tokens_raw : scan->max_tokens_raw;
    if (limit == ROUTER_LIMIT_EITHER || !wrong.size)
        return;
    if (!right.size) {
        put(self, name_of(wrong), is_new ? MC_TEXT(NEW_LIMIT) : MC_TEXT(OLD_LIMIT));
        return;
    }
    take_out(self, wrong);
    if (mc_text_is(right, "null"))
        put(self, right, wrong);
}

static void
write_spliced(const splices_t *self, mc_buffer_t *out)
{
    mc_text_t body = self->scan->body;
    const char *at = body.data;
    for (size_t i = 0; i < self->count; i++) {
        const splice_t *splice = &self->list[i];
        mc_buffer_append(out, at, (size_t)(splice->from - at));
        mc_buffer_text(out, splice->text);
        at = splice->from + splice->size;
    }
    mc_buffer_append(out, at, (size_t)(body.data + body.size - at));
}

static const char *
limit_name(router_dialect_t dialect)
{
    if (dialect == ROUTER_RESPONSES)
        return "max_output_tokens";
    return dialect == ROUTER_CHAT ? "max_completion_tokens" : "max_tokens";
}

void
router_request_cap(const router_request_scan_t *self, router_dialect_t dialect, int64_t output_max,
                   mc_buffer_t *out)
{
    char number[32], member[64];
    splices_t splices = {.scan = self};
    const mc_text_t raws[] = {self->max_tokens_raw, self->max_completion_tokens_raw,
                              self->max_output_tokens_raw};
    snprintf(number, sizeof number, "%lld", (long long)output_max);
    snprintf(member, sizeof member, ",\"%s\":%s", limit_name(dialect), number);
    for (size_t i = 0; i < MC_COUNT(raws); i++)
        if (raws[i].size)
            put(&splices, raws[i], mc_text(number));
    if (!splices.count)
        put(&splices, place_at_end(self), mc_text(member));
    write_spliced(&splices, out);
}

void
router_request_edit(const router_request_scan_t *self, const router_request_edit_t *edit,
                    mc_buffer_t *out)
{
    mc_buffer_t name = {0}, option = {0};
    splices_t splices = {.scan = self};
    if (!mc_text_equals(edit->model, self->model)) {
        mc_write_json_text(&name, edit->model);
        put(&splices, self->model_raw, mc_buffer_content(&name));
    }
    if (edit->must_have_usage)
        put_usage(&splices, &option);
    put_limit(&splices, edit->limit);
    write_spliced(&splices, out);
    mc_buffer_clear(&name);
    mc_buffer_clear(&option);
}
