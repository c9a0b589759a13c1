/*
 *  operator_changes - listing, making and removing operators, and their roles
 */
#include "operator_changes.h"

#include <sodium.h>

#include "ask.h"
#include "body.h"
#include "common/audit.h"
#include "common/passphrase.h"
#include "gateway_store.h"
#include "login.h"
#include "proto/codec.h"
#include "sessions.h"
#include "stream.h"

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";

/* A change of one operator under way. */
typedef struct {
    gateway_ask_t *ask;
    mc_text_t caller;
    mc_text_t name;
    mc_text_t role;       /* that it is to have */
    mc_text_t passphrase; /* of a new one; given, or made */
    bool is_made;
    bool has_failed; /* the hash could not be made */
    char hash[MC_PASSPHRASE_HASH_SIZE];
} change_t;

static void
on_operators(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t operators;
    if (gateway_ask_read(ask, result, refusal, &mc_operator_shape, &operators) == -1)
        return;
    gateway_ask_records(ask, &mc_operator_shape, operators);
}

void
gateway_on_operators(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    ask->form = GATEWAY_PAGE;
    gateway_store_list_operators(ask->gateway->store, on_operators, ask);
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

static int
check_role(mc_text_t role, mc_refusal_t *refusal)
{
    mc_role_t known = mc_role(role);
    if (known == MC_ROLE_viewer || known == MC_ROLE_operator || known == MC_ROLE_admin)
        return 0;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "role",
                     "role must be viewer, operator or admin, not %.*s", MC_FMT(role));
}

/* A name stands in addresses and logs. */
static int
check_name(mc_text_t name, mc_refusal_t *refusal)
{
    for (size_t i = 0; i < name.size; i++)
        if (!strchr(name_letters, name.data[i]))
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "name",
                             "name may have letters, digits and . _ - @ only");
    return 0;
}

/* Other gateways read the sessions again; ours are as they should be already. */
static void
spread(change_t *self, const char *action)
{
    gateway_t *gateway = self->ask->gateway;
    mc_text_t details = mc_arena_printf(self->ask->arena, "role=%.*s", MC_FMT(self->role));
    gateway_streams_check_callers(gateway->streams);
    mc_bus_publish(gateway->bus, MC_MESSAGE_KEYS_CHANGED, (mc_list_t){0});
    mc_audit(gateway->store, self->caller, mc_text(action), self->name, details);
}

static void
forget_passphrase(change_t *self)
{
    sodium_memzero((char *)self->passphrase.data, self->passphrase.size);
}

static void
on_added(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    change_t *self = arg;
    mc_list_t records;
    if (gateway_ask_read(self->ask, result, refusal, &mc_operator_shape, &records) == -1) {
        forget_passphrase(self);
        return;
    }
    if (records.count == 0) {
        forget_passphrase(self);
        gateway_ask_refuse_with(self->ask, MC_CONFLICT_ERROR, "there is an operator %.*s already",
                                MC_FMT(self->name));
        return;
    }
    spread(self, "operator_created");

    mc_buffer_t out = {0};
    mc_buffer_string(&out, "{");
    if (self->is_made)
        mc_buffer_printf(&out, "\"passphrase\":\"%.*s\",", MC_FMT(self->passphrase));
    forget_passphrase(self);
    mc_buffer_string(&out, "\"record\":");
    mc_write_json(&mc_operator_shape, records.items, &out);
    mc_buffer_string(&out, "}");
    gateway_ask_json(self->ask, 201, &out);
}

/* On the work thread. */
static void
hash_passphrase(void *arg)
{
    change_t *self = arg;
    self->has_failed = mc_passphrase_hash(self->passphrase, self->hash) == -1;
}

static void
on_hashed(void *arg)
{
    change_t *self = arg;
    gateway_store_operator_t row = {self->name, self->role, self->hash};
    if (self->has_failed) {
        forget_passphrase(self);
        gateway_ask_refuse_with(self->ask, MC_TOO_BUSY_ERROR, "no memory to hash it just now");
        return;
    }
    gateway_store_add_operator(self->ask->gateway->store, &row, on_added, self);
}

