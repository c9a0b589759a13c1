/*
 *  audit - the one way into aop_audit_log, for whoever decided something
 *
 *  A line that the database could not take is tried again every second, for ten
 *  minutes and up to 1,024 lines; it is stored once, also when an answer was lost.
 *  What is given up is counted. Lines still open when the store is destroyed are
 *  lost: end the store last.
 */
#ifndef MC_COMMON_AUDIT_H
#define MC_COMMON_AUDIT_H

#include "common/store.h"

#define MC_AUDIT_WAITING_MAX 1024
#define MC_AUDIT_RETRY_MS 1000
#define MC_AUDIT_TRIES_MAX 600

/* actor did action to target, now. Texts are copied; target and details may be empty. details must
 * be sanitised. */
void mc_audit(mc_store_t *store, mc_text_t actor, mc_text_t action, mc_text_t target,
              mc_text_t details);

/* The same, tried once: for what may only happen when it is written down. */
void mc_audit_then(mc_store_t *store, mc_text_t actor, mc_text_t action, mc_text_t target,
                   mc_text_t details, mc_store_answer_fn *answer, void *arg);

/* Lines that were given up since the start. */
uint64_t mc_audit_lost(const mc_store_t *store);

#endif
