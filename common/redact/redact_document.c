/*
 *  redact_document - a walk over a JSON document that knows names and values
 *
 *  All strings of a document lie behind one another in the parser's memory, so
 *  one pass of the filter covers them; without a hit nothing else is done. With
 *  hits the document is walked twice: first only to see whether anything must
 *  change, then, if so, to write it anew. Hits are taken in the order of the
 *  walk, which is the order of the strings.
 */
#include "redact_engine.h"

#include <stdio.h>
#include <strings.h>

#include "proto/codec.h"
#include "redact_pair.h"
#include "redact_value.h"

typedef struct {
    mc_redact_t *redact;
    mc_redact_level_t *level;
    size_t depth;     /* of documents in strings */
    mc_buffer_t *out; /* NULL: only look */
    const char *strings;
    size_t next_hit;
    bool is_changed;
    bool is_over; /* no more work allowed */
} walk_t;

static void walk_value(walk_t *self, mc_json_t value, mc_redact_name_t name, bool is_in_array);

/* Looking is done at the first change, and when nothing more may be done. */
static bool
is_done(const walk_t *self)
{
    return self->is_over || (!self->out && self->is_changed);
}

static void
write_byte(walk_t *self, char byte)
{
    if (self->out)
        mc_buffer_byte(self->out, (uint8_t)byte);
}

/* Nothing is noted as long as it only looks. */
static mc_redact_places_t *
places_of(const walk_t *self)
{
    return self->out ? self->redact->places : NULL;
}

/* The hits inside the string, which is the next in order. */
static const mc_redact_hit_t *
take_hits(walk_t *self, mc_text_t text, size_t *ret_count, size_t *ret_base)
{
    const mc_redact_hits_t *hits = &self->level->hits;
    size_t start = (size_t)(text.data - self->strings), end = start + text.size;
    while (self->next_hit < hits->count && hits->items[self->next_hit].start < start)
        self->next_hit++;
    size_t first = self->next_hit;
    while (self->next_hit < hits->count && hits->items[self->next_hit].start < end)
        self->next_hit++;
    *ret_count = self->next_hit - first;
    *ret_base = start;
    return hits->items + first;
}

static void
write_masked(walk_t *self, mc_text_t kept, mc_text_t secret, mc_redact_rule_t rule)
{
    self->is_changed = true;
    if (!self->out)
        return;
    mc_buffer_t *composed = &self->level->composed;
    mc_buffer_reset(composed);
    mc_buffer_text(composed, kept);
    mc_redact_write_mark(self->redact, rule, secret, composed);
    mc_write_json_text(self->out, mc_buffer_content(composed));
}

/* Writes the text without the spans of the level. */
static void
write_composed(walk_t *self, mc_text_t text)
{
    const mc_redact_spans_t *spans = &self->level->spans;
    bool is_same = spans->count == 0 && text.size <= MC_REDACT_STRING_BYTES_MAX;
    self->is_changed |= !is_same;
    if (!self->out)
        return;
    if (is_same) {
        mc_write_json_text(self->out, text);
        return;
    }
    mc_buffer_t *composed = &self->level->composed;
    mc_buffer_reset(composed);
    mc_redact_compose(self->redact, text, spans, composed);
    mc_write_json_text(self->out, mc_buffer_content(composed));
}

/* A string that holds a document. False when it turned out to be none. */
static bool
write_inner(walk_t *self, mc_text_t text)
{
    if (self->depth >= MC_REDACT_NESTING_MAX || !mc_redact_looks_like_json(text))
        return false;
    mc_buffer_t *inner = &self->level->inner;
    mc_buffer_reset(inner);
    size_t before = mc_redact_places_enter_text(places_of(self));
    mc_redact_outcome_t outcome =
        mc_redact_document(self->redact, self->depth + 1, text, self->out ? inner : NULL);
    mc_redact_places_leave(places_of(self), before);
    if (outcome == MC_REDACT_NOT_JSON || outcome == MC_REDACT_DEEP)
        return false;
    self->is_over |= outcome == MC_REDACT_GIVE_UP;
    self->is_changed |= outcome == MC_REDACT_CHANGED;
    if (is_done(self))
        return true;
    self->level->spans.count = 0;
    bool is_long = text.size > MC_REDACT_STRING_BYTES_MAX;
    if (outcome == MC_REDACT_CHANGED || is_long)
        write_composed(self, outcome == MC_REDACT_CHANGED ? mc_buffer_content(inner) : text);
    else if (self->out)
        mc_write_json_text(self->out, text);
    return true;
}

/* A string that no name makes a secret. */
static void
write_searched(walk_t *self, mc_text_t text, const mc_redact_hit_t *hits, size_t count, size_t base)
{
    bool has_rules = mc_redact_custom_rule_count(self->redact->custom) > 0;
    self->level->spans.count = 0;
    if (count > 0 || has_rules) {
        if (write_inner(self, text))
            return;
        self->is_over |= !mc_redact_find_in(self->redact, self->depth, text, hits, count, base);
    }
    write_composed(self, text);
}

