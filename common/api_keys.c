/*
 *  api_keys - the API keys that open this service, known by their hashes
 *
 *  The records lie in an arena, sorted by id, beside the minute in which each
 *  was last used. A reading makes a new arena and carries those minutes over.
 */
#include "api_keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/service.h"
#include "common/store.h"
#include "proto/codec.h"

#define RELOAD_MS 30000
#define MINUTE_US INT64_C(60000000)
#define PREFIX "mck_"
#define RUN_PREFIX "mcr_"
#define ID_CHARACTERS (MC_API_KEY_ID_SIZE - 1)

typedef struct {
    mc_api_key_t row;
    bool is_used; /* since the last flush */
} api_key_t;

struct mc_api_keys {
    mc_arena_t *arena;
    api_key_t *keys;
    size_t count;
    bool is_loaded;
    mc_buffer_t saved; /* the set as bytes, to know a reading that differs */

    mc_service_t *service;
    mc_store_t *store;
    mc_api_keys_changed_fn *changed;
    void *changed_arg;
    int timer;
    bool is_reading;
    bool is_stale; /* a change came while it was being read */
    int64_t flushed_us;
};

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void
hash_secret(const char secret[MC_API_KEY_SECRET_CHARACTERS], char ret_hash[MC_API_KEY_HASH_SIZE])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)secret, MC_API_KEY_SECRET_CHARACTERS);
    sodium_bin2hex(ret_hash, MC_API_KEY_HASH_SIZE, digest, sizeof digest);
}

void
mc_api_key_make(mc_api_key_secret_t *ret_secret)
{
    unsigned char id[ID_CHARACTERS / 2];
    char secret[MC_API_KEY_SECRET_CHARACTERS + 1] = "";
    randombytes_buf(id, sizeof id);
    sodium_bin2hex(ret_secret->id, sizeof ret_secret->id, id, sizeof id);
    for (size_t i = 0; i < MC_API_KEY_SECRET_CHARACTERS; i++)
        secret[i] = base62[randombytes_uniform(sizeof base62 - 1)];
    hash_secret(secret, ret_secret->hash);
    snprintf(ret_secret->text, sizeof ret_secret->text, PREFIX "%s_%s", ret_secret->id, secret);
    sodium_memzero(secret, sizeof secret);
}

void
mc_api_key_make_run(mc_api_key_secret_t *ret_secret)
{
    mc_api_key_make(ret_secret);
    memcpy(ret_secret->text, RUN_PREFIX, sizeof RUN_PREFIX - 1);
}

mc_api_keys_t *
mc_api_keys_new(void)
{
    mc_api_keys_t *self = calloc(1, sizeof *self);
    self->arena = mc_arena_new();
    self->timer = -1;
    return self;
}

void
mc_api_keys_destroy(mc_api_keys_t **address)
{
    mc_api_keys_t *self = mc_take(address);
    if (!self)
        return;
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    mc_buffer_clear(&self->saved);
    mc_arena_destroy(&self->arena);
    free(self);
}

static int
compare_ids(const void *one, const void *other)
{
    const api_key_t *left = one, *right = other;
    size_t size = left->row.id.size < right->row.id.size ? left->row.id.size : right->row.id.size;
    int order = memcmp(left->row.id.data, right->row.id.data, size);
    return order ? order
                 : (left->row.id.size > right->row.id.size) -
                       (left->row.id.size < right->row.id.size);
}

static api_key_t *
find_key(const mc_api_keys_t *self, mc_text_t id)
{
    api_key_t wanted = {.row.id = id};
    if (id.size == 0 || self->count == 0)
        return NULL;
    return bsearch(&wanted, self->keys, self->count, sizeof *self->keys, compare_ids);
}

/* A copy of the row in the arena; the store keeps when it was used. */
static mc_api_key_t
copy_row(mc_arena_t *arena, const mc_api_key_t *row)
{
    mc_api_key_t copy = *row;
    copy.id = mc_arena_text(arena, row->id);
    copy.name = mc_arena_text(arena, row->name);
    copy.role = mc_arena_text(arena, row->role);
    copy.secret_hash = mc_arena_text(arena, row->secret_hash);
    copy.run_json = mc_arena_text(arena, row->run_json);
    mc_unset(&copy, api_key, last_used_at);
    return copy;
}

