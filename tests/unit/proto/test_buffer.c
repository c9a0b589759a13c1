/*
 *  test_buffer - bytes that grow at the end, up to a maximum
 */
#include "proto/buffer.h"

#include <criterion/criterion.h>

static mc_buffer_t buffer;

static void
tear_down(void)
{
    mc_buffer_clear(&buffer);
}

TestSuite(buffer, .fini = tear_down);

Test(buffer, an_all_zero_buffer_is_empty_and_usable)
{
    cr_expect_eq(mc_buffer_content(&buffer).size, 0);
    mc_buffer_string(&buffer, "one");
    mc_buffer_byte(&buffer, ' ');
    mc_buffer_text(&buffer, MC_TEXT("two"));
    mc_buffer_printf(&buffer, " %d", 3);
    cr_expect(mc_text_is(mc_buffer_content(&buffer), "one two 3"));
}

Test(buffer, prints_texts_of_any_length_whole)
{
    size_t size = 0;
    for (int length = 1; length < 100; length++) {
        mc_buffer_printf(&buffer, "%0*d", length, 5);
        size += (size_t)length;
        cr_assert_eq(buffer.size, size);
        cr_assert_eq(buffer.data[size - 1], '5');
    }
    cr_expect_eq(memchr(buffer.data, '\0', size), NULL);
}

Test(buffer, integers_are_big_endian)
{
    mc_buffer_u16(&buffer, 0x0102);
    mc_buffer_u32(&buffer, 0x03040506);
    mc_buffer_u64(&buffer, UINT64_C(0x0708090a0b0c0d0e));
    cr_assert_eq(buffer.size, 14);
    for (size_t i = 0; i < buffer.size; i++)
        cr_expect_eq(buffer.data[i], (char)(i + 1));
}

Test(buffer, what_does_not_fit_is_dropped_and_said)
{
    mc_buffer_init(&buffer, 4);
    mc_buffer_string(&buffer, "abc");
    cr_expect(!buffer.is_full);
    mc_buffer_string(&buffer, "de");
    cr_expect(buffer.is_full);
    mc_buffer_string(&buffer, "f");
    cr_expect(mc_text_is(mc_buffer_content(&buffer), "abc"), "nothing follows a gap");
    mc_buffer_reset(&buffer);
    mc_buffer_string(&buffer, "abcd");
    cr_expect(!buffer.is_full);
    cr_expect_null(mc_buffer_room(&buffer, 1));
}

Test(buffer, room_is_written_by_the_caller)
{
    char *room = mc_buffer_room(&buffer, 1000);
    memcpy(room, "xy", 2);
    buffer.size += 2;
    cr_expect(mc_text_is(mc_buffer_content(&buffer), "xy"));
}

Test(buffer, grows_far_beyond_its_first_bytes)
{
    for (int i = 0; i < 100000; i++)
        mc_buffer_byte(&buffer, (uint8_t)i);
    cr_assert_eq(buffer.size, 100000);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq((uint8_t)buffer.data[i], (uint8_t)i);
}