/* The credential stands behind the scheme: Bearer, Basic. Returns the size of what is kept. */
static size_t
scheme_size(mc_text_t value, mc_redact_name_t name)
{
    static const char *const schemes[] = {"Bearer ", "Basic ",     "Token ",           "ApiKey ",
                                          "Digest ", "Negotiate ", "AWS4-HMAC-SHA256 "};
    if (name.rule != MC_REDACT_authorization && name.rule != MC_REDACT_token)
        return 0;
    for (size_t i = 0; i < MC_COUNT(schemes); i++) {
        size_t size = strlen(schemes[i]);
        if (value.size > size && !strncasecmp(value.data, schemes[i], size))
            return size;
    }
    return 0;
}

static void
write_string(walk_t *self, mc_text_t text, mc_redact_name_t name)
{
    size_t count, base;
    const mc_redact_hit_t *hits = take_hits(self, text, &count, &base);
    size_t kept = scheme_size(text, name);
    mc_text_t value = {text.data + kept, text.size - kept};
    if (name.strength != MC_REDACT_NOT_SECRET && mc_redact_name_hides(name, value) &&
        !mc_redact_custom_allows(self->redact->custom, name.rule, value)) {
        write_masked(self, (mc_text_t){text.data, kept}, value, name.rule);
        return;
    }
    write_searched(self, text, hits, count, base);
}

/* A number under the name of a secret: of a password or code always, else from four digits on. */
static bool
is_secret_number(mc_json_t value, mc_redact_name_t name)
{
    if (name.strength <= MC_REDACT_PLURAL)
        return false;
    if (name.rule == MC_REDACT_password || name.rule == MC_REDACT_one_time_code)
        return true;
    double number = mc_json_f64(value);
    return number >= 1000 || number <= -1000;
}

/* The name of a member: its own, that of the pair it is half of, or that of what it is in. */
static mc_redact_name_t
member_name(walk_t *self, mc_text_t key, size_t hits, mc_redact_name_t pair, mc_redact_name_t outer)
{
    bool must_look = hits > 0 || outer.strength != MC_REDACT_NOT_SECRET;
    mc_redact_name_t own =
        must_look ? mc_redact_custom_name(self->redact->custom, key) : mc_redact_no_name;
    if (own.strength != MC_REDACT_NOT_SECRET)
        return own;
    if (pair.strength != MC_REDACT_NOT_SECRET && mc_redact_is_pair_value(key)) {
        if (pair.strength < MC_REDACT_PLURAL)
            return pair;
        pair.strength = MC_REDACT_ALWAYS;
        return pair;
    }
    return own.is_harmless ? mc_redact_no_name : outer;
}

/* What is kept under a path, such as node_modules/tough-cookie, is about the path. */
static bool
is_container(mc_json_t value)
{
    mc_json_kind_t kind = mc_json_kind(value);
    return kind == MC_JSON_OBJECT || kind == MC_JSON_ARRAY;
}

/* By its name as it was written just now. */
static size_t
enter_member(walk_t *self, mc_text_t key)
{
    bool is_masked = self->level->spans.count > 0;
    return mc_redact_places_enter(places_of(self),
                                  is_masked ? mc_buffer_content(&self->level->composed) : key);
}

static void
walk_object(walk_t *self, mc_json_t object, mc_redact_name_t outer)
{
    mc_redact_name_t pair = mc_redact_no_name;
    if (self->next_hit < self->level->hits.count)
        pair = mc_redact_pair_name(self->redact->custom, object);
    mc_json_iter_t iter = mc_json_iter(object);
    mc_text_t key;
    mc_json_t value;
    char before = '{';
    for (; !is_done(self) && mc_json_next(&iter, &key, &value); before = ',') {
        size_t count, base;
        const mc_redact_hit_t *hits = take_hits(self, key, &count, &base);
        write_byte(self, before);
        self->level->spans.count = 0;
        if (count > 0)
            self->is_over |= !mc_redact_find_in(self->redact, self->depth, key, hits, count, base);
        write_composed(self, key);
        write_byte(self, ':');
        size_t above = enter_member(self, key);
        mc_redact_name_t name = member_name(self, key, count, pair, outer);
        bool is_path = memchr(key.data, '/', key.size) && is_container(value);
        walk_value(self, value, is_path ? mc_redact_no_name : name, false);
        mc_redact_places_leave(places_of(self), above);
    }
    if (before == '{')
        write_byte(self, '{');
    write_byte(self, '}');
}

