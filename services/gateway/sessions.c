/*
 *  sessions - logins in force, known by the hash of their cookie
 */
#include "sessions.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "gateway_store.h"
#include "stream.h"

struct gateway_sessions {
    gateway_session_t *rows;
    size_t count;
    size_t capacity;
    bool is_loaded;
    bool is_reading;
    uint64_t changes; /* made here */
    uint64_t changes_at_reading;
};

gateway_sessions_t *
gateway_sessions_new(void)
{
    return calloc(1, sizeof(gateway_sessions_t));
}

void
gateway_sessions_destroy(gateway_sessions_t **address)
{
    gateway_sessions_t *self = mc_take(address);
    if (!self)
        return;
    free(self->rows);
    free(self);
}

void
gateway_token_make(char ret_token[GATEWAY_TOKEN_SIZE])
{
    unsigned char bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(ret_token, GATEWAY_TOKEN_SIZE, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

void
gateway_token_hash(mc_text_t token, char ret_hash[GATEWAY_TOKEN_SIZE])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)token.data, token.size);
    sodium_bin2hex(ret_hash, GATEWAY_TOKEN_SIZE, digest, sizeof digest);
}

bool
gateway_sessions_is_loaded(const gateway_sessions_t *self)
{
    return self->is_loaded;
}

const gateway_session_t *
gateway_sessions_find(const gateway_sessions_t *self, const char *token_hash, int64_t now_us)
{
    for (size_t i = 0; i < self->count; i++)
        if (!strcmp(self->rows[i].token_hash, token_hash))
            return self->rows[i].expires_us > now_us ? &self->rows[i] : NULL;
    return NULL;
}

static void
append(gateway_sessions_t *self, const gateway_session_t *session)
{
    if (self->count == GATEWAY_SESSIONS_MAX)
        return;
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 16;
        self->rows = realloc(self->rows, self->capacity * sizeof *self->rows);
    }
    self->rows[self->count++] = *session;
}

void
gateway_sessions_add(gateway_sessions_t *self, const gateway_session_t *session)
{
    self->changes++;
    append(self, session);
}

static void
remove_at(gateway_sessions_t *self, size_t index)
{
    self->rows[index] = self->rows[--self->count];
}

void
gateway_sessions_remove(gateway_sessions_t *self, const char *token_hash)
{
    self->changes++;
    for (size_t i = self->count; i-- > 0;)
        if (!strcmp(self->rows[i].token_hash, token_hash))
            remove_at(self, i);
}

void
gateway_sessions_remove_others(gateway_sessions_t *self, mc_text_t name, const char *kept_hash)
{
    self->changes++;
    for (size_t i = self->count; i-- > 0;) {
        const gateway_session_t *row = &self->rows[i];
        bool is_kept = !strcmp(row->token_hash, kept_hash);
        if (!is_kept && mc_text_is(name, row->operator))
            remove_at(self, i);
    }
}

void
gateway_sessions_set_role(gateway_sessions_t *self, mc_text_t name, mc_role_t role)
{
    self->changes++;
    for (size_t i = 0; i < self->count; i++)
        if (mc_text_is(name, self->rows[i].operator))
            self->rows[i].role = role;
}

static void
copy_column(const PGresult *result, int row, int column, char *room, size_t size)
{
    mc_text_t text = mc_store_text(result, row, column);
    snprintf(room, size, "%.*s", MC_FMT(text));
}

static void
take_rows(gateway_sessions_t *self, const PGresult *result)
{
    self->count = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        gateway_session_t session = {.role = mc_role(mc_store_text(result, row, 2))};
        copy_column(result, row, 0, session.token_hash, sizeof session.token_hash);
        copy_column(result, row, 1, session.operator, sizeof session.operator);
        copy_column(result, row, 3, session.csrf_token, sizeof session.csrf_token);
        session.expires_us = mc_store_i64(result, row, 4);
        append(self, &session);
    }
    self->is_loaded = true;
}

static void
on_sessions(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_t *gateway = arg;
    gateway_sessions_t *self = gateway->sessions;
    self->is_reading = false;
    if (refusal)
        return;
    if (self->changes != self->changes_at_reading) {
        gateway_sessions_refresh(gateway);
        return;
    }
    take_rows(self, result);
    mc_metrics_set(gateway->metrics, GATEWAY_METRIC_sessions, (int64_t)self->count);
    gateway_streams_check_callers(gateway->streams);
}

static void
on_changed_elsewhere(void *arg, mc_list_t records)
{
    (void)records;
    gateway_sessions_refresh(arg);
}

void
gateway_sessions_watch(gateway_t *gateway)
{
    mc_bus_subscribe(gateway->bus, "gateway", MC_MESSAGE_KEYS_CHANGED, on_changed_elsewhere,
                     gateway_sessions_refresh, gateway);
    gateway_sessions_refresh(gateway);
}

void
gateway_sessions_refresh(void *state)
{
    gateway_t *gateway = state;
    gateway_sessions_t *self = gateway->sessions;
    if (self->is_reading)
        return;
    self->is_reading = true;
    self->changes_at_reading = self->changes;
    gateway_store_list_sessions(gateway->store, on_sessions, gateway);
}
