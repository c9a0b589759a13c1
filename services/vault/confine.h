/*
 *  confine - what the vault's process may still do once it runs
 *
 *  It starts no programs and no processes, traces nobody and changes no rights: a
 *  system call that is not on the list ends it. Its pages stay in memory, where the
 *  limit of locked memory allows for all of them.
 */
#ifndef VAULT_CONFINE_H
#define VAULT_CONFINE_H

#include "proto/base.h"

/* Locks pages as they are touched, now and from now on. False where the limit is too small for
 * that: then only keys and secrets are locked, each by itself. */
bool vault_confine_memory(void);

/* Puts the filter over all threads, for good. Returns 0, or -1 with the reason kept. Under the
 * sanitizers, which do things of their own, it is not done. */
MC_CHECKED int vault_confine_calls(void);

/* The same without asking for sanitizers. */
MC_CHECKED int vault_confine_calls_always(void);

#endif
