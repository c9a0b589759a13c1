/*
 *  missionctl - starts, watches and asks Mission Control; wraps agents
 *
 *  The table of contents of the command line: each noun has its own file with
 *  the rows of its commands.
 */
#include "missionctl.h"

#include <signal.h>

int
main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return missionctl_dispatch(argc, argv);
}
