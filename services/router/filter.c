/*
 *  filter - why a candidate may not be called
 *
 *  A row for each reason, in the order in which they are told: what will never
 *  change first, what passes by itself last. A filter says yes by writing the
 *  reason in words, with the values.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "services/router/routing.h"
#include "services/router/translate.h"

typedef struct {
    const router_routing_t *routing;
    const router_need_t *need;
    int64_t now_us;
    router_candidate_t *candidate;
    const router_model_t *model;
    const router_provider_t *provider;
} filtering_t;

#define SAY(self, ...)                                                                             \
    (snprintf((self)->candidate->reason, sizeof(self)->candidate->reason, __VA_ARGS__), true)

/* As much of a name as a reason has room for. */
static int
shown(mc_text_t text)
{
    return text.size > 64 ? 64 : (int)text.size;
}

bool
router_choose_dialect(const router_adapter_t *adapter, router_dialect_t client,
                      router_dialect_t *ret_upstream)
{
    static const router_dialect_t others[] = {ROUTER_CHAT, ROUTER_MESSAGES, ROUTER_RESPONSES};
    if (router_adapter_speaks(adapter, client)) {
        *ret_upstream = client;
        return true;
    }
    for (size_t i = 0; i < MC_COUNT(others); i++) {
        if (!router_adapter_speaks(adapter, others[i]) ||
            !router_translation_exists(client, others[i]))
            continue;
        *ret_upstream = others[i];
        return true;
    }
    return false;
}

static bool
has_no_adapter(filtering_t *self)
{
    if (self->provider->adapter)
        return false;
    return SAY(self, "there is no provider %.*s, or its row was not read yet",
               shown(self->provider->name), self->provider->name.data);
}

static bool
is_disabled(filtering_t *self)
{
    if (self->provider->is_enabled)
        return false;
    return SAY(self, "the provider %.*s is disabled", shown(self->provider->name),
               self->provider->name.data);
}

static bool
is_pinned_elsewhere(filtering_t *self)
{
    mc_text_t pinned = self->need->pinned;
    if (!pinned.size || mc_text_equals(pinned, self->provider->name))
        return false;
    return SAY(self, "the thread is held by the provider %.*s", shown(pinned), pinned.data);
}

static bool
cannot_speak(filtering_t *self)
{
    router_dialect_t upstream;
    if (router_choose_dialect(self->provider->adapter, self->need->dialect, &upstream))
        return false;
    return SAY(self, "%s has no %s, and it cannot be translated", self->provider->adapter->name,
               router_dialect_name(self->need->dialect));
}

static bool
needs_adapter(filtering_t *self)
{
    if (self->need->is_adapter_enabled ||
        router_adapter_speaks(self->provider->adapter, self->need->dialect))
        return false;
    return SAY(self,
               "%s would have to be translated, and model adapters are off "
               "(modelAdapterEnabled)",
               router_dialect_name(self->need->dialect));
}

/* What a request of this form needs besides what it says. */
static uint32_t
needs_of(const router_need_t *need)
{
    return need->needs | (need->dialect == ROUTER_EMBEDDINGS ? ROUTER_CAN_EMBED : ROUTER_CAN_CHAT);
}

/* Of a model without a card nothing is known, and nothing is held against it. */
static uint32_t
lacking(const filtering_t *self)
{
    return self->model->card ? needs_of(self->need) & ~self->model->card->can : 0;
}

static bool
lacks(filtering_t *self, uint32_t bit)
{
    return lacking(self) & bit && SAY(self, "the model has no %s", router_ability_word(bit));
}

static bool
has_no_chat(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_CHAT);
}

static bool
has_no_embeddings(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_EMBED);
}

static bool
has_no_stream(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_STREAM);
}

static bool
has_no_tools(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_TOOLS);
}

static bool
has_no_vision(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_VISION);
}

static bool
has_no_structured(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_STRUCTURED);
}

static bool
has_no_audio(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_AUDIO);
}

static bool
has_no_reasoning(filtering_t *self)
{
    return lacks(self, ROUTER_CAN_REASON);
}

static bool
is_too_long(filtering_t *self)
{
    const router_card_t *card = self->model->card;
    const router_need_t *need = self->need;
    if (!card || !card->context_tokens ||
        need->input_tokens + need->output_tokens <= card->context_tokens)
        return false;
    return SAY(self,
               "about %" PRId64 " tokens in and %" PRId64 " out do not fit its context of %" PRId64,
               need->input_tokens, need->output_tokens, card->context_tokens);
}

