/*
 *  patience - how long to wait after failed attempts
 *
 *  Attempts are counted when they begin. When they are used up the wait begins,
 *  and each further round is twice as long, up to an hour.
 */
#ifndef VAULT_PATIENCE_H
#define VAULT_PATIENCE_H

#include "common/settings.h"

typedef struct {
    int64_t attempts_max;
    int64_t lock_seconds;
    int64_t attempts;
    int64_t rounds;
    int64_t locked_until_us;
} vault_patience_t;

#define VAULT_PATIENCE_SECONDS_MAX 3600

/* With the settings of logins. */
void vault_patience_init(vault_patience_t *self, const mc_settings_t *settings);

/* Counts an attempt: 0, or the seconds to wait; then it is not counted. */
int vault_patience_attempt(vault_patience_t *self, int64_t now_us);
/* One of them was right. */
void vault_patience_clear(vault_patience_t *self);

#endif
