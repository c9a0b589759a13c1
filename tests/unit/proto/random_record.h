/*
 *  random_record - records filled from their descriptors, and compared
 *
 *  Texts and lists live in the arena. The generator is given its state, so that
 *  a failure comes again with the same seed.
 */
#ifndef MC_TEST_RANDOM_RECORD_H
#define MC_TEST_RANDOM_RECORD_H

#include "proto/codec.h"

typedef struct {
    uint64_t state;
    mc_arena_t *arena;
    bool is_whole; /* every field; otherwise only those that a record must have */
} filler_t;

static void fill_record(filler_t *self, const mc_shape_t *shape, void *record);
static bool is_same_record(const mc_shape_t *shape, const void *one, const void *other);

/* xorshift64*, enough for tests. */
static uint64_t
next_random(filler_t *self)
{
    self->state ^= self->state >> 12;
    self->state ^= self->state << 25;
    self->state ^= self->state >> 27;
    return self->state * UINT64_C(2685821657736338717);
}

static int64_t
random_integer(filler_t *self, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    switch (next_random(self) % 4) {
    case 0:
        return low;
    case 1:
        return high;
    default:
        return (int64_t)((uint64_t)low + (span ? next_random(self) % span : next_random(self)));
    }
}

/* Text of any bytes but NUL: plain, escapes and characters of two to four bytes. */
static mc_text_t
random_text(filler_t *self, size_t low, size_t high)
{
    static const char *const pieces[] = {"a", "Z", " ", "\"", "\\", "\n", "\x01", "é", "€", "🚀"};
    size_t wanted = low + next_random(self) % 40;
    wanted = wanted > high ? high : wanted;
    char *text = mc_arena_alloc(self->arena, wanted + 1);
    size_t size = 0;
    while (size < wanted) {
        const char *piece = pieces[next_random(self) % MC_COUNT(pieces)];
        if (size + strlen(piece) > wanted)
            piece = "x";
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return (mc_text_t){text, size};
}

static mc_list_t
random_list(filler_t *self, const mc_field_t *field)
{
    size_t most = field->high < 3 ? (size_t)field->high : 3;
    size_t count = (size_t)random_integer(self, field->low, (int64_t)most);
    char *items = mc_arena_alloc(self->arena, count * field->child->size);
    for (size_t i = 0; i < count; i++)
        fill_record(self, field->child, items + i * field->child->size);
    return (mc_list_t){items, count};
}

static void
fill_field(filler_t *self, const mc_field_t *field, void *member)
{
    switch (field->kind) {
    case MC_TEXT_KIND:
        *(mc_text_t *)member = random_text(self, (size_t)field->low, (size_t)field->high);
        return;
    case MC_JSON_KIND:
        *(mc_text_t *)member =
            mc_arena_printf(self->arena, "{\"n\":%u}", (unsigned)next_random(self));
        return;
    case MC_F64_KIND:
        *(double *)member = (double)random_integer(self, field->low * 8, field->high * 8) / 8;
        return;
    case MC_BOOL_KIND:
        *(bool *)member = next_random(self) & 1;
        return;
    case MC_UUID_KIND:
        for (size_t i = 0; i < sizeof(mc_uuid_t); i++)
            ((mc_uuid_t *)member)->bytes[i] = (uint8_t)next_random(self);
        return;
    case MC_RECORD_KIND:
    case MC_LIST_KIND:
        *(mc_list_t *)member = random_list(self, field);
        return;
    default:
        *(int64_t *)member = random_integer(self, field->low, field->high);
    }
}

/* A CLAMPED field is never absent after reading, so it is never left out here. */
static void
fill_record(filler_t *self, const mc_shape_t *shape, void *record)
{
    memset(record, 0, shape->size);
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        if (!self->is_whole && field->rule != MC_REQUIRED && field->rule != MC_CLAMPED)
            continue;
        fill_field(self, field, mc_record_member(record, field));
        mc_record_mark(record, i);
    }
}

static bool
is_same_list(const mc_field_t *field, const mc_list_t *one, const mc_list_t *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (!is_same_record(field->child, (const char *)one->items + i * field->child->size,
                            (const char *)other->items + i * field->child->size))
            return false;
    return true;
}

static bool
is_same_field(const mc_field_t *field, const void *one, const void *other)
{
    switch (field->kind) {
    case MC_TEXT_KIND:
    case MC_JSON_KIND:
        return mc_text_equals(*(const mc_text_t *)one, *(const mc_text_t *)other);
    case MC_BOOL_KIND:
        return *(const bool *)one == *(const bool *)other;
    case MC_UUID_KIND:
        return !memcmp(one, other, sizeof(mc_uuid_t));
    case MC_RECORD_KIND:
    case MC_LIST_KIND:
        return is_same_list(field, one, other);
    default:
        return !memcmp(one, other, sizeof(int64_t));
    }
}

static bool
is_same_record(const mc_shape_t *shape, const void *one, const void *other)
{
    if (*(const uint64_t *)one != *(const uint64_t *)other)
        return false;
    for (size_t i = 0; i < shape->field_count; i++)
        if (mc_record_has(one, i) &&
            !is_same_field(&shape->fields[i], mc_record_member(one, &shape->fields[i]),
                           mc_record_member(other, &shape->fields[i])))
            return false;
    return true;
}

#endif
