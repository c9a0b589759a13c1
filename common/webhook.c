/*
 *  webhook - telling other people's servers what happened, at least once
 *
 *  A row is claimed for longer than a try takes, so a process that dies leaves it
 *  to whoever looks next. The store is one of its own: it waits for nobody.
 */
#include "common/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/webhook/parts.h"

#define AUDIT "INSERT INTO aop_audit_log (actor, action, target_id, details, source)"
#define AUDITED(rows)                                                                              \
    AUDIT                                                                                          \
    " SELECT source, 'webhook_' || status, event_id::text, jsonb_build_object('target',"           \
    " target, 'type', type, 'tries', tries, 'outcome', outcome)::text, 'platform' FROM " rows

typedef struct {
    mc_webhook_t *webhook;
    char *url;
    size_t under_way;
    bool is_claiming;
    bool is_poked; /* look again once this look is over */
} lane_t;

struct mc_webhook {
    mc_service_t *service;
    mc_store_t *store;
    mc_http_client_t *client;
    const char *source;
    mc_webhook_told_fn *told;
    void *arg;
    mc_webhook_key_t key;
    size_t count;
    lane_t lanes[MC_WEBHOOK_URLS_MAX];
    mc_text_t targets[MC_WEBHOOK_URLS_MAX];
    bool is_trimming;
    bool is_ending;
};

typedef struct {
    lane_t *lane;
    char id[MC_UUID_TEXT_SIZE];
} delivery_t;

static mc_text_t
target_of(const lane_t *lane)
{
    return lane->webhook->targets[lane - lane->webhook->lanes];
}

/* --- the end of a try --- */

static const char sql_end[] =
    "WITH judged AS (SELECT *, CASE WHEN $3::boolean THEN 'delivered' WHEN tries >= $5::bigint"
    " OR created_at < now() - interval '1 hour' THEN 'failed' ELSE 'waiting' END AS verdict"
    " FROM aop_webhook_deliveries WHERE event_id = $1::uuid AND target = $2"
    " AND status = 'waiting' FOR UPDATE),"
    " ended AS (UPDATE aop_webhook_deliveries d SET status = j.verdict, outcome = $4,"
    " next_at = now() + interval '1 second' * power(2, least(j.tries, 16) - 1),"
    " done_at = CASE WHEN j.verdict <> 'waiting' THEN now() END FROM judged j"
    " WHERE d.event_id = j.event_id AND d.target = j.target RETURNING d.*),"
    " audited AS (" AUDITED("ended") " WHERE status <> 'waiting')"
                                     " SELECT status, outcome FROM ended";

static void
on_ended(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    lane_t *lane = arg;
    mc_webhook_t *self = lane->webhook;
    if (refusal || PQntuples(result) == 0)
        return; /* it is tried again, or was dropped */
    mc_text_t status = mc_store_text(result, 0, 0);
    mc_webhook_outcome_t outcome = mc_text_is(status, "delivered") ? MC_WEBHOOK_DELIVERED
                                   : mc_text_is(status, "failed")  ? MC_WEBHOOK_FAILED
                                                                   : MC_WEBHOOK_AGAIN;
    char reason[256];
    snprintf(reason, sizeof reason, "%.*s", MC_FMT(mc_store_text(result, 0, 1)));
    self->told(self->arg, outcome, 1, target_of(lane).data, reason);
}

static void
end_try(const delivery_t *delivery, bool is_taken, const char *outcome)
{
    lane_t *lane = delivery->lane;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, mc_text(delivery->id));
    mc_store_param_text(&params, target_of(lane));
    mc_store_param_bool(&params, is_taken);
    mc_store_param_text(&params, mc_text(outcome));
    mc_store_param_i64(&params, MC_WEBHOOK_TRIES_MAX);
    mc_store_ask(lane->webhook->store, sql_end, &params, on_ended, lane);
}

static void
on_reply(void *arg, const mc_http_reply_t *reply, const char *reason)
{
    delivery_t *delivery = arg;
    lane_t *lane = delivery->lane;
    char status[32];
    lane->under_way--;
    if (!lane->webhook->is_ending) {
        snprintf(status, sizeof status, "status %d", reply ? reply->status : 0);
        end_try(delivery, reply && reply->status / 100 == 2, reply ? status : reason);
        mc_webhook_poke(lane->webhook);
    }
    free(delivery);
}

