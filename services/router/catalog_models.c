/*
 *  catalog_models - the registry as it is shown: the file, and every model with its card
 */
#include "common/clock.h"
#include "proto/codec.h"
#include "services/router/catalog_parts.h"

static void
answer_registry(mc_ask_t *ask)
{
    const router_registry_file_t *file = router_catalog_of_ask(ask)->file;
    const char *error = router_registry_file_error(file);
    mc_model_registry_t record = {0};
    mc_set(&record, model_registry, config_path, mc_text(router_registry_file_path(file)));
    mc_set(&record, model_registry, loaded_from_file, router_registry_file_is_loaded(file));
    if (error)
        mc_set(&record, model_registry, load_error, mc_text(error));
    mc_set(
        &record, model_registry, config,
        router_registry_config(router_routing_registry(router_catalog_of_ask(ask)->parts.routing)));
    mc_ask_answer(ask, &mc_model_registry_shape, mc_list_one(&record));
}

void
router_on_get_registry(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (ask)
        answer_registry(ask);
}

void
router_on_reload_models(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    router_catalog_rebuild(router_catalog_of_ask(ask));
    answer_registry(ask);
}

static mc_text_t
take_buffer(mc_buffer_t *buffer, mc_arena_t *arena)
{
    mc_text_t text = mc_arena_text(arena, mc_buffer_content(buffer));
    mc_buffer_clear(buffer);
    return text;
}

static bool
is_listed(const router_model_t *models, size_t count, const router_model_t *model)
{
    for (size_t i = 0; i < count; i++)
        if (models[i].provider == model->provider &&
            mc_text_equals(models[i].model_id, model->model_id))
            return true;
    return false;
}

static mc_text_t
write_tiers(const router_registry_t *registry, const router_model_t *model, mc_arena_t *arena)
{
    mc_buffer_t out = {0};
    mc_buffer_string(&out, "[");
    for (int64_t tier = 1; tier <= 3; tier++) {
        size_t count = 0;
        const router_model_t *models = router_registry_tier(registry, tier, &count);
        if (is_listed(models, count, model))
            mc_buffer_printf(&out, "%s%lld", out.size > 1 ? "," : "", (long long)tier);
    }
    mc_buffer_string(&out, "]");
    return take_buffer(&out, arena);
}

static mc_text_t
write_personas(const router_registry_t *registry, const router_model_t *model, mc_arena_t *arena)
{
    mc_buffer_t out = {.max = 16000};
    mc_buffer_string(&out, "[");
    for (size_t i = 0; i < router_registry_persona_count(registry); i++) {
        size_t count = 0;
        mc_text_t name = router_registry_persona_name(registry, i);
        const router_model_t *models = router_registry_persona(registry, name, &count);
        if (!is_listed(models, count, model) || out.size + 6 * name.size + 8 > out.max)
            continue;
        mc_buffer_string(&out, out.size > 1 ? "," : "");
        mc_write_json_text(&out, name);
    }
    mc_buffer_string(&out, "]");
    return take_buffer(&out, arena);
}

static mc_text_t
write_abilities(uint32_t can, mc_arena_t *arena)
{
    mc_buffer_t out = {0};
    mc_buffer_string(&out, "[");
    for (uint32_t bit = 1; bit <= ROUTER_CAN_AUDIO; bit <<= 1)
        if (can & bit)
            mc_buffer_printf(&out, "%s\"%s\"", out.size > 1 ? "," : "", router_ability_word(bit));
    mc_buffer_string(&out, "]");
    return take_buffer(&out, arena);
}

/* Dollars a million tokens, as in the cards; what is not known is null. */
static void
write_price(mc_buffer_t *out, const char *name, int64_t price)
{
    if (price == ROUTER_PRICE_UNKNOWN)
        mc_buffer_printf(out, ",\"%s\":null", name);
    else
        mc_buffer_printf(out, ",\"%s\":%.12g", name, (double)price / 1e6);
}

/* Dollars a thousand searches, in the unit of the others. */
static int64_t
of_thousand(int64_t price)
{
    return price == ROUTER_PRICE_UNKNOWN ? price : price / 1000;
}

