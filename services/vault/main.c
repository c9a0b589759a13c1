/*
 *  vault - keeps the providers' keys, and lends them
 *
 *  Sealed until it is told the passphrase, or finds its key file. Everything that
 *  is done with a secret is in the audit chain before its answer goes out.
 */
#include "services/vault/vault.h"

static const mc_bus_handler_t handlers[] = {
    {MC_MESSAGE_LEASE_SECRET, vault_on_lease},
    {MC_MESSAGE_GET_VAULT_STATE, vault_on_state},
    {MC_MESSAGE_GRANT_CONFIRMATION, vault_on_grant},
    {MC_COMMAND_GET_PROVIDER_SECRET_STATUS, vault_on_secret_status},
    {MC_COMMAND_SET_PROVIDER_SECRET, vault_on_set_secret},
    {MC_COMMAND_REVEAL_PROVIDER_SECRET, vault_on_reveal_secret},
    {0},
};

static const mc_service_timer_t timers[] = {
    {.every_ms = VAULT_FIRST_LOOK_MS, .tick = vault_look_first},
    {.every_ms = VAULT_LOOK_MS, .tick = vault_look},
    {.every_ms = VAULT_CHECKPOINT_MS, .tick = vault_sign_head},
    {0},
};

static const mc_service_spec_t vault = {
    .name = "vault",
    .handlers = handlers,
    .timers = timers,
    .metrics = vault_metric_rows,
    .metric_count = VAULT_METRIC_COUNT,
    .port_offset = offsetof(mc_settings_t, vault_port),
    .start = vault_start,
    .stop = vault_stop,
    .unready = vault_unready,
};

int
main(void)
{
    return mc_service_run(&vault);
}
