/*
 *  test_redact_rules - the tables of the redactor against themselves
 *
 *  Positive cases are made from the patterns, with characters in a fixed random
 *  order; negative ones are the near misses of the table.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/redact.h"
#include "common/redact/redact_filter.h"
#include "common/redact/redact_name.h"
#include "common/redact/redact_pattern.h"
#include "common/redact/redact_value.h"

#define SAMPLES 8
#define SAMPLE_BYTES_MAX 1024

static uint64_t random_state = 1;

static uint32_t
next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33);
}

static char
random_of(char class)
{
    for (;;) {
        char byte = (char)('!' + next_random() % ('~' - '!' + 1));
        if (mc_redact_class_has(class, byte))
            return byte;
    }
}

/* Text that the pattern matches; a class without an upper bound gets a few more than it needs. */
static void
make_sample(const char *pattern, char ret_sample[SAMPLE_BYTES_MAX])
{
    mc_redact_item_t item;
    size_t size = 0;
    while (mc_redact_pattern_next(&pattern, &item)) {
        size_t count = item.min + (item.max > item.min ? next_random() % 3 : 0);
        count = count > item.max ? item.max : count;
        for (size_t i = 0; i < count; i++)
            ret_sample[size++] = item.class ? random_of(item.class) : item.literal;
    }
    ret_sample[size] = '\0';
}

