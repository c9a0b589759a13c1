/*
 *  test_registry - aop_models.json: what it gives, what is wrong with it, and the cards
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "routing_case.h"
#include "services/router/registry_file.h"

#define TIER2(profiles) "{\"tiers\":{\"2\":" profiles "}}"
#define OLLAMA(model) "{\"provider\":\"ollama\",\"modelId\":\"" model "\"}"

static const struct {
    const char *sentence;
    const char *file;
    const char *part; /* of the message */
} bad[] = {
    {"no JSON", "{\"tiers\":", ""},
    {"nothing", "", ""},
    {"not an object", "[]", "the file must be an object, not an array"},
    {"a version of another time", "{\"version\":3}", "version 3 is not known"},
    {"a version that is a text", "{\"version\":\"2\"}", "version must be an integer, not a text"},
    {"a default provider that is a number", "{\"defaultProvider\":1}", "must be a text"},
    {"tiers that are a list", "{\"tiers\":[]}", "tiers must be an object, not an array"},
    {"a tier of no number", "{\"tiers\":{\"4\":[]}}", "tiers.4 is no tier"},
    {"a tier that is a text", TIER2("\"x\""), "tiers.2 must be a profile or a list"},
    {"a profile that is a number", TIER2("[1]"), "tiers.2[0] must be an object, not a number"},
    {"no model", TIER2("[{\"provider\":\"ollama\"}]"), "tiers.2[0].modelId is missing"},
    {"no provider", TIER2("[{\"modelId\":\"m\"}]"), "tiers.2[0].provider is missing"},
    {"an empty model", TIER2("[{\"provider\":\"ollama\",\"modelId\":\"\"}]"),
     "modelId must be a text of 1 to 200 bytes"},
    {"too warm", TIER2("{\"provider\":\"ollama\",\"modelId\":\"m\",\"temperature\":2.5}"),
     "temperature must be 0 to 2, not 2.5"},
    {"no room", TIER2("{\"provider\":\"ollama\",\"modelId\":\"m\",\"maxOutputTokens\":0}"),
     "maxOutputTokens must be 1 to"},
    {"the same model twice", TIER2("[" OLLAMA("m") "," OLLAMA("n") "," OLLAMA("m") "]"),
     "tiers.2 lists ollama/m twice, at [0] and [2]"},
    {"a tier twice", "{\"tiers\":{\"2\":[],\"2\":[]}}", "tiers.2 is there twice"},
    {"a persona twice", "{\"personaOverrides\":{\"a\":[],\"a\":[]}}",
     "personaOverrides.a is there twice"},
    {"a provider of nobody", TIER2("[{\"provider\":\"nobody\",\"modelId\":\"m\"}]"),
     "tiers.2[0].provider: there is no provider \"nobody\""},
    {"an alias that leads to itself", "{\"aliases\":{\"a\":\"a\"}}", "aliases.a leads back"},
    {"a circle of aliases", "{\"aliases\":{\"a\":\"b\",\"b\":\"c\",\"c\":\"a\"}}", "leads back"},
    {"an alias that has a meaning", "{\"aliases\":{\"auto\":\"x\"}}", "have a meaning already"},
    {"an alias that is a number", "{\"aliases\":{\"a\":1}}", "must be the name of a model"},
    {"a provider without an address", "{\"providers\":[{\"name\":\"p\",\"protocol\":\"openai\"}]}",
     "baseUrl is needed"},
    {"a provider twice",
     "{\"providers\":[{\"name\":\"p\",\"protocol\":\"openai\",\"baseUrl\":\"http://p\"},"
     "{\"name\":\"p\",\"protocol\":\"openai\",\"baseUrl\":\"http://q\"}]}",
     "providers[1]: p is there twice"},
    {"a card without abilities", "{\"cards\":[{\"provider\":\"p\",\"model\":\"m\"}]}",
     "can must say what the model does"},
    {"an ability of nobody", "{\"cards\":[{\"provider\":\"p\",\"model\":\"m\",\"can\":[\"fly\"]}]}",
     "no ability \"fly\""},
    {"a price below nothing",
     "{\"cards\":[{\"provider\":\"p\",\"model\":\"m\",\"can\":[\"chat\"],"
     "\"prices\":[{\"from\":0,\"input\":-1}]}]}",
     "cards[0].prices[0].input must be 0 to"},
    {"steps that do not rise",
     "{\"cards\":[{\"provider\":\"p\",\"model\":\"m\",\"can\":[\"chat\"],"
     "\"prices\":[{\"from\":0},{\"from\":0}]}]}",
     "the first step is from 0"},
    {"a card twice",
     "{\"cards\":[{\"provider\":\"p\",\"model\":\"m\",\"can\":[\"chat\"]},"
     "{\"provider\":\"p\",\"model\":\"m\",\"can\":[\"chat\"]}]}",
     "has a card already"},
};

Test(registry, a_bad_file_is_refused_with_what_is_wrong_and_where)
{
    for (size_t i = 0; i < MC_COUNT(bad); i++) {
        case_t self = case_open(bad[i].file);
        cr_expect_null(self.registry, "%s", bad[i].sentence);
        cr_expect(strstr(self.refusal.message, bad[i].part), "%s: %s", bad[i].sentence,
                  self.refusal.message);
        case_close(&self);
    }
}

