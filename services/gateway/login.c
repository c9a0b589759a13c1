/*
 *  login - a person's way in and out
 */
#include "login.h"

#include <sodium.h>
#include <stdio.h>

#include "ask.h"
#include "auth.h"
#include "body.h"
#include "common/audit.h"
#include "common/clock.h"
#include "common/passphrase.h"
#include "gateway_store.h"
#include "login_guard.h"
#include "operators.h"
#include "proto/codec.h"
#include "stream.h"

#define HOUR_US INT64_C(3600000000)

/* Of a passphrase that nobody knows: what an unknown name is checked against. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* A login or a change of passphrase under way. */
typedef struct {
    gateway_ask_t *ask;
    mc_text_t name;
    mc_text_t passphrase;
    mc_text_t next; /* of a change */
    mc_text_t address;
    mc_role_t role;
    bool is_known;
    bool is_right;
    bool has_failed; /* the new hash could not be made */
    char hash[MC_PASSPHRASE_HASH_SIZE];
    char next_hash[MC_PASSPHRASE_HASH_SIZE];
    char token[GATEWAY_TOKEN_SIZE];
    gateway_session_t session;
} login_t;

static void
forget_passphrases(login_t *self)
{
    sodium_memzero((char *)self->passphrase.data, self->passphrase.size);
    if (self->next.size)
        sodium_memzero((char *)self->next.data, self->next.size);
}

static void
write_session(const gateway_session_t *session, mc_buffer_t *out)
{
    mc_buffer_string(out, "{\"user\":{\"name\":");
    mc_write_json_text(out, mc_text(session->operator));
    mc_buffer_printf(out, ",\"role\":\"%s\"},\"csrfToken\":\"%s\",\"expiresAt\":%lld}",
                     mc_role_name(session->role), session->csrf_token,
                     (long long)(session->expires_us / 1000000));
}

static void
set_cookie(mc_http_request_t *request, const char *token, int64_t seconds)
{
    char cookie[256];
    bool is_tls = mc_text_is(mc_http_header(request, "X-Forwarded-Proto"), "https");
    snprintf(cookie, sizeof cookie,
             GATEWAY_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", token,
             (long long)seconds, is_tls ? "; Secure" : "");
    mc_http_add_header(request, "Set-Cookie", cookie);
}

/* Counts the attempt. Returns 0, or the seconds to wait. */
static int
count_attempt(gateway_t *gateway, mc_text_t name, mc_text_t address)
{
    int64_t now_us = mc_clock_steady_us();
    int by_address = gateway_guard_attempt(gateway->guard, 'a', address, now_us);
    int by_name = by_address ? 0 : gateway_guard_attempt(gateway->guard, 'n', name, now_us);
    return by_address > by_name ? by_address : by_name;
}

static void
refuse_locked(gateway_ask_t *ask, int wait_s, mc_text_t address)
{
    GATEWAY_COUNT(ask->gateway, logins_locked);
    mc_log(&gateway_log_login_locked, "address=%.*s wait_s=%d", MC_FMT(address), wait_s);
    mc_http_retry_after(ask->request, wait_s);
    gateway_ask_refuse_with(ask, MC_TOO_MANY_ATTEMPTS_ERROR,
                            "too many failed logins; try again in %d seconds", wait_s);
}

static void
refuse_wrong(login_t *self)
{
    gateway_t *gateway = self->ask->gateway;
    GATEWAY_COUNT(gateway, logins_failed);
    /* What was typed as a name may be a passphrase: only known names are written down. */
    mc_audit(gateway->store, self->is_known ? self->name : MC_TEXT("unknown"),
             MC_TEXT("login_failed"), (mc_text_t){0}, self->address);
    gateway_ask_refuse_with(self->ask, MC_BAD_CREDENTIALS_ERROR,
                            "the name or the passphrase is wrong");
}

static void
on_session_added(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result;
    login_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    if (refusal) {
        gateway_ask_refuse(self->ask, refusal);
        return;
    }
    GATEWAY_COUNT(gateway, logins);
    gateway_sessions_add(gateway->sessions, &self->session);
    gateway_operators_forget_first(gateway);
    mc_audit(gateway->store, self->name, MC_TEXT("login"), (mc_text_t){0}, self->address);
    mc_bus_publish(gateway->bus, MC_MESSAGE_KEYS_CHANGED, (mc_list_t){0});

    mc_buffer_t out = {0};
    write_session(&self->session, &out);
    if (self->ask->request)
        set_cookie(self->ask->request, self->token,
                   gateway->settings->session_hours * (HOUR_US / 1000000));
    gateway_ask_json(self->ask, 200, &out);
}

