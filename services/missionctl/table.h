/*
 *  table - records of an answer as columns for a person
 *
 *  A column is a field of the shape; its kind tells how it is written: times by
 *  the local clock, money in dollars. What is absent is a dash.
 */
#ifndef MISSIONCTL_TABLE_H
#define MISSIONCTL_TABLE_H

#include "common/json.h"
#include "proto/proto.h"

#define MISSIONCTL_COLUMNS_MAX 12
#define MISSIONCTL_CELL_BYTES_MAX 60

typedef struct {
    const char *title; /* NULL ends the table */
    size_t field;      /* MC_INDEX_agent_run_actor */
} missionctl_column_t;

/* Prints the objects of a JSON array. */
void missionctl_table_print(mc_json_t items, const mc_shape_t *shape,
                            const missionctl_column_t *columns);

/* The same for one object: a line for each of its fields that is not null. */
void missionctl_record_print(mc_json_t object, const mc_shape_t *shape);

/* A time in us as 2026-01-31 12:00:00 of the local clock. */
void missionctl_time_print(int64_t time_us, char ret_text[32]);

#endif
