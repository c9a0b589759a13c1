/*
 *  models - providers, routing and ratings over HTTP: forms of commands that the router answers
 */
#include "models.h"

#include "command_forms.h"
#include "commands.h"
#include "common/ids.h"
#include "gateway_store.h"

void
gateway_on_provider_put(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "put_provider");
    mc_refusal_t refusal;
    gateway_form_run(ask, gateway_command_read(ask, &refusal), &refusal);
}

void
gateway_on_provider_remove(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "remove_provider");
    mc_refusal_t refusal;
    gateway_form_run(ask, gateway_form_param(ask, "name", "name", &refusal), &refusal);
}

void
gateway_on_provider_test(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "test_provider");
    mc_refusal_t refusal;
    gateway_form_run(ask, gateway_form_param(ask, "name", "name", &refusal), &refusal);
}

void
gateway_on_explain(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "explain_route");
    mc_refusal_t refusal;
    gateway_form_run(ask, gateway_command_read(ask, &refusal), &refusal);
}

void
gateway_on_run_quality(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "rate_run");
    mc_refusal_t refusal;
    int result = gateway_command_read(ask, &refusal);
    if (!result)
        result = gateway_form_param(ask, "id", "run_id", &refusal);
    gateway_form_run(ask, result, &refusal);
}

/* An event that is not stored yet, or not any more, may still be known to the router. */
static void
on_event(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    bool is_found = !refusal && PQntuples(result) && !PQgetisnull(result, 0, 0);
    if (!is_found) {
        gateway_command_run(ask);
        return;
    }
    mc_buffer_t out = {0};
    mc_buffer_text(&out, mc_store_text(result, 0, 0));
    gateway_ask_json(ask, 200, &out);
}

/* A UUIDv7 begins with its time, in milliseconds. */
static int64_t
time_of(mc_uuid_t id)
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.bytes[i];
    return ms * 1000;
}

void
gateway_on_decision(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_form_begin(state, request, "get_route_decision");
    mc_decision_query_t *query = ask->input;
    mc_uuid_t id;
    mc_refusal_t refusal;
    if (gateway_form_param(ask, "id", "id", &refusal)) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    if (mc_uuid_read(query->id, &id) || time_of(id) > MC_TIME_MAX / 2) {
        gateway_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "there is no decision %.*s",
                                MC_FMT(query->id));
        return;
    }
    gateway_store_find_decision(ask->gateway->store, query->id, time_of(id), on_event, ask);
}
