/*
 *  reads - GET forms of the reads, with query parameters and pages
 */
#include "reads.h"

#include <stdlib.h>

#include "ask.h"
#include "commands.h"
#include "gateway_store.h"
#include "params.h"

#define QUARANTINE_MAX 500
#define QUARANTINE_DEFAULT 100

typedef struct {
    const char *path;
    const char *command;
    gateway_paging_t paging;
} read_t;

static const read_t reads[] = {
    {"/api/v1/runs", "list_agent_runs", {"started_at", "id"}},
    {"/api/v1/events", "list_agent_events", {"id", NULL}},
    {"/api/v1/tasks", "get_tasks", {"created_at", "id"}},
    {"/api/v1/audit", "list_audit_log", {"id", NULL}},
    {"/api/v1/terminals", "list_agent_terminals", {"last_event_id", NULL}},
    {"/api/v1/terminal-events", "list_terminal_events", {"id", NULL}},
    {"/api/v1/snapshot", "get_mission_control_snapshot", {NULL, NULL}},
    {"/api/v1/flags", "get_runtime_flags", {NULL, NULL}},
    {"/api/v1/providers", "list_providers", {NULL, NULL}},
    {"/api/v1/models", "list_models", {NULL, NULL}},
    {"/api/v1/router/decisions", "list_route_decisions", {NULL, NULL}},
    {"/api/v1/control/parts", "list_control_parts", {NULL, NULL}},
    {"/api/v1/control/triggers", "list_triggers", {NULL, NULL}},
    {"/api/v1/control/holds", "list_holds", {NULL, NULL}},
    {"/api/v1/control/receipts/{id}", "list_receipts", {NULL, NULL}},
    {"/api/v1/budgets", "list_budgets", {NULL, NULL}},
    {"/api/v1/budget", "get_budget", {NULL, NULL}},
    {"/api/v1/budget-requests", "list_task_budget_requests", {NULL, NULL}},
    {"/api/v1/runs/{id}", "list_agent_runs", {NULL, NULL}},
    {"/api/v1/tasks/{id}", "get_tasks", {NULL, NULL}},
};

static const read_t *
find_read(const mc_http_request_t *request)
{
    const char *path = mc_http_route(request)->path;
    for (size_t i = 0; i < MC_COUNT(reads); i++)
        if (!strcmp(reads[i].path, path))
            return &reads[i];
    return NULL;
}

static gateway_ask_t *
begin(gateway_t *gateway, mc_http_request_t *request)
{
    const read_t *read = find_read(request);
    assert(read);
    gateway_ask_t *ask = gateway_ask_new(gateway, request);
    const mc_command_t *command = mc_command_find(mc_text(read->command));
    assert(command);
    gateway_command_begin(ask, command);
    ask->form = command->is_many ? GATEWAY_PAGE : GATEWAY_BARE;
    ask->paging = read->paging;
    return ask;
}

/* An input that has no cursor takes the place as beforeId, or leaves it to the handler. */
static int
take_cursor(gateway_ask_t *ask, mc_refusal_t *refusal)
{
    const mc_shape_t *shape = ask->command->input;
    mc_text_t cursor = mc_http_query(ask->request, "cursor");
    if (cursor.size == 0 || mc_shape_find_name(shape, MC_TEXT("cursor")))
        return 0;
    if (!ask->paging.order)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "cursor", "there are no pages here");
    if (mc_cursor_read(cursor, ask->arena, &ask->cursor, refusal))
        return MC_REFUSED;
    ask->has_cursor = true;
    const mc_field_t *before = mc_shape_find_name(shape, MC_TEXT("before_id"));
    if (!before)
        return 0;
    return mc_field_set_i64(shape, before, ask->input, ask->cursor.order, refusal);
}

