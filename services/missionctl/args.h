/*
 *  args - a command line, read against the row of its command
 *
 *  Options come from the row, from its shape (one for each public field:
 *  token_budget is --token-budget; root_task_id is --root, and so on) and from
 *  what every command has: --json, --help. Values stay text, lent from argv.
 */
#ifndef MISSIONCTL_ARGS_H
#define MISSIONCTL_ARGS_H

#include "missionctl.h"

#define MISSIONCTL_OPTIONS_MAX 64 /* options of one command, given or not */
#define MISSIONCTL_WORDS_MAX 64

struct missionctl_args {
    const missionctl_command_t *command;
    missionctl_option_t options[MISSIONCTL_OPTIONS_MAX]; /* all it may have */
    char names[MISSIONCTL_OPTIONS_MAX][48];              /* of those made from the shape */
    const mc_field_t *fields[MISSIONCTL_OPTIONS_MAX];    /* behind them, else NULL */
    const char *values[MISSIONCTL_OPTIONS_MAX];          /* as given; NULL: not given */
    size_t option_count;
    const char *words[MISSIONCTL_WORDS_MAX];
    size_t word_count;
    char **rest; /* the command behind a wrapper's options; ends in NULL */
};

/* Lists the options of a command, all not given. */
void missionctl_args_init(missionctl_args_t *self, const missionctl_command_t *command);

/* Reads argv, which ends in NULL and starts behind the words of the command. Returns 0, or -1 with
 * what is wrong with it. */
MC_CHECKED int missionctl_args_read(missionctl_args_t *self, char **argv);

/* What was given last; NULL when it was not. A switch that was given is "". */
const char *missionctl_args_value(const missionctl_args_t *self, const char *name);
bool missionctl_args_has(const missionctl_args_t *self, const char *name);

/* Gives an option its value, as if it had been on the command line. */
void missionctl_args_set(missionctl_args_t *self, const char *name, const char *value);

/* A whole number between least and most, or fallback when it was not given. */
MC_CHECKED int missionctl_args_number(const missionctl_args_t *self, const char *name,
                                      const int64_t range[2], int64_t *number);

/* Puts the options that stand for fields into a record of the command's shape: 0, or -1 with the
 * option and what is wrong with its value. Texts are lent from argv. */
MC_CHECKED int missionctl_args_record(const missionctl_args_t *self, void *record);

/* A time as people write it: seconds since 1970, 90s, 10m, 2h, 3d (ago), or 2026-01-31T12:00:00Z.
 * Returns 0 or -1. */
MC_CHECKED int missionctl_args_time(const char *text, int64_t *ret_time_us);

#endif
