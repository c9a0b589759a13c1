/*
 *  copying - rows by COPY BINARY over one connection
 */
#ifndef BENCH_COPYING_H
#define BENCH_COPYING_H

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/codec.h"

typedef struct {
    PGconn *connection;
    mc_columns_t columns;
    mc_buffer_t sql;
    mc_buffer_t rows; /* between bench_copy_begin and bench_copy_end */
} bench_copy_t;

static inline void
bench_must(PGconn *connection, bool is_well)
{
    if (is_well)
        return;
    fprintf(stderr, "bench: %s", PQerrorMessage(connection));
    exit(1);
}

static inline void
bench_copy_open(bench_copy_t *self, const char *url, const char *table, const mc_shape_t *shape)
{
    *self = (bench_copy_t){.connection = PQconnectdb(url)};
    bench_must(self->connection, PQstatus(self->connection) == CONNECTION_OK);
    mc_columns_init(&self->columns, shape, NULL);
    mc_buffer_printf(&self->sql, "COPY %s (", table);
    mc_columns_write_names(&self->columns, &self->sql);
    mc_buffer_string(&self->sql, ") FROM STDIN (FORMAT binary)");
    mc_buffer_byte(&self->sql, '\0');
}

static inline void
bench_copy_close(bench_copy_t *self)
{
    PQfinish(self->connection);
    mc_buffer_clear(&self->sql);
    mc_buffer_clear(&self->rows);
}

static inline void
bench_copy_begin(bench_copy_t *self)
{
    mc_buffer_reset(&self->rows);
    mc_copy_header(&self->rows);
}

/* The rows since begin, in one transaction. */
static inline void
bench_copy_end(bench_copy_t *self)
{
    PGconn *connection = self->connection;
    mc_copy_trailer(&self->rows);
    PGresult *result = PQexec(connection, self->sql.data);
    bench_must(connection, PQresultStatus(result) == PGRES_COPY_IN);
    PQclear(result);
    bench_must(connection, PQputCopyData(connection, self->rows.data, (int)self->rows.size) == 1);
    bench_must(connection, PQputCopyEnd(connection, NULL) == 1);
    result = PQgetResult(connection);
    bench_must(connection, PQresultStatus(result) == PGRES_COMMAND_OK);
    PQclear(result);
    while ((result = PQgetResult(connection)))
        PQclear(result);
}

#endif