static int
read_params(gateway_ask_t *ask, mc_refusal_t *refusal)
{
    static const char *const cursor[] = {"cursor", NULL};
    const mc_shape_t *shape = ask->command->input;
    bool has_own = mc_shape_find_name(shape, MC_TEXT("cursor"));
    if (gateway_params_read(ask->request, shape, has_own ? NULL : cursor, ask->arena, ask->input,
                            refusal))
        return MC_REFUSED;
    const mc_field_t *limit = mc_shape_find_name(shape, MC_TEXT("limit"));
    if (limit)
        ask->limit = *(const int64_t *)mc_record_member(ask->input, limit);
    return take_cursor(ask, refusal);
}

void
gateway_on_read(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = begin(state, request);
    mc_refusal_t refusal;
    if (read_params(ask, &refusal))
        gateway_ask_refuse(ask, &refusal);
    else
        gateway_command_run(ask);
}

void
gateway_on_read_one(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = begin(state, request);
    const mc_shape_t *shape = ask->command->input;
    const mc_field_t *id = mc_shape_find_name(shape, MC_TEXT("id"));
    if (!id)
        id = mc_shape_find_name(shape, MC_TEXT("run_id"));
    mc_refusal_t refusal;
    ask->form = GATEWAY_SINGLE;
    if (read_params(ask, &refusal) ||
        mc_field_set_text(shape, id, ask->input,
                          mc_arena_text(ask->arena, mc_http_param(request, "id")), &refusal))
        gateway_ask_refuse(ask, &refusal);
    else
        gateway_command_run(ask);
}

static void
on_event(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t events;
    if (gateway_ask_read(ask, result, refusal, &mc_agent_event_shape, &events) == -1)
        return;
    gateway_ask_records(ask, &mc_agent_event_shape, events);
}

void
gateway_on_event(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    mc_text_t text = mc_arena_text(ask->arena, mc_http_param(request, "id"));
    char *end = NULL;
    long long id = text.size && text.size < 17 ? strtoll(text.data, &end, 10) : 0;
    ask->form = GATEWAY_SINGLE;
    if (!end || *end || id < 1)
        gateway_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "id must be a positive integer, not %.*s",
                                text.size > 64 ? 64 : (int)text.size, text.data);
    else
        gateway_store_find_event(ask->gateway->store, id, on_event, ask);
}

static void
on_model_health(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t rows;
    if (gateway_ask_read(ask, result, refusal, &mc_model_health_shape, &rows) == -1)
        return;
    gateway_ask_records(ask, &mc_model_health_shape, rows);
}

void
gateway_on_model_health(void *state, mc_http_request_t *request)
{
    static const char *const none[] = {NULL};
    gateway_ask_t *ask = gateway_ask_new(state, request);
    mc_refusal_t refusal;
    ask->form = GATEWAY_PAGE;
    if (gateway_params_only(request, none, &refusal))
        gateway_ask_refuse(ask, &refusal);
    else
        gateway_store_list_model_health(ask->gateway->store, on_model_health, ask);
}

static void
on_quarantine(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t rows;
    if (gateway_ask_read(ask, result, refusal, &mc_quarantined_shape, &rows) == -1)
        return;
    gateway_ask_records(ask, &mc_quarantined_shape, rows);
}

void
gateway_on_quarantine(void *state, mc_http_request_t *request)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    gateway_ask_t *ask = gateway_ask_new(state, request);
    mc_text_t cursor = mc_http_query(request, "cursor");
    mc_refusal_t refusal;
    ask->form = GATEWAY_PAGE;
    ask->paging = (gateway_paging_t){"id", NULL};
    ask->cursor.order = INT64_MAX;
    if (gateway_params_only(request, names, &refusal) ||
        gateway_param_limit(mc_http_query(request, "limit"), QUARANTINE_MAX, QUARANTINE_DEFAULT,
                            &ask->limit, &refusal) ||
        (cursor.size && mc_cursor_read(cursor, ask->arena, &ask->cursor, &refusal))) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    gateway_store_list_quarantine(ask->gateway->store, ask->cursor.order, ask->limit, on_quarantine,
                                  ask);
}
