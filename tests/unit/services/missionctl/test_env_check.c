/*
 *  test_env_check - settings that cannot be so together, and names that are none
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "proto/buffer.h"
#include "services/missionctl/env_check.h"

static void
clear_environment(void)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        unsetenv(mc_setting_rows[i].variable);
    unsetenv("AOP_ENV_FILE");
    cr_assert_eq(chdir("/"), 0);
}

TestSuite(env_check, .init = clear_environment);

Test(env_check, takes_the_defaults)
{
    mc_settings_t *settings = mc_settings_new();
    cr_assert(settings);
    cr_assert_eq(missionctl_env_check(settings), 0, "%s", mc_error());
    mc_settings_destroy(&settings);
}

Test(env_check, says_what_cannot_be_so)
{
    static const struct {
        const char *variable;
        const char *value;
        const char *reason;
    } rows[] = {
        {"AOP_INGEST_PORT", "8080",
         "AOP_GATEWAY_PORT and AOP_INGEST_PORT are both 8080: give each its own port"},
        {"AOP_POSTGRES_PORT", "8080",
         "AOP_GATEWAY_PORT and AOP_POSTGRES_PORT are both 8080: give each its own port"},
        {"AOP_LISTEN_ADDRESS", "here",
         "AOP_LISTEN_ADDRESS is \"here\", not an address such as 127.0.0.1"},
        {"AOP_LOG_LEVEL", "loud", "AOP_LOG_LEVEL is \"loud\", not debug, info, warning or error"},
        {"AOP_LOG_FORMAT", "xml", "AOP_LOG_FORMAT is \"xml\", not logfmt or json"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        setenv(rows[i].variable, rows[i].value, 1);
        mc_settings_t *settings = mc_settings_new();
        cr_assert(settings);
        cr_assert_eq(missionctl_env_check(settings), -1);
        cr_assert_str_eq(mc_error(), rows[i].reason);
        mc_settings_destroy(&settings);
        unsetenv(rows[i].variable);
    }
}

static void
collect(void *arg, int line, const char *name, const char *nearest)
{
    mc_buffer_printf(arg, "%d %s %s\n", line, name, nearest ? nearest : "-");
}

Test(env_check, names_slips_of_the_pen)
{
    static const char text[] = "# a comment\n"
                               "AOP_GATWAY_PORT=1\n"
                               "AOP_GATEWAY_PORT=8080\n"
                               "OTHER=1\n"
                               "AOP_COMPLETELY_ELSE=1\n"
                               "AOP_API_KEY=x\n"
                               "export AOP_LOGLEVEL='info'\n";
    mc_buffer_t out = {0};
    cr_assert_eq(missionctl_env_check_names(mc_text(text), collect, &out), 0);
    mc_buffer_byte(&out, '\0');
    cr_assert_str_eq(out.data, "2 AOP_GATWAY_PORT AOP_GATEWAY_PORT\n"
                               "5 AOP_COMPLETELY_ELSE -\n"
                               "7 AOP_LOGLEVEL AOP_LOG_LEVEL\n");
    mc_buffer_clear(&out);
}
