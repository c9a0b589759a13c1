/*
 *  registry_cards - what is known of models: limits, abilities and prices
 *
 *      {"provider": "openai", "model": "gpt-5-nano", "asOf": "2026-11-05",
 *       "source": "https://...", "context": 400000, "output": 128000,
 *       "can": ["chat", "stream", "tools"], "temperature": false, "batchPercent": 50,
 *       "prices": [{"from": 0, "input": 0.05, "output": 0.4, "cacheRead": 0.005}]}
 *
 *  Prices are in dollars a million tokens, as providers publish them, webSearch
 *  in dollars a thousand searches of the provider's own tool; from is the number
 *  of input tokens above which a step holds for the whole call. What
 *  a card does not say is not known, which is not 0. The model "*" stands for
 *  every model of the provider that has no card of its own.
 */
#include <ctype.h>
#include <math.h>

#include "services/router/registry_config.h"

#define PRICE_MOST 1000000.0    /* dollars a million tokens */
#define PICODOLLARS 1000000.0   /* in a token's share of a dollar a million */
#define TOKENS_OF_A_SEARCH 1000 /* a search of a dollar a thousand costs as much as so many */
#define STEPS_MAX 8
#define DATE_BYTES 10

static const struct {
    const char *word;
    uint32_t bit;
} abilities[] = {
    {"chat", ROUTER_CAN_CHAT},        {"embeddings", ROUTER_CAN_EMBED},
    {"stream", ROUTER_CAN_STREAM},    {"tools", ROUTER_CAN_TOOLS},
    {"vision", ROUTER_CAN_VISION},    {"structured", ROUTER_CAN_STRUCTURED},
    {"reasoning", ROUTER_CAN_REASON}, {"audio", ROUTER_CAN_AUDIO},
};

__asm__(".section .rodata\n"
        "router_cards_begin:\n"
        ".incbin \"services/router/model_cards.json\"\n"
        "router_cards_end:\n"
        ".byte 0\n"
        "router_models_begin:\n"
        ".incbin \"aop_models.json\"\n"
        "router_models_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const char router_cards_begin[], router_cards_end[];
extern const char router_models_begin[], router_models_end[];

mc_text_t
router_cards_text(void)
{
    return (mc_text_t){router_cards_begin, (size_t)(router_cards_end - router_cards_begin)};
}

mc_text_t
router_models_text(void)
{
    return (mc_text_t){router_models_begin, (size_t)(router_models_end - router_models_begin)};
}

const char *
router_ability_word(uint32_t bit)
{
    for (size_t i = 0; i < MC_COUNT(abilities); i++)
        if (abilities[i].bit == bit)
            return abilities[i].word;
    return "that";
}

static int
take_ability(mc_json_t value, const char *path, uint32_t *can, mc_refusal_t *refusal)
{
    if (mc_json_kind(value) != MC_JSON_STRING)
        return router_config_refuse_kind(path, "a text", value, refusal);
    mc_text_t word = mc_json_text(value);
    for (size_t i = 0; i < MC_COUNT(abilities); i++) {
        if (!mc_text_is(word, abilities[i].word))
            continue;
        *can |= abilities[i].bit;
        return 0;
    }
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, path, "%s: there is no ability \"%.*s\"", path,
                     word.size > 64 ? 64 : (int)word.size, word.data);
}

static int
take_abilities(mc_json_t object, const char *path, uint32_t *can, mc_refusal_t *refusal)
{
    mc_json_t list;
    if (!mc_json_find(object, "can", &list))
        return 0;
    router_path_t where = router_config_path(path, -1, "can");
    if (mc_json_kind(list) != MC_JSON_ARRAY)
        return router_config_refuse_kind(where.text, "an array", list, refusal);
    mc_json_iter_t iter = mc_json_iter(list);
    mc_text_t key;
    mc_json_t item;
    while (mc_json_next(&iter, &key, &item))
        if (take_ability(item, where.text, can, refusal))
            return MC_REFUSED;
    return 0;
}