/* ["curl", "-u", "user:password"] */
static bool
write_user(walk_t *self, mc_json_t last, mc_json_t item)
{
    mc_text_t option = mc_json_text(last), text = mc_json_text(item);
    const char *colon = text.size ? memchr(text.data, ':', text.size) : NULL;
    if (!colon || (!mc_text_is(option, "-u") && !mc_text_is(option, "--user")))
        return false;
    size_t kept = (size_t)(colon - text.data) + 1;
    mc_text_t password = {text.data + kept, text.size - kept};
    if (password.size == 0 || mc_redact_is_placeholder(password) || mc_redact_is_number(password))
        return false;
    size_t count, base;
    (void)take_hits(self, text, &count, &base);
    write_masked(self, (mc_text_t){text.data, kept}, password, MC_REDACT_cli_password);
    return true;
}

static void
walk_array(walk_t *self, mc_json_t array, mc_redact_name_t outer, bool is_in_array)
{
    mc_json_iter_t iter = mc_json_iter(array);
    mc_text_t key;
    mc_json_t item, last = array;
    bool is_pair = is_in_array && mc_json_count(array) == 2;
    char before = '[';
    size_t index = 0;
    for (; !is_done(self) && mc_json_next(&iter, &key, &item); before = ',', last = item) {
        mc_redact_name_t name = outer;
        size_t above = mc_redact_places_enter_item(places_of(self), index++);
        bool is_behind_text = before == ',' && mc_json_kind(last) == MC_JSON_STRING &&
                              mc_json_kind(item) == MC_JSON_STRING;
        write_byte(self, before);
        if (!is_behind_text || !write_user(self, last, item)) {
            if (is_behind_text && name.strength == MC_REDACT_NOT_SECRET)
                name = mc_redact_name_before(self->redact->custom, mc_json_text(last),
                                             mc_json_text(item), is_pair);
            walk_value(self, item, name, true);
        }
        mc_redact_places_leave(places_of(self), above);
    }
    if (before == '[')
        write_byte(self, '[');
    write_byte(self, ']');
}

static void
write_masked_number(walk_t *self, mc_json_t value, mc_redact_rule_t rule)
{
    mc_buffer_t number = {0};
    if (self->out)
        mc_json_write(value, &number);
    write_masked(self, MC_TEXT(""), mc_buffer_content(&number), rule);
    mc_buffer_clear(&number);
}

static void
walk_value(walk_t *self, mc_json_t value, mc_redact_name_t name, bool is_in_array)
{
    switch (mc_json_kind(value)) {
    case MC_JSON_STRING:
        write_string(self, mc_json_text(value), name);
        break;
    case MC_JSON_OBJECT:
        walk_object(self, value, mc_redact_inherited(name, value));
        break;
    case MC_JSON_ARRAY:
        walk_array(self, value, mc_redact_inherited(name, value), is_in_array);
        break;
    case MC_JSON_INTEGER:
    case MC_JSON_UNSIGNED:
    case MC_JSON_DOUBLE:
        if (is_secret_number(value, name)) {
            write_masked_number(self, value, name.rule);
            break;
        }
        __attribute__((fallthrough));
    default:
        if (self->out)
            mc_json_write(value, self->out);
    }
}

static mc_redact_outcome_t
walk(mc_redact_t *redact, size_t depth, mc_json_t root, mc_text_t strings, mc_buffer_t *out)
{
    walk_t look = {
        .redact = redact,
        .level = &redact->levels[depth],
        .depth = depth,
        .strings = strings.data,
    };
    walk_value(&look, root, mc_redact_no_name, false);
    if (look.is_over)
        return MC_REDACT_GIVE_UP;
    if (!look.is_changed)
        return MC_REDACT_SAME;
    if (!out)
        return MC_REDACT_CHANGED;

    walk_t write = look;
    write.out = out;
    write.next_hit = 0;
    write.is_changed = false;
    walk_value(&write, root, mc_redact_no_name, false);
    return write.is_over || out->is_full ? MC_REDACT_GIVE_UP : MC_REDACT_CHANGED;
}

mc_redact_outcome_t
mc_redact_document(mc_redact_t *self, size_t level, mc_text_t json, mc_buffer_t *out)
{
    mc_redact_level_t *own = &self->levels[level];
    if (!own->parser)
        own->parser = mc_json_parser_new();
    mc_json_t root;
    mc_refusal_t refusal;
    if (mc_json_parse(own->parser, json, &root, &refusal) != 0)
        return refusal.code == MC_TOO_DEEP_ERROR ? MC_REDACT_DEEP : MC_REDACT_NOT_JSON;

    mc_text_t strings = mc_json_strings(root);
    if (mc_redact_filter_scan(self->filter, strings, &own->hits) == -1)
        return MC_REDACT_GIVE_UP;
    if (own->hits.count == 0 && mc_redact_custom_rule_count(self->custom) == 0 &&
        strings.size <= MC_REDACT_STRING_BYTES_MAX)
        return MC_REDACT_SAME;
    return walk(self, level, root, strings, out);
}
