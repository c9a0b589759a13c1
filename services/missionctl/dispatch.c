/*
 *  dispatch - from argv to the row of a command, and from its result to an exit code
 */
#include "missionctl.h"

#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "help.h"

const missionctl_command_t *const missionctl_tables[] = {
    missionctl_stack_commands,  missionctl_serve_commands,     missionctl_run_commands,
    missionctl_attach_commands, missionctl_keys_commands,      missionctl_operators_commands,
    missionctl_tasks_commands,  missionctl_control_commands,   missionctl_budget_commands,
    missionctl_events_commands, missionctl_lists_commands,     missionctl_flags_commands,
    missionctl_vault_commands,  missionctl_providers_commands, missionctl_secrets_commands,
    missionctl_redact_commands, missionctl_version_commands,   NULL,
};

/* How many words of argv a row's name takes; 0 when they are not its name. */
static size_t
match_words(const char *name, char **argv)
{
    char joined[128];
    if (argv[0] && argv[1]) {
        snprintf(joined, sizeof joined, "%s %s", argv[0], argv[1]);
        if (!strcmp(joined, name))
            return 2;
    }
    return argv[0] && !strcmp(argv[0], name) ? 1 : 0;
}

/* The row whose name takes the most words: "tasks create" before "tasks". */
static const missionctl_command_t *
find_command(char **argv, size_t *ret_words)
{
    const missionctl_command_t *found = NULL;
    size_t most = 0;
    for (size_t i = 0; missionctl_tables[i]; i++)
        for (const missionctl_command_t *row = missionctl_tables[i]; row->name; row++) {
            size_t words = match_words(row->name, argv);
            if (words > most) {
                most = words;
                found = row;
            }
        }
    *ret_words = most;
    return found;
}

static bool
is_group(const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; missionctl_tables[i]; i++)
        for (const missionctl_command_t *row = missionctl_tables[i]; row->name; row++)
            if (!strncmp(row->name, word, size) && row->name[size] == ' ')
                return true;
    return false;
}

static int
refuse_unknown(char **argv)
{
    bool asks = !argv[0] || !strcmp(argv[0], "help") || !strcmp(argv[0], "--help") ||
                !strcmp(argv[0], "-h");
    if (asks) {
        missionctl_help_all(argv[0] && argv[1] ? argv[1] : "");
        return argv[0] ? 0 : MISSIONCTL_WRONG_USE;
    }
    if (is_group(argv[0])) {
        missionctl_help_all(argv[0]);
        bool wants_help = argv[1] && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
        return wants_help ? 0 : MISSIONCTL_WRONG_USE;
    }
    fprintf(stderr, "missionctl: there is no command %s; missionctl help lists them\n", argv[0]);
    return MISSIONCTL_WRONG_USE;
}

int
missionctl_wrong_use(const missionctl_args_t *args)
{
    fprintf(stderr, "missionctl: %s; missionctl %s --help lists what it takes\n", mc_error(),
            args->command->name);
    return MISSIONCTL_WRONG_USE;
}

int
missionctl_dispatch(int argc, char **argv)
{
    (void)argc;
    size_t words = 0;
    const missionctl_command_t *command = find_command(argv + 1, &words);
    if (!command)
        return refuse_unknown(argv + 1);

    missionctl_args_t args;
    missionctl_args_init(&args, command);
    if (missionctl_args_read(&args, argv + 1 + words) == -1)
        return missionctl_wrong_use(&args);
    if (missionctl_args_has(&args, "help")) {
        missionctl_help_command(&args);
        return 0;
    }
    int result = command->call(&args);
    if (result != -1)
        return result;
    fprintf(stderr, "missionctl: %s\n", mc_error());
    return MISSIONCTL_FAILED;
}