static void
begin_session(login_t *self)
{
    gateway_t *gateway = self->ask->gateway;
    gateway_session_t *session = &self->session;
    gateway_token_make(self->token);
    gateway_token_make(session->csrf_token);
    gateway_token_hash(mc_text(self->token), session->token_hash);
    snprintf(session->operator, sizeof session->operator, "%.*s", MC_FMT(self->name));
    session->role = self->role;
    session->expires_us = mc_clock_us() + gateway->settings->session_hours * HOUR_US;
    gateway_store_session_t row = {session->token_hash, session->csrf_token, self->name,
                                   session->expires_us};
    gateway_store_add_session(gateway->store, &row, on_session_added, self);
}

/* On the work thread. */
static void
check_passphrase(void *arg)
{
    login_t *self = arg;
    self->is_right =
        mc_passphrase_is(self->passphrase, self->is_known ? self->hash : nobody) && self->is_known;
    if (self->is_right && self->next.size)
        self->has_failed = mc_passphrase_hash(self->next, self->next_hash) == -1;
}

static void
on_login_checked(void *arg)
{
    login_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    forget_passphrases(self);
    if (!self->is_right) {
        refuse_wrong(self);
        return;
    }
    gateway_guard_clear(gateway->guard, 'n', self->name);
    gateway_guard_clear(gateway->guard, 'a', self->address);
    begin_session(self);
}

/* Takes the row of the operator, if there is one; false when the store refused. */
static bool
take_operator(login_t *self, const PGresult *result, const mc_refusal_t *refusal)
{
    if (refusal) {
        gateway_ask_refuse(self->ask, refusal);
        return false;
    }
    if (PQntuples(result)) {
        self->is_known = true;
        self->role = mc_role(mc_store_text(result, 0, 1));
        snprintf(self->hash, sizeof self->hash, "%.*s", MC_FMT(mc_store_text(result, 0, 2)));
    }
    return true;
}

static void
on_login_operator(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    login_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    if (!take_operator(self, result, refusal))
        return;
    if (mc_service_work(gateway->service, check_passphrase, on_login_checked, self))
        gateway_ask_refuse_with(self->ask, MC_TOO_BUSY_ERROR, "too many logins at the same time");
}

static login_t *
begin(gateway_t *gateway, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(gateway, request);
    login_t *self = mc_arena_alloc(ask->arena, sizeof *self);
    self->ask = ask;
    self->address = mc_arena_text(ask->arena, mc_http_peer(request));
    return self;
}

/* A page of another site may send a form here, but not read this header away. */
static bool
is_from_elsewhere(const mc_http_request_t *request)
{
    mc_text_t site = mc_http_header(request, "Sec-Fetch-Site");
    return site.size && !mc_text_is(site, "same-origin") && !mc_text_is(site, "none");
}

void
gateway_on_login(void *state, mc_http_request_t *request)
{
    gateway_body_field_t fields[] = {
        {.name = "username", .bytes_min = 1, .bytes_max = GATEWAY_OPERATOR_BYTES_MAX},
        {.name = "passphrase", .bytes_min = 1, .bytes_max = MC_PASSPHRASE_BYTES_MAX},
    };
    login_t *self = begin(state, request);
    gateway_t *gateway = state;
    mc_refusal_t refusal;
    if (is_from_elsewhere(request)) {
        gateway_ask_refuse_with(self->ask, MC_CSRF_FAILED_ERROR,
                                "a login cannot come from another site");
        return;
    }
    if (gateway_body_read(gateway, request, self->ask->arena, fields, 2, &refusal)) {
        gateway_ask_refuse(self->ask, &refusal);
        return;
    }
    self->name = fields[0].value;
    self->passphrase = fields[1].value;
    int wait_s = count_attempt(gateway, self->name, self->address);
    if (wait_s)
        refuse_locked(self->ask, wait_s, self->address);
    else
        gateway_store_find_operator(gateway->store, self->name, on_login_operator, self);
}

void
gateway_on_session(void *state, mc_http_request_t *request)
{
    gateway_caller_t caller;
    mc_refusal_t refusal;
    if (gateway_identify(state, request, &caller, &refusal)) {
        mc_http_refuse(request, &refusal);
    } else if (!caller.session) {
        mc_http_refuse_with(request, MC_UNAUTHENTICATED_ERROR, "this caller is not a login");
    } else {
        mc_buffer_t out = {0};
        write_session(caller.session, &out);
        mc_http_answer_json(request, 200, &out);
    }
}

