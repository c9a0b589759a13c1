/*
 *  run_commands - missionctl run, and run --deliver
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "commands.h"
#include "common/clock.h"
#include "common/error.h"
#include "http.h"
#include "run_hold.h"

#define DRAIN_S 10
#define DRAIN_S_MAX 3600
#define GRACE_S 10
#define GRACE_S_MAX 86400
#define DELIVER_TURN_MS 1000

static const missionctl_option_t options[] = {
    {"root", 0, "ID", "Root task (that of the run around it, else the run itself)"},
    {"task", 0, "ID", "Task that it works on (the run itself)"},
    {"tier", 0, "N", "1 orchestrator, 2 domain lead, 3 specialist"},
    {"actor", 0, "NAME", "Who runs (the name of the command)"},
    {"persona", 0, "NAME", "Role prompt in use"},
    {"skill", 0, "NAME", "Capability in use"},
    {"provider", 0, "NAME", "Provider of the model"},
    {"model", 0, "NAME", "Model, as the provider names it"},
    {"pty", 0, NULL, "Under a pseudo-terminal, also where we have none"},
    {"no-pty", 0, NULL, "With pipes, also on a terminal"},
    {"endpoint", 0, "URL", "Where telemetry goes (else MC_INGEST_URL, else this machine's ingest)"},
    {"key", 0, "KEY", "Agent key for telemetry (better in AOP_API_KEY)"},
    {"router", 0, "URL", "Model router that the command is to use"},
    {"drain-timeout", 0, "SECONDS", "How long to wait at the end for events to be delivered (10)"},
    {"url", 0, "URL", "Gateway that may pause and stop it (else MC_URL, else this machine's)"},
    {"grace", 0, "SECONDS", "How long a stop waits after SIGTERM before it kills (10)"},
    {"stay", 0, NULL, "After a stop wait for a restart instead of ending"},
    {"egress", 0, "WAY", "open, or gateway: it reaches nothing but the platform (open)"},
    {"hold-by", 0, "WAY", "cgroup2, freezer or signals (the best that this machine lets us)"},
    {"deliver", 0, NULL, "Run nothing: deliver what earlier runs could not"},
    {0},
};

typedef struct {
    missionctl_path_t mcp; /* of this machine */
    missionctl_path_t endpoint;
    missionctl_path_t router; /* empty: none */
    missionctl_path_t folder;
    const char *key;
} setup_t;

typedef struct {
    int64_t drain_s;
    int64_t grace_s;
} times_t;

/* A router that is built beside us is part of the stack. */
static void
find_router(const missionctl_args_t *args, const missionctl_place_t *place, setup_t *setup)
{
    const char *given = missionctl_args_value(args, "router");
    bool is_built = !access(missionctl_place_program(place, "router").text, X_OK);
    if (given)
        setup->router = missionctl_path("%s", given);
    else if (is_built)
        setup->router = missionctl_path("http://%s:%d", missionctl_place_host(place),
                                        (int)place->settings->router_port);
}

static int
find_setup(const missionctl_args_t *args, const missionctl_place_t *place, setup_t *setup)
{
    const char *given = missionctl_args_value(args, "endpoint");
    if (!given)
        given = getenv("MC_INGEST_URL");
    if (given && strncmp(given, "http://", 7) && strncmp(given, "https://", 8))
        return mc_fail("--endpoint is \"%s\", not a URL such as http://127.0.0.1:4318", given);
    setup->endpoint = given ? missionctl_path("%s", given)
                            : missionctl_path("http://%s:%d", missionctl_place_host(place),
                                              (int)place->settings->ingest_port);
    size_t size = strlen(setup->endpoint.text);
    if (setup->endpoint.text[size - 1] == '/')
        setup->endpoint.text[size - 1] = '\0';
    setup->key = missionctl_args_value(args, "key");
    if (!setup->key)
        setup->key = getenv("AOP_API_KEY");
    if (setup->key && (!setup->key[0] || strpbrk(setup->key, "\r\n")))
        setup->key = NULL;
    find_router(args, place, setup);
    setup->mcp = missionctl_path("http://%s:%d", missionctl_place_host(place),
                                 (int)place->settings->mcp_port);
    setup->folder = missionctl_queue_folder(place);
    return 0;
}

static int
deliver(const setup_t *setup, int64_t timeout_s)
{
    const missionctl_sender_options_t sender_options = {
        .endpoint = setup->endpoint.text, .key = setup->key, .folder = setup->folder.text};
    missionctl_sender_t *sender = missionctl_sender_new(&sender_options);
    int64_t deadline_us = mc_clock_steady_us() + timeout_s * 1000000;
    const missionctl_sender_report_t *report = missionctl_sender_report(sender);
    while (!missionctl_sender_is_done(sender) && mc_clock_steady_us() < deadline_us &&
           !report->is_locked_out)
        missionctl_sender_wait(sender, NULL, 0, DELIVER_TURN_MS);
    int result = 0;
    printf("%zu events delivered, %zu refused%s%s\n", report->delivered, report->refused,
           report->refusal[0] ? ": " : "", report->refusal);
    if (!missionctl_sender_is_done(sender))
        result = mc_fail("some could not be delivered: %s", report->failure);
    missionctl_sender_destroy(&sender);
    return result;
}

