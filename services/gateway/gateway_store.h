/*
 *  gateway_store - the fixed questions that the gateway asks of PostgreSQL
 *
 *  Questions whose text depends on filters are in the files query_*.c.
 */
#ifndef GATEWAY_STORE_H
#define GATEWAY_STORE_H

#include "common/store.h"

/* One row, one number: the id of the last event that is visible. */
void gateway_store_last_event_id(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
/* The event of that id: at most one. */
void gateway_store_find_event(mc_store_t *store, int64_t id, mc_store_answer_fn *answer, void *arg);
/* The payload of the event of a routing decision: one row, or none. made_us is when it was made. */
void gateway_store_find_decision(mc_store_t *store, mc_text_t id, int64_t made_us,
                                 mc_store_answer_fn *answer, void *arg);
/* Models, newest first, at most 100. */
void gateway_store_list_model_health(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
/* Quarantined events with ids below before_id, newest first. */
void gateway_store_list_quarantine(mc_store_t *store, int64_t before_id, int64_t limit,
                                   mc_store_answer_fn *answer, void *arg);

/* name, role and passphrase_hash of an operator: at most one row. */
void gateway_store_find_operator(mc_store_t *store, mc_text_t name, mc_store_answer_fn *answer,
                                 void *arg);
/* One row, one number. */
void gateway_store_count_operators(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
/* Makes the first operator; no row comes back when there is one already. */
void gateway_store_add_first_operator(mc_store_t *store, const char *name, const char *hash,
                                      mc_store_answer_fn *answer, void *arg);
/* All operators without their hashes, by name. */
void gateway_store_list_operators(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
/* The record that was made; none when the name is taken. */
typedef struct {
    mc_text_t name;
    mc_text_t role;
    const char *hash;
} gateway_store_operator_t;
void gateway_store_add_operator(mc_store_t *store, const gateway_store_operator_t *operator,
                                mc_store_answer_fn * answer, void *arg);
/* Each gives back the record that was removed or changed; none when there is no such operator, or
 * when no admin would be left. */
void gateway_store_remove_operator(mc_store_t *store, mc_text_t name, mc_store_answer_fn *answer,
                                   void *arg);
void gateway_store_set_operator_role(mc_store_t *store, mc_text_t name, mc_text_t role,
                                     mc_store_answer_fn *answer, void *arg);
/* Changes the passphrase and, at the same moment, ends all sessions of the operator but one. */
typedef struct {
    mc_text_t operator;
    const char *hash;
    const char *kept_token_hash;
} gateway_store_change_t;
void gateway_store_change_passphrase(mc_store_t *store, const gateway_store_change_t *change,
                                     mc_store_answer_fn *answer, void *arg);

/* token_hash, operator, role, csrf_token, expires_at of every session in force. */
void gateway_store_list_sessions(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
typedef struct {
    const char *token_hash;
    const char *csrf_token;
    mc_text_t operator;
    int64_t expires_us;
} gateway_store_session_t;
void gateway_store_add_session(mc_store_t *store, const gateway_store_session_t *session,
                               mc_store_answer_fn *answer, void *arg);
void gateway_store_end_session(mc_store_t *store, const char *token_hash,
                               mc_store_answer_fn *answer, void *arg);
void gateway_store_prune_sessions(mc_store_t *store, mc_store_answer_fn *answer, void *arg);

/* Keys without their hashes, newest first, those taken back too. */
void gateway_store_list_keys(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
/* The record that was made. */
void gateway_store_add_key(mc_store_t *store, const mc_api_key_t *key, mc_store_answer_fn *answer,
                           void *arg);
/* The record that was taken back; none when there is no such key in force. */
void gateway_store_revoke_key(mc_store_t *store, mc_text_t id, mc_store_answer_fn *answer,
                              void *arg);

#endif
