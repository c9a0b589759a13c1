/*
 *  base - the end of a process that cannot go on
 */
#include "base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void
mc_fatal_at(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: %s (errno %d: %m)\n", file, line, why, errno);
    abort();
}
