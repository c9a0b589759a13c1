/*
 *  catalog_providers - adding, changing, removing and showing providers
 */
#include "proto/codec.h"
#include "services/router/catalog_parts.h"
#include "services/router/router_store.h"

static size_t
count_models(const router_registry_t *registry, const router_provider_t *provider)
{
    size_t count = 0;
    size_t found = 0;
    const router_model_t *models = router_registry_all(registry, &count);
    for (size_t i = 0; i < count; i++)
        found += models[i].provider == provider;
    return found;
}

/* Why it is not called. */
static mc_text_t
problem_of(const router_catalog_t *self, const router_provider_t *provider)
{
    const router_routing_t *routing = self->parts.routing;
    const char *refused = router_health_key_reason(router_routing_health(routing), provider->name);
    bool has_secret = router_routing_has_secret(routing, provider->secret);
    if (!provider->adapter)
        return MC_TEXT("there is no such provider, or its row was not read yet");
    if (!provider->is_enabled)
        return MC_TEXT("it is disabled");
    if ((provider->needs_secret || has_secret) &&
        router_routing_vault(routing) == ROUTER_VAULT_SEALED)
        return MC_TEXT("the vault is sealed");
    if (provider->needs_secret && !has_secret)
        return MC_TEXT("its secret is not set");
    return mc_text(refused);
}

void
router_provider_record(const router_catalog_t *self, const router_provider_t *provider,
                       mc_provider_t *ret_record)
{
    const router_routing_t *routing = self->parts.routing;
    mc_provider_t record = {0};
    mc_text_t problem = problem_of(self, provider);
    router_protocol_t protocol = provider->adapter ? provider->adapter->protocol : ROUTER_OPENAI;
    mc_set(&record, provider, name, provider->name);
    mc_set(&record, provider, protocol, mc_text(router_protocol_name(protocol)));
    mc_set(&record, provider, base_url, provider->base_url);
    if (provider->adapter)
        mc_set(&record, provider, adapter, mc_text(provider->adapter->name));
    if (provider->secret.size)
        mc_set(&record, provider, secret, provider->secret);
    mc_set(&record, provider, needs_secret, provider->needs_secret);
    mc_set(&record, provider, has_secret, router_routing_has_secret(routing, provider->secret));
    if (provider->headers.size)
        mc_set(&record, provider, headers, provider->headers);
    mc_set(&record, provider, is_enabled, provider->is_enabled);
    mc_set(&record, provider, source, mc_text(router_source_name(provider->source)));
    mc_set(&record, provider, model_count,
           (int64_t)count_models(router_routing_registry(routing), provider));
    if (problem.size)
        mc_set(&record, provider, problem, problem);
    if (provider->updated_us)
        mc_set(&record, provider, updated_at, provider->updated_us);
    *ret_record = record;
}

