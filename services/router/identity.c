/*
 *  identity - whose call it is: run, task, tier, actor and so on
 */
#include "services/router/identity.h"

#include <stdio.h>
#include <strings.h>

#include "common/ids.h"
#include "proto/utf8.h"

#define SESSION_BYTES_MAX 400
#define NO_FIELD SIZE_MAX

typedef struct {
    const char *header;
    size_t offset; /* in router_identity_t */
    size_t field;  /* of the event */
} identity_row_t;

#define ROW(header, member, field)                                                                 \
    {                                                                                              \
        header, offsetof(router_identity_t, member), MC_INDEX_agent_event_##field                  \
    }

/* The first header that is there counts. */
static const identity_row_t rows[] = {
    ROW("x-mc-run", run_id, run_id),
    ROW("x-mc-parent-run", parent_run_id, parent_run_id),
    ROW("x-mc-root", root_task_id, root_task_id),
    ROW("x-mc-task", task_id, task_id),
    ROW("x-mc-actor", actor, actor),
    ROW("x-mc-persona", persona, persona),
    ROW("x-mc-skill", skill, skill),
    {"x-session-id", offsetof(router_identity_t, session_id), NO_FIELD},
    {"x-claude-code-session-id", offsetof(router_identity_t, session_id), NO_FIELD},
    {"x-litellm-trace-id", offsetof(router_identity_t, session_id), NO_FIELD},
};
#define EVENT_ROWS 7 /* those that are fields of an event */

static mc_text_t *
member(const router_identity_t *self, const identity_row_t *row)
{
    return (mc_text_t *)((char *)self + row->offset);
}

static bool
is_header(mc_text_t name, const char *wanted)
{
    return !strncasecmp(name.data, wanted, name.size) && wanted[name.size] == '\0';
}

static size_t
bytes_max(const identity_row_t *row)
{
    return row->field == NO_FIELD ? SESSION_BYTES_MAX
                                  : (size_t)mc_agent_event_shape.fields[row->field].high;
}

static int
take_tier(router_identity_t *self, mc_text_t value, mc_refusal_t *refusal)
{
    if (value.size != 1 || value.data[0] < '1' || value.data[0] > '3')
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "x-mc-tier",
                         "x-mc-tier is \"%.*s\", not 1, 2 or 3",
                         (int)(value.size > 32 ? 32 : value.size), value.data);
    self->tier = value.data[0] - '0';
    return 0;
}

/* version-trace-span-flags; one of another form says nothing. */
static void
take_trace(router_identity_t *self, mc_arena_t *arena, mc_text_t value)
{
    static const char digits[] = "0123456789abcdef";
    static const size_t version = 3, trace = 32, span = 16, at_span = 36, at_flags = 53, size = 55;
    if (value.size < size || value.data[2] != '-' || value.data[at_span - 1] != '-' ||
        value.data[at_span + span] != '-' || strspn(value.data + version, digits) != trace ||
        strspn(value.data + at_span, digits) != span ||
        strspn(value.data + version, "0") == trace || strspn(value.data + at_span, "0") == span)
        return;
    self->trace_id = mc_arena_text(arena, (mc_text_t){value.data + version, trace});
    self->span_id = mc_arena_text(arena, (mc_text_t){value.data + at_span, span});
    bool has_flags = strspn(value.data + at_flags, digits) >= sizeof self->trace_flags - 1;
    memcpy(self->trace_flags, has_flags ? value.data + at_flags : "00", sizeof self->trace_flags);
    self->trace_flags[sizeof self->trace_flags - 1] = '\0';
}

