/*
 *  stream - GET /api/v1/stream: the live feed to many clients
 */
#include "stream.h"

#include <stdlib.h>

#include "auth.h"
#include "client.h"
#include "common/clock.h"
#include "params.h"

/* At most so often is a client written to while more keeps coming. */
#define PACE_US INT64_C(20000)

#define MISSED_MAX 4
#define RETRY_AFTER_S 5

/* A client cannot have seen events that we have not, but for another gateway that is ahead. */
#define AHEAD_IDS_MAX INT64_C(100000)

LIST_HEAD(gateway_clients, gateway_client);

struct gateway_streams {
    gateway_t *gateway;
    struct gateway_clients clients;
    int64_t count;
    int64_t woken_us; /* when clients were told last */
    bool has_timer;
};

gateway_streams_t *
gateway_streams_new(gateway_t *gateway)
{
    gateway_streams_t *self = calloc(1, sizeof *self);
    self->gateway = gateway;
    LIST_INIT(&self->clients);
    return self;
}

void
gateway_streams_destroy(gateway_streams_t **address)
{
    gateway_streams_t *self = mc_take(address);
    if (!self)
        return;
    assert(self->count == 0);
    free(self);
}

static void
wake_clients(gateway_streams_t *self)
{
    gateway_client_t *client;
    self->woken_us = mc_clock_steady_us();
    LIST_FOREACH(client, &self->clients, link)
    {
        if (client->is_waiting)
            mc_http_stream_wake(client->stream);
    }
}

static void
on_pace(void *arg)
{
    gateway_streams_t *self = arg;
    self->has_timer = false;
    wake_clients(self);
}

void
gateway_streams_wake(gateway_streams_t *self)
{
    if (self->has_timer || self->count == 0)
        return;
    int64_t wait_us = self->woken_us + PACE_US - mc_clock_steady_us();
    if (wait_us <= 0) {
        wake_clients(self);
        return;
    }
    self->has_timer = true;
    mc_service_after(self->gateway->service, (int)((wait_us + 999) / 1000), on_pace, self);
}

static bool
is_in_force(const gateway_t *gateway, const gateway_client_t *client)
{
    if (client->token_hash[0])
        return gateway_sessions_find(gateway->sessions, client->token_hash, mc_clock_us());
    if (client->key_id[0])
        return mc_api_keys_find(gateway->keys, mc_text(client->key_id));
    return true;
}

void
gateway_streams_check_callers(gateway_streams_t *self)
{
    gateway_client_t *client, *next;
    for (client = LIST_FIRST(&self->clients); client; client = next) {
        next = LIST_NEXT(client, link);
        if (!is_in_force(self->gateway, client))
            mc_http_stream_end(client->stream);
    }
}

void
gateway_streams_tick(gateway_streams_t *self)
{
    gateway_client_t *client;
    LIST_FOREACH(client, &self->clients, link)
    {
        if (!client->is_stuck)
            continue;
        client->is_stuck = false;
        mc_http_stream_wake(client->stream);
    }
}

void
gateway_streams_heartbeat(void *state)
{
    gateway_t *gateway = state;
    gateway_client_t *client, *next;
    gateway_streams_check_callers(gateway->streams);
    for (client = LIST_FIRST(&gateway->streams->clients); client; client = next) {
        next = LIST_NEXT(client, link);
        client->is_due = true;
        if (++client->missed > MISSED_MAX) {
            GATEWAY_COUNT(gateway, stream_stalled);
            mc_log(&gateway_log_stream_stalled, "seen_id=%lld", (long long)client->seen_id);
            mc_http_stream_end(client->stream);
        } else {
            mc_http_stream_wake(client->stream);
        }
    }
}

static void
on_closed(void *arg)
{
    gateway_client_t *client = arg;
    gateway_streams_t *self = client->gateway->streams;
    LIST_REMOVE(client, link);
    self->count--;
    mc_metrics_set(self->gateway->metrics, GATEWAY_METRIC_stream_clients, self->count);
    client->stream = NULL;
    gateway_client_free_when_done(client);
    if (self->count == 0)
        gateway_feed_close(self->gateway->feed);
}

static const mc_http_stream_calls_t calls = {.read = gateway_client_read, .closed = on_closed};

