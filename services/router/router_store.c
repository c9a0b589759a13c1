/*
 *  router_store - every question that the router asks of PostgreSQL
 */
#include "services/router/router_store.h"

#define PROVIDER_COLUMNS                                                                           \
    "name, protocol, base_url, adapter, secret, headers, is_enabled, updated_at"
#define AUDIT "INSERT INTO aop_audit_log (actor, action, target_id, details, source)"

void
router_store_list_providers(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "SELECT " PROVIDER_COLUMNS " FROM aop_providers ORDER BY created_at, name";
    mc_store_ask(store, sql, NULL, answer, arg);
}

void
router_store_put_provider(mc_store_t *store, const mc_provider_order_t *order,
                          const router_deed_t *deed, mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "WITH made AS (INSERT INTO aop_providers AS p"
        " (name, protocol, base_url, adapter, secret, headers, is_enabled)"
        " VALUES ($1, $2, $3, $4, $5, coalesce($6, ''), coalesce($7, true))"
        " ON CONFLICT (name) DO UPDATE SET protocol = excluded.protocol,"
        " base_url = excluded.base_url, adapter = excluded.adapter, secret = excluded.secret,"
        " headers = excluded.headers, is_enabled = excluded.is_enabled, updated_at = now()"
        " RETURNING name),"
        " audited AS (" AUDIT " SELECT $8, 'provider_changed', name, $9, 'platform' FROM made)"
        " SELECT name FROM made";
    static const int members[] = {
        MC_INDEX_provider_order_name,      MC_INDEX_provider_order_protocol,
        MC_INDEX_provider_order_base_url,  MC_INDEX_provider_order_adapter,
        MC_INDEX_provider_order_secret,    MC_INDEX_provider_order_headers,
        MC_INDEX_provider_order_is_enabled};
    mc_store_params_t params = {.arena = deed->arena};
    for (size_t i = 0; i < MC_COUNT(members); i++)
        mc_store_param_member(&params, &mc_provider_order_shape, (size_t)members[i], order);
    mc_store_param_text(&params, deed->actor);
    mc_store_param_text(&params, deed->details);
    mc_store_ask(store, sql, &params, answer, arg);
}

void
router_store_remove_provider(mc_store_t *store, mc_text_t name, const router_deed_t *deed,
                             mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "WITH gone AS (DELETE FROM aop_providers WHERE name = $1 RETURNING name),"
        " audited AS (" AUDIT " SELECT $2, 'provider_removed', name, $3, 'platform' FROM gone)"
        " SELECT name FROM gone";
    mc_store_params_t params = {.arena = deed->arena};
    mc_store_param_text(&params, name);
    mc_store_param_text(&params, deed->actor);
    mc_store_param_text(&params, deed->details);
    mc_store_ask(store, sql, &params, answer, arg);
}

void
router_store_list_health(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "SELECT provider, model_id, total_calls, success_calls, failed_calls, avg_latency_ms,"
        " avg_cost_usd, quality_score, last_error, last_used_at, updated_at, cost_calls"
        " FROM aop_model_health ORDER BY updated_at DESC LIMIT 4000";
    mc_store_ask(store, sql, NULL, answer, arg);
}

/* One column of the rows as an array of texts, which the statement casts. */
static void
add_column(mc_store_params_t *params, const router_health_rows_t *rows, int index)
{
    const mc_field_t *field = &mc_model_health_shape.fields[index];
    mc_text_t *values = mc_arena_alloc(rows->arena, (rows->count + 1) * sizeof *values);
    for (size_t i = 0; i < rows->count; i++) {
        const void *member = mc_record_member(&rows->rows[i], field);
        if (field->kind == MC_F64_KIND)
            values[i] = mc_arena_printf(rows->arena, "%.17g", *(const double *)member);
        else if (field->kind == MC_TEXT_KIND)
            values[i] = *(const mc_text_t *)member;
        else
            values[i] = mc_arena_printf(rows->arena, "%lld", (long long)*(const int64_t *)member);
    }
    mc_store_param_texts(params, values, rows->count);
}

