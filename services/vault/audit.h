/*
 *  audit - the audit chain in its files: written down before anything is released
 *
 *      audit.log          a mark where it goes on from, then the records
 *      audit.head         two marks of 256 bytes in turn: how far it had come
 *      audit.checkpoints  signed marks, hourly and when the vault is sealed
 *
 *  Records of one turn of the loop are written and synced together at its end;
 *  then who waits for them is told. A file that was deleted, replaced, cut or
 *  written to by somebody else, or a full disk, is a problem: from then on
 *  nothing is written, and who waits is told so at once.
 */
#ifndef VAULT_AUDIT_H
#define VAULT_AUDIT_H

#include "common/service.h"
#include "services/vault/chain.h"

typedef struct vault_audit vault_audit_t;

#define VAULT_AUDIT_LOG "audit.log"
#define VAULT_AUDIT_HEAD "audit.head"
#define VAULT_AUDIT_CHECKPOINTS "audit.checkpoints"
#define VAULT_AUDIT_HELD_MAX 256 /* records that wait for the vault to be unsealed */

/* folder is lent. */
vault_audit_t *vault_audit_new(mc_service_t *service, const char *folder);
void vault_audit_destroy(vault_audit_t **address);

/* With the keys of an open vault, lent until close: checks the whole chain and goes on with it.
 * What is wrong is a problem, not a failure. */
void vault_audit_open(vault_audit_t *self, const vault_keyring_t *ring, const uint8_t vault_id[16]);
/* Writes what waits. */
void vault_audit_close(vault_audit_t *self);
/* Other keys, after a rotation. */
void vault_audit_set_ring(vault_audit_t *self, const vault_keyring_t *ring);

/* Adds a record. done (may be NULL) is told at the end of the turn whether it is on stable storage.
 * While the chain is closed records are held until it is opened, and done is told that they are
 * not written. */
typedef void vault_audit_done_fn(void *arg, bool is_written);
void vault_audit_add(vault_audit_t *self, const vault_deed_t *deed, vault_audit_done_fn *done,
                     void *arg);

/* Why nothing can be written; NULL when all is well. */
const char *vault_audit_problem(const vault_audit_t *self);
int64_t vault_audit_sequence(const vault_audit_t *self);

/* Looks again whether the files are as they were left. */
void vault_audit_look(vault_audit_t *self);

/* Reads everything again: 0, or -1 with what is wrong. */
MC_CHECKED int vault_audit_verify(vault_audit_t *self);

/* Puts the log that is there aside and begins another that goes on from the last head known. 0 or
 * -1. */
MC_CHECKED int vault_audit_restart(vault_audit_t *self);

/* A signed mark, appended to its file and lent until the next; NULL on failure. */
const char *vault_audit_checkpoint(vault_audit_t *self);

#endif