/* A JWT's header and the base64 of a key's first line cannot be left to chance. */
static void
make_proven(mc_redact_check_t check, const char *pattern, char ret_sample[SAMPLE_BYTES_MAX])
{
    char tail[SAMPLE_BYTES_MAX];
    make_sample(check == MC_REDACT_JWT ? ".eyJ%U{20,}.%U{43}" : "%A{60}", tail);
    if (check == MC_REDACT_JWT && strstr(pattern, "ewog"))
        snprintf(ret_sample, SAMPLE_BYTES_MAX, "ewogICJhbGciOiAiSFMyNTYiCn0%.900s", tail);
    else if (check == MC_REDACT_JWT)
        snprintf(ret_sample, SAMPLE_BYTES_MAX, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9%.900s", tail);
    else if (check == MC_REDACT_PEM64)
        snprintf(ret_sample, SAMPLE_BYTES_MAX, "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t%.900s", tail);
    else
        make_sample(pattern, ret_sample);
}

Test(redact_rules, mask_what_their_patterns_describe)
{
    static const char *const carriers[] = {
        "%s",       "the key is %s, keep it",    "x=%s&y=1",   "\"%s\"",
        "(%s)",     "first line\n%s\nlast",      "a\\n%s\\nb", "\x1b[32m%s\x1b[0m",
        "[\"%s\"]", "https://example.org/?q=%s",
    };
    mc_redact_t *redact = mc_redact_new(NULL);
    mc_buffer_t out = {0};
    for (size_t rule = 0; rule < MC_REDACT_SHAPES; rule++)
        for (int i = 0; i < SAMPLES; i++)
            for (size_t k = 0; k < MC_COUNT(carriers); k++) {
                const mc_redact_shape_t *shape = &mc_redact_shapes[rule];
                char sample[SAMPLE_BYTES_MAX], text[SAMPLE_BYTES_MAX + 100];
                make_proven(shape->check, shape->pattern, sample);
                snprintf(text, sizeof text, carriers[k], sample);
                mc_text_t result;
                mc_buffer_reset(&out);
                mc_redact_text(redact, mc_text(text), &out, &result, NULL);
                cr_expect(!memmem(result.data, result.size, sample, strlen(sample)) &&
                              memmem(result.data, result.size, "[REDACTED:", 10),
                          "%s: %s gave %.*s", shape->id, text, MC_FMT(result));
            }
    mc_buffer_clear(&out);
    mc_redact_destroy(&redact);
}

Test(redact_rules, leave_their_near_misses)
{
    mc_redact_t *redact = mc_redact_new(NULL);
    mc_buffer_t out = {0};
    for (size_t rule = 0; rule < MC_REDACT_SHAPES; rule++) {
        mc_text_t text = mc_text(mc_redact_shapes[rule].near_miss), result;
        mc_redact_text(redact, text, &out, &result, NULL);
        cr_expect(mc_text_equals(result, text), "%s: %s gave %.*s", mc_redact_shapes[rule].id,
                  text.data, MC_FMT(result));
    }
    mc_buffer_clear(&out);
    mc_redact_destroy(&redact);
}

Test(redact_rules, have_literals_that_are_in_their_patterns)
{
    for (size_t rule = 0; rule < MC_REDACT_SHAPES; rule++) {
        const mc_redact_shape_t *shape = &mc_redact_shapes[rule];
        cr_expect(strstr(shape->pattern, shape->literal), "%s", shape->id);
        cr_expect(*shape->family && *shape->near_miss, "%s", shape->id);
    }
}

Test(redact_rules, have_names_of_their_own)
{
    for (size_t one = 0; one < MC_REDACT_BUILT_IN; one++)
        for (size_t other = one + 1; other < MC_REDACT_BUILT_IN; other++)
            cr_expect_str_neq(mc_redact_rule_id(one), mc_redact_rule_id(other));
}

Test(redact_names, are_sorted_by_their_bytes)
{
    for (size_t i = 1; i < mc_redact_name_count; i++)
        cr_expect_lt(strcmp(mc_redact_name_rows[i - 1], mc_redact_name_rows[i]), 0, "%s",
                     mc_redact_name_rows[i]);
}

/* A name that the filter does not see would never be looked up. */
Test(redact_names, are_all_seen_by_the_filter)
{
    for (size_t i = 0; i < mc_redact_name_count; i++) {
        const char *name = mc_redact_name_rows[i];
        bool is_seen = mc_redact_name(mc_text(name)).strength == MC_REDACT_NOT_SECRET;
        for (const char *const *part = mc_redact_name_parts; *part && !is_seen; part++)
            is_seen = strstr(name, *part) != NULL;
        cr_expect(is_seen, "%s", name);
    }
}

static const struct {
    const char *name;
    mc_redact_strength_t strength;
} spellings[] = {
    {"password", MC_REDACT_ALWAYS},
    {"PASSWORD", MC_REDACT_ALWAYS},
    {"db_password", MC_REDACT_ALWAYS},
    {"dbPassword2", MC_REDACT_ALWAYS},
    {"dbpassword", MC_REDACT_ALWAYS},
    {"spring.datasource.password", MC_REDACT_ALWAYS},
    {"ｐａｓｓｗｏｒｄ", MC_REDACT_ALWAYS},
    {"passwd", MC_REDACT_ALWAYS},
    {"apiKey", MC_REDACT_ALWAYS},
    {"APIKey", MC_REDACT_ALWAYS},
    {"api-key", MC_REDACT_ALWAYS},
    {"API KEY", MC_REDACT_ALWAYS},
    {"X-Api-Key", MC_REDACT_ALWAYS},
    {"apikey", MC_REDACT_ALWAYS},
    {"openai_api_key", MC_REDACT_ALWAYS},
    {"client_secret", MC_REDACT_ALWAYS},
    {"clientSecret", MC_REDACT_ALWAYS},
    {"aws_secret_access_key", MC_REDACT_ALWAYS},
    {"accessToken", MC_REDACT_ALWAYS},
    {"refresh_token", MC_REDACT_ALWAYS},
    {"X-CSRF-Token", MC_REDACT_ALWAYS},
    {"private_key", MC_REDACT_ALWAYS},
    {"private_key_id", MC_REDACT_ALWAYS},
    {"Authorization", MC_REDACT_ALWAYS},
    {"Proxy-Authorization", MC_REDACT_ALWAYS},
    {"Set-Cookie", MC_REDACT_ALWAYS},
    {"connectionString", MC_REDACT_ALWAYS},
    {"sessionId", MC_REDACT_ALWAYS},
    {"PHPSESSID", MC_REDACT_ALWAYS},
    {"otp", MC_REDACT_ALWAYS},
    {"mfaCode", MC_REDACT_ALWAYS},
    {"code_verifier", MC_REDACT_ALWAYS},
    {"jwt", MC_REDACT_ALWAYS},
    {"x-vault-token", MC_REDACT_ALWAYS},
    {"x-amz-security-token", MC_REDACT_ALWAYS},
    {"passwords", MC_REDACT_PLURAL},
    {"secrets", MC_REDACT_PLURAL},
    {"token", MC_REDACT_OPAQUE},
    {"auth", MC_REDACT_OPAQUE},
    {"signature", MC_REDACT_OPAQUE},
    {"key", MC_REDACT_OPAQUE_NO_UUID},
    {"state", MC_REDACT_OPAQUE_NO_UUID},
    {"hash", MC_REDACT_OPAQUE_NO_HEX},
    {"max_tokens", MC_REDACT_NOT_SECRET},
    {"input_tokens", MC_REDACT_NOT_SECRET},
    {"tokenCount", MC_REDACT_NOT_SECRET},
    {"token_type", MC_REDACT_NOT_SECRET},
    {"tokenizer", MC_REDACT_NOT_SECRET},
    {"progressToken", MC_REDACT_NOT_SECRET},
    {"nextPageToken", MC_REDACT_NOT_SECRET},
    {"token_endpoint", MC_REDACT_NOT_SECRET},
    {"passwordPolicy", MC_REDACT_NOT_SECRET},
    {"password_url", MC_REDACT_NOT_SECRET},
    {"secretName", MC_REDACT_NOT_SECRET},
    {"secretRef", MC_REDACT_NOT_SECRET},
    {"password_file", MC_REDACT_NOT_SECRET},
    {"publicKey", MC_REDACT_NOT_SECRET},
    {"primary_key", MC_REDACT_NOT_SECRET},
    {"cacheKey", MC_REDACT_NOT_SECRET},
    {"idempotency-key", MC_REDACT_NOT_SECRET},
    {"keyboard", MC_REDACT_NOT_SECRET},
    {"monkey", MC_REDACT_NOT_SECRET},
    {"author", MC_REDACT_NOT_SECRET},
    {"authorized", MC_REDACT_NOT_SECRET},
    {"authenticated", MC_REDACT_NOT_SECRET},
    {"passenger", MC_REDACT_NOT_SECRET},
    {"compass", MC_REDACT_NOT_SECRET},
    {"bypass", MC_REDACT_NOT_SECRET},
    {"status_code", MC_REDACT_NOT_SECRET},
    {"access_key_id", MC_REDACT_NOT_SECRET},
    {"secretary", MC_REDACT_NOT_SECRET},
    {"", MC_REDACT_NOT_SECRET},
};

Test(redact_names, are_told_in_every_spelling)
{
    for (size_t i = 0; i < MC_COUNT(spellings); i++)
        cr_expect_eq(mc_redact_name(mc_text(spellings[i].name)).strength, spellings[i].strength,
                     "%s: %d", spellings[i].name,
                     (int)mc_redact_name(mc_text(spellings[i].name)).strength);
}

Test(redact_values, are_told_from_words)
{
    static const struct {
        const char *value;
        bool is_opaque;
    } cases[] = {
        {"abc123def456", true},
        {"9f8e7d6c-5b4a-4321-8765-0123456789ab", true},
        {"d41d8cd98f00b204e9800998ecf8427e", true},
        {"QmFzZTY0IHZhbHVl", true},
        {"tok_1a2b3c4d5e", true},
        {"xYzAbCdEfGhIjKlMn", true},
        {"short1", false},
        {"running", false},
        {"INVALID_ARGUMENT", false},
        {"getUserByName", false},
        {"prod-us-east-1", false},
        {"claude-3-5-sonnet-20241022", false},
        {"user:42:profile", false},
        {"12345678901", false},
        {"2024-01-05T10:11:12", false},
        {"https://example.org/a1b2c3d4", false},
        {"/usr/lib/x86_64", false},
        {"item1234", false},
        {"two words 12", false},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++)
        cr_expect_eq(mc_redact_is_opaque(mc_text(cases[i].value)), cases[i].is_opaque, "%s",
                     cases[i].value);
}

Test(redact_values, are_told_from_placeholders)
{
    static const char *const placeholders[] = {
        "${API_KEY}",      "$API_KEY",
        "{{ secret }}",    "<your-key>",
        "%(password)s",    "****",
        "xxxxxxxx",        "XXXX-XXXX",
        "your-api-key",    "YOUR_TOKEN_HERE",
        "changeme",        "[token]",
        "0000000000",      "__TOKEN__",
        "[REDACTED:jwt]",  "[REDACTED:a][REDACTED:b]",
        "process.env.KEY", "AKIAEXAMPLE",
    };
    static const char *const secrets[] = {"hunter2", "[REDACTED:a]b", "pass$word1", "aaabbbccc1"};
    for (size_t i = 0; i < MC_COUNT(placeholders); i++)
        cr_expect(mc_redact_is_placeholder(mc_text(placeholders[i])), "%s", placeholders[i]);
    for (size_t i = 0; i < MC_COUNT(secrets); i++)
        cr_expect_not(mc_redact_is_placeholder(mc_text(secrets[i])), "%s", secrets[i]);
}