/* The id after which the client goes on, or -1 for "from now". The header wins: it is newer. */
static int64_t
read_last_id(const mc_http_request_t *request)
{
    mc_text_t text = mc_http_header(request, "Last-Event-ID");
    char copy[20] = "";
    if (text.size == 0)
        text = mc_http_query(request, "lastEventId");
    if (text.size == 0 || text.size >= sizeof copy || strspn(text.data, "0123456789") < text.size)
        return -1;
    memcpy(copy, text.data, text.size);
    return strtoll(copy, NULL, 10);
}

static int
read_query(gateway_client_t *client, const mc_http_request_t *request, mc_refusal_t *refusal)
{
    static const char *const others[] = {"kinds", "lastEventId", NULL};
    if (gateway_params_read(request, &mc_event_query_shape, others, client->arena, &client->query,
                            refusal) ||
        gateway_sieve_kinds(mc_http_query(request, "kinds"), &client->sieve, refusal))
        return MC_REFUSED;
    gateway_sieve_make(&client->sieve, gateway_feed_key(client->gateway->feed), &client->query,
                       client->arena);
    return 0;
}

static gateway_client_t *
new_client(gateway_t *gateway, mc_http_request_t *request)
{
    gateway_client_t *client = calloc(1, sizeof *client);
    gateway_caller_t caller;
    mc_refusal_t ignored;
    client->gateway = gateway;
    client->arena = mc_arena_new();
    if (gateway_identify(gateway, request, &caller, &ignored))
        return client;
    if (caller.session)
        memcpy(client->token_hash, caller.session->token_hash, sizeof client->token_hash);
    if (caller.key && caller.key->id.size < sizeof client->key_id)
        memcpy(client->key_id, caller.key->id.data, caller.key->id.size);
    return client;
}

/* Where it begins: now, or behind what it has seen. */
static void
begin(gateway_client_t *client, int64_t last_id)
{
    gateway_t *gateway = client->gateway;
    int64_t now_id = gateway_feed_last_id(gateway->feed);
    bool is_resume = last_id >= 0 && last_id <= now_id + AHEAD_IDS_MAX;
    client->seen_id = is_resume ? last_id : now_id;
    mc_buffer_string(&client->pending, "retry: 1000\n");
    gateway_client_say(client, "ready", now_id);
    if (is_resume) {
        GATEWAY_COUNT(gateway, stream_resumes);
        client->is_behind = true;
    }
    gateway_client_go_on(client);
}

static void
refuse_busy(gateway_t *gateway, mc_http_request_t *request)
{
    mc_buffer_t out = {0};
    GATEWAY_COUNT(gateway, stream_refused);
    mc_buffer_printf(&out,
                     "{\"error\":{\"code\":\"too_busy\",\"message\":\"%lld live streams are open,"
                     " which is AOP_STREAM_CLIENTS_MAX\"}}",
                     (long long)gateway->settings->stream_clients_max);
    mc_http_retry_after(request, RETRY_AFTER_S);
    mc_http_answer_json(request, 503, &out);
}

void
gateway_on_stream(void *state, mc_http_request_t *request)
{
    gateway_t *gateway = state;
    gateway_streams_t *self = gateway->streams;
    mc_refusal_t refusal;
    if (self->count >= gateway->settings->stream_clients_max) {
        refuse_busy(gateway, request);
        return;
    }
    if (!gateway_feed_is_started(gateway->feed)) {
        mc_http_refuse_with(request, MC_STORE_AWAY_ERROR,
                            "the database cannot be reached just now");
        return;
    }
    gateway_client_t *client = new_client(gateway, request);
    if (read_query(client, request, &refusal)) {
        gateway_client_free_when_done(client);
        mc_http_refuse(request, &refusal);
        return;
    }
    int64_t last_id = read_last_id(request);
    self->count++;
    mc_metrics_set(gateway->metrics, GATEWAY_METRIC_stream_clients, self->count);
    LIST_INSERT_HEAD(&self->clients, client, link);
    gateway_feed_open(gateway->feed);
    begin(client, last_id);
    mc_http_add_header(request, "X-Accel-Buffering", "no");
    client->stream = mc_http_answer_stream(request, "text/event-stream", &calls, client);
}
