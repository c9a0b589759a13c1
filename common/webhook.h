/*
 *  webhook - telling other people's servers what happened, at least once
 *
 *      INSERT INTO aop_webhook_deliveries ..., with what happened -> mc_webhook_poke
 *      mc_webhook_tick, each second
 *
 *  The service writes one row for each event and target, in the transaction of what
 *  happened, so a restart loses nothing. From there each target has a lane of its own:
 *  a server that hangs keeps nobody waiting but itself. A try has five seconds. What
 *  was not answered with 2xx is tried again after 1, 2, 4, 8 and 16 seconds, with the
 *  same id; after six tries, or an hour after it happened, it has failed. Where too
 *  many wait, the oldest are dropped. How each ended is in its row and the audit log.
 *
 *  Deliveries are signed as standardwebhooks.com says: webhook-id, webhook-timestamp
 *  and webhook-signature "v1," with the base64 of HMAC-SHA256 over "id.timestamp.body".
 *
 *  Addresses come from the settings only, so private ones are allowed. They are http
 *  or https; redirects are not followed; of an answer nothing but the status is read.
 *  What is stored, logged and audited of an address is its server and a digest.
 */
#ifndef MC_COMMON_WEBHOOK_H
#define MC_COMMON_WEBHOOK_H

#include "common/service.h"

#define MC_WEBHOOK_URLS_MAX 16
#define MC_WEBHOOK_CALLS_MAX 4 /* under way to one target */
#define MC_WEBHOOK_TRY_MS 5000
#define MC_WEBHOOK_TRIES_MAX 6

typedef struct mc_webhook mc_webhook_t;

typedef enum {
    MC_WEBHOOK_DELIVERED,
    MC_WEBHOOK_AGAIN, /* a try failed, another comes */
    MC_WEBHOOK_FAILED,
    MC_WEBHOOK_DROPPED,
    MC_WEBHOOK_OUTCOMES,
} mc_webhook_outcome_t;

/* What became of a delivery; or of count that were dropped, with target and reason NULL. */
typedef void mc_webhook_told_fn(void *arg, mc_webhook_outcome_t outcome, int64_t count,
                                const char *target, const char *reason);

/* Of the addresses in the settings; source is the service whose rows it sends, a literal. NULL when
 * an address or the key file is of no use, with the reason. */
mc_webhook_t *mc_webhook_new(mc_service_t *service, const char *source, mc_webhook_told_fn *told,
                             void *arg);
/* What is under way counts as a try, and is tried again after a start. */
void mc_webhook_destroy(mc_webhook_t **address);

/* What the rows have as target, one for each address; lent. */
const mc_text_t *mc_webhook_targets(const mc_webhook_t *self, size_t *ret_count);

/* Rows were written: they are sent at once. */
void mc_webhook_poke(mc_webhook_t *self);
void mc_webhook_tick(mc_webhook_t *self);

#endif
