/*
 *  help - what missionctl can do, from its tables
 */
#include "help.h"

#include <stdio.h>

static bool
is_in_group(const char *name, const char *group)
{
    size_t size = strlen(group);
    return size == 0 || (!strncmp(name, group, size) && (name[size] == ' ' || name[size] == '\0'));
}

void
missionctl_help_all(const char *group)
{
    if (!*group)
        puts("missionctl - starts, watches and asks Mission Control; wraps agents\n");
    for (size_t i = 0; missionctl_tables[i]; i++)
        for (const missionctl_command_t *row = missionctl_tables[i]; row->name; row++)
            if (row->doc && is_in_group(row->name, group)) {
                char left[64];
                snprintf(left, sizeof left, "%s%s%s", row->name, row->words ? " " : "",
                         row->words ? row->words : "");
                printf("  %-26s %s\n", left, row->doc);
            }
    puts("\nmissionctl COMMAND --help lists its options. Exit codes: 0 done, 1 failed, 2 wrong "
         "use.");
}

void
missionctl_help_command(const missionctl_args_t *args)
{
    const missionctl_command_t *command = args->command;
    printf("missionctl %s%s%s%s\n\n%s\n\n", command->name, command->words ? " " : "",
           command->words ? command->words : "", args->option_count ? " [options]" : "",
           command->doc ? command->doc : "");
    for (size_t i = 0; i < args->option_count; i++) {
        const missionctl_option_t *option = &args->options[i];
        char left[64];
        char letter[8] = "";
        if (option->letter)
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        bool is_needed = args->fields[i] && args->fields[i]->rule == MC_REQUIRED;
        printf("  %-28s %s%s\n", left, option->doc, is_needed ? " (needed)" : "");
    }
    if (command->examples)
        printf("\n%s", command->examples);
}
