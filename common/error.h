/*
 *  error - the reason of the last failure, kept until it is answered
 *
 *  A call that fails returns -1 and leaves one line of text here. Layers on the
 *  way up say what they were attempting: "loading the total of atlas: relation
 *  budget_total does not exist". One reason per thread. Nothing here logs.
 */
#ifndef MC_COMMON_ERROR_H
#define MC_COMMON_ERROR_H

#include "proto/base.h"

#define MC_ERROR_BYTES_MAX 1024

/* Keeps the reason and returns -1, for: return mc_fail("no such file %s", path). */
int mc_fail(const char *format, ...) MC_PRINTF(1, 2);

/* Puts "attempt: " before the reason that is kept and returns -1. */
int mc_fail_while(const char *format, ...) MC_PRINTF(1, 2);

/* Keeps "what: strerror(errno)" and returns -1. */
int mc_fail_errno(const char *format, ...) MC_PRINTF(1, 2);

/* The reason, lent until the next failure; "no reason kept" when there is none. */
const char *mc_error(void);

void mc_error_clear(void);

#endif
