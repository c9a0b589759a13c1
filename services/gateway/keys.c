/*
 *  keys - making, listing and taking back API keys
 */
#include "keys.h"

#include <sodium.h>

#include "ask.h"
#include "body.h"
#include "common/audit.h"
#include "gateway_store.h"
#include "proto/codec.h"
#include "stream.h"

/* A change of one key under way. */
typedef struct {
    gateway_ask_t *ask;
    mc_text_t caller;
    mc_text_t id;
    mc_api_key_secret_t secret; /* of a new one */
} change_t;

static void
on_keys(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t keys;
    if (gateway_ask_read(ask, result, refusal, &mc_api_key_shape, &keys) == -1)
        return;
    gateway_ask_records(ask, &mc_api_key_shape, keys);
}

void
gateway_on_keys(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    ask->form = GATEWAY_PAGE;
    gateway_store_list_keys(ask->gateway->store, on_keys, ask);
}

static change_t *
begin(gateway_t *gateway, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(gateway, request);
    change_t *self = mc_arena_alloc(ask->arena, sizeof *self);
    self->ask = ask;
    self->caller = mc_arena_text(ask->arena, mc_http_caller(request));
    return self;
}

/* Puts the record in force here, and tells the other services. Its hash goes along, so that they
 * know it before they have read the store. */
static void
spread(change_t *self, mc_api_key_t *record, const char *action)
{
    gateway_t *gateway = self->ask->gateway;
    mc_text_t details = mc_arena_printf(self->ask->arena, "name=%.*s role=%.*s",
                                        MC_FMT(record->name), MC_FMT(record->role));
    mc_api_keys_put(gateway->keys, record);
    mc_api_keys_reload(gateway->keys);
    mc_bus_publish(gateway->bus, MC_MESSAGE_KEYS_CHANGED, mc_list_one(record));
    gateway_streams_check_callers(gateway->streams);
    mc_audit(gateway->store, self->caller, mc_text(action), record->id, details);
}

/* The record that the store gave back; false when it was answered already. */
static bool
take_record(change_t *self, const PGresult *result, const mc_refusal_t *refusal,
            mc_api_key_t *ret_record)
{
    mc_list_t records;
    if (gateway_ask_read(self->ask, result, refusal, &mc_api_key_shape, &records) == -1)
        return false;
    if (records.count == 0) {
        gateway_ask_refuse_with(self->ask, MC_NOT_FOUND_ERROR, "there is no key %.*s in force",
                                self->id.size > 64 ? 64 : (int)self->id.size, self->id.data);
        return false;
    }
    *ret_record = *(const mc_api_key_t *)records.items;
    return true;
}

static void
on_key_added(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    change_t *self = arg;
    mc_api_key_t record;
    if (!take_record(self, result, refusal, &record))
        return;
    mc_set(&record, api_key, secret_hash, mc_text(self->secret.hash));
    spread(self, &record, "key_created");

    mc_buffer_t out = {0};
    mc_buffer_printf(&out, "{\"key\":\"%s\",\"record\":", self->secret.text);
    mc_write_json(&mc_api_key_shape, &record, &out);
    mc_buffer_string(&out, "}");
    sodium_memzero(self->secret.text, sizeof self->secret.text);
    gateway_ask_json(self->ask, 201, &out);
}

void
gateway_on_key_new(void *state, mc_http_request_t *request)
{
    gateway_body_field_t fields[] = {
        {.name = "name", .bytes_min = 1, .bytes_max = GATEWAY_KEY_NAME_BYTES_MAX},
        {.name = "role", .bytes_min = 1, .bytes_max = 16},
    };
    change_t *self = begin(state, request);
    mc_api_key_t key = {0};
    mc_refusal_t refusal;
    if (gateway_body_read(state, request, self->ask->arena, fields, 2, &refusal)) {
        gateway_ask_refuse(self->ask, &refusal);
        return;
    }
    if (mc_role(fields[1].value) == MC_ROLE_NONE) {
        gateway_ask_refuse_with(self->ask, MC_BAD_INPUT_ERROR,
                                "role must be viewer, operator, admin or agent, not %.*s",
                                MC_FMT(fields[1].value));
        return;
    }
    mc_api_key_make(&self->secret);
    mc_set(&key, api_key, id, mc_text(self->secret.id));
    mc_set(&key, api_key, name, fields[0].value);
    mc_set(&key, api_key, role, fields[1].value);
    mc_set(&key, api_key, secret_hash, mc_text(self->secret.hash));
    gateway_store_add_key(self->ask->gateway->store, &key, on_key_added, self);
}

