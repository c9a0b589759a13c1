/*
 *  services - which services are up, as the gateway sees them
 *
 *  Of itself it knows everything; of the others whether one of them answers on
 *  the bus. What is not known is null.
 */
#include "services.h"

#include "proto/codec.h"

static const char *const others[] = {"ingest", "control",   "router",   "budget",
                                     "vault",  "mcp-proxy", "retention"};

static void
write_self(gateway_t *gateway, mc_buffer_t *out)
{
    const char *reason = gateway_unready(gateway);
    const char *instance = gateway->settings->instance;
    mc_service_status_t status = {0};
    mc_set(&status, service_status, service, MC_TEXT("gateway"));
    mc_set(&status, service_status, instance, mc_text(instance[0] ? instance : "1"));
    mc_set(&status, service_status, is_ready, !reason);
    if (reason)
        mc_set(&status, service_status, reason, mc_text(reason));
    mc_set(&status, service_status, version, mc_text(MC_VERSION));
    mc_set(&status, service_status, started_at, gateway->started_us);
    mc_write_json(&mc_service_status_shape, &status, out);
}

static void
write_other(const gateway_t *gateway, const char *service, mc_buffer_t *out)
{
    mc_service_status_t status = {0};
    bool is_up = mc_bus_has_peer(gateway->bus, service);
    mc_set(&status, service_status, service, mc_text(service));
    mc_set(&status, service_status, is_ready, is_up);
    if (!is_up)
        mc_set(&status, service_status, reason, MC_TEXT("no instance of it is on the bus"));
    mc_write_json(&mc_service_status_shape, &status, out);
}

void
gateway_on_services(void *state, mc_http_request_t *request)
{
    mc_buffer_t out = {0};
    mc_buffer_string(&out, "{\"items\":[");
    write_self(state, &out);
    for (size_t i = 0; i < MC_COUNT(others); i++) {
        mc_buffer_string(&out, ",");
        write_other(state, others[i], &out);
    }
    mc_buffer_string(&out, "],\"nextCursor\":null}");
    mc_http_answer_json(request, 200, &out);
}