static int
read_new(change_t *self, const mc_http_request_t *request, mc_refusal_t *refusal)
{
    gateway_body_field_t fields[] = {
        {.name = "name", .bytes_min = 1, .bytes_max = GATEWAY_NEW_OPERATOR_BYTES_MAX},
        {.name = "role", .bytes_min = 1, .bytes_max = 16},
        {.name = "passphrase",
         .bytes_min = MC_PASSPHRASE_BYTES_MIN,
         .bytes_max = MC_PASSPHRASE_BYTES_MAX,
         .is_optional = true},
    };
    if (gateway_body_read(self->ask->gateway, request, self->ask->arena, fields, MC_COUNT(fields),
                          refusal) ||
        check_name(fields[0].value, refusal) || check_role(fields[1].value, refusal))
        return MC_REFUSED;
    self->name = fields[0].value;
    self->role = fields[1].value;
    self->passphrase = fields[2].value;
    return 0;
}

static void
make_passphrase(change_t *self)
{
    char passphrase[MC_PASSPHRASE_RANDOM_SIZE];
    mc_passphrase_random(passphrase);
    self->passphrase = mc_arena_text(self->ask->arena, mc_text(passphrase));
    self->is_made = true;
    sodium_memzero(passphrase, sizeof passphrase);
}

void
gateway_on_operator_new(void *state, mc_http_request_t *request)
{
    change_t *self = begin(state, request);
    gateway_t *gateway = state;
    mc_refusal_t refusal;
    if (read_new(self, request, &refusal)) {
        gateway_ask_refuse(self->ask, &refusal);
        return;
    }
    if (!self->passphrase.size)
        make_passphrase(self);
    if (mc_service_work(gateway->service, hash_passphrase, on_hashed, self))
        gateway_ask_refuse_with(self->ask, MC_TOO_BUSY_ERROR, "too many logins at the same time");
}

/* There was nothing to change: nobody of that name, or the last admin. */
static void
on_untouched(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    change_t *self = arg;
    if (refusal)
        gateway_ask_refuse(self->ask, refusal);
    else if (PQntuples(result) == 0)
        gateway_ask_refuse_with(self->ask, MC_NOT_FOUND_ERROR, "there is no operator %.*s",
                                self->name.size > 64 ? 64 : (int)self->name.size, self->name.data);
    else
        gateway_ask_refuse_with(self->ask, MC_CONFLICT_ERROR,
                                "%.*s is the last admin: make another one first",
                                MC_FMT(self->name));
}

/* The record as it is after the change, or was before it; false when the answer is elsewhere. */
static bool
take_record(change_t *self, const PGresult *result, const mc_refusal_t *refusal,
            mc_list_t *ret_records)
{
    if (gateway_ask_read(self->ask, result, refusal, &mc_operator_shape, ret_records) == -1)
        return false;
    if (ret_records->count)
        return true;
    gateway_store_find_operator(self->ask->gateway->store, self->name, on_untouched, self);
    return false;
}

static void
on_role_set(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    change_t *self = arg;
    mc_list_t records;
    if (!take_record(self, result, refusal, &records))
        return;
    gateway_sessions_set_role(self->ask->gateway->sessions, self->name, mc_role(self->role));
    spread(self, "operator_role_set");
    self->ask->form = GATEWAY_SINGLE;
    gateway_ask_records(self->ask, &mc_operator_shape, records);
}

void
gateway_on_operator_role(void *state, mc_http_request_t *request)
{
    gateway_body_field_t field = {.name = "role", .bytes_min = 1, .bytes_max = 16};
    change_t *self = begin(state, request);
    gateway_t *gateway = state;
    mc_refusal_t refusal;
    if (gateway_body_read(gateway, request, self->ask->arena, &field, 1, &refusal) ||
        check_role(field.value, &refusal)) {
        gateway_ask_refuse(self->ask, &refusal);
        return;
    }
    self->name = mc_arena_text(self->ask->arena, mc_http_param(request, "name"));
    self->role = field.value;
    gateway_store_set_operator_role(gateway->store, self->name, self->role, on_role_set, self);
}

static void
on_removed(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    change_t *self = arg;
    mc_list_t records;
    if (!take_record(self, result, refusal, &records))
        return;
    self->role = ((const mc_operator_t *)records.items)->role;
    gateway_sessions_remove_others(self->ask->gateway->sessions, self->name, "");
    spread(self, "operator_removed");
    gateway_ask_empty(self->ask, 204);
}

void
gateway_on_operator_remove(void *state, mc_http_request_t *request)
{
    change_t *self = begin(state, request);
    self->name = mc_arena_text(self->ask->arena, mc_http_param(request, "name"));
    gateway_store_remove_operator(self->ask->gateway->store, self->name, on_removed, self);
}
