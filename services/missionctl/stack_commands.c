/*
 *  stack_commands - the commands that start, stop and look at the stack of this machine
 */
#include "commands.h"

#include <stdio.h>

#include "common/error.h"
#include "stack.h"

static const missionctl_option_t log_options[] = {
    {"follow", 'f', NULL, "Go on with what is written from now on"},
    {"lines", 'n', "N", "Begin with the last N lines of each log (40)"},
    {0},
};

static const missionctl_option_t migrate_options[] = {
    {"wait", 0, "SECONDS", "How long to wait for a database that is not up yet (30)"},
    {0},
};

static const missionctl_option_t demo_options[] = {
    {"endpoint", 0, "URL", "Where telemetry goes (this machine's ingest)"},
    {0},
};

static int
supervise(const missionctl_args_t *args)
{
    (void)args;
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? missionctl_place_enter(place) : -1;
    if (result == 0)
        result = missionctl_make_folder(missionctl_place_var(place, "run").text, 0700);
    if (result == 0)
        result = missionctl_stack_lock(place);
    if (result == MISSIONCTL_LOCK_HELD)
        result =
            mc_fail("it is already running, as process %d", missionctl_stack_supervisor(place));
    else if (result == 0)
        result = missionctl_supervise(place);
    missionctl_place_destroy(&place);
    return result;
}

const missionctl_command_t missionctl_stack_commands[] = {
    {.name = "up", .call = missionctl_up, .doc = "Start everything and wait until it is ready"},
    {.name = "down", .call = missionctl_down, .doc = "Stop everything"},
    {.name = "status", .call = missionctl_status, .doc = "What runs, and how it is"},
    {.name = "logs",
     .words = "[PART]",
     .words_most = 1,
     .options = log_options,
     .call = missionctl_logs,
     .doc = "What the parts of the stack have logged"},
    {.name = "demo",
     .options = demo_options,
     .call = missionctl_demo,
     .doc = "A fleet of agents at work, until Ctrl-C"},
    {.name = "migrate",
     .options = migrate_options,
     .call = missionctl_migrate,
     .doc = "Bring the database up to date"},
    {.name = "supervise",
     .call = supervise,
     .doc = "Run the stack in the foreground; up does it in the background"},
    {0},
};
