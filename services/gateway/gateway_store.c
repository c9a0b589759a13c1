/*
 *  gateway_store - the fixed questions that the gateway asks of PostgreSQL
 */
#include "gateway_store.h"

#define DECISION_WINDOW_US INT64_C(60000000)

#define OPERATOR_COLUMNS "o.name, o.role, o.created_at, o.changed_at"
/* Admins beside the operator $1. They are locked, so that two changes at once cannot take away the
 * last two. */
#define OTHER_ADMINS                                                                               \
    "WITH admins AS MATERIALIZED (SELECT name FROM aop_operators WHERE role = 'admin'"             \
    " ORDER BY name FOR UPDATE),"                                                                  \
    " others AS (SELECT count(*) AS count FROM admins WHERE name <> $1) "
#define KEY_COLUMNS "id, name, role, created_at, revoked_at, last_used_at, expires_at"

/* Asks with the parameters and gives back the arena that held them. */
static void
ask(mc_store_t *store, const char *sql, mc_store_params_t *params, mc_store_answer_fn *answer,
    void *arg)
{
    mc_store_ask(store, sql, params, answer, arg);
    mc_arena_destroy(&params->arena);
}

static mc_store_params_t
new_params(void)
{
    return (mc_store_params_t){.arena = mc_arena_new()};
}

void
gateway_store_last_event_id(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store, "SELECT last_id FROM aop_event_cursor", &none, answer, arg);
}

void
gateway_store_find_event(mc_store_t *store, int64_t id, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_i64(&params, id);
    ask(store, "SELECT * FROM aop_agent_events WHERE id = $1 LIMIT 1", &params, answer, arg);
}

void
gateway_store_find_decision(mc_store_t *store, mc_text_t id, int64_t made_us,
                            mc_store_answer_fn *answer, void *arg)
{
    /* A call tells of its decision within the minute in which it was made. */
    mc_store_params_t params = new_params();
    mc_store_param_time(&params, made_us - DECISION_WINDOW_US);
    mc_store_param_time(&params, made_us + DECISION_WINDOW_US);
    mc_store_param_text(&params, id);
    ask(store,
        "SELECT payload_json FROM aop_agent_events WHERE ts BETWEEN $1 AND $2"
        " AND phase = 'model_routing' AND (event_uid = $3::text::uuid"
        " OR starts_with(payload_json, '{\"id\":\"' || $3::text || '\"')) LIMIT 1",
        &params, answer, arg);
}

void
gateway_store_list_model_health(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store, "SELECT * FROM aop_model_health ORDER BY updated_at DESC LIMIT 100", &none,
                 answer, arg);
}

void
gateway_store_list_quarantine(mc_store_t *store, int64_t before_id, int64_t limit,
                              mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_i64(&params, before_id);
    mc_store_param_i64(&params, limit);
    ask(store, "SELECT * FROM aop_event_quarantine WHERE id < $1 ORDER BY id DESC LIMIT $2",
        &params, answer, arg);
}

void
gateway_store_find_operator(mc_store_t *store, mc_text_t name, mc_store_answer_fn *answer,
                            void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, name);
    ask(store, "SELECT name, role, passphrase_hash FROM aop_operators WHERE name = $1", &params,
        answer, arg);
}

void
gateway_store_count_operators(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store, "SELECT count(*) FROM aop_operators", &none, answer, arg);
}

void
gateway_store_add_first_operator(mc_store_t *store, const char *name, const char *hash,
                                 mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, mc_text(name));
    mc_store_param_text(&params, mc_text(hash));
    ask(store,
        "INSERT INTO aop_operators (name, role, passphrase_hash) VALUES ($1, 'admin', $2)"
        " ON CONFLICT DO NOTHING RETURNING name",
        &params, answer, arg);
}

void
gateway_store_list_operators(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store,
                 "SELECT " OPERATOR_COLUMNS " FROM aop_operators o ORDER BY o.name LIMIT 10000",
                 &none, answer, arg);
}

void
gateway_store_add_operator(mc_store_t *store, const gateway_store_operator_t *operator,
                           mc_store_answer_fn * answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, operator->name);
    mc_store_param_text(&params, operator->role);
    mc_store_param_text(&params, mc_text(operator->hash));
    ask(store,
        "INSERT INTO aop_operators AS o (name, role, passphrase_hash) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING " OPERATOR_COLUMNS,
        &params, answer, arg);
}