Test(registry, a_file_that_is_too_large_or_too_deep_is_refused)
{
    char *large = malloc(ROUTER_CONFIG_BYTES_MAX + 2);
    memset(large, ' ', ROUTER_CONFIG_BYTES_MAX + 1);
    large[ROUTER_CONFIG_BYTES_MAX + 1] = '\0';
    case_t self = case_open(large);
    cr_expect_null(self.registry);
    cr_expect_eq(self.refusal.code, MC_TOO_LARGE_ERROR);
    case_close(&self);
    free(large);

    char deep[400] = "{\"x\":";
    for (int i = 0; i < 150; i++)
        strcat(deep, "[");
    for (int i = 0; i < 150; i++)
        strcat(deep, "]");
    strcat(deep, "}");
    self = case_open(deep);
    cr_expect_null(self.registry);
    cr_expect_eq(self.refusal.code, MC_TOO_DEEP_ERROR);
    case_close(&self);
}

Test(registry, every_prefix_of_a_file_is_refused_and_harms_nothing)
{
    static const char file[] = CASE_FILE;
    char cut[sizeof file];
    for (size_t size = 0; size + 1 < sizeof file; size += 7) {
        memcpy(cut, file, size);
        cut[size] = '\0';
        case_t self = case_open(cut);
        cr_expect_null(self.registry);
        case_close(&self);
    }
}

Test(registry, the_product_knows_its_models_without_a_file)
{
    mc_text_t text = router_models_text();
    case_t self = case_open(text.data);
    cr_assert_not_null(self.registry, "%s", self.refusal.message);
    for (int64_t tier = 1; tier <= 3; tier++) {
        size_t count = 0;
        const router_model_t *models = router_registry_tier(self.registry, tier, &count);
        cr_expect(count >= 2);
        for (size_t i = 0; i < count; i++)
            cr_expect_not_null(models[i].card, "%.*s has no card", MC_FMT(models[i].model_id));
    }
    case_close(&self);
}

Test(registry, every_card_has_a_date_limits_and_prices_that_make_sense)
{
    case_t self = case_open("{}");
    size_t count = 0;
    const router_model_t *models = router_registry_all(self.registry, &count);
    cr_expect(count >= 60);
    for (size_t i = 0; i < count; i++) {
        const router_card_t *card = models[i].card;
        const char *name = mc_arena_printf(self.arena, "%.*s", MC_FMT(models[i].model_id)).data;
        cr_assert_not_null(card, "%s", name);
        cr_expect_eq(card->as_of.size, 10, "%s", name);
        cr_expect(card->source.size > 8 && !strncmp(card->source.data, "https://", 8), "%s", name);
        cr_expect(card->context_tokens > 0, "%s", name);
        cr_expect(card->output_tokens_max <= card->context_tokens, "%s", name);
        cr_assert(card->step_count > 0, "%s", name);
        const router_price_t *price = &card->steps[0].price;
        cr_expect(price->input >= 0, "%s", name);
        cr_expect(price->output >= price->input || !(card->can & ROUTER_CAN_CHAT), "%s", name);
        cr_expect(price->cache_read <= price->input, "%s", name);
    }
    case_close(&self);
}

Test(registry, a_price_that_a_card_does_not_say_is_unknown_and_not_nothing)
{
    static const char file[] =
        "{\"cards\":[{\"provider\":\"openai\",\"model\":\"m\",\"can\":[\"chat\"],"
        "\"prices\":[{\"from\":0,\"input\":1},{\"from\":10,\"input\":1,\"webSearch\":10}]}]}";
    case_t self = case_open(file);
    cr_assert_not_null(self.registry, "%s", self.refusal.message);
    const router_model_t *model = router_registry_find(self.registry, MC_TEXT("openai/m"));
    cr_assert_not_null(model);
    const router_price_step_t *steps = model->card->steps;
    cr_expect_eq(steps[0].price.web_search, ROUTER_PRICE_UNKNOWN);
    cr_expect_eq(steps[0].price.output, ROUTER_PRICE_UNKNOWN);
    cr_expect_eq(steps[1].price.web_search, INT64_C(10000000000)); /* a cent a search */
    router_usage_t usage = {.is_known = true, .input = 5, .web_searches = 1};
    cr_expect_eq(router_usage_cost(&usage, steps, 2, 100), ROUTER_PRICE_UNKNOWN);
    usage.input = 10;
    cr_expect_eq(router_usage_cost(&usage, steps, 2, 100), 10000000 + 10 * 1000);
    case_close(&self);
}

