/*
 *  test_json_round_trip - what codec_json writes, common/json reads as the same record
 */
#include "common/json.h"
#include "random_record.h"

#include <criterion/criterion.h>

#define EXACT_NANOUSD INT64_C(1000000000000000) /* a million dollars: within 53 bits as JSON */

static void prune_record(const mc_shape_t *shape, void *record);

static void
prune_list(const mc_field_t *field, const mc_list_t *list)
{
    for (size_t i = 0; i < list->count; i++)
        prune_record(field->child, (char *)list->items + i * field->child->size);
}

/* Takes away what JSON does not carry both ways. */
static void
prune_record(const mc_shape_t *shape, void *record)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        int64_t *member = mc_record_member(record, field);
        if (field->rule == MC_ASSIGNED || field->rule == MC_INTERNAL || field->rule == MC_SECRET ||
            field->rule == MC_INBOUND)
            mc_record_forget(record, i);
        if (field->kind == MC_MONEY_KIND)
            *member %= EXACT_NANOUSD;
        if (field->child && mc_record_has(record, i))
            prune_list(field, (const mc_list_t *)member);
    }
}

static void
expect_round_trip(const mc_shape_t *shape, filler_t *filler, mc_json_parser_t *parser)
{
    void *written = mc_arena_alloc(filler->arena, shape->size);
    void *read = mc_arena_alloc(filler->arena, shape->size);
    mc_refusal_t refusal = {0};
    mc_buffer_t json = {0};
    mc_json_t root;
    fill_record(filler, shape, written);
    prune_record(shape, written);
    mc_write_json(shape, written, &json);

    int result = mc_json_parse(parser, mc_buffer_content(&json), &root, &refusal);
    cr_assert_eq(result, 0, "%s: %s", shape->name, refusal.message);
    result = mc_json_read(shape, root, filler->arena, true, read, &refusal);
    cr_assert_eq(result, 0, "%s: %s", shape->name, refusal.message);
    cr_assert(is_same_record(shape, written, read), "%s came back changed from %.*s", shape->name,
              MC_FMT(mc_buffer_content(&json)));
    mc_buffer_clear(&json);
}

static void
expect_all(uint64_t seed, bool is_whole)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    filler_t filler = {.state = seed, .arena = arena, .is_whole = is_whole};
    for (size_t i = 0; i < mc_shape_count; i++)
        for (int round = 0; round < 20; round++)
            expect_round_trip(mc_shapes[i], &filler, parser);
}

Test(json_round_trip, every_shape_comes_back_with_all_its_fields)
{
    expect_all(4242, true);
}

Test(json_round_trip, every_shape_comes_back_with_only_what_it_must_have)
{
    expect_all(17, false);
}
