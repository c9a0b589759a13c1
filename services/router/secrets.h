/*
 *  secrets - keys of providers, leased from the vault for a while
 *
 *  A key lies in memory that is locked, guarded and wiped, and is asked for anew
 *  before its lease ends. When the vault says that a secret changed, the old one
 *  is used no more; when it is sealed, none is. A call never waits for a lease:
 *  the names in use are told beforehand.
 */
#ifndef ROUTER_SECRETS_H
#define ROUTER_SECRETS_H

#include "common/service.h"

typedef struct router_secrets router_secrets_t;

#define ROUTER_LEASES_MAX 256 /* names */

typedef enum {
    ROUTER_SECRET_READY,
    ROUTER_SECRET_WAITING, /* asked for; the answer is on its way */
    ROUTER_SECRET_MISSING, /* the vault has none of that name */
    ROUTER_SECRET_SEALED,  /* the vault is sealed, or not there */
} router_secret_state_t;

/* Told when a secret became usable, was replaced or is gone. */
typedef void router_secrets_changed_fn(void *arg, mc_text_t name);

router_secrets_t *router_secrets_new(mc_service_t *service, router_secrets_changed_fn *changed,
                                     void *arg);
void router_secrets_destroy(router_secrets_t **address);

/* Leases the secret of that name from now on. */
void router_secrets_want(router_secrets_t *self, mc_text_t name);

/* Whether it can be used now. reason, lent, says why not. */
router_secret_state_t router_secrets_look(const router_secrets_t *self, mc_text_t name,
                                          const char **ret_reason);

/* The key itself for one use, which is counted; lent until the next callback of the loop. Empty
 * unless it is ready, and where the lease was used as often as it may be. */
mc_text_t router_secrets_value(router_secrets_t *self, mc_text_t name);

/* Which of its values that is; 0 when there is none. */
int64_t router_secrets_version(const router_secrets_t *self, mc_text_t name);

/* Puts asterisks over that value of the key wherever it stands in memory of ours: what a provider
 * says may repeat it. How often it was there; -1 when that value is gone, so that nobody can know
 * it. */
int router_secrets_mask(const router_secrets_t *self, mc_text_t name, int64_t version,
                        mc_text_t text);

/* By the clock: renews what ends soon, wipes what has ended. */
void router_secrets_tick(router_secrets_t *self);

#endif
