/*
 *  down - stops the stack and waits until it has ended
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "commands.h"
#include "common/clock.h"
#include "common/error.h"
#include "stack.h"

#define LOOK_EVERY_MS 50
#define DOWN_TIMEOUT_MS 180000 /* PostgreSQL may have much to write */

/* Says each part that ran once it has ended. */
static void
say_stopped(const missionctl_state_t *state, bool *was_running)
{
    for (size_t i = 0; i < state->count; i++) {
        const missionctl_part_t *part = &state->parts[i];
        if (!was_running[i] || part->pid || strcmp(part->state, "stopped"))
            continue;
        was_running[i] = false;
        printf("  %-10s stopped\n", part->name);
        fflush(stdout);
    }
}

static int
down(const missionctl_place_t *place)
{
    int pid = missionctl_stack_supervisor(place);
    if (!pid) {
        puts("nothing is running");
        return 0;
    }
    bool was_running[MISSIONCTL_PARTS_MAX] = {0};
    missionctl_state_t state = {0};
    if (missionctl_state_read(place, &state) == 0)
        for (size_t i = 0; i < state.count; i++)
            was_running[i] = state.parts[i].pid != 0;
    if (kill(pid, SIGTERM) == -1)
        return mc_fail_errno("telling the supervisor (process %d) to stop", pid);

    int64_t deadline_us = mc_clock_steady_us() + DOWN_TIMEOUT_MS * INT64_C(1000);
    while (mc_clock_steady_us() < deadline_us) {
        bool is_up = missionctl_stack_supervisor(place) == pid;
        if (missionctl_state_read(place, &state) == 0 && state.pid == pid)
            say_stopped(&state, was_running);
        if (!is_up)
            return 0;
        poll(NULL, 0, LOOK_EVERY_MS);
    }
    return mc_fail("it did not stop within %d s: see %s", DOWN_TIMEOUT_MS / 1000,
                   missionctl_place_var(place, "log/supervisor.log").text);
}

int
missionctl_down(const missionctl_args_t *args)
{
    (void)args;
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? down(place) : -1;
    missionctl_place_destroy(&place);
    return result;
}
