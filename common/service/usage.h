/*
 *  usage - what a service answers to --version and --help
 */
#ifndef MC_COMMON_SERVICE_USAGE_H
#define MC_COMMON_SERVICE_USAGE_H

/* Answers the argument. Returns the exit code, -1 when there is none and the service is to run. */
int mc_usage_answer(const char *service);

#endif
