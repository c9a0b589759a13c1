/*
 *  usage - what a service answers to --version and --help
 */
#include "usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/service/process.h"
#include "common/settings.h"

static void
print_setting(const mc_setting_row_t *row)
{
    printf("  %-34s %s", row->variable, row->doc);
    if (row->kind == MC_SETTING_INT_KIND)
        printf(" (%" PRId64 "..%" PRId64 ")", row->least, row->most);
    printf(" [%s]\n", row->fallback);
}

static int
print_help(const char *service)
{
    printf("%s - a service of Mission Control\n\n"
           "usage: %s [--version | --help]\n\n"
           "Settings come from the environment, else from the file .env (or AOP_ENV_FILE):\n\n",
           service, service);
    for (size_t i = 0; i < mc_setting_count; i++)
        print_setting(&mc_setting_rows[i]);
    return 0;
}

static int
print_version(const char *service)
{
    printf("%s %s\n", service, MC_VERSION);
    return 0;
}

static int
answer(const char *service, const char *argument)
{
    if (!strcmp(argument, "--version"))
        return print_version(service);
    if (!strcmp(argument, "--help"))
        return print_help(service);
    fprintf(stderr, "usage: %s [--version | --help]\n", service);
    return 2;
}

int
mc_usage_answer(const char *service)
{
    char *argument = mc_process_argument();
    int code = argument ? answer(service, argument) : -1;
    free(argument);
    return code;
}
