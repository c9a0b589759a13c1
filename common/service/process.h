/*
 *  process - what every service does to its own process
 */
#ifndef MC_COMMON_SERVICE_PROCESS_H
#define MC_COMMON_SERVICE_PROCESS_H

#include "proto/base.h"

/* Few malloc arenas, and memory that is kept for the next request. Before there are threads. */
void mc_process_slim(void);

/* Gives back what only the start needed: free memory, and the pages of programs and libraries, most
 * of which are symbol tables and initialisation. They stay in the system's cache; those that are
 * needed come back one by one. (A debugger's breakpoints do not.) */
void mc_process_settle(void);

/* Every ten seconds: gives back free memory when the process did next to nothing since the last
 * time. cpu_us is what it had used then. */
void mc_process_rest(int64_t *cpu_us);

/* No core dump, no ptrace by others of the same user; as many descriptors as allowed. */
MC_CHECKED int mc_process_harden(void);

/* SIGTERM and SIGINT as a descriptor, blocked for every thread that comes; SIGPIPE is ignored.
 * -1 on failure. */
MC_CHECKED int mc_process_signals(void);

/* The signal that came, 0 when none did. */
int mc_process_signal(int fd);

/* The one argument of the command line: NULL when there is none, "" when there are more. The
 * caller frees it. */
char *mc_process_argument(void);

#endif
