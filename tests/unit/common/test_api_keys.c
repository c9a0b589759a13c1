/*
 *  test_api_keys - keys are made, known again, refused, saved and restored
 */
#include "common/api_keys.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>

#include "common/service.h"

#define HEADER_BYTES 128

static mc_api_key_t
row_of(const mc_api_key_secret_t *secret, const char *role)
{
    mc_api_key_t row = {0};
    mc_set(&row, api_key, id, mc_text(secret->id));
    mc_set(&row, api_key, name, MC_TEXT("test"));
    mc_set(&row, api_key, role, mc_text(role));
    mc_set(&row, api_key, created_at, 1);
    mc_set(&row, api_key, secret_hash, mc_text(secret->hash));
    return row;
}

static const mc_api_key_t *
verify(mc_api_keys_t *keys, const char *scheme, const char *text)
{
    char header[HEADER_BYTES];
    snprintf(header, sizeof header, "%s%s", scheme, text);
    return mc_api_keys_verify(keys, mc_text(header));
}

Test(api_keys, a_key_has_its_form_and_its_hash_is_of_the_secret_part)
{
    mc_api_key_secret_t secret;
    cr_assert(sodium_init() >= 0);
    mc_api_key_make(&secret);
    cr_expect_eq(strlen(secret.text), 45);
    cr_expect_eq(strncmp(secret.text, "mck_", 4), 0);
    cr_expect_eq(strncmp(secret.text + 4, secret.id, 8), 0);
    cr_expect_eq(secret.text[12], '_');
    cr_expect_null(strstr(secret.hash, secret.text + 13));
    unsigned char digest[32];
    char hex[65];
    crypto_hash_sha256(digest, (const unsigned char *)secret.text + 13, 32);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    cr_expect_str_eq(hex, secret.hash);
}

Test(api_keys, only_the_whole_key_opens)
{
    mc_api_key_secret_t secrets[3];
    mc_api_key_t rows[3];
    MC_AUTO(mc_api_keys) keys = mc_api_keys_new();
    for (size_t i = 0; i < 3; i++) {
        mc_api_key_make(&secrets[i]);
        rows[i] = row_of(&secrets[i], i ? "viewer" : "agent");
    }
    cr_expect(!mc_api_keys_is_loaded(keys));
    cr_expect_null(verify(keys, "Bearer ", secrets[0].text));
    mc_api_keys_take(keys, (mc_list_t){rows, 3});
    cr_expect(mc_api_keys_is_loaded(keys));

    for (size_t i = 0; i < 3; i++) {
        const mc_api_key_t *key = verify(keys, "Bearer ", secrets[i].text);
        cr_assert(key);
        cr_expect(mc_text_is(key->id, secrets[i].id));
        cr_expect(verify(keys, "bearer  ", secrets[i].text));
        for (size_t at = 0; at < strlen(secrets[i].text); at++) {
            char wrong[64];
            strcpy(wrong, secrets[i].text);
            wrong[at] = wrong[at] == 'x' ? 'y' : 'x';
            cr_expect_null(verify(keys, "Bearer ", wrong), "byte %zu", at);
        }
    }
    static const char *const others[] = {"",          "Bearer", "Bearer ",
                                         "Basic abc", "mck_",   "Bearer mck_"};
    for (size_t i = 0; i < MC_COUNT(others); i++)
        cr_expect_null(mc_api_keys_verify(keys, mc_text(others[i])), "%s", others[i]);
}

Test(api_keys, a_key_taken_back_opens_nothing_and_counts_for_nothing)
{
    mc_api_key_secret_t secret;
    MC_AUTO(mc_api_keys) keys = mc_api_keys_new();
    mc_api_key_make(&secret);
    mc_api_key_t row = row_of(&secret, "agent");
    mc_api_keys_put(keys, &row);
    cr_expect(verify(keys, "Bearer ", secret.text));
    cr_expect(mc_api_keys_has_agent_key(keys));
    cr_expect(mc_api_keys_find(keys, mc_text(secret.id)));

    mc_set(&row, api_key, revoked_at, 2);
    mc_api_keys_put(keys, &row);
    cr_expect_null(verify(keys, "Bearer ", secret.text));
    cr_expect(!mc_api_keys_has_agent_key(keys));
    cr_expect_null(mc_api_keys_find(keys, mc_text(secret.id)));
}

Test(api_keys, knows_whether_agents_need_one)
{
    static const struct {
        const char *role;
        bool is_needed;
    } rows[] = {{"viewer", false}, {"operator", false}, {"admin", false}, {"agent", true}};
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_api_key_secret_t secret;
        MC_AUTO(mc_api_keys) keys = mc_api_keys_new();
        mc_api_key_make(&secret);
        mc_api_key_t row = row_of(&secret, rows[i].role);
        mc_api_keys_put(keys, &row);
        cr_expect_eq(mc_api_keys_has_agent_key(keys), rows[i].is_needed, "%s", rows[i].role);
    }
}

Test(api_keys, a_saved_set_opens_as_the_first_did)
{
    mc_api_key_secret_t secret;
    mc_buffer_t saved = {0};
    mc_refusal_t refusal;
    MC_AUTO(mc_api_keys) keys = mc_api_keys_new();
    MC_AUTO(mc_api_keys) copy = mc_api_keys_new();
    mc_api_key_make(&secret);
    mc_api_key_t row = row_of(&secret, "agent");
    mc_api_keys_put(keys, &row);
    mc_api_keys_save(keys, &saved);
    cr_expect_null(memmem(saved.data, saved.size, secret.text + 13, 32), "no secret is saved");

    cr_assert_eq(mc_api_keys_restore(copy, mc_buffer_content(&saved), &refusal), 0);
    cr_expect(mc_api_keys_is_loaded(copy));
    cr_expect(verify(copy, "Bearer ", secret.text));
    for (size_t size = 0; size < saved.size; size++)
        cr_expect_eq(mc_api_keys_restore(copy, (mc_text_t){saved.data, size}, &refusal),
                     MC_REFUSED);
    cr_expect(verify(copy, "Bearer ", secret.text), "a broken copy changes nothing");
    mc_buffer_clear(&saved);
}