static int
take_price(mc_json_t object, const char *path, const char *name, int64_t *ret_price,
           mc_refusal_t *refusal)
{
    static const double range[2] = {0, PRICE_MOST};
    double dollars = 0;
    bool has_price = false;
    *ret_price = ROUTER_PRICE_UNKNOWN;
    if (router_take_number(object, path, name, range, &dollars, &has_price, refusal))
        return MC_REFUSED;
    if (has_price)
        *ret_price = llround(dollars * PICODOLLARS);
    return 0;
}

static int
read_step(mc_json_t object, const char *path, router_price_step_t *step, mc_refusal_t *refusal)
{
    static const int64_t tokens[2] = {0, INT64_C(1000000000)};
    if (mc_json_kind(object) != MC_JSON_OBJECT)
        return router_config_refuse_kind(path, "an object", object, refusal);
    router_price_t *price = &step->price;
    const struct {
        const char *name;
        int64_t *price;
    } parts[] = {
        {"input", &price->input},
        {"output", &price->output},
        {"cacheRead", &price->cache_read},
        {"cacheWrite5m", &price->cache_write_5m},
        {"cacheWrite1h", &price->cache_write_1h},
        {"reasoning", &price->reasoning},
        {"audioInput", &price->audio_input},
        {"audioOutput", &price->audio_output},
    };
    for (size_t i = 0; i < MC_COUNT(parts); i++)
        if (take_price(object, path, parts[i].name, parts[i].price, refusal))
            return MC_REFUSED;
    if (take_price(object, path, "webSearch", &price->web_search, refusal))
        return MC_REFUSED;
    if (price->web_search != ROUTER_PRICE_UNKNOWN)
        price->web_search *= TOKENS_OF_A_SEARCH;
    return router_take_integer(object, path, "from", tokens, &step->from_input_tokens, refusal);
}

static int
read_steps(mc_json_t object, const char *path, mc_arena_t *arena, router_card_t *card,
           mc_refusal_t *refusal)
{
    mc_json_t list;
    if (!mc_json_find(object, "prices", &list) || mc_json_kind(list) == MC_JSON_NULL)
        return 0;
    router_path_t where = router_config_path(path, -1, "prices");
    if (mc_json_kind(list) != MC_JSON_ARRAY)
        return router_config_refuse_kind(where.text, "an array", list, refusal);
    size_t count = mc_json_count(list);
    if (count > STEPS_MAX)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, where.text, "%s has more than %d steps",
                         where.text, STEPS_MAX);
    router_price_step_t *steps = mc_arena_alloc(arena, (count + 1) * sizeof *steps);
    mc_json_iter_t iter = mc_json_iter(list);
    mc_text_t key;
    mc_json_t item;
    for (int i = 0; mc_json_next(&iter, &key, &item); i++) {
        if (read_step(item, router_config_path(where.text, i, NULL).text, &steps[i], refusal))
            return MC_REFUSED;
        int64_t from = steps[i].from_input_tokens;
        if (i ? from <= steps[i - 1].from_input_tokens : from != 0)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, where.text,
                             "%s: the first step is from 0, each next one from more", where.text);
    }
    card->steps = steps;
    card->step_count = count;
    return 0;
}

/* "limit": the only name of the limit of output that the model takes. */
static int
take_limit(mc_json_t object, const char *path, router_limit_t *limit, mc_refusal_t *refusal)
{
    mc_json_t value;
    if (!mc_json_find(object, "limit", &value))
        return 0;
    bool is_text = mc_json_kind(value) == MC_JSON_STRING;
    if (is_text && mc_text_is(mc_json_text(value), "max_tokens"))
        *limit = ROUTER_LIMIT_OLD;
    else if (is_text && mc_text_is(mc_json_text(value), "max_completion_tokens"))
        *limit = ROUTER_LIMIT_NEW;
    else
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, path,
                         "%s: limit must be max_tokens or max_completion_tokens", path);
    return 0;
}

