/*
 *  test_args - a command line, read against the row of its command
 */
#include <criterion/criterion.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/missionctl/args.h"

static const missionctl_option_t options[] = {
    {"follow", 'f', NULL, "A switch"},
    {"lines", 'n', "N", "A value"},
    {0},
};

static const missionctl_command_t plain = {
    .name = "logs", .words = "[PART]", .words_most = 1, .options = options};
static const missionctl_command_t wrapper = {
    .name = "run", .words = "COMMAND", .is_wrapper = true, .options = options};
static const missionctl_command_t client = {
    .name = "tasks create", .is_client = true, .shape = &mc_task_order_shape};
static const missionctl_command_t query = {.name = "events", .shape = &mc_event_query_shape};

static int
read_args(missionctl_args_t *args, const missionctl_command_t *command, char **argv)
{
    missionctl_args_init(args, command);
    return missionctl_args_read(args, argv);
}

Test(args, reads_options_in_every_form)
{
    char *forms[][4] = {
        {"--follow", "--lines", "7", NULL},
        {"-f", "-n", "7", NULL},
        {"--lines=7", "-f", NULL},
        {"--lines", "3", "--lines=7", NULL},
    };
    for (size_t i = 0; i < MC_COUNT(forms); i++) {
        missionctl_args_t args;
        int64_t lines = 0;
        cr_assert_eq(read_args(&args, &plain, forms[i]), 0, "%s", mc_error());
        cr_assert_eq(missionctl_args_has(&args, "follow"), i < 3);
        cr_assert_eq(missionctl_args_number(&args, "lines", (int64_t[]){0, 9}, &lines), 0);
        cr_assert_eq(lines, 7);
    }
}

Test(args, says_what_is_wrong)
{
    static const struct {
        char *argv[4];
        const char *reason;
    } rows[] = {
        {{"--nope"}, "there is no option --nope"},
        {{"--nope=1"}, "there is no option --nope"},
        {{"-x"}, "there is no option -x"},
        {{"-fn"}, "there is no option -fn"},
        {{"--lines"}, "--lines needs a value: N"},
        {{"--follow=yes"}, "--follow takes no value"},
        {{"one", "two"}, "logs does not take \"two\""},
        {{"--", "one"}, "logs does not take \"one\""},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_args_t args;
        char *argv[] = {rows[i].argv[0], rows[i].argv[1], rows[i].argv[2], NULL};
        cr_assert_eq(read_args(&args, &plain, argv), -1, "%s", rows[i].reason);
        cr_assert_str_eq(mc_error(), rows[i].reason);
    }
}

Test(args, leaves_the_wrapped_command_alone)
{
    static const struct {
        char *argv[5];
        size_t rest;
        bool is_followed;
    } rows[] = {
        {{"--", "agent", "--follow", "-n"}, 1, false},
        {{"agent", "--follow", "-n"}, 0, false},
        {{"-f", "agent", "--", "x"}, 1, true},
        {{"-f", "--", "--help"}, 2, true},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_args_t args;
        char *argv[6] = {0};
        memcpy(argv, rows[i].argv, sizeof rows[i].argv);
        cr_assert_eq(read_args(&args, &wrapper, argv), 0);
        cr_assert_eq(args.rest, argv + rows[i].rest);
        cr_assert_eq(missionctl_args_has(&args, "follow"), rows[i].is_followed);
        cr_assert_not(missionctl_args_has(&args, "help"));
    }
}

Test(args, refuses_numbers_that_are_none_or_out_of_bounds)
{
    char *values[] = {"", "x", "7x", "-1", "10", "99999999999999999999"};
    for (size_t i = 0; i < MC_COUNT(values); i++) {
        missionctl_args_t args;
        int64_t lines = 5;
        char *argv[] = {"-n", values[i], NULL};
        cr_assert_eq(read_args(&args, &plain, argv), 0);
        cr_assert_eq(missionctl_args_number(&args, "lines", (int64_t[]){0, 9}, &lines), -1);
        cr_assert(strstr(mc_error(), "not a whole number between 0 and 9"), "%s", mc_error());
        cr_assert_eq(lines, 5);
    }
}