static bool
asks_too_much(filtering_t *self)
{
    const router_card_t *card = self->model->card;
    if (!card || !card->output_tokens_max || self->need->output_tokens <= card->output_tokens_max)
        return false;
    return SAY(self, "%" PRId64 " tokens of output are asked for; it gives at most %" PRId64,
               self->need->output_tokens, card->output_tokens_max);
}

static bool
is_sealed(filtering_t *self)
{
    bool would_use = self->provider->needs_secret ||
                     router_routing_has_secret(self->routing, self->provider->secret);
    if (!would_use || router_routing_vault(self->routing) != ROUTER_VAULT_SEALED)
        return false;
    const char *reason = router_routing_vault_reason(self->routing);
    return SAY(self, "%s",
               *reason ? reason : "the vault is sealed; missionctl vault unseal opens it");
}

static bool
has_no_secret(filtering_t *self)
{
    const router_provider_t *provider = self->provider;
    if (!provider->needs_secret || router_routing_has_secret(self->routing, provider->secret))
        return false;
    if (router_routing_vault(self->routing) == ROUTER_VAULT_UNKNOWN)
        return SAY(self, "the vault has not told its secrets yet; is it running?");
    return SAY(self, "the secret %.*s is not set; missionctl secrets set %.*s",
               shown(provider->secret), provider->secret.data, shown(provider->secret),
               provider->secret.data);
}

static bool
is_key_refused(filtering_t *self)
{
    const char *reason =
        router_health_key_reason(router_routing_health(self->routing), self->provider->name);
    return reason && SAY(self, "its key was refused: %.110s", reason);
}

static bool
is_lane(filtering_t *self, int wanted)
{
    int64_t until_us = 0;
    int state = router_health_look(router_routing_health(self->routing), self->model->lane,
                                   self->now_us, &until_us);
    if (state != wanted)
        return false;
    self->candidate->until_us = until_us;
    return true;
}

static int64_t
seconds_left(const filtering_t *self)
{
    return (self->candidate->until_us - self->now_us + 999999) / 1000000;
}

static bool
is_open(filtering_t *self)
{
    return is_lane(self, ROUTER_LANE_OPEN) &&
           SAY(self, "it failed and is left alone for another %" PRId64 " s", seconds_left(self));
}

static bool
is_probing(filtering_t *self)
{
    return is_lane(self, ROUTER_LANE_PROBING) &&
           SAY(self, "it failed, and the one call that tries it again is under way");
}

static bool
is_cooling(filtering_t *self)
{
    return is_lane(self, ROUTER_LANE_COOLING) &&
           SAY(self, "it asked to be left alone for another %" PRId64 " s", seconds_left(self));
}

static const struct {
    const char *word;
    bool (*holds)(filtering_t *self);
} filters[] = {
    {"no_adapter", has_no_adapter},
    {"provider_disabled", is_disabled},
    {"pinned_elsewhere", is_pinned_elsewhere},
    {"no_dialect", cannot_speak},
    {"adapter_disabled", needs_adapter},
    {"no_chat", has_no_chat},
    {"no_embeddings", has_no_embeddings},
    {"no_stream", has_no_stream},
    {"no_tools", has_no_tools},
    {"no_vision", has_no_vision},
    {"no_structured_output", has_no_structured},
    {"no_audio", has_no_audio},
    {"no_reasoning", has_no_reasoning},
    {"context_length", is_too_long},
    {"output_limit", asks_too_much},
    {"vault_sealed", is_sealed},
    {"no_secret", has_no_secret},
    {"key_refused", is_key_refused},
    {"circuit_open", is_open},
    {"probing", is_probing},
    {"cooling_down", is_cooling},
};

void
router_filter(const router_routing_t *routing, const router_need_t *need, int64_t now_us,
              router_candidate_t *candidate)
{
    filtering_t self = {.routing = routing,
                        .need = need,
                        .now_us = now_us,
                        .candidate = candidate,
                        .model = candidate->model,
                        .provider = candidate->model->provider};
    for (size_t i = 0; i < MC_COUNT(filters); i++) {
        if (!filters[i].holds(&self))
            continue;
        candidate->is_excluded = true;
        candidate->exclusion = filters[i].word;
        return;
    }
}
