/*
 *  test_trigger_rules - sums of the last minute, prompts that come again, words
 */
#include <criterion/criterion.h>

#include "services/control/trigger_rules.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1800000000) * SECOND)

Test(trigger_rules, sum_the_last_minute)
{
    control_minute_t minute = {0};
    control_minute_add(&minute, NOW, 5);
    control_minute_add(&minute, NOW + 30 * SECOND, 7);
    cr_expect_eq(control_minute_sum(&minute, NOW + 30 * SECOND), 12);
    cr_expect_eq(control_minute_sum(&minute, NOW + 59 * SECOND), 12);
    cr_expect_eq(control_minute_sum(&minute, NOW + 60 * SECOND), 7, "the first is over");
    cr_expect_eq(control_minute_sum(&minute, NOW + 90 * SECOND), 0);
}

Test(trigger_rules, leave_out_what_is_old_when_it_comes)
{
    control_minute_t minute = {0};
    control_minute_add(&minute, NOW, 5);
    control_minute_add(&minute, NOW - 20 * SECOND, 1);
    control_minute_add(&minute, NOW - 60 * SECOND, 100);
    control_minute_add(&minute, NOW - 86400 * SECOND, 100);
    cr_expect_eq(control_minute_sum(&minute, NOW), 6);
    control_minute_add(&minute, NOW + 86400 * SECOND, 2);
    cr_expect_eq(control_minute_sum(&minute, NOW + 86400 * SECOND), 2);
}

Test(trigger_rules, count_a_prompt_within_its_window)
{
    control_prompts_t prompts = {0};
    for (int i = 1; i <= 4; i++)
        cr_expect_eq(control_prompts_take(&prompts, 7, NOW + i * SECOND, 100 * SECOND), i);
    cr_expect_eq(control_prompts_take(&prompts, 8, NOW, 100 * SECOND), 1, "another has its own");
    cr_expect_eq(control_prompts_take(&prompts, 7, NOW + 60 * SECOND, 100 * SECOND), 5);
    cr_expect_eq(control_prompts_take(&prompts, 7, NOW + 120 * SECOND, 100 * SECOND), 2,
                 "the first four are over");
    cr_expect_eq(control_prompts_take(&prompts, 7, NOW, 100 * SECOND), 0, "that is long ago");
    cr_expect_eq(control_prompts_take(&prompts, 7, NOW + 900 * SECOND, 100 * SECOND), 1);
}

Test(trigger_rules, say_a_prompt_once_until_it_was_quiet)
{
    control_prompts_t prompts = {0};
    control_prompts_take(&prompts, 7, NOW, 100 * SECOND);
    control_prompts_fired(&prompts, 7);
    for (int i = 1; i < 10; i++)
        cr_expect_eq(control_prompts_take(&prompts, 7, NOW + i * 50 * SECOND, 100 * SECOND), 0);
    cr_expect_eq(control_prompts_take(&prompts, 7, NOW + 700 * SECOND, 100 * SECOND), 1);
}

Test(trigger_rules, remember_so_many_prompts_and_no_more)
{
    control_prompts_t prompts = {0};
    for (uint64_t i = 0; i < CONTROL_PROMPTS_MAX; i++)
        control_prompts_take(&prompts, i, NOW + (int64_t)i, 100 * SECOND);
    cr_expect_eq(control_prompts_take(&prompts, 0, NOW + 100, 100 * SECOND), 2);
    control_prompts_take(&prompts, 999, NOW + 101, 100 * SECOND); /* 1 makes room */
    cr_expect_eq(prompts.count, CONTROL_PROMPTS_MAX);
    cr_expect_eq(control_prompts_take(&prompts, 0, NOW + 102, 100 * SECOND), 3);
    cr_expect_eq(control_prompts_take(&prompts, 1, NOW + 103, 100 * SECOND), 1);
}

static const struct {
    const char *payload;
    bool is_there;
    uint64_t hash;
} payloads[] = {
    {"{\"callId\":\"x\",\"promptHash\":\"00000000000000ff\"}", true, 255},
    {"{\"promptHash\":\"fedcba9876543210\",\"stream\":true}", true, 0xfedcba9876543210U},
    {"{\"promptHash\":\"FEDCBA9876543210\"}", false, 0},
    {"{\"promptHash\":\"fedcba987654321\"}", false, 0},
    {"{\"promptHash\":\"fedcba98765432100\"}", false, 0},
    {"{\"promptHash\":\"fedcba98", false, 0},
    {"{\"text\":\"\\\"promptHash\\\":\\\"fedcba9876543210\\\"\"}", false, 0},
    {"{}", false, 0},
    {"", false, 0},
};

Test(trigger_rules, find_the_hash_in_a_payload)
{
    for (size_t i = 0; i < MC_COUNT(payloads); i++) {
        uint64_t hash = 0;
        cr_expect_eq(control_prompt_hash(mc_text(payloads[i].payload), &hash), payloads[i].is_there,
                     "%s", payloads[i].payload);
        cr_expect_eq(hash, payloads[i].hash);
    }
}

Test(trigger_rules, know_their_words)
{
    control_mode_t mode = CONTROL_TRIGGER_OFF;
    cr_expect_eq(control_mode_read("enforce", &mode), 0);
    cr_expect_eq(mode, CONTROL_TRIGGER_ENFORCE);
    cr_expect_eq(control_mode_read("Enforce", &mode), -1);
    for (int i = 0; i < CONTROL_TRIGGER_COUNT; i++)
        cr_expect_eq(control_trigger_find(mc_text(control_trigger_name((control_trigger_t)i))), i);
    cr_expect_eq(control_trigger_find(MC_TEXT("thunder")), CONTROL_TRIGGER_COUNT);
}
