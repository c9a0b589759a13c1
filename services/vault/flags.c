/*
 *  flags - Developer Mode, as control says it
 */
#include "services/vault/flags.h"

static void
on_flags(void *arg, mc_list_t records)
{
    vault_t *vault = arg;
    const mc_runtime_flags_t *flags = records.items;
    if (records.count && mc_has(flags, runtime_flags, dev_mode))
        vault->dev_mode = flags->dev_mode;
}

static void
on_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    if (!refusal)
        on_flags(arg, *records);
}

static void
on_gap(void *arg)
{
    vault_t *vault = arg;
    mc_bus_call(vault->bus, "control", MC_MESSAGE_GET_FLAGS, (mc_list_t){0}, MC_BUS_TIMEOUT_MS,
                on_answer, vault);
}

void
vault_flags_follow(vault_t *vault)
{
    mc_bus_subscribe(vault->bus, "control", MC_MESSAGE_FLAGS_CHANGED, on_flags, on_gap, vault);
}
