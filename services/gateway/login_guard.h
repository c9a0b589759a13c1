/*
 *  login_guard - who must wait before the next login
 *
 *  Attempts are counted when they begin, so that many at the same time do not
 *  get through. A name or an address that has used up its attempts waits; each
 *  further round waits twice as long, up to an hour. A login that succeeds
 *  clears both. What was quiet for an hour after its lock is forgotten.
 */
#ifndef GATEWAY_LOGIN_GUARD_H
#define GATEWAY_LOGIN_GUARD_H

#include "gateway.h"

#define GATEWAY_GUARD_KEYS_MAX 4096 /* the one that is quiet longest makes room */
#define GATEWAY_GUARD_LOCK_SECONDS_MAX 3600

gateway_guard_t *gateway_guard_new(int64_t attempts_max, int64_t lock_seconds);
void gateway_guard_destroy(gateway_guard_t **address);

/* Counts an attempt of this kind ('n' a name, 'a' an address). Returns 0 when it may go on, or the
 * seconds to wait; then it is not counted. now_us is of the steady clock. */
int gateway_guard_attempt(gateway_guard_t *self, char kind, mc_text_t key, int64_t now_us);

/* The attempt succeeded: nothing of the key is held against it any more. */
void gateway_guard_clear(gateway_guard_t *self, char kind, mc_text_t key);

#endif
