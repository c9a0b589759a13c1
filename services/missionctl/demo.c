/*
 *  demo - hands over to the demo fleet
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "common/error.h"
#include "place.h"

static int
demo(const missionctl_place_t *place, const missionctl_args_t *args)
{
    missionctl_path_t program = missionctl_path("%s/deploy/demo/run", place->home.text);
    missionctl_path_t endpoint = missionctl_path("http://%s:%d", missionctl_place_host(place),
                                                 (int)place->settings->ingest_port);
    const char *given = missionctl_args_value(args, "endpoint");
    if (access(program.text, X_OK))
        return mc_fail_errno("the demo fleet is not here: %s", program.text);
    printf("The demo fleet is at work; watch it on http://%s:%d. Ctrl-C ends it.\n",
           missionctl_place_host(place), (int)place->settings->gateway_port);
    fflush(stdout);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", given ? given : endpoint.text, 1);
    missionctl_path_t router = missionctl_path("http://%s:%d", missionctl_place_host(place),
                                               (int)place->settings->router_port);
    setenv("MC_ROUTER_URL", router.text, 1);
    setenv("MISSIONCTL", missionctl_place_program(place, "missionctl").text, 1);
    if (missionctl_place_enter(place) == -1)
        return -1;
    execl(program.text, program.text, given ? given : endpoint.text, (char *)NULL);
    return mc_fail_errno("starting %s", program.text);
}

int
missionctl_demo(const missionctl_args_t *args)
{
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? demo(place, args) : -1;
    missionctl_place_destroy(&place);
    return result;
}
