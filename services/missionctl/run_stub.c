#include "missionctl.h"
const missionctl_command_t missionctl_run_commands[] = {{0}};