void
gateway_store_remove_operator(mc_store_t *store, mc_text_t name, mc_store_answer_fn *answer,
                              void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, name);
    ask(store,
        OTHER_ADMINS "DELETE FROM aop_operators o USING others WHERE o.name = $1"
                     " AND (o.role <> 'admin' OR others.count > 0) RETURNING " OPERATOR_COLUMNS,
        &params, answer, arg);
}

void
gateway_store_set_operator_role(mc_store_t *store, mc_text_t name, mc_text_t role,
                                mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, name);
    mc_store_param_text(&params, role);
    ask(store,
        OTHER_ADMINS "UPDATE aop_operators o SET role = $2, changed_at = now() FROM others"
                     " WHERE o.name = $1 AND (o.role <> 'admin' OR $2 = 'admin' OR"
                     " others.count > 0) RETURNING " OPERATOR_COLUMNS,
        &params, answer, arg);
}

void
gateway_store_change_passphrase(mc_store_t *store, const gateway_store_change_t *change,
                                mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, change->operator);
    mc_store_param_text(&params, mc_text(change->hash));
    mc_store_param_text(&params, mc_text(change->kept_token_hash));
    ask(store,
        "WITH ended AS (DELETE FROM aop_sessions WHERE operator = $1 AND token_hash <> $3)"
        " UPDATE aop_operators SET passphrase_hash = $2, changed_at = now() WHERE name = $1",
        &params, answer, arg);
}

void
gateway_store_list_sessions(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store,
                 "SELECT s.token_hash, s.operator, o.role, s.csrf_token,"
                 " (extract(epoch FROM s.expires_at) * 1000000)::bigint"
                 " FROM aop_sessions s JOIN aop_operators o ON o.name = s.operator"
                 " WHERE s.expires_at > now() ORDER BY s.created_at DESC LIMIT 10000",
                 &none, answer, arg);
}

void
gateway_store_add_session(mc_store_t *store, const gateway_store_session_t *session,
                          mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, mc_text(session->token_hash));
    mc_store_param_text(&params, session->operator);
    mc_store_param_text(&params, mc_text(session->csrf_token));
    mc_store_param_time(&params, session->expires_us);
    ask(store,
        "INSERT INTO aop_sessions (token_hash, operator, csrf_token, expires_at)"
        " VALUES ($1, $2, $3, $4)",
        &params, answer, arg);
}

void
gateway_store_end_session(mc_store_t *store, const char *token_hash, mc_store_answer_fn *answer,
                          void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, mc_text(token_hash));
    ask(store, "DELETE FROM aop_sessions WHERE token_hash = $1", &params, answer, arg);
}

void
gateway_store_prune_sessions(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store, "DELETE FROM aop_sessions WHERE expires_at <= now()", &none, answer, arg);
}

void
gateway_store_list_keys(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t none = {0};
    mc_store_ask(store,
                 "SELECT " KEY_COLUMNS " FROM aop_api_keys WHERE run_json IS NULL"
                 " ORDER BY created_at DESC, id LIMIT 10000",
                 &none, answer, arg);
}

void
gateway_store_add_key(mc_store_t *store, const mc_api_key_t *key, mc_store_answer_fn *answer,
                      void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, key->id);
    mc_store_param_text(&params, key->name);
    mc_store_param_text(&params, key->role);
    mc_store_param_text(&params, key->secret_hash);
    mc_store_param_text_or_null(&params, key->run_json);
    ask(store,
        "WITH old AS (DELETE FROM aop_api_keys WHERE expires_at < now() - interval '1 day')"
        " INSERT INTO aop_api_keys (id, name, role, secret_hash, run_json, expires_at)"
        " VALUES ($1, $2, $3, $4, $5,"
        " CASE WHEN $5::text IS NOT NULL THEN now() + interval '7 days' END)"
        " RETURNING " KEY_COLUMNS ", run_json",
        &params, answer, arg);
}

void
gateway_store_revoke_key(mc_store_t *store, mc_text_t id, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = new_params();
    mc_store_param_text(&params, id);
    ask(store,
        "UPDATE aop_api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL"
        " RETURNING " KEY_COLUMNS,
        &params, answer, arg);
}
