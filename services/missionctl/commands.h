/*
 *  commands - what the files of commands share
 */
#ifndef MISSIONCTL_COMMANDS_H
#define MISSIONCTL_COMMANDS_H

#include "args.h"

/* Says what is wrong with the command line, as mc_fail keeps it; is the exit code for that. */
int missionctl_wrong_use(const missionctl_args_t *args);

missionctl_command_fn missionctl_up;
missionctl_command_fn missionctl_down;
missionctl_command_fn missionctl_status;
missionctl_command_fn missionctl_logs;
missionctl_command_fn missionctl_migrate;
missionctl_command_fn missionctl_demo;

#endif
