/*
 *  job - deriving keys on the work thread, with everything it needs of its own
 */
#ifndef VAULT_JOB_H
#define VAULT_JOB_H

#include "services/vault/opening.h"

typedef struct {
    vault_locked_t passphrase;
    vault_locked_t key_file; /* what is in it */
    vault_locked_t recovery;
} vault_given_t;

typedef enum { VAULT_JOB_MAKE, VAULT_JOB_UNSEAL, VAULT_JOB_REKEY } vault_job_kind_t;

typedef struct {
    vault_t *vault;
    vault_job_kind_t kind;
    vault_given_t given;   /* of the header in force */
    vault_given_t next;    /* of the header to come */
    vault_header_t header; /* in force, then to come */
    vault_keyring_t *ring; /* made or opened */
    char *recovery;        /* made; VAULT_RECOVERY_SIZE in locked memory, or NULL */
    int result;            /* 0, VAULT_FORGED: not what opens it; -1 */
    char error[512];
    int64_t accept;
    mc_text_t actor; /* owned */
    vault_opened_fn *opened;
    void *arg;
} vault_job_t;

/* Copies the credentials and reads the key files. NULL with the reason. */
vault_job_t *vault_job_new(vault_t *vault, vault_job_kind_t kind, const vault_credentials_t *given,
                           const vault_credentials_t *next);
void vault_job_destroy(vault_job_t **address);

/* What a work thread runs: opens the ring of the header, or makes one; makes the header to come. */
void vault_job_run(void *job);

#endif