static void
on_session_ended(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result;
    login_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    if (refusal) {
        gateway_ask_refuse(self->ask, refusal);
        return;
    }
    gateway_sessions_remove(gateway->sessions, self->session.token_hash);
    gateway_streams_check_callers(gateway->streams);
    mc_audit(gateway->store, mc_text(self->session.operator), MC_TEXT("logout"), (mc_text_t){0},
             self->address);
    mc_bus_publish(gateway->bus, MC_MESSAGE_KEYS_CHANGED, (mc_list_t){0});
    if (self->ask->request)
        set_cookie(self->ask->request, "", 0);
    gateway_ask_empty(self->ask, 204);
}

void
gateway_on_logout(void *state, mc_http_request_t *request)
{
    gateway_t *gateway = state;
    gateway_caller_t caller;
    mc_refusal_t refusal;
    if (gateway_identify(gateway, request, &caller, &refusal)) {
        mc_http_refuse(request, &refusal);
        return;
    }
    if (!caller.session) {
        mc_http_answer_empty(request, 204);
        return;
    }
    login_t *self = begin(gateway, request);
    self->session = *caller.session;
    gateway_store_end_session(gateway->store, self->session.token_hash, on_session_ended, self);
}

static void
on_passphrase_changed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result;
    login_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    if (refusal) {
        gateway_ask_refuse(self->ask, refusal);
        return;
    }
    gateway_sessions_remove_others(gateway->sessions, self->name, self->session.token_hash);
    gateway_streams_check_callers(gateway->streams);
    mc_audit(gateway->store, self->name, MC_TEXT("passphrase_changed"), (mc_text_t){0},
             self->address);
    mc_bus_publish(gateway->bus, MC_MESSAGE_KEYS_CHANGED, (mc_list_t){0});
    gateway_ask_empty(self->ask, 204);
}

static void
on_change_checked(void *arg)
{
    login_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    forget_passphrases(self);
    if (!self->is_right) {
        refuse_wrong(self);
        return;
    }
    gateway_guard_clear(gateway->guard, 'n', self->name);
    gateway_guard_clear(gateway->guard, 'a', self->address);
    if (self->has_failed) {
        gateway_ask_refuse_with(self->ask, MC_TOO_BUSY_ERROR, "no memory to hash it just now");
        return;
    }
    gateway_store_change_t change = {self->name, self->next_hash, self->session.token_hash};
    gateway_store_change_passphrase(gateway->store, &change, on_passphrase_changed, self);
}

static void
on_change_operator(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    login_t *self = arg;
    if (!take_operator(self, result, refusal))
        return;
    if (mc_service_work(self->ask->gateway->service, check_passphrase, on_change_checked, self))
        gateway_ask_refuse_with(self->ask, MC_TOO_BUSY_ERROR, "too many logins at the same time");
}

void
gateway_on_passphrase(void *state, mc_http_request_t *request)
{
    gateway_body_field_t fields[] = {
        {.name = "current", .bytes_min = 1, .bytes_max = MC_PASSPHRASE_BYTES_MAX},
        {.name = "next",
         .bytes_min = MC_PASSPHRASE_BYTES_MIN,
         .bytes_max = MC_PASSPHRASE_BYTES_MAX},
    };
    gateway_t *gateway = state;
    gateway_caller_t caller;
    mc_refusal_t refusal;
    login_t *self = begin(gateway, request);
    if (gateway_identify(gateway, request, &caller, &refusal) ||
        gateway_body_read(gateway, request, self->ask->arena, fields, 2, &refusal)) {
        gateway_ask_refuse(self->ask, &refusal);
        return;
    }
    if (!caller.session) {
        gateway_ask_refuse_with(self->ask, MC_FORBIDDEN_ERROR,
                                "only a login has a passphrase to change");
        return;
    }
    self->session = *caller.session;
    self->name = mc_arena_text(self->ask->arena, mc_text(self->session.operator));
    self->passphrase = fields[0].value;
    self->next = fields[1].value;
    int wait_s = count_attempt(gateway, self->name, self->address);
    if (wait_s)
        refuse_locked(self->ask, wait_s, self->address);
    else
        gateway_store_find_operator(gateway->store, self->name, on_change_operator, self);
}
