/*
 *  secrets - keys of providers, leased from the vault for a while
 */
#include "services/router/secrets.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"

#define RENEW_BEFORE_US INT64_C(20000000) /* of the end of a lease */
#define ASK_AGAIN_US INT64_C(2000000)     /* after an answer that was none */
#define OUTDATED_US INT64_C(500000)       /* that an old one is used while the new one comes */

typedef struct {
    char name[101];
    char *value; /* of sodium_malloc; NULL when there is none */
    size_t size;
    int64_t version;
    int64_t expires_us;
    int64_t ask_us; /* not before */
    int64_t uses;   /* of this lease */
    int64_t uses_max;
    bool is_asking;
    bool is_stale;       /* it changed while it was being asked for */
    int64_t outdated_us; /* since when a newer one is known of; 0 when this is the newest */
    router_secret_state_t state;
    char reason[256];
} secret_t;

struct router_secrets {
    mc_service_t *service;
    router_secrets_changed_fn *changed;
    void *arg;
    secret_t *secrets[ROUTER_LEASES_MAX];
    size_t count;
    char holder[128];
};

typedef struct {
    router_secrets_t *self;
    secret_t *secret;
    int64_t uses; /* that were told */
} asking_t;

static secret_t *
find(const router_secrets_t *self, mc_text_t name)
{
    for (size_t i = 0; i < self->count; i++)
        if (mc_text_is(name, self->secrets[i]->name))
            return self->secrets[i];
    return NULL;
}

static void
wipe(secret_t *secret)
{
    sodium_free(mc_take(&secret->value)); /* wipes it too */
    secret->size = 0;
}

static void
set_state(router_secrets_t *self, secret_t *secret, router_secret_state_t state, const char *reason)
{
    bool is_news = secret->state != state;
    secret->state = state;
    snprintf(secret->reason, sizeof secret->reason, "%s", reason);
    if (state != ROUTER_SECRET_READY)
        wipe(secret);
    if (is_news || state == ROUTER_SECRET_READY)
        self->changed(self->arg, mc_text(secret->name));
}

static void
take_lease(router_secrets_t *self, secret_t *secret, const mc_secret_lease_t *lease)
{
    bool is_same = secret->value && secret->version == lease->version;
    secret->expires_us = lease->expires_at;
    secret->outdated_us = 0;
    secret->uses_max = mc_has(lease, secret_lease, uses_max) ? lease->uses_max : INT64_MAX;
    if (is_same)
        return;
    char *value = sodium_malloc(lease->secret.size);
    if (!value)
        mc_fatal("out of memory");
    memcpy(value, lease->secret.data, lease->secret.size);
    wipe(secret);
    secret->value = value;
    secret->size = lease->secret.size;
    secret->version = lease->version;
    set_state(self, secret, ROUTER_SECRET_READY, "");
}

static void ask(router_secrets_t *self, secret_t *secret);

static void
on_lease(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    asking_t *asking = arg;
    router_secrets_t *self = asking->self;
    secret_t *secret = asking->secret;
    int64_t uses = asking->uses;
    free(asking);
    secret->is_asking = false;
    secret->ask_us = mc_clock_us() + ASK_AGAIN_US;
    if (!refusal && records->count == 1) {
        secret->uses -= uses;
        take_lease(self, secret, records->items);
    } else if (refusal && refusal->code == MC_NOT_FOUND_ERROR) {
        set_state(self, secret, ROUTER_SECRET_MISSING, refusal->message);
    } else if (refusal && refusal->code == MC_VAULT_SEALED_ERROR) {
        set_state(self, secret, ROUTER_SECRET_SEALED, refusal->message);
    } else if (!secret->value) {
        set_state(self, secret, ROUTER_SECRET_SEALED,
                  refusal ? refusal->message : "the vault gave no lease");
    }
    if (secret->is_stale)
        ask(self, secret);
}

static void
ask(router_secrets_t *self, secret_t *secret)
{
    secret->is_stale = secret->is_asking;
    if (secret->is_asking)
        return;
    secret->is_asking = true;
    mc_secret_ask_t question = {0};
    mc_set(&question, secret_ask, name, mc_text(secret->name));
    mc_set(&question, secret_ask, holder, mc_text(self->holder));
    mc_set(&question, secret_ask, uses, secret->uses);
    asking_t *asking = malloc(sizeof *asking);
    if (!asking)
        mc_fatal("out of memory");
    *asking = (asking_t){self, secret, secret->uses};
    mc_bus_call(mc_service_bus(self->service), "vault", MC_MESSAGE_LEASE_SECRET,
                mc_list_one(&question), MC_BUS_TIMEOUT_MS, on_lease, asking);
}

static void
ask_all(void *arg)
{
    router_secrets_t *self = arg;
    for (size_t i = 0; i < self->count; i++)
        ask(self, self->secrets[i]);
}