static mc_text_t
write_prices(const router_card_t *card, mc_arena_t *arena)
{
    mc_buffer_t out = {0};
    mc_buffer_string(&out, "[");
    for (size_t i = 0; i < card->step_count; i++) {
        const router_price_step_t *step = &card->steps[i];
        mc_buffer_printf(&out, "%s{\"from\":%lld", i ? "," : "",
                         (long long)step->from_input_tokens);
        write_price(&out, "input", step->price.input);
        write_price(&out, "output", step->price.output);
        write_price(&out, "cacheRead", step->price.cache_read);
        write_price(&out, "cacheWrite5m", step->price.cache_write_5m);
        write_price(&out, "cacheWrite1h", step->price.cache_write_1h);
        write_price(&out, "reasoning", step->price.reasoning);
        write_price(&out, "audioInput", step->price.audio_input);
        write_price(&out, "audioOutput", step->price.audio_output);
        write_price(&out, "webSearch", of_thousand(step->price.web_search));
        mc_buffer_string(&out, "}");
    }
    mc_buffer_string(&out, "]");
    return take_buffer(&out, arena);
}

static void
fill_card(mc_model_entry_t *entry, const router_card_t *card, mc_arena_t *arena)
{
    mc_set(entry, model_entry, capabilities, write_abilities(card->can, arena));
    if (card->context_tokens)
        mc_set(entry, model_entry, context_tokens, card->context_tokens);
    if (card->output_tokens_max)
        mc_set(entry, model_entry, output_tokens_max, card->output_tokens_max);
    if (card->step_count)
        mc_set(entry, model_entry, prices, write_prices(card, arena));
    mc_set(entry, model_entry, batch_percent, card->batch_percent);
    if (card->as_of.size)
        mc_set(entry, model_entry, as_of, card->as_of);
}

/* Whether it may be called: as if somebody asked it for the least that it can do. */
static void
fill_state(mc_model_entry_t *entry, const router_catalog_t *self, const router_model_t *model,
           mc_arena_t *arena)
{
    const router_routing_t *routing = self->parts.routing;
    bool is_embedder = model->card && !(model->card->can & ROUTER_CAN_CHAT);
    router_need_t need = {.dialect = is_embedder ? ROUTER_EMBEDDINGS : ROUTER_CHAT};
    router_candidate_t *candidate = mc_arena_alloc(arena, sizeof *candidate);
    router_routing_fill_flags(routing, &need);
    if (model->provider->adapter && model->provider->adapter->protocol == ROUTER_ANTHROPIC)
        need.dialect = ROUTER_MESSAGES;
    candidate->model = model;
    router_filter(routing, &need, mc_clock_us(), candidate);
    router_score(router_routing_weights(routing),
                 router_health_stats(router_routing_health(routing), model->lane),
                 &candidate->terms);
    mc_set(entry, model_entry, is_available, !candidate->is_excluded);
    if (candidate->is_excluded) {
        mc_set(entry, model_entry, exclusion, mc_text(candidate->exclusion));
        mc_set(entry, model_entry, reason, mc_text(candidate->reason));
    }
    mc_set(entry, model_entry, score, candidate->terms.score);
}

void
router_on_list_models(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const router_registry_t *registry =
        router_routing_registry(router_catalog_of_ask(ask)->parts.routing);
    size_t count = 0;
    const router_model_t *models = router_registry_all(registry, &count);
    mc_model_entry_t *list = mc_arena_alloc(ask->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        mc_set(&list[i], model_entry, provider, models[i].provider->name);
        mc_set(&list[i], model_entry, model_id, models[i].model_id);
        mc_set(&list[i], model_entry, tiers, write_tiers(registry, &models[i], ask->arena));
        mc_set(&list[i], model_entry, personas, write_personas(registry, &models[i], ask->arena));
        if (models[i].card)
            fill_card(&list[i], models[i].card, ask->arena);
        fill_state(&list[i], router_catalog_of_ask(ask), &models[i], ask->arena);
    }
    mc_ask_answer(ask, &mc_model_entry_shape, (mc_list_t){list, count});
}