void
mc_api_keys_take(mc_api_keys_t *self, mc_list_t records)
{
    const mc_api_key_t *rows = records.items;
    size_t count = records.count < MC_API_KEYS_MAX ? records.count : MC_API_KEYS_MAX;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    api_key_t *keys = mc_arena_alloc(arena, (count + 1) * sizeof *keys);

    for (size_t i = 0; i < count; i++) {
        const api_key_t *known = find_key(self, rows[i].id);
        keys[i].row = copy_row(arena, &rows[i]);
        keys[i].is_used = known && known->is_used;
    }
    qsort(keys, count, sizeof *keys, compare_ids);

    mc_arena_t *old = self->arena;
    self->arena = mc_take(&arena);
    self->keys = keys;
    self->count = count;
    self->is_loaded = true;
    mc_arena_destroy(&old);
}

void
mc_api_keys_put(mc_api_keys_t *self, const mc_api_key_t *record)
{
    bool is_loaded = self->is_loaded;
    mc_api_key_t *rows = calloc(self->count + 1, sizeof *rows);
    size_t count = 0;
    rows[count++] = *record;
    for (size_t i = 0; i < self->count; i++)
        if (!mc_text_equals(self->keys[i].row.id, record->id))
            rows[count++] = self->keys[i].row;
    mc_api_keys_take(self, (mc_list_t){rows, count});
    self->is_loaded = is_loaded;
    free(rows);
}

bool
mc_api_keys_is_loaded(const mc_api_keys_t *self)
{
    return self->is_loaded;
}

static bool
is_in_force(const api_key_t *key)
{
    return !mc_has(&key->row, api_key, revoked_at) &&
           (!mc_has(&key->row, api_key, expires_at) || key->row.expires_at > mc_clock_us());
}

bool
mc_api_keys_has_agent_key(const mc_api_keys_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (!mc_has(&self->keys[i].row, api_key, run_json) && is_in_force(&self->keys[i]) &&
            mc_role(self->keys[i].row.role) == MC_ROLE_agent)
            return true;
    return false;
}

const mc_api_key_t *
mc_api_keys_find(const mc_api_keys_t *self, mc_text_t id)
{
    const api_key_t *key = find_key(self, id);
    return key && is_in_force(key) ? &key->row : NULL;
}

/* Splits "Bearer mck_<id>_<secret>"; false when it has another form. */
static bool
split_header(mc_text_t header, mc_text_t *ret_id, const char **ret_secret)
{
    static const size_t scheme = sizeof "Bearer " - 1;
    if (header.size < scheme || strncasecmp(header.data, "Bearer ", scheme))
        return false;
    mc_text_t key = {header.data + scheme, header.size - scheme};
    while (key.size && key.data[0] == ' ')
        key = (mc_text_t){key.data + 1, key.size - 1};
    if (key.size != MC_API_KEY_TEXT_SIZE - 1 ||
        (memcmp(key.data, PREFIX, 4) && memcmp(key.data, RUN_PREFIX, 4)) ||
        key.data[4 + ID_CHARACTERS] != '_')
        return false;
    *ret_id = (mc_text_t){key.data + 4, ID_CHARACTERS};
    *ret_secret = key.data + 4 + ID_CHARACTERS + 1;
    return true;
}

const mc_api_key_t *
mc_api_keys_verify(mc_api_keys_t *self, mc_text_t authorization)
{
    mc_text_t id;
    const char *secret;
    if (!split_header(authorization, &id, &secret))
        return NULL;

    /* A key that is not there is compared too, with a hash that nothing has. */
    static const char nothing[MC_API_KEY_HASH_SIZE] = "";
    api_key_t *key = find_key(self, id);
    bool is_whole = key && key->row.secret_hash.size == MC_API_KEY_HASH_SIZE - 1;
    char hash[MC_API_KEY_HASH_SIZE];
    hash_secret(secret, hash);
    if (sodium_memcmp(hash, is_whole ? key->row.secret_hash.data : nothing, sizeof hash - 1))
        return NULL;
    if (!is_whole || !is_in_force(key))
        return NULL;
    key->is_used = true;
    return &key->row;
}

