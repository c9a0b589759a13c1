/*
 *  redact_find - where the secrets of one text lie
 */
#include "redact_find.h"

#include <stdlib.h>

#include "redact_check.h"
#include "redact_pattern.h"
#include "redact_value.h"

#define SPANS_FIRST 16
#define AWS_NEAR_BYTES 200 /* how far behind its id a secret key is looked for */
#define AWS_SECRET_BYTES 40

bool
mc_redact_spend(mc_redact_find_t *self, size_t size)
{
    self->work_left -= size < self->work_left ? size : self->work_left;
    return self->work_left > 0;
}

void
mc_redact_add(mc_redact_find_t *self, size_t start, size_t end, mc_redact_rule_t rule)
{
    assert(start < end && end <= self->text.size);
    mc_text_t value = {self->text.data + start, end - start};
    if (mc_redact_custom_allows(self->custom, rule, value))
        return;
    mc_redact_spans_t *spans = self->spans;
    if (spans->count == spans->capacity) {
        spans->capacity = spans->capacity ? spans->capacity * 2 : SPANS_FIRST;
        spans->items = realloc(spans->items, spans->capacity * sizeof *spans->items);
        if (!spans->items)
            mc_fatal("out of memory");
    }
    spans->items[spans->count++] = (mc_redact_span_t){start, end, (uint16_t)rule};
}

void
mc_redact_spans_clear(mc_redact_spans_t *self)
{
    free(self->items);
    *self = (mc_redact_spans_t){0};
}

static int
compare_spans(const void *one, const void *other)
{
    const mc_redact_span_t *left = one, *right = other;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return (left->rule > right->rule) - (left->rule < right->rule);
}

void
mc_redact_spans_settle(mc_redact_spans_t *self)
{
    if (self->count < 2)
        return;
    qsort(self->items, self->count, sizeof *self->items, compare_spans);
    size_t kept = 0;
    for (size_t i = 1; i < self->count; i++) {
        mc_redact_span_t *last = &self->items[kept], *next = &self->items[i];
        if (next->start >= last->end) {
            self->items[++kept] = *next;
            continue;
        }
        if (next->end > last->end)
            last->end = next->end;
        if (next->rule < last->rule)
            last->rule = next->rule;
    }
    self->count = kept + 1;
}

/* Of twenty random letters three in a hundred have no digit among them. */
static bool
is_mixed(mc_text_t body)
{
    return mc_redact_is_mixed(body) || mc_redact_has_both_cases(body);
}

static bool
is_proven(mc_redact_check_t check, mc_text_t token, mc_text_t body)
{
    if (check != MC_REDACT_JWT && mc_redact_is_filler(body))
        return false;
    switch (check) {
    case MC_REDACT_MIXED:
        return is_mixed(body);
    case MC_REDACT_GITHUB:
        return mc_redact_has_github_checksum(body) || is_mixed(body);
    case MC_REDACT_JWT:
        return mc_redact_is_jwt(token);
    case MC_REDACT_PEM64:
        return mc_redact_is_base64_private_key(token);
    }
    return false;
}

/* A run of exactly 40 characters of base64 that is no digest, soon behind the id. */
static void
find_aws_secret(mc_redact_find_t *self, size_t at)
{
    size_t end = at + AWS_NEAR_BYTES < self->text.size ? at + AWS_NEAR_BYTES : self->text.size;
    for (size_t start = at; start < end;) {
        size_t run = start;
        while (run < self->text.size && mc_redact_class_has('Q', self->text.data[run]) &&
               run - start <= AWS_SECRET_BYTES)
            run++;
        mc_text_t value = {self->text.data + start, run - start};
        if (value.size == AWS_SECRET_BYTES && !mc_redact_is_hex(value) &&
            mc_redact_has_both_cases(value) && !mc_redact_is_placeholder(value))
            mc_redact_add(self, start, run, MC_REDACT_aws_secret_key);
        start = run + 1;
    }
    (void)mc_redact_spend(self, AWS_NEAR_BYTES);
}

