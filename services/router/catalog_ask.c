/*
 *  catalog_ask - commands of the catalog begin, and leave their traces
 */
#include "services/router/catalog_parts.h"
#include "services/router/router.h"

static void
count(void *state, size_t metric)
{
    const router_catalog_t *self = state;
    mc_metrics_add(mc_service_metrics(self->parts.service), metric, 1);
}

static void
count_asked(void *state)
{
    count(state, ROUTER_METRIC_commands);
}

static void
count_refused(void *state)
{
    count(state, ROUTER_METRIC_commands_refused);
}

static void
log_store_failed(void *state, const char *sql_state, const char *reason)
{
    (void)state;
    mc_log(&router_catalog_log_store_failed, "state=%s reason=%s", sql_state, reason);
}

void
router_catalog_open_desk(router_catalog_t *self)
{
    self->desk = (mc_ask_desk_t){
        .state = self,
        .bus = self->bus,
        .redact = self->parts.redact,
        .asked = count_asked,
        .refused = count_refused,
        .store_failed = log_store_failed,
    };
}

mc_ask_t *
router_ask_new(void *state, mc_bus_request_t *request, mc_list_t records)
{
    return mc_ask_new(&router_catalog_of(state)->desk, request, records);
}