void
mc_api_keys_save(const mc_api_keys_t *self, mc_buffer_t *out)
{
    mc_api_key_t *rows = calloc(self->count + 1, sizeof *rows);
    for (size_t i = 0; i < self->count; i++)
        rows[i] = self->keys[i].row;
    mc_pack_list(&mc_api_key_shape, (mc_list_t){rows, self->count}, out);
    free(rows);
}

int
mc_api_keys_restore(mc_api_keys_t *self, mc_text_t bytes, mc_refusal_t *refusal)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_list_t records;
    if (mc_unpack_list(&mc_api_key_shape, bytes, arena, &records, refusal))
        return MC_REFUSED;
    mc_api_keys_take(self, records);
    return 0;
}

/* Tells the owner when the set is not as it was. */
static void
tell_change(mc_api_keys_t *self)
{
    mc_buffer_t now = {0};
    mc_api_keys_save(self, &now);
    bool is_same = mc_text_equals(mc_buffer_content(&now), mc_buffer_content(&self->saved));
    mc_buffer_clear(&self->saved);
    self->saved = now;
    if (!is_same && self->changed)
        self->changed(self->changed_arg);
}

static void
on_keys_read(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_api_keys_t *self = arg;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_list_t records;
    self->is_reading = false;
    if (refusal) /* the clock tries again */
        return;
    if (self->is_stale) {
        mc_api_keys_reload(self);
        return;
    }
    if (!mc_store_read_all(result, &mc_api_key_shape, arena, &records)) {
        mc_api_keys_take(self, records);
        tell_change(self);
    }
}

void
mc_api_keys_reload(mc_api_keys_t *self)
{
    self->is_stale = self->is_reading;
    if (self->is_reading)
        return;
    self->is_reading = true;
    mc_store_params_t none = {0};
    mc_store_ask(
        self->store,
        "SELECT id, name, role, created_at, revoked_at, secret_hash, expires_at, run_json"
        " FROM aop_api_keys WHERE revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > now()) ORDER BY created_at DESC LIMIT 10000",
        &none, on_keys_read, self);
}

static void
ignore_answer(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)arg;
    (void)result;
    (void)refusal;
}

/* Writes down which keys were used since the last time. */
static void
flush_used(mc_api_keys_t *self)
{
    mc_buffer_t ids = {0};
    for (size_t i = 0; i < self->count; i++) {
        if (!self->keys[i].is_used)
            continue;
        mc_buffer_string(&ids, ids.size ? "," : "");
        mc_buffer_text(&ids, self->keys[i].row.id);
        self->keys[i].is_used = false;
    }
    self->flushed_us = mc_clock_steady_us();
    if (ids.size) {
        MC_AUTO(mc_arena) arena = mc_arena_new();
        mc_store_params_t params = {.arena = arena};
        mc_store_param_text(&params, mc_buffer_content(&ids));
        mc_store_ask(self->store,
                     "UPDATE aop_api_keys SET last_used_at = date_trunc('minute', now())"
                     " WHERE id = ANY (string_to_array($1, ','))",
                     &params, ignore_answer, NULL);
    }
    mc_buffer_clear(&ids);
}

static void
refresh(void *arg)
{
    mc_api_keys_t *self = arg;
    self->timer = mc_service_after(self->service, RELOAD_MS, refresh, self);
    if (mc_clock_steady_us() - self->flushed_us >= MINUTE_US)
        flush_used(self);
    mc_api_keys_reload(self);
}

static void
on_keys_changed(void *arg, mc_list_t records)
{
    mc_api_keys_t *self = arg;
    const mc_api_key_t *rows = records.items;
    for (size_t i = 0; i < records.count; i++)
        if (mc_has(&rows[i], api_key, secret_hash))
            mc_api_keys_put(self, &rows[i]);
    mc_api_keys_reload(self);
}

static void
on_keys_gap(void *arg)
{
    mc_api_keys_reload(arg);
}

void
mc_api_keys_watch(mc_api_keys_t *self, mc_service_t *service, mc_store_t *store,
                  mc_api_keys_changed_fn *changed, void *arg)
{
    self->service = service;
    self->store = store;
    self->changed = changed;
    self->changed_arg = arg;
    mc_bus_subscribe(mc_service_bus(service), "gateway", MC_MESSAGE_KEYS_CHANGED, on_keys_changed,
                     on_keys_gap, self);
    refresh(self);
}
