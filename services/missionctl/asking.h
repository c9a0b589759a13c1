/*
 *  asking - one question to the gateway, and its answer for a person or as JSON
 */
#ifndef MISSIONCTL_ASKING_H
#define MISSIONCTL_ASKING_H

#include "api.h"
#include "table.h"

typedef struct {
    uint16_t command;
    void *input; /* the command's record */
    const mc_shape_t *shape;
    const missionctl_column_t *columns; /* NULL: one record */
} missionctl_question_t;

/* Prints what comes back: as it came with --json, else a table, or the fields of one record. */
int missionctl_ask(const missionctl_args_t *args, const missionctl_question_t *question);

/* The same with the options read into the input first. */
int missionctl_ask_options(const missionctl_args_t *args, const missionctl_question_t *question);

/* The same for a GET: only shape and columns of question are used. */
int missionctl_ask_list(const missionctl_args_t *args, const char *path,
                        const missionctl_question_t *question);

#endif