static void
on_secrets_changed(void *arg, mc_list_t records)
{
    router_secrets_t *self = arg;
    const mc_secret_state_t *states = records.items;
    for (size_t i = 0; i < records.count; i++) {
        secret_t *secret = find(self, states[i].name);
        if (!secret || (secret->value && secret->version == states[i].version))
            continue;
        if (!states[i].configured)
            set_state(self, secret, ROUTER_SECRET_MISSING, "the secret was taken away");
        secret->outdated_us = mc_clock_us();
        ask(self, secret);
    }
}

static void
on_vault_changed(void *arg, mc_list_t records)
{
    router_secrets_t *self = arg;
    const mc_vault_state_t *state = records.items;
    if (records.count != 1)
        return;
    if (!state->is_sealed) {
        ask_all(self);
        return;
    }
    char reason[256];
    snprintf(reason, sizeof reason, "%.*s", MC_FMT(state->reason));
    for (size_t i = 0; i < self->count; i++)
        set_state(self, self->secrets[i], ROUTER_SECRET_SEALED,
                  reason[0] ? reason : "the vault is sealed; missionctl vault unseal opens it");
}

router_secrets_t *
router_secrets_new(mc_service_t *service, router_secrets_changed_fn *changed, void *arg)
{
    router_secrets_t *self = calloc(1, sizeof *self);
    if (!self || sodium_init() == -1)
        mc_fatal("out of memory");
    self->service = service;
    self->changed = changed;
    self->arg = arg;
    snprintf(self->holder, sizeof self->holder, "router%s%s",
             mc_service_settings(service)->instance[0] ? "-" : "",
             mc_service_settings(service)->instance);
    mc_bus_t *bus = mc_service_bus(service);
    mc_bus_subscribe(bus, "vault", MC_MESSAGE_SECRETS_CHANGED, on_secrets_changed, ask_all, self);
    mc_bus_subscribe(bus, "vault", MC_MESSAGE_VAULT_CHANGED, on_vault_changed, ask_all, self);
    return self;
}

void
router_secrets_destroy(router_secrets_t **address)
{
    router_secrets_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        wipe(self->secrets[i]);
        free(self->secrets[i]);
    }
    free(self);
}

void
router_secrets_want(router_secrets_t *self, mc_text_t name)
{
    if (name.size == 0 || name.size >= sizeof self->secrets[0]->name || find(self, name) ||
        self->count == ROUTER_LEASES_MAX)
        return;
    secret_t *secret = calloc(1, sizeof *secret);
    if (!secret)
        mc_fatal("out of memory");
    memcpy(secret->name, name.data, name.size);
    secret->state = ROUTER_SECRET_WAITING;
    snprintf(secret->reason, sizeof secret->reason, "the vault was asked and has not answered yet");
    self->secrets[self->count++] = secret;
    ask(self, secret);
}

router_secret_state_t
router_secrets_look(const router_secrets_t *self, mc_text_t name, const char **ret_reason)
{
    const secret_t *secret = find(self, name);
    *ret_reason = secret ? secret->reason : "no secret of that name is in use";
    return secret ? secret->state : ROUTER_SECRET_MISSING;
}

mc_text_t
router_secrets_value(router_secrets_t *self, mc_text_t name)
{
    secret_t *secret = find(self, name);
    if (!secret || secret->state != ROUTER_SECRET_READY)
        return (mc_text_t){0};
    if (secret->uses >= secret->uses_max) {
        snprintf(secret->reason, sizeof secret->reason,
                 "its lease was used %lld times, as often as it may be (AOP_SECRET_LEASE_USES)",
                 (long long)secret->uses);
        return (mc_text_t){0};
    }
    secret->uses++;
    return (mc_text_t){secret->value, secret->size};
}

int64_t
router_secrets_version(const router_secrets_t *self, mc_text_t name)
{
    const secret_t *secret = find(self, name);
    return secret && secret->value ? secret->version : 0;
}

int
router_secrets_mask(const router_secrets_t *self, mc_text_t name, int64_t version, mc_text_t text)
{
    const secret_t *secret = find(self, name);
    if (!secret || !secret->value || secret->version != version)
        return -1;
    int found = 0;
    char *at = (char *)text.data;
    const char *end = text.data + text.size;
    while (at < end && (at = memmem(at, (size_t)(end - at), secret->value, secret->size))) {
        memset(at, '*', secret->size);
        at += secret->size;
        found++;
    }
    return found;
}

void
router_secrets_tick(router_secrets_t *self)
{
    int64_t now_us = mc_clock_us();
    for (size_t i = 0; i < self->count; i++) {
        secret_t *secret = self->secrets[i];
        if (secret->value && now_us >= secret->expires_us)
            set_state(self, secret, ROUTER_SECRET_SEALED,
                      "its lease has ended and the vault does not answer");
        if (secret->value && secret->outdated_us && now_us - secret->outdated_us >= OUTDATED_US)
            set_state(self, secret, ROUTER_SECRET_WAITING, "the vault has a newer one");
        bool is_ending = secret->value && secret->expires_us - now_us <= RENEW_BEFORE_US;
        bool is_used_up = secret->value && secret->uses >= secret->uses_max / 2;
        if (is_used_up || ((!secret->value || is_ending) && now_us >= secret->ask_us))
            ask(self, secret);
    }
}