void
router_on_list_providers(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    size_t count = 0;
    const router_provider_t *providers = router_registry_providers(
        router_routing_registry(router_catalog_of_ask(ask)->parts.routing), &count);
    mc_provider_t *list = mc_arena_alloc(ask->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        router_provider_record(router_catalog_of_ask(ask), &providers[i], &list[i]);
    mc_ask_answer(ask, &mc_provider_shape, (mc_list_t){list, count});
}

/* Rows after a change are read before the answer, so that who asked may use it at once. */
static void
answer_changed(mc_ask_t *ask, mc_text_t name, bool is_gone)
{
    router_catalog_t *catalog = router_catalog_of_ask(ask);
    const router_provider_t *provider =
        router_registry_provider(router_routing_registry(catalog->parts.routing), name);
    mc_provider_t record = {0};
    if (provider)
        router_provider_record(catalog, provider, &record);
    else
        record = *(const mc_provider_t *)ask->plan;
    mc_log(&router_catalog_log_provider_changed, "name=%.*s removed=%s", MC_FMT(name),
           is_gone ? "true" : "false");
    mc_bus_publish(catalog->bus, MC_MESSAGE_PROVIDERS_CHANGED, mc_list_one(&record));
    if (is_gone)
        record = *(const mc_provider_t *)ask->plan;
    mc_ask_answer(ask, &mc_provider_shape, mc_list_one(&record));
}

/* The change itself, without waiting for the store to be read again. */
static void
apply_change(router_catalog_t *self, mc_text_t name, const router_provider_t *provider)
{
    size_t at = 0;
    while (at < self->row_count && !mc_text_equals(self->rows[at].name, name))
        at++;
    router_provider_t *rows =
        mc_arena_alloc(self->rows_arena, (self->row_count + 2) * sizeof *rows);
    if (self->row_count)
        memcpy(rows, self->rows, self->row_count * sizeof *rows);
    self->rows = rows;
    if (provider) {
        rows[at] = *provider;
        rows[at].source = ROUTER_OF_STORE;
        self->row_count += at == self->row_count;
    } else if (at < self->row_count) {
        self->row_count--;
        memmove(&rows[at], &rows[at + 1], (self->row_count - at) * sizeof *rows);
    }
    router_catalog_rebuild(self);
    router_catalog_read_rows(self);
}

static void
on_put(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    router_catalog_t *catalog = router_catalog_of_ask(ask);
    const mc_provider_order_t *order = ask->input;
    router_provider_t provider;
    mc_refusal_t why;
    (void)result;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    if (router_provider_make(order, catalog->rows_arena, &provider, &why)) {
        mc_ask_refuse(ask, &why); /* it was made once already */
        return;
    }
    router_health_key_changed(router_routing_health(catalog->parts.routing), order->name);
    apply_change(catalog, order->name, &provider);
    answer_changed(ask, order->name, false);
}

static router_deed_t
deed_of(mc_ask_t *ask, const mc_shape_t *input, mc_buffer_t *details)
{
    router_deed_t deed = {
        .actor = mc_ask_actor(ask, input),
        .details = mc_arena_text(ask->arena, mc_buffer_content(details)),
        .arena = ask->arena,
    };
    mc_buffer_clear(details);
    return deed;
}

void
router_on_put_provider(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    mc_provider_order_t *order = mc_arena_alloc(ask->arena, sizeof *order);
    router_provider_t provider;
    mc_refusal_t refusal;
    *order = *(const mc_provider_order_t *)ask->input;
    if (router_provider_make(order, ask->arena, &provider, &refusal)) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    /* What was left out is written down as it is understood now. */
    mc_set(order, provider_order, adapter, mc_text(provider.adapter->name));
    mc_set(order, provider_order, protocol,
           mc_text(router_protocol_name(provider.adapter->protocol)));
    mc_set(order, provider_order, base_url, provider.base_url);
    ask->input = order;

    mc_buffer_t details = {0};
    mc_write_json(&mc_provider_order_shape, order, &details);
    router_deed_t deed = deed_of(ask, &mc_provider_order_shape, &details);
    router_store_put_provider(router_catalog_of_ask(ask)->parts.store, order, &deed, on_put, ask);
}

static void
on_removed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const mc_provider_name_t *input = ask->input;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    if (PQntuples(result) == 0) {
        router_catalog_read_rows(router_catalog_of_ask(ask));
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "name", "there is no provider %.*s",
                           MC_FMT(input->name));
        return;
    }
    apply_change(router_catalog_of_ask(ask), input->name, NULL);
    answer_changed(ask, input->name, true);
}

/* One that the lists name must stay, unless the product or the file knows it too. */
static int
check_removal(mc_ask_t *ask, const router_provider_t *provider, mc_text_t name)
{
    char path[64];
    const router_registry_t *registry =
        router_routing_registry(router_catalog_of_ask(ask)->parts.routing);
    const router_adapter_t *adapter = router_adapter_find(name);
    if (!provider) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "name", "there is no provider %.*s",
                           MC_FMT(name));
        return -1;
    }
    if (provider->source != ROUTER_OF_STORE) {
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "name",
                           "%.*s comes with the %s and cannot be removed; it can be disabled",
                           MC_FMT(name),
                           provider->source == ROUTER_OF_FILE ? "file aop_models.json" : "product");
        return -1;
    }
    bool stays = adapter && adapter->base_url;
    if (!stays && router_registry_uses(registry, name, path)) {
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "name",
                           "%s of aop_models.json uses %.*s; take it out there first", path,
                           MC_FMT(name));
        return -1;
    }
    return 0;
}

void
router_on_remove_provider(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_provider_name_t *input = ask->input;
    const router_provider_t *provider = router_registry_provider(
        router_routing_registry(router_catalog_of_ask(ask)->parts.routing), input->name);
    if (check_removal(ask, provider, input->name) == -1)
        return;
    /* As it was: the registry that lends these texts may be gone when it is answered. */
    mc_provider_t *record = mc_arena_alloc(ask->arena, sizeof *record);
    router_provider_record(router_catalog_of_ask(ask), provider, record);
    record->name = mc_arena_text(ask->arena, record->name);
    record->base_url = mc_arena_text(ask->arena, record->base_url);
    record->secret = mc_arena_text(ask->arena, record->secret);
    record->headers = mc_arena_text(ask->arena, record->headers);
    record->problem = mc_arena_text(ask->arena, record->problem);
    ask->plan = record;

    mc_buffer_t details = {0};
    mc_write_json(&mc_provider_shape, record, &details);
    router_deed_t deed = deed_of(ask, &mc_provider_name_shape, &details);
    router_store_remove_provider(router_catalog_of_ask(ask)->parts.store, input->name, &deed,
                                 on_removed, ask);
}
