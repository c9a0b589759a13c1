/*
 *  roots - the root tasks to choose from, and what the runs of one have in common
 */
#include "roots.h"

#include "ask.h"
#include "params.h"
#include "proto/codec.h"
#include "query_roots.h"

#define ROOTS_MAX 200
#define ROOTS_DEFAULT 50
#define SEARCH_BYTES_MAX 200

static const char *const facets[] = {"tier",    "status", "provider",  "modelId",
                                     "persona", "skill",  "mcpServer", "actor"};

static void
on_roots(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t roots;
    if (gateway_ask_read(ask, result, refusal, &mc_root_summary_shape, &roots) == -1)
        return;
    gateway_ask_records(ask, &mc_root_summary_shape, roots);
}

static int
read_roots_query(gateway_ask_t *ask, gateway_roots_query_t *query, mc_refusal_t *refusal)
{
    static const char *const names[] = {"search", "limit", "cursor", NULL};
    mc_text_t cursor = mc_http_query(ask->request, "cursor");
    if (gateway_params_only(ask->request, names, refusal) ||
        gateway_param_limit(mc_http_query(ask->request, "limit"), ROOTS_MAX, ROOTS_DEFAULT,
                            &query->limit, refusal))
        return MC_REFUSED;
    if (cursor.size && mc_cursor_read(cursor, ask->arena, &ask->cursor, refusal))
        return MC_REFUSED;
    query->cursor = cursor.size ? &ask->cursor : NULL;
    query->search = mc_http_query(ask->request, "search");
    if (query->search.size > SEARCH_BYTES_MAX)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "search",
                         "search must have at most %d bytes, not %zu", SEARCH_BYTES_MAX,
                         query->search.size);
    ask->limit = query->limit;
    return 0;
}

void
gateway_on_roots(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    gateway_roots_query_t query = {0};
    gateway_question_t question;
    mc_refusal_t refusal;
    ask->form = GATEWAY_PAGE;
    ask->paging = (gateway_paging_t){"last_event_at", "root_task_id"};
    if (read_roots_query(ask, &query, &refusal)) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    gateway_question_init(&question, ask->arena);
    gateway_query_roots(&question, &query);
    gateway_question_ask(&question, ask->gateway, on_roots, ask);
}

/* The rows of one facet as [{"value", "count"}, ...]; rows come in the order of names. */
static void
write_facet(const PGresult *result, const char *name, mc_buffer_t *out)
{
    const char *separator = "";
    mc_buffer_printf(out, "\"%s\":[", name);
    for (int row = 0; row < PQntuples(result); row++) {
        if (!mc_text_is(mc_store_text(result, row, 0), name))
            continue;
        mc_text_t value = mc_store_text(result, row, 1);
        mc_buffer_printf(out, "%s{\"value\":", separator);
        if (!strcmp(name, "tier"))
            mc_buffer_text(out, value);
        else
            mc_write_json_text(out, value);
        mc_buffer_printf(out, ",\"count\":%lld}", (long long)mc_store_i64(result, row, 2));
        separator = ",";
    }
    mc_buffer_string(out, "]");
}

static void
on_facets(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    if (refusal) {
        gateway_ask_refuse(ask, refusal);
        return;
    }
    mc_buffer_t out = {0};
    for (size_t i = 0; i < MC_COUNT(facets); i++) {
        mc_buffer_string(&out, i ? "," : "{");
        write_facet(result, facets[i], &out);
    }
    mc_buffer_string(&out, "}");
    gateway_ask_json(ask, 200, &out);
}

void
gateway_on_facets(void *state, mc_http_request_t *request)
{
    static const char *const names[] = {"rootTaskId", NULL};
    gateway_ask_t *ask = gateway_ask_new(state, request);
    gateway_question_t question;
    mc_refusal_t refusal;
    if (gateway_params_only(request, names, &refusal)) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    gateway_question_init(&question, ask->arena);
    gateway_query_facets(&question, mc_http_query(request, "rootTaskId"));
    gateway_question_ask(&question, ask->gateway, on_facets, ask);
}