static int
read_card(mc_json_t object, const char *path, mc_arena_t *arena, router_card_t *card,
          mc_refusal_t *refusal)
{
    static const int64_t tokens[2] = {1, INT64_C(1000000000)};
    static const int64_t percents[2] = {1, 100};
    *card = (router_card_t){.takes_temperature = true, .batch_percent = 100};
    if (mc_json_kind(object) != MC_JSON_OBJECT)
        return router_config_refuse_kind(path, "an object", object, refusal);
    if (router_take_text(object, path, "provider", 64, arena, &card->provider, refusal) ||
        router_take_text(object, path, "model", 200, arena, &card->model_id, refusal) ||
        router_take_text(object, path, "asOf", DATE_BYTES, arena, &card->as_of, refusal) ||
        router_take_text(object, path, "source", 300, arena, &card->source, refusal) ||
        router_take_integer(object, path, "context", tokens, &card->context_tokens, refusal) ||
        router_take_integer(object, path, "output", tokens, &card->output_tokens_max, refusal) ||
        router_take_integer(object, path, "batchPercent", percents, &card->batch_percent,
                            refusal) ||
        router_take_bool(object, path, "temperature", &card->takes_temperature, refusal) ||
        router_take_bool(object, path, "adaptiveThinking", &card->thinks_adaptively, refusal) ||
        take_limit(object, path, &card->limit, refusal) ||
        take_abilities(object, path, &card->can, refusal) ||
        read_steps(object, path, arena, card, refusal))
        return MC_REFUSED;
    if (!card->provider.size || !card->model_id.size)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, path, "%s: provider and model are needed",
                         path);
    if (!card->can)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, path,
                         "%s: can must say what the model does, such as [\"chat\"]", path);
    return 0;
}

int
router_cards_read(mc_json_t array, const char *path, mc_arena_t *arena, router_card_t **ret_cards,
                  size_t *ret_count, mc_refusal_t *refusal)
{
    if (mc_json_kind(array) != MC_JSON_ARRAY)
        return router_config_refuse_kind(path, "an array", array, refusal);
    size_t count = mc_json_count(array);
    if (count > ROUTER_CARDS_MAX)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, path,
                         "%s has %zu cards; at most %d are taken", path, count, ROUTER_CARDS_MAX);
    router_card_t *cards = mc_arena_alloc(arena, (count + 1) * sizeof *cards);
    mc_json_iter_t iter = mc_json_iter(array);
    mc_text_t key;
    mc_json_t item;
    for (int i = 0; mc_json_next(&iter, &key, &item); i++) {
        router_path_t where = router_config_path(path, i, NULL);
        if (read_card(item, where.text, arena, &cards[i], refusal))
            return MC_REFUSED;
        for (int j = 0; j < i; j++)
            if (mc_text_equals(cards[j].provider, cards[i].provider) &&
                mc_text_equals(cards[j].model_id, cards[i].model_id))
                return mc_refuse(refusal, MC_BAD_INPUT_ERROR, where.text,
                                 "%s: %.*s/%.*s has a card already", where.text,
                                 MC_FMT(cards[i].provider), MC_FMT(cards[i].model_id));
    }
    *ret_cards = cards;
    *ret_count = count;
    return 0;
}

static const router_card_t *
find_exact(const router_card_t *cards, size_t count, mc_text_t owner, mc_text_t model_id)
{
    for (size_t i = 0; i < count; i++)
        if (mc_text_equals(cards[i].model_id, model_id) && mc_text_equals(cards[i].provider, owner))
            return &cards[i];
    return NULL;
}

/* Does the text end like the pattern, in which 0 stands for a digit? */
static bool
ends_like(mc_text_t text, const char *pattern)
{
    size_t size = strlen(pattern);
    if (text.size <= size)
        return false;
    const char *end = text.data + text.size - size;
    for (size_t i = 0; i < size; i++)
        if (pattern[i] == '0' ? !isdigit((unsigned char)end[i]) : end[i] != pattern[i])
            return false;
    return true;
}

/* The name without what dates a snapshot of it. */
static mc_text_t
without_date(mc_text_t model_id)
{
    static const char *const endings[] = {"-0000-00-00", "-00000000", "@00000000", "-latest"};
    for (size_t i = 0; i < MC_COUNT(endings); i++)
        if (ends_like(model_id, endings[i]))
            return (mc_text_t){model_id.data, model_id.size - strlen(endings[i])};
    return model_id;
}

const router_card_t *
router_cards_find(const router_card_t *cards, size_t count, mc_text_t owner, mc_text_t model_id)
{
    const router_card_t *card = find_exact(cards, count, owner, model_id);
    if (!card)
        card = find_exact(cards, count, owner, without_date(model_id));
    return card ? card : find_exact(cards, count, owner, MC_TEXT("*"));
}
