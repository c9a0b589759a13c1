/*
 *  missionctl - the command line of Mission Control
 *
 *  A command is a row: its words, its options and the function that does it.
 *  main.c lists them; args.c reads a command line against a row and help.c
 *  prints it. A function returns 0 when done, -1 when it failed (the reason is
 *  kept by mc_fail), or a positive exit code of its own.
 */
#ifndef MISSIONCTL_H
#define MISSIONCTL_H

#include "common/error.h"
#include "proto/proto.h"

#define MISSIONCTL_FAILED 1
#define MISSIONCTL_WRONG_USE 2

/* An option of a command, written --name VALUE or --name=VALUE. */
typedef struct {
    const char *name;  /* without the dashes */
    char letter;       /* the short form, or 0 */
    const char *value; /* the word for its value in the help; NULL: a switch */
    const char *doc;
} missionctl_option_t;

typedef struct missionctl_args missionctl_args_t;

typedef int missionctl_command_fn(const missionctl_args_t *args);

typedef struct {
    const char *name;   /* "keys create" */
    const char *words;  /* how its positional words are shown: "[SERVICE]" */
    size_t words_least; /* that it takes */
    size_t words_most;
    bool is_wrapper;                    /* the first word ends the options: a command follows */
    bool is_client;                     /* talks to the gateway: --url and --key */
    const missionctl_option_t *options; /* ends in a zero row; may be NULL */
    const mc_shape_t *shape;            /* each of its fields is an option too; may be NULL */
    missionctl_command_fn *call;
    const char *doc;
    const char *examples; /* lines behind the options; may be NULL */
} missionctl_command_t;

/* Each noun's rows, ended by a zero row. */
extern const missionctl_command_t missionctl_stack_commands[];
extern const missionctl_command_t missionctl_serve_commands[];
extern const missionctl_command_t missionctl_run_commands[];
extern const missionctl_command_t missionctl_attach_commands[];
extern const missionctl_command_t missionctl_keys_commands[];
extern const missionctl_command_t missionctl_operators_commands[];
extern const missionctl_command_t missionctl_tasks_commands[];
extern const missionctl_command_t missionctl_control_commands[];
extern const missionctl_command_t missionctl_budget_commands[];
extern const missionctl_command_t missionctl_events_commands[];
extern const missionctl_command_t missionctl_lists_commands[];
extern const missionctl_command_t missionctl_flags_commands[];
extern const missionctl_command_t missionctl_vault_commands[];
extern const missionctl_command_t missionctl_secrets_commands[];
extern const missionctl_command_t missionctl_providers_commands[];
extern const missionctl_command_t missionctl_redact_commands[];
extern const missionctl_command_t missionctl_version_commands[];

/* All tables in the order of the help, ended by NULL. */
extern const missionctl_command_t *const missionctl_tables[];

/* Finds the command in argv, does it and returns the exit code. */
int missionctl_dispatch(int argc, char **argv);

#endif
