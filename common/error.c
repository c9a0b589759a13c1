/*
 *  error - the reason of the last failure, kept until it is answered
 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char kept[MC_ERROR_BYTES_MAX];

int
mc_fail(const char *format, ...)
{
    char reason[MC_ERROR_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    memcpy(kept, reason, sizeof kept);
    return -1;
}

/* Puts the attempt before what is kept; the end of an overlong reason is lost. */
static void
put_before(const char *attempt, const char *reason)
{
    char joined[2 * MC_ERROR_BYTES_MAX + 2];
    snprintf(joined, sizeof joined, "%s: %s", attempt, reason);
    joined[MC_ERROR_BYTES_MAX - 1] = '\0';
    memcpy(kept, joined, sizeof kept);
}

int
mc_fail_while(const char *format, ...)
{
    char attempt[MC_ERROR_BYTES_MAX];
    char reason[MC_ERROR_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(attempt, sizeof attempt, format, args);
    va_end(args);
    memcpy(reason, kept, sizeof reason);
    put_before(attempt, reason);
    return -1;
}

int
mc_fail_errno(const char *format, ...)
{
    int cause = errno;
    char attempt[MC_ERROR_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(attempt, sizeof attempt, format, args);
    va_end(args);
    put_before(attempt, strerror(cause));
    return -1;
}

const char *
mc_error(void)
{
    return kept[0] ? kept : "no reason kept";
}

void
mc_error_clear(void)
{
    kept[0] = '\0';
}
