/*
 *  patience - how long to wait after failed attempts
 */
#include "services/vault/patience.h"

#define SECOND_US INT64_C(1000000)

void
vault_patience_init(vault_patience_t *self, const mc_settings_t *settings)
{
    *self = (vault_patience_t){.attempts_max = settings->login_attempts_max,
                               .lock_seconds = settings->login_lock_seconds};
}

static int64_t
lock_seconds(const vault_patience_t *self)
{
    int64_t seconds = self->lock_seconds;
    for (int64_t i = 0; i < self->rounds && seconds < VAULT_PATIENCE_SECONDS_MAX; i++)
        seconds *= 2;
    if (self->lock_seconds >= VAULT_PATIENCE_SECONDS_MAX)
        return self->lock_seconds;
    return seconds < VAULT_PATIENCE_SECONDS_MAX ? seconds : VAULT_PATIENCE_SECONDS_MAX;
}

int
vault_patience_attempt(vault_patience_t *self, int64_t now_us)
{
    if (now_us < self->locked_until_us)
        return (int)((self->locked_until_us - now_us + SECOND_US - 1) / SECOND_US);
    if (++self->attempts < self->attempts_max)
        return 0;

    /* The last attempt allowed: if it fails too, the wait has begun already. */
    self->locked_until_us = now_us + lock_seconds(self) * SECOND_US;
    self->attempts = 0;
    self->rounds++;
    return 0;
}

void
vault_patience_clear(vault_patience_t *self)
{
    self->attempts = 0;
    self->rounds = 0;
    self->locked_until_us = 0;
}
