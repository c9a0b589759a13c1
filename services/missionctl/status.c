/*
 *  status - what runs on this machine, and how it is
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"
#include "stack.h"

/* Resident memory of a process in MiB, 0 when it cannot be told. */
static double
resident_mib(int64_t pid)
{
    missionctl_path_t path = missionctl_path("/proc/%" PRId64 "/statm", pid);
    unsigned long pages = 0;
    FILE *file = pid ? fopen(path.text, "re") : NULL;
    if (!file)
        return 0;
    if (fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

/* Fills how with a word or two; true when the part is as it should be. */
static bool
judge(const missionctl_part_t *part, const missionctl_place_t *place, char *how, size_t size)
{
    const missionctl_service_t *service = missionctl_service_find(part->name);
    bool is_running = !strcmp(part->state, "running");
    bool is_ready = is_running && (!service || missionctl_service_ready(service, place) == 0);
    if (is_ready || !strcmp(part->state, "done"))
        snprintf(how, size, "%s", is_ready ? "ready" : "done");
    else if (is_running)
        snprintf(how, size, "not ready: %s", mc_error());
    else if (part->reason[0])
        snprintf(how, size, "%s: %s", part->state, part->reason);
    else
        snprintf(how, size, "%s", part->state);
    return is_ready || !strcmp(part->state, "done");
}

static void
print_part(const missionctl_part_t *part, const char *how)
{
    int64_t age_s = (mc_clock_us() - part->since_us) / 1000000;
    char age[32] = "";
    if (part->pid)
        snprintf(age, sizeof age, "%" PRId64 "h%02" PRId64 "m%02" PRId64 "s", age_s / 3600,
                 age_s / 60 % 60, age_s % 60);
    printf("  %-10s %8" PRId64 " %10s %7.1f MiB %3" PRId64 " restarts  %s\n", part->name, part->pid,
           age, resident_mib(part->pid), part->restarts, how);
}

static void
print_part_json(const missionctl_part_t *part, const char *how, bool is_ready, mc_buffer_t *out)
{
    mc_buffer_string(out, out->size > 1 && out->data[out->size - 1] == '}' ? ",{" : "{");
    mc_buffer_string(out, "\"name\":");
    mc_write_json_text(out, mc_text(part->name));
    mc_buffer_printf(out, ",\"isReady\":%s,\"state\":", is_ready ? "true" : "false");
    mc_write_json_text(out, mc_text(part->state));
    mc_buffer_printf(out, ",\"pid\":%" PRId64 ",\"restarts\":%" PRId64 ",\"sinceUs\":%" PRId64,
                     part->pid, part->restarts, part->since_us);
    mc_buffer_printf(out, ",\"residentMib\":%.1f,\"how\":", resident_mib(part->pid));
    mc_write_json_text(out, mc_text(how));
    mc_buffer_byte(out, '}');
}

static int
print_state(const missionctl_place_t *place, const missionctl_state_t *state, bool is_json)
{
    bool is_well = true;
    mc_buffer_t json = {0};
    mc_buffer_printf(&json, "{\"running\":true,\"supervisorPid\":%" PRId64 ",\"parts\":[",
                     state->pid);
    for (size_t i = 0; i < state->count; i++) {
        char how[640];
        bool is_ready = judge(&state->parts[i], place, how, sizeof how);
        is_well = is_well && is_ready;
        if (is_json)
            print_part_json(&state->parts[i], how, is_ready, &json);
        else
            print_part(&state->parts[i], how);
    }
    mc_buffer_string(&json, "]}");
    if (is_json)
        printf("%.*s\n", MC_FMT(mc_buffer_content(&json)));
    else
        printf("\nConsole  http://%s:%" PRId64 "\n", missionctl_place_host(place),
               place->settings->gateway_port);
    mc_buffer_clear(&json);
    return is_well ? 0 : MISSIONCTL_FAILED;
}

static int
status(const missionctl_place_t *place, bool is_json)
{
    missionctl_state_t state;
    if (missionctl_stack_supervisor(place) == 0) {
        puts(is_json ? "{\"running\":false,\"supervisorPid\":null,\"parts\":[]}"
                     : "nothing is running; missionctl up (or make up) starts it");
        return MISSIONCTL_FAILED;
    }
    if (missionctl_state_read(place, &state) == -1)
        return -1;
    return print_state(place, &state, is_json);
}

int
missionctl_status(const missionctl_args_t *args)
{
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? status(place, missionctl_args_has(args, "json")) : -1;
    missionctl_place_destroy(&place);
    return result;
}