static bool
is_aws_id(size_t shape)
{
    return shape >= MC_REDACT_aws_access_key_id && shape <= MC_REDACT_aws_context_key_id;
}

void
mc_redact_find_shape(mc_redact_find_t *self, size_t shape, size_t at)
{
    const mc_redact_shape_t *row = &mc_redact_shapes[shape];
    size_t start, end;
    if (!mc_redact_pattern_match(row->pattern, mc_text(row->literal), self->text, at, &start, &end))
        return;
    (void)mc_redact_spend(self, end - start);
    if (is_aws_id(shape))
        find_aws_secret(self, end);

    mc_text_t token = {self->text.data + start, end - start};
    mc_text_t body = token;
    if (start == at) {
        body.data += strlen(row->literal);
        body.size -= strlen(row->literal);
    }
    if (is_proven(row->check, token, body))
        mc_redact_add(self, start, end, (mc_redact_rule_t)shape);
}

/* The base64 of a number, a dot, six characters, a dot, and 27 to 38 more. */
void
mc_redact_find_discord(mc_redact_find_t *self, size_t at)
{
    static const char pattern[] = "M%U{23,27}.%U{6}.%U{27,38}";
    char own[sizeof pattern];
    memcpy(own, pattern, sizeof own);
    own[0] = self->text.data[at];
    char head[] = {own[0], '\0'};
    size_t start, end;
    if (!mc_redact_pattern_match(own, (mc_text_t){head, 1}, self->text, at, &start, &end))
        return;
    (void)mc_redact_spend(self, end - start);
    mc_text_t token = {self->text.data + start, end - start};
    if (mc_redact_is_mixed(token) && mc_redact_has_both_cases(token) &&
        !mc_redact_is_placeholder(token))
        mc_redact_add(self, start, end, MC_REDACT_discord_bot_token);
}

static void
look(mc_redact_find_t *self, const mc_redact_hit_t *hit, size_t at)
{
    if (hit->look < MC_REDACT_SHAPES) {
        mc_redact_find_shape(self, hit->look, at);
        return;
    }
    switch ((mc_redact_look_t)hit->look) {
    case MC_REDACT_LOOK_NAME:
        mc_redact_find_assigned(self, at, hit->size);
        break;
    case MC_REDACT_LOOK_URL:
        mc_redact_find_url(self, at, hit->size);
        break;
    case MC_REDACT_LOOK_BLOCK:
        mc_redact_find_block(self, at);
        break;
    case MC_REDACT_LOOK_SCHEME:
        mc_redact_find_scheme(self, at, hit->size);
        break;
    case MC_REDACT_LOOK_COMMAND:
        mc_redact_find_command(self, at, hit->size);
        break;
    case MC_REDACT_LOOK_PGPASS:
        mc_redact_find_pgpass(self, at, hit->size);
        break;
    case MC_REDACT_LOOK_DSN:
        mc_redact_find_dsn(self, at);
        break;
    case MC_REDACT_LOOK_DISCORD:
        mc_redact_find_discord(self, at);
        break;
    case MC_REDACT_LOOK_IDENTIFIED:
        mc_redact_find_identified(self, at, hit->size);
        break;
    default:
        break;
    }
}

static void
on_custom(void *arg, size_t index, size_t start, size_t end)
{
    mc_redact_add(arg, start, end, (mc_redact_rule_t)(MC_REDACT_BUILT_IN + index));
}

void
mc_redact_find(mc_redact_find_t *self, const mc_redact_hit_t *hits, size_t count, size_t base)
{
    self->name_end = 0;
    for (size_t i = 0; i < count && mc_redact_spend(self, 1); i++)
        look(self, &hits[i], hits[i].start - base);
    if (mc_redact_custom_rule_count(self->custom) > 0 &&
        mc_redact_custom_scan(self->custom, self->text, on_custom, self) == -1)
        self->work_left = 0;
    mc_redact_spans_settle(self->spans);
}
