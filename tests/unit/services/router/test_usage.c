/*
 *  test_usage - every recorded usage shape gives its tokens and its cost
 *
 *  Walks tests/fixtures/usage/: a case has a "usage" object, "usages" in turn, a
 *  whole "body" or a "stream", the tokens that must come of it (what is not
 *  named is 0) and the cost in billionths of a dollar, null for unknown.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/router/watch.h"

#define FOLDER "tests/fixtures/usage/"
#define CASES_MIN 60
#define STEPS_MAX 4

static const char *const files[] = {"openai", "responses", "anthropic", "compatible", "wrong"};

typedef struct {
    const char *name;
    size_t offset;
} column_t;

static const column_t token_columns[] = {
    {"input", offsetof(router_usage_t, input)},
    {"cache_read", offsetof(router_usage_t, cache_read)},
    {"cache_write_5m", offsetof(router_usage_t, cache_write_5m)},
    {"cache_write_1h", offsetof(router_usage_t, cache_write_1h)},
    {"audio_input", offsetof(router_usage_t, audio_input)},
    {"output", offsetof(router_usage_t, output)},
    {"reasoning", offsetof(router_usage_t, reasoning)},
    {"audio_output", offsetof(router_usage_t, audio_output)},
    {"web_searches", offsetof(router_usage_t, web_searches)},
};

static const column_t price_columns[] = {
    {"input", offsetof(router_price_t, input)},
    {"output", offsetof(router_price_t, output)},
    {"cache_read", offsetof(router_price_t, cache_read)},
    {"cache_write_5m", offsetof(router_price_t, cache_write_5m)},
    {"cache_write_1h", offsetof(router_price_t, cache_write_1h)},
    {"reasoning", offsetof(router_price_t, reasoning)},
    {"audio_input", offsetof(router_price_t, audio_input)},
    {"audio_output", offsetof(router_price_t, audio_output)},
    {"web_search", offsetof(router_price_t, web_search)},
};

static int64_t
number_of(mc_json_t object, const char *key, int64_t otherwise)
{
    mc_json_t value;
    return mc_json_find(object, key, &value) && mc_json_kind(value) == MC_JSON_INTEGER
               ? mc_json_i64(value)
               : otherwise;
}

static mc_json_t
member(mc_json_t object, const char *key)
{
    mc_json_t value;
    cr_assert(mc_json_find(object, key, &value), "%s is missing", key);
    return value;
}

static size_t
read_steps(mc_json_t prices, mc_text_t name, router_price_step_t steps[STEPS_MAX])
{
    char key[64];
    snprintf(key, sizeof key, "%.*s", MC_FMT(name));
    mc_json_iter_t iter = mc_json_iter(member(prices, key));
    mc_text_t none;
    size_t count = 0;
    for (mc_json_t step; mc_json_next(&iter, &none, &step); count++) {
        steps[count].from_input_tokens = number_of(step, "from", 0);
        for (size_t i = 0; i < MC_COUNT(price_columns); i++)
            *(int64_t *)((char *)&steps[count].price + price_columns[i].offset) =
                number_of(step, price_columns[i].name, ROUTER_PRICE_UNKNOWN);
    }
    return count;
}

static router_dialect_t
dialect_of(mc_text_t name)
{
    for (int dialect = 0; dialect < ROUTER_DIALECT_COUNT; dialect++)
        if (mc_text_is(name, router_dialect_name((router_dialect_t)dialect)))
            return (router_dialect_t)dialect;
    cr_assert(false, "no dialect %.*s", MC_FMT(name));
    return ROUTER_CHAT;
}

static void
feed_stream(router_watch_t *watch, mc_json_parser_t *parser, mc_json_t stream)
{
    mc_json_iter_t iter = mc_json_iter(stream), pair;
    mc_text_t key;
    mc_refusal_t refusal;
    for (mc_json_t event; mc_json_next(&iter, &key, &event);) {
        mc_text_t type = MC_TEXT("");
        if (mc_json_kind(event) == MC_JSON_ARRAY) {
            pair = mc_json_iter(event);
            mc_json_next(&pair, &key, &event);
            type = mc_json_text(event);
            mc_json_next(&pair, &key, &event);
        }
        cr_assert_eq(router_watch_event(watch, parser, type, mc_json_text(event), &refusal), 0,
                     "%s", refusal.message);
    }
}

static router_usage_t
usage_of(mc_json_t row, router_dialect_t dialect, mc_json_parser_t *parser)
{
    router_watch_t watch;
    router_watch_init(&watch, dialect);
    mc_json_t value;
    mc_text_t key;
    mc_refusal_t refusal;
    if (mc_json_find(row, "usage", &value))
        router_usage_take(&watch.usage, dialect, value);
    if (mc_json_find(row, "usages", &value)) {
        mc_json_iter_t iter = mc_json_iter(value);
        for (mc_json_t usage; mc_json_next(&iter, &key, &usage);)
            router_usage_take(&watch.usage, dialect, usage);
    }
    if (mc_json_find(row, "stream", &value))
        feed_stream(&watch, parser, value);
    if (mc_json_find(row, "body", &value)) {
        mc_buffer_t body = {0};
        mc_json_write(value, &body);
        int result = router_watch_body(&watch, parser, mc_buffer_content(&body), &refusal);
        cr_assert_eq(result, 0, "%s", refusal.message);
        mc_buffer_clear(&body);
    }
    return watch.usage;
}

static void
check_case(mc_json_t prices, mc_json_t row, mc_json_parser_t *parser)
{
    mc_text_t name = mc_json_text(member(row, "name"));
    router_dialect_t dialect = dialect_of(mc_json_text(member(row, "dialect")));
    router_usage_t usage = usage_of(row, dialect, parser);
    mc_json_t tokens = member(row, "tokens"), price;
    for (size_t i = 0; i < MC_COUNT(token_columns); i++) {
        int64_t seen = *(int64_t *)((char *)&usage + token_columns[i].offset);
        int64_t due = number_of(tokens, token_columns[i].name, 0);
        cr_expect_eq(seen, due, "%.*s: %s is %lld, not %lld", MC_FMT(name), token_columns[i].name,
                     (long long)seen, (long long)due);
    }
    router_price_step_t steps[STEPS_MAX];
    size_t count =
        mc_json_find(row, "price", &price) ? read_steps(prices, mc_json_text(price), steps) : 0;
    int64_t cost = router_usage_cost(&usage, steps, count, number_of(row, "batch_percent", 100));
    int64_t due = number_of(row, "nanousd", ROUTER_PRICE_UNKNOWN);
    cr_expect_eq(cost, due, "%.*s: costs %lld, not %lld", MC_FMT(name), (long long)cost,
                 (long long)due);
    cr_expect_eq(usage.is_known, usage.input + usage.output > 0, "%.*s", MC_FMT(name));
}

static char *
read_file(const char *name, size_t *ret_size)
{
    char path[128];
    snprintf(path, sizeof path, FOLDER "%s.json", name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    fseek(file, 0, SEEK_END);
    *ret_size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*ret_size + 1);
    cr_assert_eq(fread(data, 1, *ret_size, file), *ret_size);
    fclose(file);
    return data;
}

static size_t
check_file(const char *name)
{
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    MC_AUTO(mc_json_parser) inner = mc_json_parser_new();
    mc_json_t root;
    mc_refusal_t refusal;
    mc_text_t key, text;
    char *data = read_file(name, &text.size);
    text.data = data;
    cr_assert_eq(mc_json_parse(parser, text, &root, &refusal), 0, "%s", refusal.message);
    cr_expect(mc_json_text(member(root, "source")).size > 0, "%s has no source", name);
    mc_json_iter_t iter = mc_json_iter(member(root, "cases"));
    size_t count = 0;
    for (mc_json_t row; mc_json_next(&iter, &key, &row); count++)
        check_case(member(root, "prices"), row, inner);
    free(data);
    return count;
}

Test(usage, gives_tokens_and_cost_of_every_recorded_shape)
{
    size_t count = 0;
    for (size_t i = 0; i < MC_COUNT(files); i++)
        count += check_file(files[i]);
    cr_expect(count >= CASES_MIN, "%zu cases", count);
}

Test(usage, costs_nothing_known_without_steps_or_below_the_first)
{
    router_usage_t usage = {.is_known = true, .input = 10};
    router_price_step_t step = {.from_input_tokens = 11, .price = {.input = 1000}};
    cr_expect_eq(router_usage_cost(&usage, NULL, 0, 100), ROUTER_PRICE_UNKNOWN);
    cr_expect_eq(router_usage_cost(&usage, &step, 1, 100), ROUTER_PRICE_UNKNOWN);
    usage.input = 11;
    cr_expect_eq(router_usage_cost(&usage, &step, 1, 100), 11);
}

Test(usage, is_unknown_before_anything_was_said_and_priced_when_estimated)
{
    router_usage_t usage = {.input = 10};
    router_price_step_t step = {.price = {.input = 1000}};
    cr_expect_eq(router_usage_cost(&usage, &step, 1, 100), ROUTER_PRICE_UNKNOWN);
    usage.is_estimated = true;
    cr_expect_eq(router_usage_cost(&usage, &step, 1, 100), 10);
}