/* Where it may go: to the parts of the platform that agents talk to. */
static void
lock_egress(const missionctl_args_t *args, const setup_t *setup, const missionctl_api_t *api,
            missionctl_egress_t *egress)
{
    const char *urls[] = {setup->endpoint.text, setup->router.text, setup->mcp.text,
                          api ? api->base.text : ""};
    const char *way = missionctl_args_value(args, "egress");
    missionctl_egress_init(egress);
    if (!way || strcmp(way, "gateway"))
        return;
    missionctl_egress_lock(egress, urls, MC_COUNT(urls));
    if (egress->kind == MISSIONCTL_EGRESS_UNENFORCED)
        fprintf(stderr, "missionctl: its way out is unenforced: %s\n", egress->reason);
}

static int
supervise(missionctl_run_t *run, const missionctl_args_t *args, const setup_t *setup)
{
    missionctl_api_t *api = missionctl_api_new(args);
    const missionctl_sender_options_t sender_options = {.endpoint = setup->endpoint.text,
                                                        .key = setup->key,
                                                        .queue = &run->queue,
                                                        .folder = setup->folder.text};
    lock_egress(args, setup, api, &run->egress);
    missionctl_recorder_init(&run->recorder, &run->identity, &run->queue, args->rest);
    run->sender = missionctl_sender_new(&sender_options);
    if (api)
        run->link = missionctl_link_new(&(missionctl_link_options_t){.base = api->base.text,
                                                                     .credential = api->credential,
                                                                     .heard = missionctl_hold_hear,
                                                                     .arg = run});
    run->api = api;
    int result = missionctl_run_command(run, args->rest);
    missionctl_egress_clear(&run->egress);
    missionctl_link_destroy(&run->link);
    missionctl_sender_destroy(&run->sender);
    missionctl_recorder_clear(&run->recorder);
    missionctl_api_destroy(&api);
    return result;
}

static int
wrap(const missionctl_args_t *args, const setup_t *setup, const times_t *times)
{
    bool has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    missionctl_run_t run = {
        .drain_ms = (int)times->drain_s * 1000,
        .grace_s = times->grace_s,
        .signals = -1,
        .has_pty = missionctl_args_has(args, "pty") ||
                   (has_terminal && !missionctl_args_has(args, "no-pty")),
        .stays = missionctl_args_has(args, "stay"),
        .hold_by = missionctl_args_value(args, "hold-by"),
        .environment = {.endpoint = setup->endpoint.text,
                        .key = setup->key,
                        .router = setup->router.text[0] ? setup->router.text : NULL}};
    if (missionctl_run_identity(&run.identity, args) == -1)
        return missionctl_wrong_use(args);
    if (missionctl_queue_init(&run.queue, setup->folder.text, run.identity.run_id) == -1)
        return -1;
    int result = supervise(&run, args, setup);
    missionctl_queue_clear(&run.queue);
    return result;
}

static int
check_word(const missionctl_args_t *args, const char *option, const char *const *words)
{
    const char *given = missionctl_args_value(args, option);
    if (!given)
        return 0;
    for (size_t i = 0; words[i]; i++)
        if (!strcmp(given, words[i]))
            return 0;
    return mc_fail("--%s is \"%.64s\", not one of those that its help lists", option, given);
}

static int
check(const missionctl_args_t *args, times_t *times)
{
    bool is_delivery = missionctl_args_has(args, "deliver");
    bool has_command = args->rest && args->rest[0];
    if (missionctl_args_number(args, "drain-timeout", (int64_t[]){0, DRAIN_S_MAX},
                               &times->drain_s) == -1 ||
        missionctl_args_number(args, "grace", (int64_t[]){0, GRACE_S_MAX}, &times->grace_s) == -1 ||
        check_word(args, "egress", (const char *const[]){"open", "gateway", NULL}) == -1 ||
        check_word(args, "hold-by", (const char *const[]){"cgroup2", "freezer", "signals", NULL}) ==
            -1)
        return -1;
    if (missionctl_args_has(args, "pty") && missionctl_args_has(args, "no-pty"))
        return mc_fail("--pty and --no-pty exclude one another");
    if (is_delivery && has_command)
        return mc_fail("--deliver runs no command");
    return is_delivery || has_command ? 0 : mc_fail("run needs a command");
}

static int
run(const missionctl_args_t *args)
{
    setup_t setup = {0};
    times_t times = {.drain_s = DRAIN_S, .grace_s = GRACE_S};
    if (check(args, &times) == -1)
        return missionctl_wrong_use(args);
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? find_setup(args, place, &setup) : -1;
    missionctl_place_destroy(&place);
    if (result == -1)
        return -1;
    return missionctl_args_has(args, "deliver") ? deliver(&setup, times.drain_s)
                                                : wrap(args, &setup, &times);
}

const missionctl_command_t missionctl_run_commands[] = {
    {.name = "run",
     .words = "[--] COMMAND...",
     .is_wrapper = true,
     .options = options,
     .call = run,
     .doc = "Run a command as an agent: its output, its end and its variables"},
    {0},
};
