/*
 *  help - what missionctl can do, from its tables
 */
#ifndef MISSIONCTL_HELP_H
#define MISSIONCTL_HELP_H

#include "args.h"

/* All commands, or those whose name begins with group ("" for all). */
void missionctl_help_all(const char *group);

/* One command with its options. */
void missionctl_help_command(const missionctl_args_t *args);

#endif
