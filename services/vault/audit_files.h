/*
 *  audit_files - the files of the audit chain
 */
#ifndef VAULT_AUDIT_FILES_H
#define VAULT_AUDIT_FILES_H

#include <sys/types.h>

#include "services/vault/chain.h"
#include "services/vault/files.h"

typedef struct {
    char path[VAULT_PATH_BYTES_MAX]; /* of the log */
    int log;
    int head;
    off_t size;   /* of the log, as we left it */
    bool slot;    /* of the head, to be written next */
    bool is_full; /* what failed was the disk: it may have room again */
} vault_audit_files_t;

/* Checks the whole log against chain, which is at its beginning, and makes it stand at its end;
 * makes the files where there never were any. -1 with what is wrong; chain then stands at the last
 * mark that holds. */
MC_CHECKED int vault_audit_files_open(vault_audit_files_t *self, const char *folder,
                                      const vault_keyring_t *ring, vault_chain_t *chain);
/* New files that go on from chain. */
MC_CHECKED int vault_audit_files_make(vault_audit_files_t *self, const char *folder,
                                      const vault_keyring_t *ring, const vault_chain_t *chain);
void vault_audit_files_close(vault_audit_files_t *self);

/* Lines at the end of the log, on stable storage when this returns 0; the same for the head. After
 * a failure the log is as it was before. */
MC_CHECKED int vault_audit_files_append(vault_audit_files_t *self, mc_text_t lines);
MC_CHECKED int vault_audit_files_mark(vault_audit_files_t *self, mc_text_t mark);

/* Is the log still where and what we left? 0 or -1. */
MC_CHECKED int vault_audit_files_check(vault_audit_files_t *self);

/* Reads log, head and checkpoints and holds them against one another: 0 or -1. */
MC_CHECKED int vault_audit_files_read(const char *folder, const vault_keyring_t *ring,
                                      vault_chain_t *chain);

/* Gives log and checkpoints other names, where they are there. */
MC_CHECKED int vault_audit_files_put_aside(const char *folder);
MC_CHECKED int vault_audit_files_checkpoint(const char *folder, mc_text_t line);

#endif
