/*
 *  test_ids - UUIDs that grow, that repeat, and as text
 */
#include "common/clock.h"
#include "common/ids.h"

#include <criterion/criterion.h>

static uint64_t
milliseconds_of(mc_uuid_t uuid)
{
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | uuid.bytes[i];
    return ms;
}

Test(ids, a_new_uuid_is_version_7_of_now)
{
    int64_t before_ms = mc_clock_us() / 1000;
    mc_uuid_t uuid = mc_uuid_new();
    int64_t after_ms = mc_clock_us() / 1000;
    cr_expect_eq(uuid.bytes[6] >> 4, 7);
    cr_expect_eq(uuid.bytes[8] >> 6, 2);
    cr_expect_geq(milliseconds_of(uuid), (uint64_t)before_ms);
    cr_expect_leq(milliseconds_of(uuid), (uint64_t)after_ms);
}

Test(ids, new_uuids_grow_however_fast_they_are_made)
{
    mc_uuid_t last = mc_uuid_new();
    for (int i = 0; i < 50000; i++) {
        mc_uuid_t next = mc_uuid_new();
        cr_assert_gt(memcmp(&next, &last, sizeof next), 0, "the %dth is not above the last", i);
        cr_assert_eq(next.bytes[6] >> 4, 7);
        last = next;
    }
}

Test(ids, the_same_bytes_give_the_same_uuid_for_ever)
{
    static const struct {
        mc_text_t bytes;
        const char *expected;
    } rows[] = {
        {{"", 0}, "cae66941-d9ef-8d40-8e4d-88758ea67670"},
        {{"abc", 3}, "cf4ab791-c62b-8d2b-a109-c90275287816"},
        {{"tier3_tester::task-1\n2024-07-03", 31}, "62b3bda9-6715-8d3e-936d-58958b0714ca"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        char text[MC_UUID_TEXT_SIZE];
        mc_uuid_print(mc_uuid_of(rows[i].bytes), text);
        cr_expect_str_eq(text, rows[i].expected);
    }
}

Test(ids, a_uuid_is_read_as_it_is_printed)
{
    for (int i = 0; i < 100; i++) {
        char text[MC_UUID_TEXT_SIZE];
        mc_uuid_t uuid = mc_uuid_new();
        mc_uuid_t back;
        mc_uuid_print(uuid, text);
        cr_assert_eq(strlen(text), 36);
        cr_assert_eq(mc_uuid_read(mc_text(text), &back), 0);
        cr_assert_arr_eq(&back, &uuid, sizeof uuid);
    }
}

Test(ids, a_uuid_may_come_without_dashes_and_in_capitals)
{
    mc_uuid_t one, other;
    cr_assert_eq(mc_uuid_read(mc_text("0190163d-8694-739b-aea5-966c26f8ad91"), &one), 0);
    cr_assert_eq(mc_uuid_read(mc_text("0190163D8694739BAEA5966C26F8AD91"), &other), 0);
    cr_expect_arr_eq(&one, &other, sizeof one);
}

Test(ids, what_is_no_uuid_is_refused_and_leaves_the_result)
{
    static const char *const rows[] = {
        "",
        "0190163d",
        "0190163d-8694-739b-aea5-966c26f8ad9",
        "0190163d-8694-739b-aea5-966c26f8ad911",
        "0190163d-8694-739b-aea5-966c26f8ad9g",
        "0190163d-8694-739b-aea5_966c26f8ad91",
        "0190163d8-694-739b-aea5-966c26f8ad91",
        "0190163d86947-39baea5966c26f8ad91",
        "{190163d-8694-739b-aea5-966c26f8ad91",
        "------------------------------------",
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_uuid_t uuid = {{42}};
        cr_expect_eq(mc_uuid_read(mc_text(rows[i]), &uuid), MC_REFUSED, "%s", rows[i]);
        cr_expect_eq(uuid.bytes[0], 42);
    }
}

Test(ids, only_the_zero_uuid_is_zero)
{
    cr_expect(mc_uuid_is_zero((mc_uuid_t){{0}}));
    cr_expect(!mc_uuid_is_zero((mc_uuid_t){{[15] = 1}}));
}

Test(ids, the_steady_clock_does_not_go_back)
{
    int64_t last = mc_clock_steady_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = mc_clock_steady_us();
        cr_assert_geq(now, last);
        last = now;
    }
}
