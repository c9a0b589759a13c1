/*
 *  test_redact_places - where something was masked, by pointer, rule, size and fingerprint
 */
#include <criterion/criterion.h>

#include "common/redact.h"

static const unsigned char key[MC_REDACT_KEY_BYTES] = "the key of a test, of 32 bytes.";
static mc_redact_t *redact;
static mc_redact_places_t *places;
static mc_buffer_t out;

static void
set_up(void)
{
    redact = mc_redact_new(NULL);
    places = mc_redact_places_new(key);
    mc_redact_collect(redact, places);
}

static void
tear_down(void)
{
    mc_buffer_clear(&out);
    mc_redact_destroy(&redact);
    mc_redact_places_destroy(&places);
}

TestSuite(redact_places, .init = set_up, .fini = tear_down);

static void
run(const char *text)
{
    mc_text_t result;
    mc_buffer_reset(&out);
    mc_redact_text(redact, mc_text(text), &out, &result, NULL);
}

static void
expect(size_t index, const char *pointer, const char *rule, size_t size)
{
    cr_assert_lt(index, mc_redact_places_count(places));
    const mc_redact_place_t *place = mc_redact_places_at(places, index);
    cr_expect(mc_text_is(place->pointer, pointer), "%.*s", MC_FMT(place->pointer));
    cr_expect_str_eq(place->rule, rule);
    cr_expect_eq(place->size, size, "%s: %zu", pointer, place->size);
}

Test(redact_places, are_json_pointers)
{
    run("{\"a\":[1,{\"password\":\"hunter2\"}],\"x/y~z\":{\"api_key\":\"k3yOfSomebody99\"}}");
    cr_assert_eq(mc_redact_places_count(places), 2);
    expect(0, "/a/1/password", "password", 7);
    expect(1, "/x~1y~0z/api_key", "api_key", 15);
}

Test(redact_places, lie_behind_a_hash_in_a_document_in_a_string)
{
    run("{\"body\":\"{\\\"login\\\":{\\\"password\\\":\\\"hunter2\\\"}}\"}");
    cr_assert_eq(mc_redact_places_count(places), 1);
    expect(0, "/body#/login/password", "password", 7);
}

Test(redact_places, have_no_pointer_in_plain_text)
{
    run("login with password=hunter2 please");
    cr_assert_eq(mc_redact_places_count(places), 1);
    expect(0, "", "password", 7);
}

Test(redact_places, do_not_show_a_name_that_is_a_secret)
{
    run("{\"AKIAQ3EGZ7Z5VTKWDNPL\":{\"password\":\"hunter2\"}}");
    cr_assert_eq(mc_redact_places_count(places), 2);
    for (size_t i = 0; i < 2; i++) {
        mc_text_t pointer = mc_redact_places_at(places, i)->pointer;
        cr_expect_null(memmem(pointer.data, pointer.size, "AKIAQ3", 6), "%.*s", MC_FMT(pointer));
    }
}

Test(redact_places, know_the_same_secret_again_by_the_key_only)
{
    unsigned char first[MC_REDACT_FINGERPRINT_BYTES];
    run("{\"password\":\"hunter2\"}");
    memcpy(first, mc_redact_places_at(places, 0)->fingerprint, sizeof first);
    run("password=hunter2");
    cr_expect_arr_eq(mc_redact_places_at(places, 0)->fingerprint, first, sizeof first);
    run("password=hunter3");
    cr_expect_arr_neq(mc_redact_places_at(places, 0)->fingerprint, first, sizeof first);
    mc_redact_places_t *others = mc_redact_places_new((const unsigned char *)"another key of a "
                                                                             "test, 32 bytes");
    mc_redact_collect(redact, others);
    run("password=hunter2");
    cr_expect_arr_neq(mc_redact_places_at(others, 0)->fingerprint, first, sizeof first);
    mc_redact_places_destroy(&others);
    mc_redact_collect(redact, NULL);
    run("password=hunter2");
}

Test(redact_places, are_counted_beyond_the_room)
{
    mc_buffer_t text = {0};
    for (size_t i = 0; i < MC_REDACT_PLACES_MAX + 7; i++)
        mc_buffer_printf(&text, "password=hunter%zu\n", i);
    mc_buffer_byte(&text, '\0');
    run((const char *)text.data);
    cr_expect_eq(mc_redact_places_count(places), MC_REDACT_PLACES_MAX);
    cr_expect_eq(mc_redact_places_more(places), 7);
    mc_buffer_clear(&text);
}

Test(redact_places, are_one_for_what_is_dropped_whole)
{
    mc_text_t result;
    mc_redact_json(redact, MC_TEXT("{\"password\":\"hunter2\""), &out, &result, NULL);
    cr_assert_eq(mc_redact_places_count(places), 1);
    expect(0, "", "unreadable", 0);
}