void
router_store_write_health(mc_store_t *store, const router_health_rows_t *rows,
                          mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "INSERT INTO aop_model_health AS h (provider, model_id, total_calls, success_calls,"
        " failed_calls, avg_latency_ms, avg_cost_usd, quality_score, last_error, last_used_at,"
        " updated_at, cost_calls)"
        " SELECT provider, model_id, total::bigint, success::bigint, failed::bigint,"
        " latency::double precision, cost::double precision, quality::double precision,"
        " nullif(error, ''), CASE WHEN used::bigint > 0 THEN"
        " timestamptz 'epoch' + used::bigint * interval '1 microsecond' END,"
        " timestamptz 'epoch' + updated::bigint * interval '1 microsecond', priced"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
        " $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[])"
        " AS r (provider, model_id, total, success, failed, latency, cost, quality, error, used,"
        " updated, priced) ORDER BY 1, 2"
        " ON CONFLICT (provider, model_id) DO UPDATE SET total_calls = excluded.total_calls,"
        " success_calls = excluded.success_calls, failed_calls = excluded.failed_calls,"
        " avg_latency_ms = excluded.avg_latency_ms, avg_cost_usd = excluded.avg_cost_usd,"
        " quality_score = excluded.quality_score, last_error = excluded.last_error,"
        " last_used_at = excluded.last_used_at, updated_at = excluded.updated_at,"
        " cost_calls = excluded.cost_calls WHERE excluded.total_calls >= h.total_calls";
    static const int columns[] = {
        MC_INDEX_model_health_provider,     MC_INDEX_model_health_model_id,
        MC_INDEX_model_health_total_calls,  MC_INDEX_model_health_success_calls,
        MC_INDEX_model_health_failed_calls, MC_INDEX_model_health_avg_latency_ms,
        MC_INDEX_model_health_avg_cost_usd, MC_INDEX_model_health_quality_score,
        MC_INDEX_model_health_last_error,   MC_INDEX_model_health_last_used_at,
        MC_INDEX_model_health_updated_at};
    mc_store_params_t params = {.arena = rows->arena};
    for (size_t i = 0; i < MC_COUNT(columns); i++)
        add_column(&params, rows, columns[i]);
    mc_store_param_i64s(&params, rows->cost_calls, rows->count);
    mc_store_ask(store, sql, &params, answer, arg);
}

void
router_store_rate_run(mc_store_t *store, mc_text_t run_id, const router_deed_t *deed,
                      mc_store_answer_fn *answer, void *arg)
{
    /* Models of its finished calls; of a run that reports none, the one that it names itself. */
    static const char sql[] =
        "WITH run AS (SELECT provider, model_id FROM aop_agent_runs WHERE id = $1 LIMIT 1),"
        " calls AS (SELECT DISTINCT provider, model_id FROM aop_agent_events"
        " WHERE run_id = $1 AND action IN ('llm.call', 'llm.embed') AND status = 'completed'"
        " AND provider IS NOT NULL AND model_id IS NOT NULL LIMIT 32),"
        " served AS (SELECT * FROM calls UNION ALL SELECT provider, model_id FROM run"
        " WHERE NOT EXISTS (SELECT 1 FROM calls) AND provider IS NOT NULL"
        " AND model_id IS NOT NULL),"
        " audited AS (" AUDIT " SELECT $2, 'run_rated', $1, $3, 'platform'"
        " WHERE EXISTS (SELECT 1 FROM served))"
        " SELECT EXISTS (SELECT 1 FROM run) AS is_known, s.provider, s.model_id"
        " FROM (SELECT 1) one LEFT JOIN served s ON true ORDER BY 2, 3";
    mc_store_params_t params = {.arena = deed->arena};
    mc_store_param_text(&params, run_id);
    mc_store_param_text(&params, deed->actor);
    mc_store_param_text(&params, deed->details);
    mc_store_ask(store, sql, &params, answer, arg);
}

void
router_store_list_responses(mc_store_t *store, int64_t max, mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] = "SELECT response_id, provider, made_at FROM aop_stored_responses"
                              " ORDER BY made_at DESC LIMIT $1";
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_i64(&params, max);
    mc_store_ask(store, sql, &params, answer, arg);
}

void
router_store_write_responses(mc_store_t *store, const router_response_rows_t *rows,
                             mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "WITH told AS (SELECT DISTINCT ON (id) id, provider, made"
        " FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY"
        " AS t (id, provider, made, n) ORDER BY id, n DESC),"
        " gone AS (DELETE FROM aop_stored_responses s USING told t"
        " WHERE s.response_id = t.id AND t.provider = '')"
        " INSERT INTO aop_stored_responses (response_id, provider, made_at)"
        " SELECT id, provider, timestamptz 'epoch' + made * interval '1 microsecond'"
        " FROM told WHERE provider <> ''"
        " ON CONFLICT (response_id) DO UPDATE SET provider = excluded.provider";
    mc_store_params_t params = {.arena = rows->arena};
    mc_text_t *ids = mc_arena_alloc(rows->arena, (rows->count + 1) * sizeof *ids);
    mc_text_t *providers = mc_arena_alloc(rows->arena, (rows->count + 1) * sizeof *providers);
    int64_t *times = mc_arena_alloc(rows->arena, (rows->count + 1) * sizeof *times);
    for (size_t i = 0; i < rows->count; i++) {
        ids[i] = rows->rows[i].response_id;
        providers[i] = rows->rows[i].provider;
        times[i] = rows->rows[i].made_at;
    }
    mc_store_param_texts(&params, ids, rows->count);
    mc_store_param_texts(&params, providers, rows->count);
    mc_store_param_i64s(&params, times, rows->count);
    mc_store_ask(store, sql, &params, answer, arg);
}

void
router_store_forget_responses(mc_store_t *store, int64_t before_us, mc_store_answer_fn *answer,
                              void *arg)
{
    static const char sql[] = "DELETE FROM aop_stored_responses WHERE made_at < $1";
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_time(&params, before_us);
    mc_store_ask(store, sql, &params, answer, arg);
}