mc_text_t
router_identity_trace(router_identity_t *self, mc_arena_t *arena)
{
    mc_uuid_t uid = mc_uuid_new();
    if (!self->span_id.size)
        return (mc_text_t){0};
    /* The second half of an id is random, but for a bit that is never 0. */
    bool is_first = !self->own_span[0];
    for (size_t i = 0; is_first && i < 8; i++)
        snprintf(self->own_span + 2 * i, 3, "%02x", uid.bytes[8 + i]);
    return mc_arena_printf(arena, "traceparent: 00-%.*s-%s-%s", MC_FMT(self->trace_id),
                           self->own_span, self->trace_flags);
}

void
router_identity_follow_trace(router_identity_t *self)
{
    if (self->run_id.size || !self->span_id.size)
        return;
    self->run_id = self->span_id;
    if (!self->root_task_id.size)
        self->root_task_id = self->trace_id;
}

int
router_identity_take(router_identity_t *self, mc_arena_t *arena, mc_text_t name, mc_text_t value,
                     mc_refusal_t *refusal)
{
    if (value.size == 0 || name.size < 8 || (name.data[0] | 0x20) > 'x')
        return 0;
    if (is_header(name, "traceparent"))
        take_trace(self, arena, value);
    if ((name.data[0] | 0x20) != 'x')
        return 0;
    if (is_header(name, "x-mc-tier"))
        return take_tier(self, value, refusal);
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        if (!is_header(name, rows[i].header))
            continue;
        if (value.size > bytes_max(&rows[i]) || mc_utf8_check(value) != MC_UTF8_FINE)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, rows[i].header,
                             "%s is longer than %zu bytes or not UTF-8", rows[i].header,
                             bytes_max(&rows[i]));
        if (!member(self, &rows[i])->size)
            *member(self, &rows[i]) = mc_arena_text(arena, value);
        return 0;
    }
    return 0;
}

void
router_identity_read(router_identity_t *self, mc_json_parser_t *parser, mc_arena_t *arena,
                     mc_text_t json)
{
    mc_json_t root, value;
    mc_refusal_t ignored;
    if (mc_json_parse(parser, json, &root, &ignored) != 0 || mc_json_kind(root) != MC_JSON_OBJECT)
        return;
    for (size_t i = 0; i < EVENT_ROWS; i++) {
        const char *name = mc_agent_event_shape.fields[rows[i].field].json;
        if (!mc_json_find(root, name, &value) || mc_json_kind(value) != MC_JSON_STRING)
            continue;
        mc_text_t text = mc_json_text(value);
        if (text.size <= bytes_max(&rows[i]) && !memchr(text.data, '\0', text.size))
            *member(self, &rows[i]) = mc_arena_text(arena, text);
    }
    if (mc_json_find(root, "tier", &value) && mc_json_kind(value) == MC_JSON_STRING)
        (void)!take_tier(self, mc_json_text(value), &ignored);
}

void
router_identity_bind(router_identity_t *self, const router_identity_t *key)
{
    if (key->root_task_id.size)
        self->root_task_id = key->root_task_id;
    if (self->run_id.size && key->run_id.size && !mc_text_equals(self->run_id, key->run_id))
        self->parent_run_id = key->run_id;
}

void
router_identity_fill(router_identity_t *self, const router_identity_t *other)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        if (!member(self, &rows[i])->size)
            *member(self, &rows[i]) = *member(other, &rows[i]);
    if (!self->tier)
        self->tier = other->tier;
}

void
router_identity_mark(const router_identity_t *self, mc_agent_event_t *event)
{
    for (size_t i = 0; i < EVENT_ROWS; i++) {
        if (!member(self, &rows[i])->size)
            continue;
        *(mc_text_t *)mc_record_member(event, &mc_agent_event_shape.fields[rows[i].field]) =
            *member(self, &rows[i]);
        mc_record_mark(event, rows[i].field);
    }
    if (self->span_id.size)
        mc_set(event, agent_event, parent_span_id, self->span_id);
    if (self->own_span[0])
        mc_set(event, agent_event, span_id, mc_text(self->own_span));
    if (self->tier)
        mc_set(event, agent_event, tier, self->tier);
}