/* --- the beginning --- */

/* Nothing of what a server answers is wanted. */
static void
ignore_piece(void *arg, mc_text_t piece)
{
    (void)arg;
    (void)piece;
}

static void
send_row(lane_t *lane, const PGresult *result, int row)
{
    mc_webhook_t *self = lane->webhook;
    char id_header[64], time_header[64], signature_header[32 + MC_WEBHOOK_SIGNATURE_BYTES];
    char signature[MC_WEBHOOK_SIGNATURE_BYTES];
    delivery_t *delivery = calloc(1, sizeof *delivery);
    assert(delivery);
    delivery->lane = lane;
    mc_uuid_print(mc_store_uuid(result, row, 0), delivery->id);
    mc_text_t body = mc_store_text(result, row, 1);
    int64_t time_s = mc_clock_us() / 1000000;
    mc_webhook_sign(&self->key, delivery->id, time_s, body, signature);
    snprintf(id_header, sizeof id_header, "webhook-id: %s", delivery->id);
    snprintf(time_header, sizeof time_header, "webhook-timestamp: %" PRId64, time_s);
    snprintf(signature_header, sizeof signature_header, "webhook-signature: %s", signature);
    const char *const headers[] = {"content-type: application/json", id_header, time_header,
                                   signature_header, NULL};
    mc_http_question_t question = {.method = "POST",
                                   .url = lane->url,
                                   .headers = headers,
                                   .body = body,
                                   .timeout_ms = MC_WEBHOOK_TRY_MS,
                                   .piece = ignore_piece};
    lane->under_way++;
    mc_http_client_ask(self->client, &question, on_reply, delivery);
}

static void claim(lane_t *lane);

static void
on_claimed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    lane_t *lane = arg;
    bool is_poked = lane->is_poked;
    lane->is_claiming = lane->is_poked = false;
    if (lane->webhook->is_ending || refusal)
        return;
    for (int i = 0; i < PQntuples(result); i++)
        send_row(lane, result, i);
    if (is_poked)
        claim(lane);
}

static void
claim(lane_t *lane)
{
    static const char sql[] =
        "UPDATE aop_webhook_deliveries d SET tries = d.tries + 1, tried_at = now(),"
        " next_at = now() + $4::bigint * interval '1 millisecond' FROM (SELECT event_id, target"
        " FROM aop_webhook_deliveries WHERE source = $1 AND target = $2 AND status = 'waiting'"
        " AND next_at <= now() ORDER BY next_at, event_id LIMIT $3::bigint FOR UPDATE SKIP LOCKED)"
        " n WHERE d.event_id = n.event_id AND d.target = n.target RETURNING d.event_id, d.body";
    mc_webhook_t *self = lane->webhook;
    lane->is_poked = lane->is_claiming;
    if (lane->is_claiming || lane->under_way >= MC_WEBHOOK_CALLS_MAX || self->is_ending)
        return;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, mc_text(self->source));
    mc_store_param_text(&params, target_of(lane));
    mc_store_param_i64(&params, (int64_t)(MC_WEBHOOK_CALLS_MAX - lane->under_way));
    mc_store_param_i64(&params, 3 * MC_WEBHOOK_TRY_MS);
    lane->is_claiming = true;
    mc_store_ask(self->store, sql, &params, on_claimed, lane);
}

void
mc_webhook_poke(mc_webhook_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        claim(&self->lanes[i]);
}

/* --- what waits too long --- */

static void
on_trimmed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_webhook_t *self = arg;
    self->is_trimming = false;
    if (refusal || self->is_ending)
        return;
    int64_t dropped = mc_store_i64(result, 0, 0);
    if (dropped)
        self->told(self->arg, MC_WEBHOOK_DROPPED, dropped, NULL, NULL);
}

