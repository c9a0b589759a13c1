/*
 *  version - which build this is
 */
#include <stdio.h>

#include "args.h"

static int
print_version(const missionctl_args_t *args)
{
    printf(missionctl_args_has(args, "json") ? "{\"version\":\"%s\"}\n" : "missionctl %s\n",
           MC_VERSION);
    return 0;
}

const missionctl_command_t missionctl_version_commands[] = {
    {.name = "version", .call = print_version, .doc = "Which build this is"},
    {0},
};
