/*
 *  serve - missionctl serve, and missionctl ready for who watches over it
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "commands.h"
#include "common/error.h"
#include "stack.h"

#define IS_HELD 1

/* The descriptor is left open on purpose: the lock goes with it into the service. */
static int
lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (fd == -1)
        return mc_fail_errno("opening %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    int result = errno == EWOULDBLOCK ? IS_HELD : mc_fail_errno("locking %s", path);
    close(fd);
    return result;
}

int
missionctl_serve_claim(const missionctl_place_t *place, const char *service, int *ret_number)
{
    if (missionctl_make_folder(missionctl_place_var(place, "run").text, 0700) == -1)
        return -1;
    for (int number = 1; number <= MISSIONCTL_INSTANCES_MAX; number++) {
        int result = lock(missionctl_place_var(place, "run/%s-%d.lock", service, number).text);
        if (result == 0)
            *ret_number = number;
        if (result != IS_HELD)
            return result;
    }
    return mc_fail("%d instances of %s run on %s already, more cannot", MISSIONCTL_INSTANCES_MAX,
                   service, place->var.text);
}

/* Who was given an instance keeps it. */
static int
choose_instance(const missionctl_place_t *place, const char *service)
{
    char text[16];
    int number = 0;
    if (place->settings->instance[0])
        return 0;
    if (missionctl_serve_claim(place, service, &number) == -1)
        return -1;
    snprintf(text, sizeof text, "%d", number);
    return setenv("AOP_INSTANCE", text, 1) == 0 ? 0 : mc_fail_errno("setting AOP_INSTANCE");
}

static int
become(const missionctl_place_t *place, const missionctl_service_t *service)
{
    missionctl_path_t program = missionctl_place_program(place, service->name);
    if (missionctl_place_enter(place) == -1 || choose_instance(place, service->name) == -1)
        return -1;
    execl(program.text, service->name, (char *)NULL);
    return mc_fail_errno("starting %s", program.text);
}

typedef int on_service_fn(const missionctl_place_t *place, const missionctl_service_t *service);

static int
with_service(const missionctl_args_t *args, on_service_fn *call)
{
    const missionctl_service_t *service = missionctl_service_find(args->words[0]);
    if (!service) {
        mc_fail("there is no service %s", args->words[0]);
        return missionctl_wrong_use(args);
    }
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? call(place, service) : -1;
    missionctl_place_destroy(&place);
    return result;
}

static int
ask(const missionctl_place_t *place, const missionctl_service_t *service)
{
    if (missionctl_service_ready(service, place) == -1)
        return mc_fail_while("%s is not ready", service->name);
    return 0;
}

static int
serve(const missionctl_args_t *args)
{
    return with_service(args, become);
}

static int
ready(const missionctl_args_t *args)
{
    return with_service(args, ask);
}

const missionctl_command_t missionctl_serve_commands[] = {
    {.name = "serve",
     .words = "SERVICE",
     .words_least = 1,
     .words_most = 1,
     .call = serve,
     .doc = "Run one service in the foreground, under the lowest free instance number"},
    {.name = "ready",
     .words = "SERVICE",
     .words_least = 1,
     .words_most = 1,
     .call = ready,
     .doc = "Ask one service whether it can do its work; for health checks"},
    {0},
};