/* What a run may be, each as the events have it; the tier as one digit. */
static const gateway_body_field_t run_fields[] = {
    {.name = "runId", .bytes_min = 1, .bytes_max = 400},
    {.name = "parentRunId", .bytes_max = 400, .is_optional = true},
    {.name = "rootTaskId", .bytes_max = 200, .is_optional = true},
    {.name = "taskId", .bytes_max = 200, .is_optional = true},
    {.name = "actor", .bytes_max = 200, .is_optional = true},
    {.name = "persona", .bytes_max = 200, .is_optional = true},
    {.name = "skill", .bytes_max = 200, .is_optional = true},
    {.name = "tier", .bytes_max = 1, .is_optional = true},
};

static mc_text_t
write_run(const gateway_body_field_t *fields, mc_arena_t *arena)
{
    mc_buffer_t out = {0};
    mc_buffer_byte(&out, '{');
    for (size_t i = 0; i < MC_COUNT(run_fields); i++) {
        if (!fields[i].value.size)
            continue;
        mc_buffer_printf(&out, "%s\"%s\":", out.size > 1 ? "," : "", fields[i].name);
        mc_write_json_text(&out, fields[i].value);
    }
    mc_buffer_byte(&out, '}');
    mc_text_t text = mc_arena_text(arena, mc_buffer_content(&out));
    mc_buffer_clear(&out);
    return text;
}

void
gateway_on_run_key_new(void *state, mc_http_request_t *request)
{
    change_t *self = begin(state, request);
    gateway_body_field_t fields[MC_COUNT(run_fields)];
    mc_api_key_t key = {0};
    mc_refusal_t refusal;
    memcpy(fields, run_fields, sizeof fields);
    if (mc_http_role(request) == MC_ROLE_viewer) {
        gateway_ask_refuse_with(self->ask, MC_FORBIDDEN_ERROR,
                                "who may only look makes no key of a run");
        return;
    }
    if (gateway_body_read(state, request, self->ask->arena, fields, MC_COUNT(fields), &refusal)) {
        gateway_ask_refuse(self->ask, &refusal);
        return;
    }
    mc_api_key_make_run(&self->secret);
    mc_set(&key, api_key, id, mc_text(self->secret.id));
    mc_set(&key, api_key, name, MC_TEXT("run"));
    mc_set(&key, api_key, role, MC_TEXT("agent"));
    mc_set(&key, api_key, secret_hash, mc_text(self->secret.hash));
    mc_set(&key, api_key, run_json, write_run(fields, self->ask->arena));
    gateway_store_add_key(self->ask->gateway->store, &key, on_key_added, self);
}

static void
on_key_revoked(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    change_t *self = arg;
    mc_api_key_t record;
    if (!take_record(self, result, refusal, &record))
        return;
    /* A hash that no secret has: the record is put in the place of the one in force. */
    mc_set(&record, api_key, secret_hash, MC_TEXT("-"));
    spread(self, &record, "key_revoked");
    gateway_ask_empty(self->ask, 204);
}

void
gateway_on_key_revoke(void *state, mc_http_request_t *request)
{
    change_t *self = begin(state, request);
    self->id = mc_arena_text(self->ask->arena, mc_http_param(request, "id"));
    gateway_store_revoke_key(self->ask->gateway->store, self->id, on_key_revoked, self);
}
