/*
 *  test_run_identity - which run a wrapped command is, and what it finds in its environment
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "services/missionctl/api.h"
#include "services/missionctl/run_identity.h"

static const missionctl_command_t *
run_row(void)
{
    return &missionctl_run_commands[0];
}

static void
clear_environment(void)
{
    static const char *const names[] = {"MC_RUN_ID",
                                        "MC_ROOT_TASK_ID",
                                        "MC_TASK_ID",
                                        "MC_TIER",
                                        "OTEL_RESOURCE_ATTRIBUTES",
                                        "OTEL_EXPORTER_OTLP_HEADERS",
                                        "OPENAI_BASE_URL",
                                        "ANTHROPIC_BASE_URL",
                                        "http_proxy",
                                        "HTTP_PROXY",
                                        "all_proxy",
                                        "ALL_PROXY",
                                        "no_proxy",
                                        "NO_PROXY"};
    for (size_t i = 0; i < MC_COUNT(names); i++)
        unsetenv(names[i]);
}

TestSuite(run_identity, .init = clear_environment);

static void
read_identity(missionctl_run_identity_t *identity, missionctl_args_t *args, char **argv)
{
    missionctl_args_init(args, run_row());
    cr_assert_eq(missionctl_args_read(args, argv), 0, "%s", mc_error());
    cr_assert_eq(missionctl_run_identity(identity, args), 0, "%s", mc_error());
}

Test(run_identity, needs_nothing_but_a_command)
{
    missionctl_run_identity_t identity;
    missionctl_args_t args;
    char *argv[] = {"--", "/usr/bin/agent", NULL};
    read_identity(&identity, &args, argv);
    cr_assert_str_eq(identity.actor, "agent");
    cr_assert_str_eq(identity.root_task_id, identity.run_id);
    cr_assert_eq(strlen(identity.run_id), 36);
    cr_assert_str_eq(identity.task_id, identity.run_id);
    cr_assert_null(identity.parent_run_id);
    cr_assert_eq(identity.tier, 0);
}

Test(run_identity, belongs_to_the_run_around_it)
{
    missionctl_run_identity_t identity;
    missionctl_args_t args;
    char *argv[] = {"--task", "t-2", "agent", NULL};
    setenv("MC_RUN_ID", "outer", 1);
    setenv("MC_ROOT_TASK_ID", "root", 1);
    setenv("MC_TASK_ID", "t-1", 1);
    read_identity(&identity, &args, argv);
    cr_assert_str_eq(identity.parent_run_id, "outer");
    cr_assert_str_eq(identity.root_task_id, "root");
    cr_assert_str_eq(identity.task_id, "t-2");
}

Test(run_identity, does_not_inherit_the_task)
{
    missionctl_run_identity_t identity;
    missionctl_args_t args;
    char *argv[] = {"agent", NULL};
    setenv("MC_ROOT_TASK_ID", "root", 1);
    setenv("MC_TASK_ID", "t-1", 1);
    read_identity(&identity, &args, argv);
    cr_assert_str_eq(identity.root_task_id, "root");
    cr_assert_str_eq(identity.task_id, identity.run_id);
}

Test(run_identity, refuses_what_an_event_could_not_carry)
{
    static const struct {
        char *argv[4];
        const char *reason;
    } rows[] = {
        {{"--tier", "4", "x"}, "--tier is \"4\", not a whole number between 1 and 3"},
        {{"--actor", "", "x"}, "--actor is empty"},
        {{"--root", "\xff", "x"}, "--root: rootTaskId is not valid UTF-8"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_run_identity_t identity;
        missionctl_args_t args;
        char *argv[5] = {0};
        memcpy(argv, rows[i].argv, sizeof rows[i].argv);
        missionctl_args_init(&args, run_row());
        cr_assert_eq(missionctl_args_read(&args, argv), 0);
        cr_assert_eq(missionctl_run_identity(&identity, &args), -1);
        cr_assert_str_eq(mc_error(), rows[i].reason);
    }
}

Test(run_identity, percent_encodes_attributes)
{
    const missionctl_run_identity_t identity = {.run_id = "r",
                                                .root_task_id = "a,b=c d",
                                                .tier = 3,
                                                .actor = "t3_\xe2\x82\xac",
                                                .persona = "50%"};
    static const char ours[] = "mc.run.id=r,mc.root_task.id=a%2Cb%3Dc%20d,mc.tier=3,"
                               "mc.actor=t3_%E2%82%AC,mc.persona=50%25";
    static const struct {
        const char *existing;
        const char *kept;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"service.name=x", "service.name=x,"},
        {"service.name=x,mc.run.id=old, mc.tier=1,k=v", "service.name=x,k=v,"},
        {"mc.run.identity=kept,,", "mc.run.identity=kept,"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        char wanted[512];
        mc_buffer_t out = {0};
        snprintf(wanted, sizeof wanted, "%s%s", rows[i].kept, ours);
        missionctl_run_attributes(&identity, rows[i].existing, &out);
        cr_assert_str_eq(out.data, wanted);
        mc_buffer_clear(&out);
    }
}

Test(run_identity, sets_the_standard_variables)
{
    const missionctl_run_identity_t identity = {
        .run_id = "r", .root_task_id = "root", .actor = "a"};
    const missionctl_run_environment_t environment = {.endpoint = "http://127.0.0.1:4318"};
    setenv("MC_TASK_ID", "of the run around", 1);
    missionctl_run_environment_set(&identity, &environment);
    cr_assert_str_eq(getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:4318");
    cr_assert_str_eq(getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf");
    cr_assert_str_eq(getenv("OTEL_BSP_SCHEDULE_DELAY"), "200");
    cr_assert_str_eq(getenv("MC_RUN_ID"), "r");
    cr_assert_str_eq(getenv("MC_ROOT_TASK_ID"), "root");
    cr_assert_null(getenv("MC_TASK_ID"));
    cr_assert_null(getenv("MC_TIER"));
    cr_assert_null(getenv("OPENAI_BASE_URL"));
    cr_assert_null(getenv("OTEL_EXPORTER_OTLP_HEADERS"));
    cr_assert_null(getenv("no_proxy"));
}

Test(run_identity, passes_key_and_router_and_goes_round_a_proxy)
{
    const missionctl_run_identity_t identity = {
        .run_id = "r", .root_task_id = "root", .tier = 1, .actor = "a"};
    const missionctl_run_environment_t environment = {
        .endpoint = "http://127.0.0.1:4318", .key = "mck_1_2", .router = "http://127.0.0.1:8081"};
    setenv("http_proxy", "http://proxy:3128", 1);
    setenv("no_proxy", "internal", 1);
    missionctl_run_environment_set(&identity, &environment);
    cr_assert_str_eq(getenv("OTEL_EXPORTER_OTLP_HEADERS"), "authorization=Bearer%20mck_1_2");
    cr_assert_str_eq(getenv("OPENAI_BASE_URL"), "http://127.0.0.1:8081/v1");
    cr_assert_str_eq(getenv("ANTHROPIC_BASE_URL"), "http://127.0.0.1:8081");
    cr_assert_str_eq(getenv("MC_TIER"), "1");
    cr_assert_str_eq(getenv("no_proxy"), "internal,127.0.0.1,localhost,::1");
}

Test(run_identity, of_a_next_attempt_is_below_the_one_before_on_the_same_task)
{
    missionctl_run_identity_t identity;
    missionctl_args_t args;
    char first[MC_UUID_TEXT_SIZE];
    char *argv[] = {"--actor", "a", "--", "agent", NULL};
    read_identity(&identity, &args, argv);
    memcpy(first, identity.run_id, sizeof first);
    missionctl_run_identity_next(&identity, "second");
    cr_assert_str_eq(identity.run_id, "second");
    cr_assert_str_eq(identity.parent_run_id, first);
    cr_assert_str_eq(identity.root_task_id, first);
    cr_assert_str_eq(identity.task_id, first);
    missionctl_run_identity_next(&identity, "third");
    cr_assert_str_eq(identity.parent_run_id, "second");
    cr_assert_str_eq(identity.task_id, first);
    cr_assert_eq(identity.attempt, 3);
}

Test(run_identity, of_a_next_attempt_keeps_a_task_that_was_given)
{
    missionctl_run_identity_t identity;
    missionctl_args_t args;
    char *argv[] = {"--root", "r", "--task", "t", "--", "agent", NULL};
    read_identity(&identity, &args, argv);
    missionctl_run_identity_next(&identity, "second");
    cr_assert_str_eq(identity.root_task_id, "r");
    cr_assert_str_eq(identity.task_id, "t");
}
