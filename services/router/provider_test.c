/*
 *  provider_test - a provider asked for its models, with its key, to see whether it can be used
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "services/router/catalog_parts.h"

#define HEADERS_MAX 24
#define TEST_MS 4500 /* less than the caller waits for the answer */
#define US_PER_MS 1000
#define ANTHROPIC_VERSION "anthropic-version: 2023-06-01"

/* In the arena of the ask, which lasts until it is answered. */
typedef struct {
    mc_ask_t *ask;
    mc_text_t name; /* in the arena of the ask */
} test_t;

static void
answer(test_t *self, mc_provider_test_t *record, mc_text_t message)
{
    int64_t took_ms = (mc_clock_steady_us() - self->ask->began_us) / US_PER_MS;
    mc_set(record, provider_test, name, self->name);
    mc_set(record, provider_test, latency_ms, took_ms);
    mc_set(record, provider_test, message, message);
    mc_ask_answer(self->ask, &mc_provider_test_shape, mc_list_one(record));
}

static bool
count_models(router_catalog_t *catalog, mc_text_t body, int64_t *ret_count)
{
    mc_json_t root, data;
    mc_refusal_t refusal;
    if (mc_json_parse(catalog->parser, body, &root, &refusal) ||
        mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, "data", &data) ||
        mc_json_kind(data) != MC_JSON_ARRAY)
        return false;
    *ret_count = (int64_t)mc_json_count(data);
    return true;
}

/* In our own words: what a provider says may repeat the key. */
static mc_text_t
judge(test_t *self, const mc_http_reply_t *reply, mc_provider_test_t *record)
{
    mc_arena_t *arena = self->ask->arena;
    int64_t count = 0;
    mc_set(record, provider_test, status, reply->status);
    if (reply->status == 401 || reply->status == 403)
        return mc_arena_printf(arena, "it refused the key (status %d)", reply->status);
    if (reply->status != 200)
        return mc_arena_printf(arena, "it answered with status %d", reply->status);
    if (!count_models(router_catalog_of_ask(self->ask), reply->body, &count))
        return MC_TEXT("it answered, but with no list of models");
    record->is_ok = true;
    mc_set(record, provider_test, model_count, count);
    return mc_arena_printf(arena, "it answered with %lld models", (long long)count);
}

static void
on_done(void *arg, const mc_http_reply_t *reply, const char *reason)
{
    test_t *self = arg;
    mc_provider_test_t record = {0};
    mc_set(&record, provider_test, is_ok, false);
    mc_text_t message = reply ? judge(self, reply, &record)
                              : mc_arena_printf(self->ask->arena, "it did not answer: %s", reason);
    answer(self, &record, message);
}

/* Headers of the row, one a line. */
static size_t
add_row(const char **lines, size_t count, mc_text_t text, mc_arena_t *arena)
{
    for (size_t at = 0; at < text.size && count < HEADERS_MAX - 3;) {
        const char *end = memchr(text.data + at, '\n', text.size - at);
        size_t size = end ? (size_t)(end - text.data) - at : text.size - at;
        if (size)
            lines[count++] = mc_arena_text(arena, (mc_text_t){text.data + at, size}).data;
        at += size + 1;
    }
    return count;
}

static void
ask_provider(test_t *self, const router_provider_t *provider)
{
    router_catalog_t *catalog = router_catalog_of_ask(self->ask);
    const char *lines[HEADERS_MAX] = {0};
    size_t count = add_row(lines, 0, provider->headers, self->ask->arena);
    mc_text_t key = router_secrets_value(catalog->parts.secrets, provider->secret);
    const char *prefix = router_auth_prefix(provider->adapter->auth);
    size_t size = key.size + strlen(prefix) + 1;
    char *line = sodium_malloc(size);
    assert(line);
    snprintf(line, size, "%s%.*s", prefix, MC_FMT(key));
    if (key.size)
        lines[count++] = line;
    if (provider->adapter->protocol == ROUTER_ANTHROPIC)
        lines[count++] = ANTHROPIC_VERSION;
    mc_http_question_t question = {
        .url = mc_arena_printf(self->ask->arena, "%.*s/models", MC_FMT(provider->base_url)).data,
        .headers = lines,
        .timeout_ms = TEST_MS,
        .answer_bytes_max = (size_t)8 << 20,
    };
    mc_http_client_ask(catalog->parts.client, &question, on_done, self);
    sodium_free(line); /* wipes it */
}

void
router_on_test_provider(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_provider_name_t *input = ask->input;
    const router_routing_t *routing = router_catalog_of_ask(ask)->parts.routing;
    const router_provider_t *provider =
        router_registry_provider(router_routing_registry(routing), input->name);
    if (!provider || !provider->adapter) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "name", "there is no provider %.*s",
                           MC_FMT(input->name));
        return;
    }
    test_t *self = mc_arena_alloc(ask->arena, sizeof *self);
    *self = (test_t){ask, input->name};
    bool has_secret = router_routing_has_secret(routing, provider->secret);
    if (provider->needs_secret && !has_secret) {
        mc_provider_test_t record = {0};
        mc_set(&record, provider_test, is_ok, false);
        bool is_sealed = router_routing_vault(routing) == ROUTER_VAULT_SEALED;
        answer(self, &record,
               is_sealed ? MC_TEXT("the vault is sealed, so its key cannot be used")
                         : mc_arena_printf(ask->arena, "its secret %.*s is not set",
                                           MC_FMT(provider->secret)));
        return;
    }
    ask_provider(self, provider);
}
