/*
 *  head - the headers of an answer: ours, and what the provider said beside it
 *
 *  What belongs to the provider's connection or would mislead stays away, or
 *  comes under a name of ours.
 */
#include "services/router/call.h"

#include <stdio.h>
#include <strings.h>

#define PREFIX "x-mc-upstream-"

/* Of the provider's connection, or of the form in which it sent its answer. */
static const char *const dropped[] = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-type",
    "content-encoding",
    "date",
    "server",
    "set-cookie",
    "alt-svc",
    "strict-transport-security",
    "trailer",
    "upgrade",
    "via",
    "cache-control",
    "vary",
    "x-content-type-options",
    "referrer-policy",
    "nel",
    "report-to",
    "etag",
    "accept-ranges",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "proxy-authenticate",
    "www-authenticate",
};

/* What clients of the provider's own protocol look for. */
static const char *const passed[] = {
    "openai-", "anthropic-", "x-ratelimit-", "retry-after", "x-should-retry", "request-id",
};

/* What any client looks for. */
static const char *const passed_always[] = {"retry-after", "x-should-retry"};

static bool
begins(mc_text_t name, const char *prefix)
{
    size_t size = strlen(prefix);
    return name.size >= size && !strncasecmp(name.data, prefix, size);
}

static bool
is_one_of(mc_text_t name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (begins(name, words[i]))
            return true;
    return false;
}

static bool
is_dropped(mc_text_t name)
{
    for (size_t i = 0; i < MC_COUNT(dropped); i++)
        if (strlen(dropped[i]) == name.size && begins(name, dropped[i]))
            return true;
    return begins(name, "x-mc-");
}

static void
keep(router_call_t *self, bool is_same, mc_text_t name, mc_text_t value)
{
    bool is_passed = is_same ? is_one_of(name, passed, MC_COUNT(passed))
                             : is_one_of(name, passed_always, MC_COUNT(passed_always));
    mc_text_t as = is_passed ? mc_arena_text(self->arena, name)
                             : mc_arena_printf(self->arena, PREFIX "%.*s", MC_FMT(name));
    mc_text_t copy = mc_arena_text(self->arena, value);
    if (router_upstream_mask(self, copy))
        self->kept[self->kept_count++] = (router_header_t){as.data, copy.data};
}

void
router_head_keep(router_call_t *self, const mc_http_reply_t *reply)
{
    void *at = NULL;
    mc_text_t name, value;
    bool is_same =
        router_dialect_protocol(self->dialect) == router_dialect_protocol(self->attempt.dialect);
    self->kept_count = 0;
    while (mc_http_reply_next_header(reply, &at, &name, &value))
        if (!is_dropped(name) && self->kept_count < ROUTER_HEADERS_MAX)
            keep(self, is_same, name, value);
}

static void
add(router_call_t *self, const char *name, mc_text_t value)
{
    if (value.size)
        mc_http_add_header(self->request, name, value.data);
}

static void
add_cost(router_call_t *self)
{
    char text[32];
    int64_t cost = router_call_cost(self);
    bool is_early = self->attempt.is_stream; /* the whole cost comes at its end */
    if (is_early || cost == ROUTER_PRICE_UNKNOWN || !self->attempt.watch.usage.is_known)
        return;
    snprintf(text, sizeof text, "%lld.%09lld", (long long)(cost / 1000000000),
             (long long)(cost % 1000000000));
    mc_http_add_header(self->request, "x-mc-cost-usd", text);
}

static void
add_left(router_call_t *self)
{
    char text[32];
    int64_t tokens = router_spending_left(self, MC_BUDGET_TOKENS);
    int64_t usd = router_spending_left(self, MC_BUDGET_USD);
    if (tokens != INT64_MAX) {
        snprintf(text, sizeof text, "%lld", (long long)(tokens > 0 ? tokens : 0));
        mc_http_add_header(self->request, "x-mc-budget-remaining-tokens", text);
    }
    if (usd != INT64_MAX) {
        usd = usd > 0 ? usd : 0;
        snprintf(text, sizeof text, "%lld.%09lld", (long long)(usd / 1000000000),
                 (long long)(usd % 1000000000));
        mc_http_add_header(self->request, "x-mc-budget-remaining-usd", text);
    }
}

void
router_head_add(router_call_t *self)
{
    const router_attempt_t *attempt = &self->attempt;
    char attempts[24];
    snprintf(attempts, sizeof attempts, "%zu", self->attempts);
    add(self, "x-request-id", mc_text(self->id));
    add(self, "x-mc-decision-id", mc_text(self->decision.id));
    add(self, "x-mc-attempts", mc_text(attempts));
    add(self, "x-mc-run", self->identity.run_id);
    if (attempt->model) {
        add(self, "x-mc-model", mc_arena_text(self->arena, attempt->model->model_id));
        add(self, "x-mc-provider", mc_arena_text(self->arena, attempt->model->provider->name));
    }
    if (attempt->translation) {
        mc_text_t warnings = router_translation_warnings(attempt->translation);
        add(self, "x-mc-warnings", mc_arena_text(self->arena, warnings));
    }
    add_cost(self);
    add_left(self);
    for (size_t i = 0; i < self->kept_count; i++)
        mc_http_add_header(self->request, self->kept[i].name, self->kept[i].value);
}
