/*
 *  test_arena - memory that is given back all at once
 */
#include "proto/arena.h"

#include <criterion/criterion.h>

static mc_arena_t *arena;

static void
set_up(void)
{
    arena = mc_arena_new();
}

static void
tear_down(void)
{
    mc_arena_destroy(&arena);
    cr_expect_null(arena);
    mc_arena_destroy(&arena);
}

TestSuite(arena, .init = set_up, .fini = tear_down);

Test(arena, gives_zeroed_aligned_memory_of_any_size)
{
    static const size_t sizes[] = {1, 15, 16, 17, 4000, 16384, 16385, 1000000, 3};
    for (size_t i = 0; i < MC_COUNT(sizes); i++) {
        char *memory = mc_arena_alloc(arena, sizes[i]);
        cr_expect_eq((uintptr_t)memory % 16, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            cr_assert_eq(memory[j], 0);
        memset(memory, 0xff, sizes[i]);
    }
}

Test(arena, copies_text_with_a_nul_behind)
{
    mc_text_t text = mc_arena_text(arena, MC_TEXT("abc"));
    cr_expect_str_eq(text.data, "abc");
    cr_expect_eq(text.size, 3);
    text = mc_arena_text(arena, (mc_text_t){NULL, 0});
    cr_expect_str_eq(text.data, "");
    text = mc_arena_printf(arena, "%s-%d", "x", 7);
    cr_expect(mc_text_is(text, "x-7"));
}

Test(arena, begins_anew_when_cleared)
{
    mc_arena_alloc(arena, 100000);
    mc_arena_alloc(arena, 100);
    cr_expect_geq(mc_arena_used(arena), 100100);
    mc_arena_clear(arena);
    cr_expect_eq(mc_arena_used(arena), 0);
    memset(mc_arena_alloc(arena, 50), 1, 50);
    cr_expect_geq(mc_arena_used(arena), 50);
}

Test(arena, prints_texts_of_any_length_whole)
{
    for (int length = 0; length < 600; length += 7) {
        mc_text_t text = mc_arena_printf(arena, "%0*d|", length + 1, 5);
        cr_assert_eq(text.size, (size_t)length + 2);
        cr_assert_eq(text.data[length], '5');
        cr_assert_eq(text.data[length + 1], '|');
        cr_assert_eq(text.data[text.size], '\0');
    }
    cr_expect_eq(mc_arena_printf(arena, "%*d", 40000, 1).size, 40000);
}
