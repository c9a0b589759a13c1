/*
 *  serve - one service in the foreground, and is it ready: for containers
 *
 *  Several of one service may share a folder of state. Each takes the lowest
 *  number that no other holds, by a lock that lasts as long as the process, and
 *  with it what that number kept before: number 1 goes on with the spool of 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "commands.h"
#include "common/error.h"
#include "stack.h"

#define INSTANCES_MAX 256

static const missionctl_service_t *
require_service(const missionctl_args_t *args)
{
    const missionctl_service_t *service = missionctl_service_find(args->words[0]);
    if (!service)
        mc_fail("there is no service %s", args->words[0]);
    return service;
}

/* The lock is kept over exec: its descriptor has no close-on-exec. */
static int
take_number(const missionctl_place_t *place, const char *name, int *ret_number)
{
    if (missionctl_make_folder(missionctl_place_var(place, "run").text, 0700) == -1)
        return -1;
    for (int number = 0; number < INSTANCES_MAX; number++) {
        missionctl_path_t path = missionctl_place_var(place, "run/%s-%d.lock", name, number);
        int fd = open(path.text, O_RDWR | O_CREAT, 0600);
        if (fd == -1)
            return mc_fail_errno("opening %s", path.text);
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            *ret_number = number;
            return 0;
        }
        int cause = errno;
        close(fd);
        if (cause != EWOULDBLOCK)
            return mc_fail("locking %s: %s", path.text, strerror(cause));
    }
    return mc_fail("%d of %s run already", INSTANCES_MAX, name);
}

static int
serve_as(const missionctl_place_t *place, const missionctl_service_t *service)
{
    missionctl_path_t program = missionctl_place_program(place, service->name);
    char instance[16] = "";
    int number = 0;
    if (take_number(place, service->name, &number) == -1)
        return -1;
    if (number)
        snprintf(instance, sizeof instance, "%d", number);
    setenv("AOP_INSTANCE", instance, 1);
    execl(program.text, service->name, (char *)NULL);
    return mc_fail_errno("starting %s", program.text);
}

int
missionctl_serve(const missionctl_args_t *args)
{
    const missionctl_service_t *service = require_service(args);
    if (!service)
        return missionctl_wrong_use(args);
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? missionctl_place_enter(place) : -1;
    if (result == 0)
        result = serve_as(place, service);
    missionctl_place_destroy(&place);
    return result;
}

int
missionctl_ready(const missionctl_args_t *args)
{
    const missionctl_service_t *service = require_service(args);
    if (!service)
        return missionctl_wrong_use(args);
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? missionctl_service_ready(service, place) : -1;
    missionctl_place_destroy(&place);
    if (result == -1)
        return mc_fail_while("%s is not ready", service->name);
    printf(missionctl_args_has(args, "json") ? "{\"service\":\"%s\",\"isReady\":true}\n"
                                             : "%s is ready\n",
           service->name);
    return 0;
}
