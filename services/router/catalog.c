/*
 *  catalog - the registry while the router runs: its file, its rows, and who asks of it
 */
#include "services/router/catalog.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "services/router/catalog_parts.h"
#include "services/router/router_store.h"

#define UPDATED_AT_COLUMN 7

static void
want_secrets(router_catalog_t *self, const router_registry_t *registry)
{
    size_t count = 0;
    const router_provider_t *providers = router_registry_providers(registry, &count);
    for (size_t i = 0; self->parts.secrets && i < count; i++) {
        if (!providers[i].adapter || !providers[i].secret.size)
            continue;
        router_secrets_want(self->parts.secrets, providers[i].secret);
        router_catalog_secret_changed(self, providers[i].secret);
    }
}

void
router_catalog_rebuild(router_catalog_t *self)
{
    router_registry_parts_t parts = {
        .rows = self->rows,
        .row_count = self->row_count,
        .are_rows_known = self->are_rows_known,
        .health = router_routing_health(self->parts.routing),
        .parser = self->parser,
    };
    router_registry_t *registry = router_registry_file_load(self->file, &parts);
    size_t count = 0;
    (void)router_registry_all(registry, &count);
    const char *error = router_registry_file_error(self->file);
    if (error)
        mc_log(&router_catalog_log_models_refused, "reason=%s", error);
    mc_log(&router_catalog_log_models_loaded, "version=%lld models=%zu file=%s",
           (long long)router_registry_version(registry), count,
           router_registry_file_is_loaded(self->file) ? router_registry_file_path(self->file)
                                                      : "none");
    for (size_t i = 0; i < MC_COUNT(self->recent); i++)
        router_remembered_settle(&self->recent[i]);
    router_routing_take(self->parts.routing, registry);
    want_secrets(self, registry);
}

void
router_catalog_secret_changed(router_catalog_t *self, mc_text_t name)
{
    router_routing_t *routing = self->parts.routing;
    const char *reason = NULL;
    switch (router_secrets_look(self->parts.secrets, name, &reason)) {
    case ROUTER_SECRET_READY:
        router_routing_set_vault(routing, ROUTER_VAULT_OPEN);
        router_routing_set_secret(routing, name, true);
        return;
    case ROUTER_SECRET_MISSING:
        router_routing_set_vault(routing, ROUTER_VAULT_OPEN);
        router_routing_set_secret(routing, name, false);
        return;
    case ROUTER_SECRET_SEALED: /* what was set before is still set */
        router_routing_lose_vault(routing, reason);
        return;
    case ROUTER_SECRET_WAITING:
        return;
    }
}

/* --- rows of aop_providers --- */

static void
take_row(router_catalog_t *self, const PGresult *result, int row)
{
    mc_provider_order_t order = {0};
    mc_refusal_t refusal = {0};
    router_provider_t *provider = &self->rows[self->row_count];
    bool is_bad =
        mc_store_read(result, row, &mc_provider_order_shape, self->rows_arena, &order) == -1;
    if (is_bad || router_provider_make(&order, self->rows_arena, provider, &refusal)) {
        mc_log(&router_catalog_log_provider_invalid, "name=%.*s reason=%s", MC_FMT(order.name),
               is_bad ? mc_error() : refusal.message);
        return;
    }
    provider->source = ROUTER_OF_STORE;
    provider->updated_us = mc_store_time(result, row, UPDATED_AT_COLUMN);
    self->row_count++;
}

static void
on_rows(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    router_catalog_t *self = arg;
    self->is_reading_rows = false;
    if (self->is_closed)
        return;
    if (refusal) { /* the clock asks again */
        if (refusal->code == MC_INTERNAL_ERROR)
            mc_log(&router_catalog_log_store_failed, "reason=%s", refusal->message);
        self->must_read_rows = true;
        return;
    }
    int count = PQntuples(result);
    mc_arena_clear(self->rows_arena);
    self->rows = mc_arena_alloc(self->rows_arena, ((size_t)count + 1) * sizeof *self->rows);
    self->row_count = 0;
    for (int row = 0; row < count; row++)
        take_row(self, result, row);
    self->are_rows_known = true;
    router_catalog_rebuild(self);
    if (self->must_read_rows)
        router_catalog_read_rows(self);
}

void
router_catalog_read_rows(router_catalog_t *self)
{
    self->must_read_rows = self->is_reading_rows;
    if (self->is_reading_rows || self->is_closed)
        return;
    self->is_reading_rows = true;
    router_store_list_providers(self->parts.store, on_rows, self);
}

static void
on_providers_changed(void *arg, mc_list_t records)
{
    (void)records; /* the rows come from the store */
    router_catalog_read_rows(arg);
}

static void
on_providers_gap(void *arg)
{
    router_catalog_read_rows(arg);
}

/* --- life --- */

static router_registry_file_t *
open_file(const mc_settings_t *settings)
{
    const mc_setting_row_t *row = mc_setting_row(offsetof(mc_settings_t, model_config_path));
    bool is_named = strcmp(settings->model_config_path, row->fallback) != 0;
    return router_registry_file_new(settings->model_config_path, is_named);
}

static void
subscribe(router_catalog_t *self)
{
    mc_bus_subscribe(self->bus, "router", MC_MESSAGE_PROVIDERS_CHANGED, on_providers_changed,
                     on_providers_gap, self);
    router_health_share_start(self);
}

router_catalog_t *
router_catalog_new(const router_catalog_parts_t *parts)
{
    const mc_settings_t *settings = mc_service_settings(parts->service);
    router_catalog_t *self = calloc(1, sizeof *self);
    assert(self);
    self->parts = *parts;
    self->bus = mc_service_bus(parts->service);
    router_catalog_open_desk(self);
    self->parser = mc_json_parser_new();
    self->rows_arena = mc_arena_new();
    self->file = open_file(settings);
    mc_uuid_print(mc_uuid_new(), self->origin);
    router_catalog_rebuild(self);
    router_catalog_read_rows(self);
    subscribe(self);
    return self;
}

void
router_catalog_close(router_catalog_t *self)
{
    if (self)
        self->is_closed = true;
}

void
router_catalog_destroy(router_catalog_t **address)
{
    router_catalog_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < MC_COUNT(self->recent); i++)
        router_remembered_clear(&self->recent[i]);
    router_registry_file_destroy(&self->file);
    mc_json_parser_destroy(&self->parser);
    mc_arena_destroy(&self->rows_arena);
    free(self);
}

void
router_look_at_catalog(void *state)
{
    router_catalog_t *self = router_catalog_of(state);
    if (self->must_read_rows && mc_store_is_up(self->parts.store))
        router_catalog_read_rows(self);
    if (router_registry_file_is_changed(self->file))
        router_catalog_rebuild(self);
    router_health_share_tick(self);
}