Test(registry, cards_are_found_by_dated_names_and_by_kind)
{
    static const struct {
        const char *asked;
        int64_t input; /* picodollars */
    } rows[] = {
        {"openai/gpt-5-nano", 50000},
        {"openai/gpt-5-nano-2025-08-07", 50000},
        {"anthropic/claude-haiku-4-5-20251001", 1000000},
        {"anthropic/claude-sonnet-4-5-latest", 3000000},
        {"ollama/anything:7b", 0},
    };
    case_t self = case_open("{}");
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_model_t model = {0};
        const router_model_t *found = router_registry_find(self.registry, mc_text(rows[i].asked));
        if (!found && router_registry_guess(self.registry, mc_text(rows[i].asked), &model))
            found = &model;
        cr_assert_not_null(found, "%s", rows[i].asked);
        cr_assert_not_null(found->card, "%s", rows[i].asked);
        cr_expect_eq(found->card->steps[0].price.input, rows[i].input, "%s", rows[i].asked);
    }
    case_close(&self);
}

Test(registry, a_model_that_nobody_listed_goes_where_its_name_says)
{
    static const struct {
        const char *asked;
        const char *provider;
    } rows[] = {{"gpt-77", "openai"},
                {"o3-x", "openai"},
                {"claude-99", "anthropic"},
                {"gemini-9-ultra", "gemini"},
                {"ollama/a/b", "ollama"},
                {"grok-9", "xai"},
                {"llama", NULL},
                {"nobody/x", NULL},
                {"/x", NULL},
                {"ollama/", NULL}};
    case_t self = case_open("{}");
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_model_t model;
        bool is_known = router_registry_guess(self.registry, mc_text(rows[i].asked), &model);
        cr_expect_eq(is_known, rows[i].provider != NULL, "%s", rows[i].asked);
        if (is_known)
            cr_expect(mc_text_is(model.provider->name, rows[i].provider), "%s", rows[i].asked);
    }
    case_close(&self);
}

Test(registry, a_lane_keeps_its_number_over_snapshots)
{
    case_t self = case_open(CASE_FILE);
    size_t count = 0;
    size_t lane = router_registry_tier(self.registry, 2, &count)[1].lane;
    const router_registry_t *held = router_registry_hold(self.registry);
    router_registry_sources_t sources = {
        .file = MC_TEXT(CASE_FILE), .are_rows_known = true, .version = 2};
    router_registry_t *newer =
        router_registry_new(&sources, self.health, self.parser, &self.refusal);
    cr_assert_not_null(newer);
    router_routing_take(self.routing, newer);
    cr_expect_eq(router_registry_tier(newer, 2, &count)[1].lane, lane);
    cr_expect_eq(router_registry_version(held), 1, "a call goes on with what it held");
    router_registry_release(&held);
    case_close(&self);
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

Test(registry_file, a_bad_file_keeps_the_old_one_and_says_why)
{
    char folder[] = "/tmp/mc-registry-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof path, "%s/aop_models.json", folder);
    case_t self = case_open("{}");
    router_registry_parts_t parts = {
        .are_rows_known = true, .health = self.health, .parser = self.parser};
    router_registry_file_t *file = router_registry_file_new(path, false);
    size_t count = 0;

    router_registry_t *registry = router_registry_file_load(file, &parts);
    cr_expect_not(router_registry_file_is_loaded(file));
    cr_expect_null(router_registry_file_error(file), "no file was named, so none is missed");
    router_routing_take(self.routing, registry);

    write_file(path, CASE_FILE);
    cr_expect(router_registry_file_is_changed(file));
    registry = router_registry_file_load(file, &parts);
    cr_expect_not(router_registry_file_is_changed(file));
    cr_expect(router_registry_file_is_loaded(file));
    (void)router_registry_tier(registry, 2, &count);
    cr_expect_eq(count, 4);
    router_routing_take(self.routing, registry);

    write_file(path, "{\"tiers\":{\"9\":[]}}");
    registry = router_registry_file_load(file, &parts);
    cr_expect(strstr(router_registry_file_error(file), "tiers.9 is no tier"));
    (void)router_registry_tier(registry, 2, &count);
    cr_expect_eq(count, 4, "the old one");
    router_routing_take(self.routing, registry);

    unlink(path);
    registry = router_registry_file_load(file, &parts);
    cr_expect(strstr(router_registry_file_error(file), "No such file"));
    (void)router_registry_tier(registry, 2, &count);
    cr_expect_eq(count, 4);
    router_routing_take(self.routing, registry);

    router_registry_file_destroy(&file);
    rmdir(folder);
    case_close(&self);
}

Test(registry, a_provider_that_may_still_come_is_left_out_with_its_reason)
{
    case_t self = case_open("{}");
    router_registry_sources_t sources = {
        .file = MC_TEXT(TIER2("[{\"provider\":\"later\",\"modelId\":\"m\"}]")), .version = 2};
    router_registry_t *registry =
        router_registry_new(&sources, self.health, self.parser, &self.refusal);
    cr_assert_not_null(registry, "%s", self.refusal.message);
    router_routing_take(self.routing, registry);
    router_need_t need = case_need("auto");
    router_decision_t decision;
    cr_expect_eq(
        router_decide(self.routing, registry, &need, 1, self.arena, &decision, &self.refusal),
        MC_REFUSED);
    cr_expect_str_eq(decision.candidates[0].exclusion, "no_adapter");
    case_close(&self);
}