static void
trim(mc_webhook_t *self)
{
    static const char sql[] =
        "WITH kept AS (SELECT event_id, target FROM aop_webhook_deliveries WHERE source = $1"
        " AND status = 'waiting' AND target = any($2::text[])"
        " ORDER BY created_at DESC, event_id DESC LIMIT $3::bigint),"
        " dropped AS (UPDATE aop_webhook_deliveries d SET status = 'dropped', done_at = now(),"
        " outcome = CASE WHEN d.target = any($2::text[]) THEN 'too many wait'"
        " ELSE 'not among the addresses any more' END WHERE d.source = $1"
        " AND d.status = 'waiting' AND (d.event_id, d.target) NOT IN (SELECT * FROM kept)"
        " RETURNING d.*),"
        " audited AS (" AUDITED("dropped") "),"
                                           " old AS (DELETE FROM aop_webhook_deliveries"
                                           " WHERE source = $1 AND status <> 'waiting'"
                                           " AND done_at < now() - interval '7 days')"
                                           " SELECT count(*) FROM dropped";
    if (self->is_trimming)
        return;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, mc_text(self->source));
    mc_store_param_texts(&params, self->targets, self->count);
    mc_store_param_i64(&params, mc_service_settings(self->service)->webhook_queue_max);
    self->is_trimming = true;
    mc_store_ask(self->store, sql, &params, on_trimmed, self);
}

void
mc_webhook_tick(mc_webhook_t *self)
{
    if (!self->count || !mc_store_is_up(self->store))
        return;
    trim(self);
    mc_webhook_poke(self);
}

/* --- its life --- */

static bool
is_there(const mc_webhook_t *self, const char *target)
{
    for (size_t i = 0; i < self->count; i++)
        if (mc_text_is(self->targets[i], target))
            return true;
    return false;
}

static int
read_urls(mc_webhook_t *self, const char *list)
{
    mc_text_t url;
    for (size_t number = 1; mc_webhook_next_url(&list, &url); number++) {
        char *target = mc_webhook_target(url, number);
        if (!target)
            return -1;
        if (is_there(self, target)) {
            free(target);
            continue;
        }
        if (self->count == MC_WEBHOOK_URLS_MAX) {
            free(target);
            return mc_fail("AOP_WEBHOOK_URLS has more than %d addresses", MC_WEBHOOK_URLS_MAX);
        }
        self->targets[self->count] = mc_text(target);
        self->lanes[self->count++] = (lane_t){.webhook = self, .url = strndup(url.data, url.size)};
    }
    return 0;
}

static int
open_key(mc_webhook_t *self, const mc_settings_t *settings)
{
    bool is_auto = !strcmp(settings->webhook_key_file, "auto");
    char *made = mc_settings_path(settings, "webhook-key");
    int result =
        mc_webhook_key_open(is_auto ? made : settings->webhook_key_file, is_auto, &self->key);
    free(made);
    return result;
}

mc_webhook_t *
mc_webhook_new(mc_service_t *service, const char *source, mc_webhook_told_fn *told, void *arg)
{
    static const mc_store_options_t options = {
        .connections = 1, .statement_timeout_ms = 4000, .application = "webhook"};
    const mc_settings_t *settings = mc_service_settings(service);
    mc_webhook_t *self = calloc(1, sizeof *self);
    assert(self);
    self->service = service;
    self->source = source;
    self->told = told;
    self->arg = arg;
    if (read_urls(self, settings->webhook_urls) == -1 ||
        (self->count && open_key(self, settings) == -1)) {
        mc_webhook_destroy(&self);
        return NULL;
    }
    if (self->count) {
        self->store = mc_store_new(service, &options);
        self->client = mc_http_client_new(service);
    }
    return self;
}

void
mc_webhook_destroy(mc_webhook_t **address)
{
    mc_webhook_t *self = mc_take(address);
    if (!self)
        return;
    self->is_ending = true;
    mc_http_client_destroy(&self->client);
    mc_store_destroy(&self->store);
    mc_webhook_key_close(&self->key);
    for (size_t i = 0; i < self->count; i++) {
        free(self->lanes[i].url);
        free((char *)self->targets[i].data);
    }
    free(self);
}

const mc_text_t *
mc_webhook_targets(const mc_webhook_t *self, size_t *ret_count)
{
    *ret_count = self->count;
    return self->targets;
}
