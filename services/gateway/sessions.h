/*
 *  sessions - logins in force, known by the hash of their cookie
 *
 *  The store keeps them, so that they outlive the process; a copy in memory
 *  answers every request. It is read again when another gateway says that
 *  something changed, and every ten seconds.
 */
#ifndef GATEWAY_SESSIONS_H
#define GATEWAY_SESSIONS_H

#include "gateway.h"

#define GATEWAY_TOKEN_SIZE 65 /* 32 bytes in hex and the NUL: cookie, hash, CSRF token */
#define GATEWAY_SESSIONS_MAX 10000
#define GATEWAY_OPERATOR_BYTES_MAX 200

typedef struct {
    char token_hash[GATEWAY_TOKEN_SIZE];
    char csrf_token[GATEWAY_TOKEN_SIZE];
    char operator[GATEWAY_OPERATOR_BYTES_MAX + 1];
    mc_role_t role;
    int64_t expires_us;
} gateway_session_t;

gateway_sessions_t *gateway_sessions_new(void);
void gateway_sessions_destroy(gateway_sessions_t **address);

/* A random token. */
void gateway_token_make(char ret_token[GATEWAY_TOKEN_SIZE]);
/* The hash that a cookie's value is stored under. */
void gateway_token_hash(mc_text_t token, char ret_hash[GATEWAY_TOKEN_SIZE]);

/* True once they were read from the store. */
bool gateway_sessions_is_loaded(const gateway_sessions_t *self);

/* The session of that hash that has not expired, lent until the next change; or NULL. */
const gateway_session_t *gateway_sessions_find(const gateway_sessions_t *self,
                                               const char *token_hash, int64_t now_us);

/* Each of these also makes a reading that is under way count for nothing. */
void gateway_sessions_add(gateway_sessions_t *self, const gateway_session_t *session);
void gateway_sessions_remove(gateway_sessions_t *self, const char *token_hash);
void gateway_sessions_remove_others(gateway_sessions_t *self, mc_text_t name,
                                    const char *kept_hash);
void gateway_sessions_set_role(gateway_sessions_t *self, mc_text_t name, mc_role_t role);

/* Reads them now, and whenever another gateway says that keys or logins changed. */
void gateway_sessions_watch(gateway_t *gateway);

/* By the clock: reads them from the store, ends the streams of those that are gone. state is the
 * gateway. */
void gateway_sessions_refresh(void *state);

#endif
