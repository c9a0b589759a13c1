/*
 *  confirm - an operator says with the passphrase that a secret may be shown or overwritten
 */
#include "confirm.h"

#include <sodium.h>
#include <stdio.h>

#include "auth.h"
#include "common/audit.h"
#include "common/clock.h"
#include "common/passphrase.h"
#include "gateway_store.h"
#include "login_guard.h"

/* A confirmation under way. */
typedef struct {
    gateway_ask_t *ask;
    const mc_secret_confirmation_t *input;
    mc_text_t operator_name;
    mc_text_t session; /* hash of the login's cookie */
    bool is_right;
    char hash[MC_PASSPHRASE_HASH_SIZE];
} confirm_t;

static void
forget_passphrase(const confirm_t *self)
{
    if (self->input->passphrase.size)
        sodium_memzero((char *)self->input->passphrase.data, self->input->passphrase.size);
}

static void
refuse(confirm_t *self, mc_error_code_t code, const char *message)
{
    forget_passphrase(self);
    gateway_ask_refuse_with(self->ask, code, "%s", message);
}

static void
on_granted(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    confirm_t *self = arg;
    gateway_ask_t *ask = self->ask;
    if (refusal)
        gateway_ask_refuse(ask, refusal);
    else
        gateway_ask_records(ask, &mc_secret_confirmed_shape, *records);
}

static void
ask_vault(confirm_t *self)
{
    mc_confirmation_grant_t grant = {0};
    mc_set(&grant, confirmation_grant, provider, self->input->provider);
    mc_set(&grant, confirmation_grant, operation, self->input->operation);
    mc_set(&grant, confirmation_grant, session, self->session);
    mc_set(&grant, confirmation_grant, operator_name, self->operator_name);
    mc_bus_call(self->ask->gateway->bus, "vault", MC_MESSAGE_GRANT_CONFIRMATION,
                mc_list_one(&grant), MC_BUS_TIMEOUT_MS, on_granted, self);
}

/* On the work thread. */
static void
check_passphrase(void *arg)
{
    confirm_t *self = arg;
    self->is_right = mc_passphrase_is(self->input->passphrase, self->hash);
}

static void
on_checked(void *arg)
{
    confirm_t *self = arg;
    gateway_t *gateway = self->ask->gateway;
    forget_passphrase(self);
    if (self->is_right) {
        gateway_guard_clear(gateway->guard, 'c', self->operator_name);
        ask_vault(self);
        return;
    }
    mc_audit(gateway->store, self->operator_name, MC_TEXT("secret_confirm_failed"),
             self->input->provider, self->input->operation);
    gateway_ask_refuse_with(self->ask, MC_BAD_CREDENTIALS_ERROR, "the passphrase is wrong");
}

static void
on_operator(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    confirm_t *self = arg;
    if (refusal) {
        forget_passphrase(self);
        gateway_ask_refuse(self->ask, refusal);
        return;
    }
    if (PQntuples(result))
        snprintf(self->hash, sizeof self->hash, "%.*s", MC_FMT(mc_store_text(result, 0, 2)));
    if (mc_service_work(self->ask->gateway->service, check_passphrase, on_checked, self))
        refuse(self, MC_TOO_BUSY_ERROR, "too many logins at the same time");
}

/* Who confirms: 0, or MC_REFUSED. */
static int
find_login(confirm_t *self, mc_refusal_t *refusal)
{
    gateway_ask_t *ask = self->ask;
    gateway_caller_t caller;
    if (gateway_identify(ask->gateway, ask->request, &caller, refusal))
        return MC_REFUSED;
    if (!caller.session)
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "",
                         "only a login can confirm: an API key has no passphrase");
    if (!mc_has(self->input, secret_confirmation, passphrase) || !self->input->passphrase.size)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "passphrase", "passphrase must be given");
    self->operator_name = mc_arena_text(ask->arena, mc_text(caller.session->operator));
    self->session = mc_arena_text(ask->arena, mc_text(caller.session->token_hash));
    return 0;
}

void
gateway_confirm(gateway_ask_t *ask)
{
    gateway_t *gateway = ask->gateway;
    confirm_t *self = mc_arena_alloc(ask->arena, sizeof *self);
    mc_refusal_t refusal;
    *self = (confirm_t){.ask = ask, .input = ask->input};
    if (find_login(self, &refusal)) {
        forget_passphrase(self);
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    int wait_s =
        gateway_guard_attempt(gateway->guard, 'c', self->operator_name, mc_clock_steady_us());
    if (!wait_s) {
        gateway_store_find_operator(gateway->store, self->operator_name, on_operator, self);
        return;
    }
    forget_passphrase(self);
    mc_http_retry_after(ask->request, wait_s);
    gateway_ask_refuse_with(ask, MC_TOO_MANY_ATTEMPTS_ERROR,
                            "too many failed confirmations; try again in %d seconds", wait_s);
}
