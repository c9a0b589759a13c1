/*
 *  leases - who may use which secret for how long
 */
#include "services/vault/leases.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/clock.h"

#define SECOND_US INT64_C(1000000)

typedef struct {
    uint8_t who[crypto_generichash_BYTES_MIN]; /* of holder and name */
    int64_t expires_us;
} lease_t;

struct vault_leases {
    size_t count;
    lease_t leases[VAULT_LEASES_MAX];
};

vault_leases_t *
vault_leases_new(void)
{
    vault_leases_t *self = calloc(1, sizeof *self);
    assert(self);
    return self;
}

void
vault_leases_destroy(vault_leases_t **address)
{
    free(mc_take(address));
}

void
vault_leases_forget(vault_leases_t *self)
{
    self->count = 0;
}

static void
hash_who(mc_text_t holder, mc_text_t name, uint8_t *ret_who)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES_MIN);
    crypto_generichash_update(&state, (const uint8_t *)&holder.size, sizeof holder.size);
    crypto_generichash_update(&state, (const uint8_t *)holder.data, holder.size);
    crypto_generichash_update(&state, (const uint8_t *)name.data, name.size);
    crypto_generichash_final(&state, ret_who, crypto_generichash_BYTES_MIN);
}

static lease_t *
find_lease(const vault_leases_t *self, const uint8_t *who)
{
    for (size_t i = 0; i < self->count; i++)
        if (!memcmp(self->leases[i].who, who, sizeof self->leases[i].who))
            return (lease_t *)&self->leases[i];
    return NULL;
}

bool
vault_leases_has(const vault_leases_t *self, mc_text_t holder, mc_text_t name, int64_t now_us)
{
    uint8_t who[crypto_generichash_BYTES_MIN];
    hash_who(holder, name, who);
    const lease_t *lease = find_lease(self, who);
    return lease && lease->expires_us > now_us;
}

static lease_t *
require_place(vault_leases_t *self)
{
    if (self->count < VAULT_LEASES_MAX)
        return &self->leases[self->count++];
    lease_t *first = &self->leases[0];
    for (size_t i = 1; i < self->count; i++)
        if (self->leases[i].expires_us < first->expires_us)
            first = &self->leases[i];
    return first;
}

void
vault_leases_put(vault_leases_t *self, mc_text_t holder, mc_text_t name, int64_t expires_us,
                 int64_t now_us)
{
    uint8_t who[crypto_generichash_BYTES_MIN];
    (void)now_us;
    hash_who(holder, name, who);
    lease_t *lease = find_lease(self, who);
    if (!lease)
        lease = require_place(self);
    memcpy(lease->who, who, sizeof lease->who);
    lease->expires_us = expires_us;
}

/* A lease that waits to be written down, in the arena of its request. */
typedef struct {
    vault_t *vault;
    mc_bus_request_t *request;
    const mc_secret_ask_t *ask;
} asking_t;

static void
refuse(const asking_t *self, const mc_refusal_t *refusal)
{
    mc_bus_refuse(self->vault->bus, self->request, refusal);
}

/* May it be given just now? 0 or MC_REFUSED. */
static int
check(const asking_t *self, const vault_row_t **ret_row, mc_refusal_t *refusal)
{
    vault_t *vault = self->vault;
    mc_text_t name = self->ask->name;
    if (mc_bus_is_in_the_clear(vault->bus))
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "",
                         "the bus goes over tcp without keys: no secret is sent on it");
    if (vault_is_sealed(vault)) {
        vault_refuse_sealed(vault, refusal);
        return MC_REFUSED;
    }
    *ret_row = vault_book_find(vault->book, name);
    if (!*ret_row)
        return mc_refuse(refusal, MC_NOT_FOUND_ERROR, "name",
                         "the vault has no secret %.*s: missionctl secrets set %.*s", MC_FMT(name),
                         MC_FMT(name));
    return 0;
}

static void
give(asking_t *self, const vault_row_t *row)
{
    vault_t *vault = self->vault;
    size_t size = 0;
    mc_refusal_t refusal;
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    if (vault_row_open(row, vault->book->header.vault_id, vault->ring, value, &size)) {
        mc_refusal_fill(&refusal, MC_INTERNAL_ERROR, "", "the row of %s cannot be opened",
                        row->name);
        refuse(self, &refusal);
        vault_locked_free(value);
        return;
    }
    int64_t now_us = mc_clock_us();
    int64_t expires_us = now_us + vault->settings->secret_lease_seconds * SECOND_US;
    mc_secret_lease_t lease = {0};
    mc_set(&lease, secret_lease, name, self->ask->name);
    mc_set(&lease, secret_lease, version, row->version);
    mc_set(&lease, secret_lease, secret, ((mc_text_t){value, size}));
    mc_set(&lease, secret_lease, expires_at, expires_us);
    mc_set(&lease, secret_lease, uses_max, vault->settings->secret_lease_uses);
    vault_leases_put(vault->leases, self->ask->holder, self->ask->name, expires_us, now_us);
    VAULT_COUNT(vault, leases);
    mc_bus_answer(vault->bus, self->request, &mc_secret_lease_shape, mc_list_one(&lease));
    vault_locked_free(value);
}

static void
on_recorded(void *arg, bool is_written)
{
    asking_t *self = arg;
    vault_t *vault = self->vault;
    const vault_row_t *row = NULL;
    mc_refusal_t refusal;
    bool may_renew = !is_written && vault_leases_has(vault->leases, self->ask->holder,
                                                     self->ask->name, mc_clock_us());
    if (may_renew)
        VAULT_COUNT(vault, leases_unaudited);
    if (check(self, &row, &refusal)) {
        refuse(self, &refusal);
    } else if (!is_written && !may_renew) {
        vault_refuse_unwritable(vault, &refusal);
        refuse(self, &refusal);
    } else {
        give(self, row);
    }
}

void
vault_on_lease(void *state, mc_bus_request_t *request, mc_list_t records)
{
    vault_t *vault = state;
    const vault_row_t *row = NULL;
    mc_refusal_t refusal;
    mc_arena_t *arena = mc_bus_request_arena(request);
    asking_t *self = mc_arena_alloc(arena, sizeof *self);
    *self = (asking_t){.vault = vault, .request = request, .ask = records.items};
    if (records.count != 1) {
        mc_refusal_fill(&refusal, MC_BAD_INPUT_ERROR, "", "one secret is leased at a time");
        refuse(self, &refusal);
        return;
    }
    if (check(self, &row, &refusal)) {
        refuse(self, &refusal);
        return;
    }
    vault_act_t act = {.actor = self->ask->holder,
                       .action = "secret_lease",
                       .target = self->ask->name,
                       .outcome = "allowed",
                       .details =
                           mc_arena_printf(arena, "version=%lld uses=%lld", (long long)row->version,
                                           (long long)self->ask->uses)};
    vault_record(vault, &act, on_recorded, self);
}