Test(args, makes_an_option_of_each_public_field)
{
    missionctl_args_t args;
    mc_task_order_t order = {0};
    char *argv[] = {"--tier",         "2",    "--domain", "web", "--objective", "do it",
                    "--token-budget", "5000", "--parent", "t-1", NULL};
    cr_assert_eq(read_args(&args, &client, argv), 0, "%s", mc_error());
    cr_assert_eq(missionctl_args_record(&args, &order), 0, "%s", mc_error());
    cr_assert_eq(order.tier, 2);
    cr_assert_eq(order.token_budget, 5000);
    cr_assert(mc_text_is(order.parent_id, "t-1"));
    cr_assert_not(missionctl_args_has(&args, "requested-by"), "an internal field has no option");
}

Test(args, checks_fields_as_the_gateway_would)
{
    static const struct {
        char *argv[4];
        const char *reason;
    } rows[] = {
        {{"--tier", "7"}, "--tier: tier is 7, at most 3"},
        {{"--tier", "two"}, "--tier: \"two\" is not a number"},
        {{"--root", ""}, NULL},
        {{"--since", "soon"},
         "--since: \"soon\" is not a time: give seconds since 1970, 90s, 10m, 2h or 3d ago, or "
         "2026-01-31T12:00:00Z"},
        {{"--limit", "1e3"}, "--limit: \"1e3\" is not a number"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_args_t args;
        mc_event_query_t record = {0};
        char *argv[] = {rows[i].argv[0], rows[i].argv[1], NULL};
        cr_assert_eq(read_args(&args, &query, argv), 0);
        int result = missionctl_args_record(&args, &record);
        cr_assert_eq(result, rows[i].reason ? -1 : 0, "%s", mc_error());
        if (rows[i].reason)
            cr_assert_str_eq(mc_error(), rows[i].reason);
    }
}

Test(args, asks_for_what_is_required)
{
    missionctl_args_t args;
    mc_task_order_t order = {0};
    char *argv[] = {"--domain", "web", NULL};
    cr_assert_eq(read_args(&args, &client, argv), 0);
    cr_assert_eq(missionctl_args_record(&args, &order), -1);
    cr_assert(strstr(mc_error(), " is needed"), "%s", mc_error());
}

Test(args, reads_times_as_people_write_them)
{
    int64_t now_us = mc_clock_us();
    int64_t time_us = 0;
    cr_assert_eq(missionctl_args_time("1700000000", &time_us), 0);
    cr_assert_eq(time_us, INT64_C(1700000000000000));
    cr_assert_eq(missionctl_args_time("2023-11-14T22:13:20Z", &time_us), 0);
    cr_assert_eq(time_us, INT64_C(1700000000000000));
    cr_assert_eq(missionctl_args_time("2h", &time_us), 0);
    cr_assert(time_us >= now_us - INT64_C(7200000000) && time_us <= mc_clock_us());
    const char *wrong[] = {"", "-5", "2w", "h", "1700000000x", "2023-13-14"};
    for (size_t i = 0; i < MC_COUNT(wrong); i++)
        cr_assert_eq(missionctl_args_time(wrong[i], &time_us), -1, "%s", wrong[i]);
}

Test(args, has_room_for_every_command)
{
    for (size_t i = 0; missionctl_tables[i]; i++)
        for (const missionctl_command_t *row = missionctl_tables[i]; row->name; row++) {
            missionctl_args_t args;
            missionctl_args_init(&args, row);
            cr_assert(args.option_count < MISSIONCTL_OPTIONS_MAX, "%s", row->name);
            for (size_t j = 0; j < args.option_count; j++)
                for (size_t k = 0; k < j; k++)
                    cr_assert_str_neq(args.options[j].name, args.options[k].name, "%s", row->name);
        }
}
