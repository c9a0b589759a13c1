/*
 *  admin - the Unix socket that the command line speaks to the vault on
 *
 *  In the vault's folder, which only its owner may enter; the kernel tells who
 *  called, and only the same user and root are heard. One order and one report
 *  for a connection, each a length of 4 bytes and a record as msgpack; a report
 *  begins with a byte, 0 for a report and 1 for a refusal in words.
 */
#ifndef VAULT_ADMIN_H
#define VAULT_ADMIN_H

#include "services/vault/vault.h"

#define VAULT_ADMIN_SOCKET "admin.sock"
#define VAULT_ADMIN_BYTES_MAX ((size_t)52 << 20) /* of an order with a snapshot */

/* NULL on failure. */
vault_admin_t *vault_admin_new(vault_t *vault);
void vault_admin_destroy(vault_admin_t **address);

/* One connection with its order, until it is answered. */
typedef struct vault_call vault_call_t;
typedef void vault_verb_fn(vault_call_t *call, const mc_vault_order_t *order);

/* Each of these answers and takes the call. */
void vault_call_report(vault_call_t *self, const mc_vault_report_t *report);
void vault_call_refuse(vault_call_t *self, const mc_refusal_t *refusal);
vault_t *vault_call_vault(vault_call_t *self);
/* Who calls, for the audit: "root", "user 1000". */
mc_text_t vault_call_actor(vault_call_t *self);

/* In import.c. */
vault_verb_fn vault_verb_import;

/* The verb of that name, or NULL. */
vault_verb_fn *vault_verb_find(mc_text_t name);

#endif
