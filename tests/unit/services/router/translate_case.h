/*
 *  translate_case - rows of translations: what comes in, and what must come out where
 *
 *  Documents are written with ' for ". A row looks at one place of what was made:
 *  names and indexes with dots between, "" for the whole. Order counts.
 */
#ifndef TRANSLATE_CASE_H
#define TRANSLATE_CASE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/router/translate.h"

typedef struct {
    const char *sentence;
    const char *body;
    const char *place;
    const char *expected; /* NULL: nothing stands there */
    const char *warning;  /* that must be among them; NULL: there is none; "*": any */
} translate_row_t;

typedef struct {
    const char *sentence;
    const char *body;
    const char *field;
    const char *words; /* that stand in the message */
} refuse_row_t;

static mc_json_parser_t *parser;
static mc_json_parser_t *other_parser;

static void
open_case(void)
{
    parser = mc_json_parser_new();
    other_parser = mc_json_parser_new();
}

static void
close_case(void)
{
    mc_json_parser_destroy(&parser);
    mc_json_parser_destroy(&other_parser);
}

static inline router_translation_options_t
options_of(router_dialect_t client, router_dialect_t upstream)
{
    return (router_translation_options_t){
        .client = client,
        .upstream = upstream,
        .model = MC_TEXT("real-model"),
        .client_model = MC_TEXT("asked-model"),
        .output_tokens_max = 32000,
        .has_structured_output = true,
        .takes_completion_limit = true,
        .now_s = 1750000000,
    };
}

/* With " for '; the caller frees it. */
static inline char *
quoted(const char *text)
{
    char *copy = strdup(text);
    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

static inline bool
step_into(mc_json_t value, mc_text_t name, mc_json_t *ret_value)
{
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    bool is_array = mc_json_kind(value) == MC_JSON_ARRAY;
    long wanted = is_array ? strtol(name.data, NULL, 10) : -1;
    for (long i = 0; mc_json_next(&iter, &key, ret_value); i++)
        if (is_array ? i == wanted : mc_text_equals(key, name))
            return true;
    return false;
}

static inline bool
find_place(mc_json_t root, const char *place, mc_json_t *ret_value)
{
    *ret_value = root;
    while (*place) {
        mc_json_kind_t kind = mc_json_kind(*ret_value);
        if (kind != MC_JSON_ARRAY && kind != MC_JSON_OBJECT)
            return false;
        size_t size = strcspn(place, ".");
        if (!step_into(*ret_value, (mc_text_t){place, size}, ret_value))
            return false;
        place += size + (place[size] == '.');
    }
    return true;
}

/* What stands at the place, written compactly; NULL where nothing stands. The caller frees it. */
static inline char *
written_at(mc_text_t document, const char *place)
{
    mc_json_t root, value;
    mc_refusal_t refusal = {0};
    cr_assert_eq(mc_json_parse(other_parser, document, &root, &refusal), 0, "%s: %.*s",
                 refusal.message, MC_FMT(document));
    if (!find_place(root, place, &value))
        return NULL;
    mc_buffer_t out = {0};
    mc_json_write(value, &out);
    char *text = strndup(out.data, out.size);
    mc_buffer_clear(&out);
    return text;
}

static inline void
expect_at(const char *sentence, mc_text_t made, const char *place, const char *expected)
{
    char *found = written_at(made, place);
    char *wanted = NULL;
    if (expected) {
        char *text = quoted(expected);
        wanted = written_at(mc_text(text), "");
        free(text);
    }
    bool is_same = found && wanted ? strcmp(found, wanted) == 0 : found == wanted;
    cr_expect(is_same, "%s\n at %s\n made   %s\n wanted %s\n of %.*s", sentence, place,
              found ? found : "nothing", wanted ? wanted : "nothing", MC_FMT(made));
    free(found);
    free(wanted);
}

static inline void
expect_warning(const char *sentence, mc_text_t warnings, const char *wanted)
{
    if (!wanted)
        cr_expect_eq(warnings.size, 0, "%s: warns %.*s", sentence, MC_FMT(warnings));
    else if (strcmp(wanted, "*") != 0)
        cr_expect(warnings.size > 0 && memmem(warnings.data, warnings.size, wanted, strlen(wanted)),
                  "%s: warns \"%.*s\", not of %s", sentence, MC_FMT(warnings), wanted);
}

static inline void
expect_request(const router_translation_options_t *options, const translate_row_t *row)
{
    MC_AUTO(router_translation) translation = router_translation_new(options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    char *body = quoted(row->body);
    int outcome = router_translation_request(translation, parser, mc_text(body), &out, &refusal);
    cr_expect_eq(outcome, 0, "%s: %s", row->sentence, refusal.message);
    if (outcome == 0) {
        expect_at(row->sentence, mc_buffer_content(&out), row->place, row->expected);
        expect_warning(row->sentence, router_translation_warnings(translation), row->warning);
    }
    mc_buffer_clear(&out);
    free(body);
}

static inline void
expect_refusal(const router_translation_options_t *options, const refuse_row_t *row)
{
    MC_AUTO(router_translation) translation = router_translation_new(options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    char *body = quoted(row->body);
    int outcome = router_translation_request(translation, parser, mc_text(body), &out, &refusal);
    cr_expect_eq(outcome, MC_REFUSED, "%s: was taken: %.*s", row->sentence,
                 MC_FMT(mc_buffer_content(&out)));
    if (outcome == MC_REFUSED) {
        cr_expect_str_eq(refusal.field, row->field, "%s: %s", row->sentence, refusal.message);
        cr_expect(strstr(refusal.message, row->words), "%s: %s", row->sentence, refusal.message);
    }
    mc_buffer_clear(&out);
    free(body);
}

#define EXPECT_REQUESTS(options, rows)                                                             \
    for (size_t i = 0; i < MC_COUNT(rows); i++)                                                    \
    expect_request(options, &(rows)[i])
#define EXPECT_REFUSALS(options, rows)                                                             \
    for (size_t i = 0; i < MC_COUNT(rows); i++)                                                    \
    expect_refusal(options, &(rows)[i])

#endif
